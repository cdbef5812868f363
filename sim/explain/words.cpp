#include "sim/explain/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/packet/packet.hpp"
#include "sim/trial/scenario_text.hpp"

namespace punchlab::explain {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

namespace {

/// What a mapping or a filter depends on, as far as the entry says: "any", "198.51.100.1:*", "198.51.100.1:40000".
std::string dependence(const TransportAddress& remote) {
  if (remote.address.is_unspecified()) return "any";
  return remote.port == 0 ? remote.address.to_string() + ":*" : remote.to_string();
}

std::string entry(const nat::NatBox::Mapping& m) {
  return fmt::format("{} = {} towards {}", m.internal.to_string(), m.external.to_string(), dependence(m.remote));
}

std::string entry(const nat::NatBox::Mapping& m, const nat::NatBox::Contact& contact) {
  return fmt::format("{} has sent to {}", m.external.to_string(), contact.remote.to_string());
}

std::string entry(const nat::NatBox::Occupied& o) {
  return fmt::format("{} <- {} is held by an unsolicited packet", o.external.to_string(), o.remote.to_string());
}

std::vector<std::string> entries(const Table& table) {
  std::vector<std::string> all;
  for (const auto& mapping : table.mappings) {
    all.push_back(entry(mapping));
    for (const auto& contact : mapping.contacts) all.push_back(entry(mapping, contact));
  }
  for (const auto& occupied : table.occupied) all.push_back(entry(occupied));
  return all;
}

/// Of the gateways of a chain, of which there are at most eight.
const char* ordinal(std::size_t gateway) {
  constexpr const char* kWords[] = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh"};
  return gateway < std::size(kWords) ? kWords[gateway] : "last";
}

std::string addresses(const Event& event) {
  const auto view = packet::parse(event.packet);
  return view ? fmt::format("{} -> {}", view->source.to_string(), view->destination.to_string()) : "malformed";
}

}  // namespace

std::string name_of(HostId host) {
  constexpr const char* kNames[] = {"client", "connector", "relay", "shared network"};
  return kNames[static_cast<std::size_t>(host)];
}

std::string name_of(const Recording& recording, HostId side, std::size_t gateway) {
  const auto& gateways = recording.topology.host(side).gateways;
  if (gateway >= gateways.size()) return "the core";
  const char* kind = gateways[gateway].profile.translates ? "NAT" : "firewall";
  if (side == HostId::shared)  // so that "the" fits before it
    return gateways.size() == 1 ? fmt::format("shared {}", kind) : fmt::format("{} shared {}", ordinal(gateway), kind);
  const auto whose = name_of(side) + "'s";
  return gateways.size() == 1 ? fmt::format("{} {}", whose, kind) : fmt::format("{} {} {}", whose, kind, gateway + 1);
}

std::string milliseconds(const Recording& recording, Time at) {
  return fmt::format("{:.3f}", static_cast<double>((at - recording.origin).count()) * 1e-6);
}

std::string duration(Duration d) {
  const auto ms = static_cast<double>(d.count()) * 1e-6;
  return ms < 1000 ? fmt::format("{:.0f} ms", ms) : fmt::format("{:.2f} s", ms * 1e-3);
}

std::string verdict(const Recording& recording, const Event& event) {
  const auto place = name_of(recording, event.side, event.gateway);
  switch (event.kind) {
    case Kind::sent:
      return "sent by " + name_of(event.side);
    case Kind::delivered:
      return "delivered to " + name_of(event.side);
    case Kind::translated:
      return fmt::format("{}: {}, {}", place, nat::name_of(event.reason), addresses(event));
    case Kind::dropped_by_gateway:
      return fmt::format("dropped by {}: {}", place, nat::name_of(event.reason));
    case Kind::lost_on_link:
      return fmt::format("lost on {}'s {} link", name_of(event.side), place == "the core" ? "access" : "inner");
    case Kind::queue_overflow:
      return fmt::format("dropped by a full queue of {}'s link", name_of(event.side));
    case Kind::ttl_expired:
      return "TTL expired at " + place;
    case Kind::no_route:
      return "no route in the core";
    case Kind::ignored:
      return "reached " + name_of(event.side) + ", which ignores it";
    case Kind::originated:
      return fmt::format("sent by {}: {}", place, nat::name_of(event.reason));
  }
  return {};
}

std::string description(const trial::GatewaySpec& gateway) {
  const auto& p = gateway.profile;
  auto text = p.name + ": ";
  if (p.udp_blocked) text += "lets no UDP through, ";
  if (p.tcp != nat::TcpPassage::allowed)
    text += p.tcp == nat::TcpPassage::blocked ? "lets no TCP through, " : "lets TCP through to port 443 only, ";
  if (p.translates) text += fmt::format("mapping {}, ", trial::word_of(p.mapping));
  text += fmt::format("filtering {}", trial::word_of(p.filtering));
  for (const auto& address : gateway.addressing.external) text += ", " + address.to_string();
  return text;
}

std::vector<std::string> changes(const Table& before, const Table& after) {
  const auto old = entries(before), now = entries(after);
  std::vector<std::string> out;
  for (const auto& line : old)
    if (std::find(now.begin(), now.end(), line) == now.end()) out.push_back("- " + line);
  for (const auto& line : now)
    if (std::find(old.begin(), old.end(), line) == old.end()) out.push_back("+ " + line);
  return out;
}

std::vector<std::string> lines(const Table& table) {
  auto all = entries(table);
  if (all.empty()) all.emplace_back("empty");
  return all;
}

}  // namespace punchlab::explain
