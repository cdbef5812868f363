#pragma once
// From a hash to a slot number: open addressing, linear probing, a size fixed at construction, no tombstones.
#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

namespace punchlab {

/// Holds at most `capacity` pairs of hash and slot. What equality means lies with the slots' owner. Never iterated.
class SlotIndex {
 public:
  explicit SlotIndex(std::size_t capacity) : cells_(std::bit_ceil(2 * capacity + 2)), mask_(cells_.size() - 1) {}

  /// The slot with `hash` for which `matches(slot)` holds.
  template <class Matches>
  std::optional<std::uint32_t> find(std::uint64_t hash, Matches&& matches) const {
    for (std::size_t i = hash & mask_; cells_[i].slot != kFree; i = (i + 1) & mask_)
      if (cells_[i].hash == hash && matches(cells_[i].slot)) return cells_[i].slot;
    return std::nullopt;
  }

  std::size_t size() const { return size_; }
  void clear() {
    std::fill(cells_.begin(), cells_.end(), Cell{});
    size_ = 0;
  }

  /// The pair must not be there yet, and there must be room.
  void insert(std::uint64_t hash, std::uint32_t slot) {
    assert(2 * size_ < cells_.size());
    ++size_;
    auto i = hash & mask_;
    while (cells_[i].slot != kFree) i = (i + 1) & mask_;
    cells_[i] = {hash, slot};
  }

  /// The pair must be there. Later entries of the probe run move up, so that no run is ever broken (Knuth 6.4,
  /// algorithm R).
  void erase(std::uint64_t hash, std::uint32_t slot) {
    auto hole = hash & mask_;
    while (cells_[hole].slot != slot) hole = (hole + 1) & mask_;
    for (auto i = (hole + 1) & mask_; cells_[i].slot != kFree; i = (i + 1) & mask_) {
      const auto home = cells_[i].hash & mask_;
      if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = {};
    --size_;
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  struct Cell {
    std::uint64_t hash = 0;
    std::uint32_t slot = kFree;
  };
  std::vector<Cell> cells_;
  std::size_t mask_;
  std::size_t size_ = 0;
};

}  // namespace punchlab
