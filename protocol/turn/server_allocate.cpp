// The Allocate request (RFC 8656 section 7.2).
#include "protocol/turn/server.hpp"
#include "protocol/turn/server_request.hpp"

#include <variant>

namespace punchlab::turn {
namespace {

using stun::Attribute;
using stun::MessageView;

/// REQUESTED-TRANSPORT must be there and name UDP. 0, or the code that refuses it.
int check_transport(const MessageView& request) {
  const auto value = request.u32(Attribute::requested_transport);
  if (!value) return 400;
  return *value >> 24 == kProtocolUdp ? 0 : 442;
}

/// REQUESTED-ADDRESS-FAMILY into the wish. 0, or the code that refuses it.
int read_family(const MessageView& request, Wish& wish) {
  if (!request.has(Attribute::requested_address_family)) return 0;
  const auto value = request.u32(Attribute::requested_address_family);
  if (!value || request.has(Attribute::reservation_token)) return 400;
  if (*value >> 24 != kFamilyIpv4 && *value >> 24 != kFamilyIpv6) return 440;
  wish.family = *value >> 24 == kFamilyIpv4 ? Family::ipv4 : Family::ipv6;
  return 0;
}

/// EVEN-PORT and RESERVATION-TOKEN into the wish; they exclude each other. 0, or the code that refuses them.
int read_port(const MessageView& request, Wish& wish) {
  const auto even = request.find(Attribute::even_port);
  if (even) {
    if (even->value.size() != 1) return 400;
    wish.even_port = true;
    wish.reserve_next = (even->value[0] & 0x80) != 0;
  }
  if (!request.has(Attribute::reservation_token)) return 0;
  wish.token = request.u64(Attribute::reservation_token);
  return even || !wish.token ? 400 : 0;
}

std::variant<Wish, int> read_wish(const MessageView& request) {
  Wish wish;
  if (const auto code = check_transport(request)) return code;
  if (const auto code = read_family(request, wish)) return code;
  if (const auto code = read_port(request, wish)) return code;
  return wish;
}

}  // namespace

std::size_t Server::allocate(const Request& request) {
  if (const auto* known = table_.find(request.now, request.flow)) {
    const bool repeated = known->transaction == request.message.transaction_id() && known->user == request.user.user;
    return repeated ? allocated(request, *known) : refuse(request, 437);
  }
  const auto wish = read_wish(request.message);
  if (const auto* code = std::get_if<int>(&wish)) return refuse(request, *code);
  const auto& wanted = std::get<Wish>(wish);
  const auto& address = wanted.family == Family::ipv4 ? config_.relayed_v4 : config_.relayed_v6;
  if (!address && !wanted.token) return refuse(request, 440);
  const auto lifetime = lifetime_for(request.message);
  if (!lifetime) return refuse(request, 400);
  table_.expire(request.now);  // what is over counts against nobody
  if (table_.count_of(request.user.user) >= config_.max_allocations_per_user) return refuse(request, 486);
  auto* made = table_.create(request.now, request.flow, request.socket, request.user.user, wanted);
  if (made == nullptr) return refuse(request, 508);
  made->transaction = request.message.transaction_id();
  made->granted = *lifetime;
  table_.set_lifetime(request.now, *made, *lifetime);
  ++counters_.allocated;
  return allocated(request, *made);
}

/// The same for a repeated request as for the first: a retransmission must not look like a second allocation.
std::size_t Server::allocated(const Request& request, const Allocation& allocation) {
  auto writer = request.reply(stun::Class::success);
  writer.address(Attribute::xor_relayed_address, allocation.relayed);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(allocation.granted).count();
  writer.u32(Attribute::lifetime, static_cast<std::uint32_t>(seconds));
  if (allocation.token) writer.u64(Attribute::reservation_token, *allocation.token);
  writer.address(Attribute::xor_mapped_address, request.flow.remote);
  return request.finish(writer);
}

}  // namespace punchlab::turn
