#pragma once
// Blocks of ports leased to internal addresses (PortAllocation::block, as RFC 7422 and many carriers' NATs do it).
#include "sim/nat/entries.hpp"

namespace punchlab::nat {

class PortBlocks {
 public:
  /// Room for `capacity` leases; 0 when the profile leases none.
  void prepare(std::uint32_t capacity);
  /// The lease of `host` on the external address; kNone when it has none.
  std::uint32_t find(const IpAddress& host, const IpAddress& external) const;
  bool taken(const IpAddress& external, std::uint32_t block) const;
  /// A lease that lasts until as many `release` as `hold` came; kNone when the table is full.
  std::uint32_t lease(const IpAddress& host, const IpAddress& external, std::uint32_t block);
  std::uint32_t block_of(std::uint32_t entry) const { return blocks_[entry].block; }
  void hold(std::uint32_t entry) { ++blocks_[entry].mappings; }
  void release(std::uint32_t entry);

 private:
  Pool<BlockEntry> blocks_;
  Index<BlockEntry, &BlockEntry::by_host> by_host_;
  Index<BlockEntry, &BlockEntry::by_block> by_block_;
};

}  // namespace punchlab::nat
