#pragma once
// The pending events of a memory world, earliest first; those of equal time in the order in which they were caused.
#include <compare>
#include <cstdint>
#include <vector>

#include "protocol/base/time.hpp"

namespace punchlab::memory {

/// A moment of virtual time, with the place of its event among the events of that time.
struct Moment {
  Time at;
  std::uint64_t order = 0;
  friend constexpr auto operator<=>(const Moment&, const Moment&) = default;
};

struct Event {
  enum class Kind : std::uint8_t {
    arrival,        ///< `packet` reaches the end of `wire`
    transmit_next,  ///< `wire` is idle again and a packet waits
    loopback,       ///< `packet` reaches the host that sent it, `wire` is the host's number
    stream,         ///< a deadline of the TCP connection `packet`
  };
  Moment when;
  std::uint32_t packet = 0;
  std::uint16_t wire = 0;
  Kind kind = Kind::arrival;
};

/// Sorted, the earliest last, in memory that it keeps. A packet's next hop is nearly always the next event of all, which
/// makes adding and taking one a matter of the last few places; a heap would move through all its levels for both.
class EventQueue {
 public:
  EventQueue() { events_.reserve(1024); }

  bool empty() const { return events_.empty(); }
  const Event& front() const { return events_.back(); }
  void clear() { events_.clear(); }

  void push(Moment when, std::uint32_t packet, std::uint16_t wire, Event::Kind kind) {
    events_.emplace_back();
    auto place = events_.size() - 1;
    for (; place > 0 && when > events_[place - 1].when; --place) events_[place] = events_[place - 1];
    events_[place] = {when, packet, wire, kind};
  }

  Event pop() {
    const Event event = events_.back();
    events_.pop_back();
    return event;
  }

 private:
  std::vector<Event> events_;
};

}  // namespace punchlab::memory
