#pragma once
// What is under way in the lab, earliest first, those of equal time in the order in which they were caused. A heap:
// unlike in a simulated trial, thousands of packets may be in the delay line at once.
#include <algorithm>
#include <vector>

#include "sim/memory/event_queue.hpp"

namespace punchlab::lab {

class DueQueue {
 public:
  DueQueue() { events_.reserve(1024); }

  bool empty() const { return events_.empty(); }
  const memory::Event& front() const { return events_.front(); }
  void clear() { events_.clear(); }

  void push(memory::Moment when, std::uint32_t packet, std::uint16_t wire, memory::Event::Kind kind) {
    events_.push_back({when, packet, wire, kind});
    std::push_heap(events_.begin(), events_.end(), later);
  }

  memory::Event pop() {
    std::pop_heap(events_.begin(), events_.end(), later);
    const memory::Event event = events_.back();
    events_.pop_back();
    return event;
  }

 private:
  static bool later(const memory::Event& a, const memory::Event& b) { return a.when > b.when; }
  std::vector<memory::Event> events_;
};

}  // namespace punchlab::lab
