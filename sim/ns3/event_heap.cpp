#include "sim/ns3/event_heap.hpp"

#include <algorithm>

namespace punchlab::sim_ns3 {
namespace {

bool later(const ns3::Scheduler::Event& a, const ns3::Scheduler::Event& b) { return b.key < a.key; }

}  // namespace

ns3::TypeId EventHeap::GetTypeId() {
  static const ns3::TypeId id =
      ns3::TypeId("punchlab::EventHeap").SetParent<ns3::Scheduler>().AddConstructor<EventHeap>();
  return id;
}

void EventHeap::Insert(const Event& event) {
  heap_.push_back(event);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

ns3::Scheduler::Event EventHeap::RemoveNext() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Event event = heap_.back();
  heap_.pop_back();
  return event;
}

void EventHeap::Remove(const Event& event) {
  const auto same = [&event](const Event& other) { return other.key.m_uid == event.key.m_uid; };
  const auto found = std::find_if(heap_.begin(), heap_.end(), same);
  if (found == heap_.end()) return;
  *found = heap_.back();
  heap_.pop_back();
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace punchlab::sim_ns3
