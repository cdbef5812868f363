#pragma once
// ns-3's pending events in a binary heap that keeps its memory: the default, a std::map, allocates for each event.
#include <ns3/scheduler.h>

#include <vector>

#include "sim/ns3/ns3.hpp"

namespace punchlab::sim_ns3 {

class EventHeap final : public ns3::Scheduler {
 public:
  static ns3::TypeId GetTypeId();

  void Insert(const Event& event) override;
  bool IsEmpty() const override { return heap_.empty(); }
  Event PeekNext() const override { return heap_.front(); }
  Event RemoveNext() override;
  void Remove(const Event& event) override;

 private:
  std::vector<Event> heap_;
};

}  // namespace punchlab::sim_ns3
