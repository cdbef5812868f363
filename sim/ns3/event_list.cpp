#include "sim/ns3/event_list.hpp"

#include <algorithm>

namespace punchlab::sim_ns3 {

ns3::TypeId EventList::GetTypeId() {
  static const ns3::TypeId id =
      ns3::TypeId("punchlab::EventList").SetParent<ns3::Scheduler>().AddConstructor<EventList>();
  return id;
}

void EventList::Insert(const Event& event) {
  auto place = events_.size();
  events_.push_back(event);
  for (; place > 0 && events_[place - 1].key < event.key; --place) events_[place] = events_[place - 1];
  events_[place] = event;
}

ns3::Scheduler::Event EventList::RemoveNext() {
  const Event event = events_.back();
  events_.pop_back();
  return event;
}

void EventList::Remove(const Event& event) {
  const auto same = [&event](const Event& other) { return other.key.m_uid == event.key.m_uid; };
  const auto found = std::find_if(events_.begin(), events_.end(), same);
  if (found != events_.end()) events_.erase(found);
}

}  // namespace punchlab::sim_ns3
