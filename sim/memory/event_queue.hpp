#pragma once
// The pending events of a memory world, earliest first; those of equal time in the order in which they were caused.
#include <algorithm>
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
  };
  Moment when;
  std::uint32_t packet = 0;
  std::uint16_t wire = 0;
  Kind kind = Kind::arrival;
};

/// A binary heap that keeps its memory.
class EventQueue {
 public:
  EventQueue() { heap_.reserve(1024); }

  bool empty() const { return heap_.empty(); }
  const Event& front() const { return heap_.front(); }
  void clear() { heap_.clear(); }

  void push(const Event& event) {
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }

 private:
  static bool later(const Event& a, const Event& b) { return a.when > b.when; }
  std::vector<Event> heap_;
};

}  // namespace punchlab::memory
