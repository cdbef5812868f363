#include "sim/explain/meaning.hpp"

#include <fmt/format.h>

#include "protocol/session/session.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/turn/channel_data.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::explain {
namespace {

using stun::Attribute;
using stun::Class;
using stun::Method;

const char* name_of(Method method) {
  switch (method) {
    case Method::binding:
      return "Binding";
    case Method::allocate:
      return "Allocate";
    case Method::refresh:
      return "Refresh";
    case Method::send:
      return "Send";
    case Method::data:
      return "Data";
    case Method::create_permission:
      return "CreatePermission";
    case Method::channel_bind:
      return "ChannelBind";
    case Method::rendezvous_register:
      return "Register";
    case Method::rendezvous_forward:
      return "Forward";
    case Method::rendezvous_deliver:
      return "Deliver";
    case Method::rendezvous_start:
      return "Start";
  }
  return "unknown method";
}

const char* name_of(Class c) {
  switch (c) {
    case Class::request:
      return "request";
    case Class::indication:
      return "indication";
    case Class::success:
      return "success";
    case Class::error:
      return "error";
  }
  return "";
}

/// RFC 8445 section 7.1: a check carries PRIORITY.
std::string check(const stun::MessageView& m) {
  std::string text = m.has(Attribute::ice_controlling) ? "check, controlling" : "check, controlled";
  return m.has(Attribute::use_candidate) ? text + ", nominates" : text;
}

void add_address(std::string& text, const stun::MessageView& m, Attribute attribute, const char* label) {
  if (const auto address = m.address(attribute)) text += fmt::format(", {} {}", label, address->to_string());
}

void add_details(std::string& text, const stun::MessageView& m) {
  add_address(text, m, Attribute::xor_mapped_address, "you are");
  add_address(text, m, Attribute::xor_relayed_address, "relayed address");
  add_address(text, m, Attribute::xor_peer_address, "peer");
  if (const auto number = m.u32(Attribute::channel_number)) text += fmt::format(", channel {:#x}", *number >> 16);
  if (const auto delay = m.u64(Attribute::start_delay); delay && *delay > 0)
    text += fmt::format(", start in {:.1f} ms", static_cast<double>(*delay) * 1e-6);
  if (const auto error = m.error()) text += fmt::format(" {} {}", error->code, error->reason);
  if (const auto data = m.find(Attribute::data)) text += ": " + payload_meaning(data->value);
}

std::string stun_meaning(const stun::MessageView& m) {
  if (m.is(Class::request, Method::binding) && m.has(Attribute::priority)) return check(m);
  if (m.is(Class::indication, Method::binding)) return "keepalive (Binding indication)";
  auto text = fmt::format("{} {}", name_of(m.method()), name_of(m.message_class()));
  if (m.is(Class::request, Method::binding) && !m.text(Attribute::username).empty()) text = "consent check";
  add_details(text, m);
  return text;
}

std::string session_meaning(session::Kind kind, std::size_t size) {
  switch (kind) {
    case session::Kind::initiation:
      return "Noise IK message 1 with the sealed offer";
    case session::Kind::response:
      return "Noise IK message 2 with the sealed answer";
    case session::Kind::data:
      return fmt::format("application data, {} bytes sealed", size - std::min(size, session::Session::kOverhead));
    case session::Kind::signal:
      return "sealed signal (candidates)";
  }
  return {};
}

std::string icmp_meaning(Bytes packet, const packet::View& view) {
  switch (packet::icmp_kind(packet, view)) {
    case packet::IcmpKind::echo_request:
      return "ICMP echo request";
    case packet::IcmpKind::echo_reply:
      return "ICMP echo reply";
    case packet::IcmpKind::other:
      return "ICMP";
    case packet::IcmpKind::error:
      break;
  }
  const auto type = packet[view.transport];
  const char* what = type == 11 ? "time exceeded" : type == 3 ? "unreachable" : "error";
  const auto inner = packet::embedded(packet, view);
  return inner ? fmt::format("ICMP {}, about {} -> {}", what, inner->source.to_string(), inner->destination.to_string())
               : fmt::format("ICMP {}", what);
}

}  // namespace

std::string payload_meaning(Bytes payload) {
  if (payload.empty()) return "opener, empty";
  if (const auto kind = session::kind_of(payload)) return session_meaning(*kind, payload.size());
  if (stun::looks_like_channel_data(payload)) {
    const auto data = turn::parse_channel_data(payload);
    return data ? fmt::format("channel {:#x}: {}", data->channel, payload_meaning(data->payload))
                : "malformed ChannelData";
  }
  const auto message = stun::looks_like_stun(payload) ? stun::MessageView::parse(payload) : std::nullopt;
  return message ? stun_meaning(*message) : fmt::format("{} bytes", payload.size());
}

static std::string tcp_meaning(Bytes packet, const packet::View& view) {
  std::string text = "TCP";
  const auto flags = packet::tcp_fields(packet, view).flags;
  if ((flags & packet::kSyn) != 0) text += " SYN";
  if ((flags & packet::kFin) != 0) text += " FIN";
  if ((flags & packet::kRst) != 0) text += " RST";
  const auto payload = view.payload_of(packet);
  if (!payload.empty()) return text + ": " + payload_meaning(payload);
  return (flags & packet::kAck) != 0 ? text + " ACK" : text;
}

std::string meaning(Bytes packet) {
  const auto view = packet::parse(packet);
  if (!view) return "malformed packet";
  if (view->protocol == packet::kIcmp || view->protocol == packet::kIcmp6) return icmp_meaning(packet, *view);
  if (view->protocol == packet::kTcp) return tcp_meaning(packet, *view);
  if (view->protocol != packet::kUdp) return fmt::format("IP protocol {}", view->protocol);
  auto text = payload_meaning(view->payload_of(packet));
  return view->ttl < packet::kDefaultTtl / 2 ? fmt::format("{} (TTL {})", text, view->ttl) : text;
}

}  // namespace punchlab::explain
