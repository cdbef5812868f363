#include "sim/explain/traces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/explain/words.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::explain {
namespace {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

/// Before the end of a recording by this much, packets are left out: the other may just have ended before them.
constexpr Duration kTail = std::chrono::milliseconds{100};

/// A packet as two worlds can have it in common.
struct Packet {
  std::string name;  ///< who sent what to whom
  std::string fate;
  Time at;
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Random ports by who drew them: the NAT's first is "203.0.113.1:port 1", and what the relay allocated to the client
/// "192.0.2.1:port of client".
class Ports {
 public:
  Ports(const Recording& recording, const std::vector<Journey>& all) {
    for (const auto& journey : all) add_allocation(recording, journey);
    std::map<IpAddress, int> drawn;
    for (const auto& event : recording.events) {
      if (event.kind != Kind::translated || !draws(recording, event)) continue;
      const auto view = packet::parse(event.packet);
      if (!view || !is_external(recording, event, view->source.address)) continue;
      const auto name = view->source.to_string();
      if (names_.contains(name)) continue;
      names_[name] = fmt::format("{}:port {}", view->source.address.to_string(), ++drawn[view->source.address]);
    }
  }
  std::string in(std::string text) const {
    for (const auto& [name, plain] : names_) replace_all(text, name, plain);
    return text;
  }

 private:
  static const trial::GatewaySpec& gateway(const Recording& recording, const Event& event) {
    return recording.topology.host(event.side).gateways[event.gateway];
  }
  static bool draws(const Recording& recording, const Event& event) {
    return event.gateway < recording.topology.host(event.side).gateways.size() &&
           gateway(recording, event).profile.port_allocation == nat::PortAllocation::random;
  }
  static bool is_external(const Recording& recording, const Event& event, const IpAddress& address) {
    const auto& all = gateway(recording, event).addressing.external;
    return std::find(all.begin(), all.end(), address) != all.end();
  }

  /// RFC 8656 section 7.2: the server picks any port, and its success response says which.
  void add_allocation(const Recording& recording, const Journey& journey) {
    constexpr std::string_view kLabel = "relayed address ";
    const auto label = journey.meaning.find(kLabel);
    const auto& last = recording.events[journey.hops.back().event];
    if (label == journey.meaning.npos || last.kind != Kind::delivered) return;
    const auto begin = label + kLabel.size();
    const auto address = journey.meaning.substr(begin, journey.meaning.find_first_of(", ", begin) - begin);
    names_.try_emplace(address,
                       fmt::format("{}:port of {}", address.substr(0, address.rfind(':')), name_of(last.side)));
  }

  std::map<std::string, std::string, std::greater<>> names_;  // longer ports before their own beginnings
};

/// The message without what depends on the moment.
std::string message_of(std::string meaning) {
  const auto delay = meaning.find(", start in ");
  if (delay != meaning.npos) meaning.erase(delay, meaning.find(" ms", delay) + 3 - delay);
  return meaning;
}

std::string fate_of(const Recording& r, const Journey& journey) {
  std::string text;
  for (const auto& hop : journey.hops) {
    const auto& event = r.events[hop.event];
    if (event.kind == Kind::sent || event.kind == Kind::originated) continue;
    if (!text.empty()) text += ", then ";
    if (event.kind != Kind::translated || event.reason == nat::Reason::mapping_clashed)
      text += verdict(r, event);
    else
      text += fmt::format("through {} as {} -> {}", name_of(r, event.side, event.gateway), hop.source.to_string(),
                          hop.destination.to_string());
  }
  return text;
}

/// Every stack cuts a stream into other segments.
bool is_tcp(const Event& event) {
  const auto view = packet::parse(event.packet);
  return view && view->protocol == packet::kTcp;
}

std::vector<Packet> packets_of(const Recording& r, Time until) {
  const auto all = journeys(r);
  const Ports ports(r, all);
  std::vector<Packet> packets;
  for (const auto& journey : all) {
    const auto& sent = r.events[journey.hops.front().event];
    if (journey.data || is_tcp(sent) || sent.at > until) continue;
    const auto from = sent.kind == Kind::sent ? name_of(sent.side) : name_of(r, sent.side, sent.gateway);
    const auto name = fmt::format("{} {} -> {} {}", from, journey.hops.front().source.to_string(),
                                  journey.hops.front().destination.to_string(), message_of(journey.meaning));
    packets.push_back({ports.in(name), ports.in(fate_of(r, journey)), sent.at});
  }
  return packets;
}

Time last_of(const Recording& r) {
  Time last = kTimeOrigin;
  for (const auto& event : r.events) last = std::max(last, event.at);
  return last;
}

class Comparison {
 public:
  Comparison(const Recording& first, const Recording& second) : origins_{first.origin, second.origin} {
    const Time until = std::min(last_of(first), last_of(second)) - kTail;
    lists_ = {packets_of(first, until), packets_of(second, until)};
    for (const std::size_t side : {0U, 1U})
      for (const auto& packet : lists_[side]) by_name_[packet.name][side].push_back(&packet);
  }

  TraceComparison run() {
    for (const auto& [name, sides] : by_name_)
      for (std::size_t n = 0; n < std::max(sides[0].size(), sides[1].size()); ++n)
        take(name, n < sides[0].size() ? sides[0][n] : nullptr, n < sides[1].size() ? sides[1][n] : nullptr);
    return std::move(found_);
  }

 private:
  void take(const std::string& name, const Packet* first, const Packet* second) {
    if (first != nullptr && second != nullptr && first->fate == second->fate) {
      ++found_.alike;
      found_.latest = std::max(found_.latest, std::chrono::abs(first->at - second->at));
      return;
    }
    ++found_.different;
    const Duration at = first != nullptr ? first->at - origins_[0] : second->at - origins_[1];
    if (found_.parting && found_.parting->at <= at) return;
    found_.parting = {at, name, fate(first), fate(second)};
  }

  static std::string fate(const Packet* packet) {
    if (packet == nullptr) return "not sent";
    return packet->fate.empty() ? "under way at the end" : packet->fate;
  }

  std::array<Time, 2> origins_;
  std::array<std::vector<Packet>, 2> lists_;
  std::map<std::string, std::array<std::vector<const Packet*>, 2>> by_name_;
  TraceComparison found_;
};

}  // namespace

TraceComparison compare_traces(const Recording& first, const Recording& second) {
  return Comparison(first, second).run();
}

std::string text_of(const Parting& parting, const std::string& first_name, const std::string& second_name) {
  return fmt::format("at {:.1f} ms {}: {} {}; {} {}", static_cast<double>(parting.at.count()) * 1e-6, parting.packet,
                     first_name, parting.first, second_name, parting.second);
}

}  // namespace punchlab::explain
