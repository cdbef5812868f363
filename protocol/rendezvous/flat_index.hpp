#pragma once
// From a hash to a slot number: open addressing with linear probing, of a size fixed at construction.
#include <cstdint>
#include <optional>
#include <vector>

namespace punchlab::rendezvous {

/// Holds at most `capacity` entries; equality of the things behind the slots is the caller's `matches(slot)`.
class FlatIndex {
 public:
  explicit FlatIndex(std::size_t capacity);

  std::size_t size() const { return size_; }
  /// The slot whose entry has `hash` and for which `matches(slot)` holds.
  template <class Matches>
  std::optional<std::uint32_t> find(std::uint64_t hash, Matches&& matches) const {
    for (std::size_t i = hash & mask_; cells_[i].slot != kEmpty; i = (i + 1) & mask_)
      if (cells_[i].hash == hash && matches(cells_[i].slot)) return cells_[i].slot;
    return std::nullopt;
  }
  /// The pair must not be present, and there must be room.
  void insert(std::uint64_t hash, std::uint32_t slot);
  /// The pair must be present.
  void erase(std::uint64_t hash, std::uint32_t slot);

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;
  struct Cell {
    std::uint64_t hash = 0;
    std::uint32_t slot = kEmpty;
  };
  std::vector<Cell> cells_;
  std::size_t mask_;
  std::size_t size_ = 0;
};

}  // namespace punchlab::rendezvous
