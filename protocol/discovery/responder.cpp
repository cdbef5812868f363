#include "protocol/discovery/responder.hpp"

#include <algorithm>

namespace punchlab::discovery {
namespace {

using stun::Attribute;
using stun::Class;

constexpr std::uint32_t kChangeAddress = 0x04;  // RFC 5780 section 7.2
constexpr std::uint32_t kChangePort = 0x02;
constexpr std::size_t kMostUnknown = 8;
/// Room for everything an answer carries besides PADDING.
constexpr std::size_t kAnswerRoom = 200;

constexpr std::array kKnown{Attribute::change_request,    Attribute::response_port, Attribute::padding,
                            Attribute::username,          Attribute::realm,         Attribute::nonce,
                            Attribute::message_integrity, Attribute::userhash,      Attribute::message_integrity_sha256,
                            Attribute::password_algorithm};

struct Wishes {
  bool change_address = false;
  bool change_port = false;
  std::uint16_t response_port = 0;  ///< 0: the source's own
  std::size_t padding = 0;
};

/// Nothing when an attribute is malformed, or RESPONSE-PORT and PADDING come together (RFC 5780 section 7.2).
std::optional<Wishes> wishes_of(const stun::MessageView& request) {
  Wishes wishes;
  if (const auto change = request.find(Attribute::change_request)) {
    if (change->value.size() != 4) return std::nullopt;
    const std::uint32_t flags = load_u32(change->value.data());
    wishes.change_address = (flags & kChangeAddress) != 0;
    wishes.change_port = (flags & kChangePort) != 0;
  }
  if (const auto port = request.find(Attribute::response_port)) {
    if (port->value.size() < 2 || request.has(Attribute::padding)) return std::nullopt;
    wishes.response_port = load_u16(port->value.data());
  }
  if (const auto padding = request.find(Attribute::padding)) wishes.padding = padding->value.size();
  return wishes;
}

std::size_t finish(stun::MessageWriter& writer, const stun::MessageView& request) {
  if (request.has(Attribute::fingerprint)) writer.fingerprint();
  return writer.finish();
}

std::size_t write_error(const stun::MessageView& request, int code, std::string_view reason,
                        std::span<const std::uint16_t> unknown, MutableBytes out) {
  stun::MessageWriter writer(out, Class::error, stun::Method::binding, request.transaction_id());
  writer.error(code, reason);
  if (!unknown.empty()) writer.unknown_attributes(unknown);
  return finish(writer, request);
}

std::size_t write_success(const ServerAddresses& server, std::size_t local, std::size_t from,
                          const TransportAddress& source, const stun::MessageView& request, std::size_t padding,
                          MutableBytes out) {
  static constexpr std::array<std::uint8_t, kMaxDatagram> kPadding{};
  stun::MessageWriter writer(out, Class::success, stun::Method::binding, request.transaction_id());
  writer.address(Attribute::xor_mapped_address, source);
  writer.address(Attribute::mapped_address, source);
  writer.address(Attribute::response_origin, server.at(from));
  writer.address(Attribute::other_address, server.at(local ^ 3));
  const std::size_t room = out.size() > kAnswerRoom ? out.size() - kAnswerRoom : 0;
  padding = std::min({padding, room, kPadding.size()});
  if (padding > 0) writer.attribute(Attribute::padding, Bytes{kPadding}.first(padding));
  return finish(writer, request);
}

}  // namespace

std::size_t ServerAddresses::index_of(const TransportAddress& local) const {
  for (std::size_t i = 0; i < 4; ++i) {
    if (at(i) == local) return i;
  }
  return 4;
}

std::span<const stun::Attribute> known_attributes() { return kKnown; }

Answer respond(const ServerAddresses& server, const TransportAddress& local, const TransportAddress& source,
               const stun::MessageView& request, MutableBytes out) {
  const std::size_t index = server.index_of(local);
  if (index == 4 || !request.is(Class::request, stun::Method::binding)) return {};
  Answer answer{0, index, source};
  std::array<std::uint16_t, kMostUnknown> unknown{};
  if (const std::size_t n = request.unknown_required(kKnown, unknown); n > 0) {
    answer.size =
        write_error(request, 420, "Unknown Attribute", std::span{unknown}.first(std::min(n, unknown.size())), out);
    return answer;
  }
  const auto wishes = wishes_of(request);
  if (!wishes) {
    answer.size = write_error(request, 400, "Bad Request", {}, out);
    return answer;
  }
  answer.from = index ^ (wishes->change_address ? 2U : 0U) ^ (wishes->change_port ? 1U : 0U);
  if (wishes->response_port != 0) answer.destination.port = wishes->response_port;
  answer.size = write_success(server, index, answer.from, source, request, wishes->padding, out);
  return answer;
}

}  // namespace punchlab::discovery
