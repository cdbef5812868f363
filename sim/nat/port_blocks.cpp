#include "sim/nat/port_blocks.hpp"

namespace punchlab::nat {

void PortBlocks::prepare(std::uint32_t capacity) {
  blocks_.prepare(capacity);
  by_host_.prepare(capacity);
  by_block_.prepare(capacity);
}

std::uint32_t PortBlocks::find(const IpAddress& host, const IpAddress& external) const {
  return by_host_.find(blocks_, combine(hash_of(host), hash_of(external)),
                       [&](const BlockEntry& b) { return b.host == host && b.external == external; });
}

bool PortBlocks::taken(const IpAddress& external, std::uint32_t block) const {
  return by_block_.find(blocks_, combine(hash_of(external), block),
                        [&](const BlockEntry& b) { return b.external == external && b.block == block; }) != kNone;
}

std::uint32_t PortBlocks::lease(const IpAddress& host, const IpAddress& external, std::uint32_t block) {
  const std::uint32_t i = blocks_.take();
  if (i == kNone) return kNone;
  BlockEntry& b = blocks_[i];
  b.host = host;
  b.external = external;
  b.block = block;
  by_host_.insert(blocks_, i, combine(hash_of(host), hash_of(external)));
  by_block_.insert(blocks_, i, combine(hash_of(external), block));
  return i;
}

void PortBlocks::release(std::uint32_t entry) {
  if (--blocks_[entry].mappings > 0) return;
  by_host_.erase(blocks_, entry);
  by_block_.erase(blocks_, entry);
  blocks_.give_back(entry);
}

}  // namespace punchlab::nat
