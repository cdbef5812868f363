#include "sim/explain/journeys.hpp"

#include <algorithm>
#include <map>

#include "sim/explain/likeness.hpp"
#include "sim/explain/meaning.hpp"
#include "sim/explain/whereabouts.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/carried.hpp"

namespace punchlab::explain {
namespace {

using Kind = trial::PacketEvent::Kind;

bool is_end(Kind kind) { return kind != Kind::sent && kind != Kind::translated && kind != Kind::originated; }

/// A packet under way.
struct Open {
  std::size_t journey = 0;
  std::vector<std::uint8_t> lasting;
  Ends ends;
  IpAddress destination;
  Way way;  ///< the link that it went onto when it was last seen
  Time at;  ///< when that was
};

/// What an event shows of its packet.
struct Seen {
  const Event& event;
  packet::View view;
  std::vector<std::uint8_t> lasting;
  Ends ends;
};

/// How surely an event befell a packet that could be it; the surest wins.
enum class Likeness : std::uint8_t { none, possible, sure };

class Tracker {
 public:
  Tracker(const Recording& recording, std::vector<std::size_t>* strays)
      : recording_(recording), strays_(strays), whereabouts_(recording.topology) {}

  std::vector<Journey> run() {
    for (std::size_t i = 0; i < recording_.events.size(); ++i) take(i);
    return std::move(journeys_);
  }

 private:
  void take(std::size_t index) {
    const auto& event = recording_.events[index];
    const auto view = packet::parse(event.packet);
    if (!view) return stray(index);
    const Seen seen{event, *view, lasting_part(event.packet, *view), ends_of(event.packet, *view)};
    if (event.kind == Kind::sent) return begin(index, seen, {event.side, 0, true});
    if (event.kind == Kind::originated) return begin(index, seen, way_back(event));
    const auto open = find(seen);
    if (open == open_.end()) return stray(index);
    journeys_[open->journey].hops.push_back({index, view->source, view->destination});
    const auto way = place_of(*open, event)->way;
    if (event.kind == Kind::dropped_by_gateway || event.kind == Kind::ttl_expired)
      judged_[{event.side, event.gateway}] = way;
    Open moved = std::move(*open);
    open_.erase(open);
    if (is_end(event.kind)) return;
    move(moved, seen, way);
    open_.push_back(std::move(moved));
  }

  void begin(std::size_t index, const Seen& seen, const Way& way) {
    Journey journey;
    journey.hops.push_back({index, seen.view.source, seen.view.destination});
    journey.meaning = meaning(seen.event.packet);
    journey.data = trial::carries_data(seen.view.payload_of(seen.event.packet)) && seen.view.protocol == packet::kUdp;
    open_.push_back({journeys_.size(), seen.lasting, seen.ends, seen.view.destination.address, way, seen.event.at});
    journeys_.push_back(std::move(journey));
  }

  /// An answer goes back to where the packet came from that its gateway, or the core, judged last.
  Way way_back(const Event& event) const {
    const auto judged = judged_.find({event.side, event.gateway});
    if (judged == judged_.end()) return {event.side, event.gateway, false};
    return {event.side, judged->second.hop, !judged->second.up};
  }

  static void move(Open& open, const Seen& seen, const Way& way) {
    const auto destination = seen.view.destination.address;
    const bool turned = way.up && destination != open.destination;
    const auto hop = turned ? way.hop : static_cast<std::uint8_t>(way.up ? way.hop + 1 : way.hop - 1);
    open.way = {way.side, hop, way.up && !turned};
    open.ends = seen.ends;
    open.destination = destination;
    open.at = seen.event.at;
  }

  std::optional<Whereabouts::Place> place_of(const Open& open, const Event& event) const {
    return whereabouts_.where(open.way, open.destination, event.kind, event.side, event.gateway);
  }

  std::vector<Open>::iterator find(const Seen& seen) {
    auto best = open_.end();
    auto surest = Likeness::none;
    for (auto open = open_.begin(); open != open_.end(); ++open) {
      const auto likeness = compare(*open, seen);
      if (likeness < surest || likeness == Likeness::none) continue;
      if (likeness == surest && !is_rather(*open, *best, seen.event)) continue;
      best = open;
      surest = likeness;
    }
    return best;
  }

  /// Of packets that look alike the first is meant, because links keep the order of packets. But links lose a packet
  /// when its turn has come, so that it is the last to come of those that can have; and of what comes at one time the
  /// last finds no room in the queue.
  bool is_rather(const Open& later, const Open& earlier, const Event& event) const {
    if (event.kind == Kind::queue_overflow) return true;
    if (event.kind != Kind::lost_on_link) return false;
    return later.at + place_of(later, event)->least > earlier.at + place_of(earlier, event)->least;
  }

  Likeness compare(const Open& open, const Seen& seen) const {
    if (open.lasting != seen.lasting) return Likeness::none;
    const auto place = place_of(open, seen.event);
    if (!place) return Likeness::none;
    const bool translated = seen.event.kind == Kind::translated;
    const bool same = !translated     ? open.ends == seen.ends
                      : place->way.up ? may_leave_as(open, seen)
                                      : open.ends.source == seen.ends.source;
    if (!same) return Likeness::none;
    return open.at + place->least <= seen.event.at ? Likeness::sure : Likeness::possible;
  }

  /// A gateway shows another source, and when it turns the packet back another destination than its own.
  bool may_leave_as(const Open& open, const Seen& seen) const {
    const auto& event = seen.event;
    const bool own = whereabouts_.is_of_gateway(open.destination, event.side, event.gateway);
    if (!own && open.ends.destination != seen.ends.destination) return false;
    return !event.mapped || event.mapped->inside == open.ends.source;
  }

  void stray(std::size_t index) {
    if (strays_ != nullptr) strays_->push_back(index);
  }

  const Recording& recording_;
  std::vector<std::size_t>* strays_;
  Whereabouts whereabouts_;
  std::vector<Journey> journeys_;
  std::vector<Open> open_;
  std::map<std::pair<trial::HostId, std::uint8_t>, Way> judged_;  ///< whence what a gateway judged last had come
};

}  // namespace

std::vector<Journey> journeys(const Recording& recording, std::vector<std::size_t>* strays) {
  return Tracker(recording, strays).run();
}

}  // namespace punchlab::explain
