#pragma once
// Bytes that must not outlive their use.
#include <array>

#include "protocol/base/bytes.hpp"

namespace punchlab::session {

/// Overwrites `bytes` so that the compiler cannot leave the write out.
void wipe(MutableBytes bytes);

/// `N` bytes that are wiped when they are replaced or destroyed. Compare and print nothing of it.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::uint8_t, N> bytes) { std::memcpy(bytes_.data(), bytes.data(), N); }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(); }

  std::span<const std::uint8_t, N> bytes() const { return bytes_; }
  std::span<std::uint8_t, N> writable() { return bytes_; }
  void wipe() { session::wipe(bytes_); }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace punchlab::session
