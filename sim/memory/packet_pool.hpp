#pragma once
// Room for the packets under way. Slots never move, are known by their number, and are kept from run to run.
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace punchlab::memory {

class PacketPool {
 public:
  /// Bytes of the largest packet: a kMaxDatagram payload behind IPv6 and UDP headers.
  static constexpr std::size_t kSlotSize = kMaxDatagram + 48;

  /// A free slot; its contents are what it last held.
  std::uint32_t take() {
    if (free_.empty()) grow();
    const auto slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void give_back(std::uint32_t slot) { free_.push_back(slot); }

  /// All slots are free again.
  void clear() {
    free_.clear();
    for (auto slot = static_cast<std::uint32_t>(blocks_.size() * kBlock); slot-- > 0;) free_.push_back(slot);
  }

  MutableBytes room(std::uint32_t slot) { return at(slot).bytes; }
  MutableBytes packet(std::uint32_t slot) { return room(slot).first(at(slot).size); }
  void set_size(std::uint32_t slot, std::size_t size) { at(slot).size = static_cast<std::uint32_t>(size); }

 private:
  struct Slot {
    std::uint32_t size = 0;
    std::array<std::uint8_t, kSlotSize> bytes;
  };
  static constexpr std::size_t kBlock = 64;

  Slot& at(std::uint32_t slot) { return (*blocks_[slot / kBlock])[slot % kBlock]; }
  void grow() {
    const auto first = static_cast<std::uint32_t>(blocks_.size() * kBlock);
    blocks_.push_back(std::make_unique<std::array<Slot, kBlock>>());
    free_.reserve(blocks_.size() * kBlock);
    for (std::uint32_t i = kBlock; i-- > 0;) free_.push_back(first + i);
  }

  std::vector<std::unique_ptr<std::array<Slot, kBlock>>> blocks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace punchlab::memory
