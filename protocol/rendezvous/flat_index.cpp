#include "protocol/rendezvous/flat_index.hpp"

#include <bit>
#include <cassert>

namespace punchlab::rendezvous {

FlatIndex::FlatIndex(std::size_t capacity) : cells_(std::bit_ceil(2 * capacity + 2)), mask_(cells_.size() - 1) {}

void FlatIndex::insert(std::uint64_t hash, std::uint32_t slot) {
  assert(2 * size_ < cells_.size());
  std::size_t i = hash & mask_;
  while (cells_[i].slot != kEmpty) i = (i + 1) & mask_;
  cells_[i] = {hash, slot};
  ++size_;
}

void FlatIndex::erase(std::uint64_t hash, std::uint32_t slot) {
  std::size_t hole = hash & mask_;
  while (cells_[hole].slot != slot) {
    assert(cells_[hole].slot != kEmpty);
    hole = (hole + 1) & mask_;
  }
  // Move back what the hole would cut off from its home (Knuth 6.4, algorithm R).
  for (std::size_t i = (hole + 1) & mask_; cells_[i].slot != kEmpty; i = (i + 1) & mask_) {
    const std::size_t home = cells_[i].hash & mask_;
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    cells_[hole] = cells_[i];
    hole = i;
  }
  cells_[hole].slot = kEmpty;
  --size_;
}

}  // namespace punchlab::rendezvous
