#include "sim/explain/journeys.hpp"

#include <algorithm>
#include <set>

#include "sim/explain/meaning.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/carried.hpp"

namespace punchlab::explain {
namespace {

using Kind = trial::PacketEvent::Kind;

bool is_end(Kind kind) { return kind != Kind::sent && kind != Kind::translated && kind != Kind::originated; }

/// A packet under way. Links keep the order of packets, so that of several that look alike the first sent is meant.
struct Open {
  std::size_t journey = 0;
  std::uint8_t protocol = 0;
  std::vector<std::uint8_t> payload;  ///< of UDP: gateways leave it alone
  TransportAddress source, destination;
  std::multiset<std::pair<trial::HostId, std::uint8_t>> passed;  ///< gateways
};

class Tracker {
 public:
  Tracker(const Recording& recording, std::vector<std::size_t>* strays) : recording_(recording), strays_(strays) {}

  std::vector<Journey> run() {
    for (std::size_t i = 0; i < recording_.events.size(); ++i) take(i);
    return std::move(journeys_);
  }

 private:
  void take(std::size_t index) {
    const auto& event = recording_.events[index];
    const auto view = packet::parse(event.packet);
    if (!view) return stray(index);
    if (event.kind == Kind::sent || event.kind == Kind::originated) return begin(index, event, *view);
    const auto find = [&](bool exact) {
      return std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return fits(o, event, *view, exact); });
    };
    auto open = find(true);
    if (open == open_.end() && event.kind == Kind::translated) open = find(false);
    if (open == open_.end()) return stray(index);
    journeys_[open->journey].hops.push_back({index, view->source, view->destination});
    open->source = view->source;
    open->destination = view->destination;
    if (event.kind == Kind::translated) open->passed.insert({event.side, event.gateway});
    if (is_end(event.kind)) open_.erase(open);
  }

  void begin(std::size_t index, const Event& event, const packet::View& view) {
    const Bytes payload = view.payload_of(event.packet);
    Journey journey;
    journey.hops.push_back({index, view.source, view.destination});
    journey.meaning = meaning(event.packet);
    journey.data = trial::carries_data(payload) && view.protocol == packet::kUdp;
    open_.push_back(
        {journeys_.size(), view.protocol, {payload.begin(), payload.end()}, view.source, view.destination, {}});
    journeys_.push_back(std::move(journey));
  }

  /// With `exact` both addresses must be as they were last; a translation may have changed one of them.
  static bool fits(const Open& open, const Event& event, const packet::View& view, bool exact) {
    if (open.protocol != view.protocol) return false;
    // What turns back further out passes a shared gateway twice.
    const std::size_t most = event.side == trial::HostId::shared ? 1 : 0;
    if (event.kind == Kind::translated && open.passed.count({event.side, event.gateway}) > most) return false;
    // A gateway that turns a packet back may change both addresses.
    const bool source = open.source == (event.mapped ? event.mapped->inside : view.source);
    const bool destination = open.destination == view.destination;
    if (exact ? !source || !destination : !source && !destination) return false;
    const Bytes payload = view.payload_of(event.packet);
    return view.protocol != packet::kUdp ||
           std::equal(payload.begin(), payload.end(), open.payload.begin(), open.payload.end());
  }

  void stray(std::size_t index) {
    if (strays_ != nullptr) strays_->push_back(index);
  }

  const Recording& recording_;
  std::vector<std::size_t>* strays_;
  std::vector<Journey> journeys_;
  std::vector<Open> open_;
};

}  // namespace

std::vector<Journey> journeys(const Recording& recording, std::vector<std::size_t>* strays) {
  return Tracker(recording, strays).run();
}

}  // namespace punchlab::explain
