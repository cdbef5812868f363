#include "sim/trial/shared_flows.hpp"

#include <algorithm>

namespace punchlab::trial {

const SharedFlows::Flow* SharedFlows::find(const TransportAddress& outside) const {
  const auto end = flows_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::find_if(flows_.begin(), end, [&](const Flow& flow) { return flow.outside == outside; });
  return found == end ? nullptr : &*found;
}

/// A mapping that was made anew belongs to whoever uses it last.
void SharedFlows::note(const PacketEvent& event) {
  if (event.mapped == nullptr || event.mapped->inside == event.mapped->outside) return;
  const auto& [inside, outside] = *event.mapped;
  const auto* known = find(outside);
  if (known != nullptr && known->inside == inside) return;
  const auto whose = owner(inside);
  if (!whose || (known == nullptr && count_ == kMost)) return;
  auto& flow = known == nullptr ? flows_[count_++] : flows_[static_cast<std::size_t>(known - flows_.data())];
  flow = {inside, outside, *whose};
}

std::optional<HostId> SharedFlows::owner(const TransportAddress& endpoint) const {
  for (const auto side : {HostId::client, HostId::connector}) {
    const auto& own = topology_->host(side).outside_addresses();
    if (std::find(own.begin(), own.end(), endpoint.address) != own.end()) return side;
  }
  const auto* flow = find(endpoint);
  return flow == nullptr ? std::nullopt : std::optional{flow->owner};
}

bool SharedFlows::leads_to(const TransportAddress& inner, const TransportAddress& outer) const {
  const auto* flow = find(outer);
  for (std::size_t i = 0; flow != nullptr && i < kMost; ++i, flow = find(flow->inside))
    if (flow->inside == inner) return true;
  return false;
}

}  // namespace punchlab::trial
