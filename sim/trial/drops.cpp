#include "sim/trial/drops.hpp"

#include <algorithm>

namespace punchlab::trial {

void Drops::add(const PacketEvent& event, const packet::View& view, HostId receiver) {
  const auto same = [&](const Drop& d) {
    return d.side == event.side && d.gateway == event.gateway && d.source == view.source &&
           d.destination == view.destination;
  };
  const auto end = drops_.begin() + static_cast<std::ptrdiff_t>(count_);
  if (const auto known = std::find_if(drops_.begin(), end, same); known != end) {
    ++known->count;
    known->reason = event.reason;
    known->opened = false;
    return;
  }
  if (count_ == kMost) return;
  const auto& seen = event.mapped == nullptr ? view.source : event.mapped->outside;
  drops_[count_++] = {event.side,       event.gateway, receiver, view.source, seen,
                      view.destination, event.reason,  event.at, 1,           false};
}

void Drops::passed(const PacketEvent& event, const packet::View& view) {
  const auto& from = event.mapped == nullptr ? view.source : event.mapped->outside;
  for (std::size_t i = 0; i < count_; ++i) {
    Drop& d = drops_[i];
    if (d.side == event.side && d.gateway == event.gateway && d.source == view.destination && d.destination == from)
      d.opened = true;
  }
}

}  // namespace punchlab::trial
