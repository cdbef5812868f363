#include "sim/trial/shared_flows.hpp"

#include <algorithm>
#include <utility>

#include "sim/packet/packet.hpp"

namespace punchlab::trial {

const SharedFlows::Flow* SharedFlows::find(const TransportAddress& outside) const {
  const auto end = flows_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::find_if(flows_.begin(), end, [&](const Flow& flow) { return flow.outside == outside; });
  return found == end ? nullptr : &*found;
}

SharedFlows::Flow* SharedFlows::find(const TransportAddress& outside) {
  return const_cast<Flow*>(std::as_const(*this).find(outside));
}

/// A mapping that was made anew belongs to whoever uses it last.
void SharedFlows::note(const PacketEvent& event) {
  if (event.mapped == nullptr || event.mapped->inside == event.mapped->outside) return;
  const auto& [inside, outside, to] = *event.mapped;
  auto* flow = find(outside);
  if (flow == nullptr || flow->inside != inside) {
    const auto whose = owner(inside);
    if (!whose || (flow == nullptr && count_ == kMost)) return;
    if (flow == nullptr) flow = &flows_[count_++];
    *flow = {inside, outside, *whose, false};
  }
  if (event.kind != PacketEvent::Kind::translated || flow->turned_back) return;
  const auto view = packet::parse(event.packet);
  flow->turned_back = view && view->source == inside;
}

std::optional<HostId> SharedFlows::owner(const TransportAddress& endpoint) const {
  for (const auto side : {HostId::client, HostId::connector}) {
    const auto& own = topology_->host(side).outside_addresses();
    if (std::find(own.begin(), own.end(), endpoint.address) != own.end()) return side;
  }
  const auto* flow = find(endpoint);
  return flow == nullptr ? std::nullopt : std::optional{flow->owner};
}

const SharedFlows::Flow* SharedFlows::find(const TransportAddress& inner, const TransportAddress& outer) const {
  const auto* flow = find(outer);
  for (std::size_t i = 0; flow != nullptr && i < kMost; ++i, flow = find(flow->inside))
    if (flow->inside == inner) return flow;
  return nullptr;
}

bool SharedFlows::leads_to(const TransportAddress& inner, const TransportAddress& outer) const {
  return find(inner, outer) != nullptr;
}

bool SharedFlows::turned_back(const TransportAddress& inner, const TransportAddress& outer) const {
  const auto* flow = find(inner, outer);
  return flow != nullptr && flow->turned_back;
}

}  // namespace punchlab::trial
