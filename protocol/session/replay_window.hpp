#pragma once
// Refuses packets whose counter was seen before or is too old (RFC 6479: a bitmap of blocks, no shifting).
#include <array>
#include <cstddef>
#include <cstdint>

namespace punchlab::session {

class ReplayWindow {
 public:
  /// How far behind the highest accepted counter a late packet may be.
  static constexpr std::uint64_t kSize = 2048;

  /// True when `counter` may still be accepted. Ask before the packet is authenticated.
  bool is_fresh(std::uint64_t counter) const;
  /// Marks `counter` as seen. Only for packets that proved authentic and fresh.
  void accept(std::uint64_t counter);

 private:
  static constexpr std::size_t kBits = 64;
  static constexpr std::size_t kBlocks = 64;  ///< a power of two with one block to spare beyond kSize
  static_assert((kBlocks - 1) * kBits >= kSize);
  static std::size_t block_of(std::uint64_t counter) { return (counter / kBits) % kBlocks; }
  static std::uint64_t bit_of(std::uint64_t counter) { return std::uint64_t{1} << (counter % kBits); }

  std::array<std::uint64_t, kBlocks> seen_{};
  std::uint64_t next_ = 0;  ///< one past the highest accepted counter
};

}  // namespace punchlab::session
