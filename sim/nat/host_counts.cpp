#include "sim/nat/host_counts.hpp"

namespace punchlab::nat {

void HostCounts::prepare(std::uint32_t capacity) {
  hosts_.prepare(capacity);
  by_address_.prepare(capacity);
}

std::uint32_t HostCounts::find(const IpAddress& host) const {
  return by_address_.find(hosts_, hash_of(host), [&](const HostEntry& h) { return h.address == host; });
}

std::uint32_t HostCounts::count(const IpAddress& host) const {
  const std::uint32_t i = find(host);
  return i == kNone ? 0 : hosts_[i].mappings;
}

std::uint32_t HostCounts::add(const IpAddress& host) {
  std::uint32_t i = find(host);
  if (i == kNone) {
    i = hosts_.take();
    hosts_[i].address = host;
    by_address_.insert(hosts_, i, hash_of(host));
  }
  ++hosts_[i].mappings;
  return i;
}

void HostCounts::release(std::uint32_t entry) {
  if (--hosts_[entry].mappings > 0) return;
  by_address_.erase(hosts_, entry);
  hosts_.give_back(entry);
}

}  // namespace punchlab::nat
