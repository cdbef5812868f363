#include "protocol/rendezvous/peer_id.hpp"

#include <algorithm>

namespace punchlab::rendezvous {

std::optional<PeerId> PeerId::from_bytes(Bytes value) {
  PeerId id;
  if (value.size() != id.bytes.size()) return std::nullopt;
  std::copy(value.begin(), value.end(), id.bytes.begin());
  return id;
}

std::uint64_t hash_of(const PeerId& id) {
  std::uint64_t h = 0;
  for (std::size_t i = 0; i < id.bytes.size(); i += 8) {
    h = (h ^ load_u64(id.bytes.data() + i)) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32;
  }
  return h;
}

}  // namespace punchlab::rendezvous
