#pragma once
// ns-3's pending events in a sorted list that keeps its memory: the default, a std::map, allocates for each event.
#include <ns3/scheduler.h>

#include <vector>

#include "sim/ns3/ns3.hpp"

namespace punchlab::sim_ns3 {

/// The earliest last. A packet's next hop is nearly always the next event of all, which makes adding and taking one a
/// matter of the last few places; a heap would move through all its levels for both.
class EventList final : public ns3::Scheduler {
 public:
  static ns3::TypeId GetTypeId();

  void Insert(const Event& event) override;
  bool IsEmpty() const override { return events_.empty(); }
  Event PeekNext() const override { return events_.back(); }
  Event RemoveNext() override;
  void Remove(const Event& event) override;

 private:
  std::vector<Event> events_;
};

}  // namespace punchlab::sim_ns3
