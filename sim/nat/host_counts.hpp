#pragma once
// How many mappings each internal address holds, for Profile::max_mappings_per_host.
#include "sim/nat/entries.hpp"

namespace punchlab::nat {

class HostCounts {
 public:
  /// Room for `capacity` hosts; 0 when nobody counts.
  void prepare(std::uint32_t capacity);
  std::uint32_t count(const IpAddress& host) const;
  /// One more mapping of `host`; returns the entry to `release` later. There is one host per mapping at most, so room
  /// for as many hosts as mappings suffices.
  std::uint32_t add(const IpAddress& host);
  void release(std::uint32_t entry);

 private:
  std::uint32_t find(const IpAddress& host) const;
  Pool<HostEntry> hosts_;
  Index<HostEntry, &HostEntry::by_address> by_address_;
};

}  // namespace punchlab::nat
