#pragma once
#include <array>

#include "protocol/base/rng.hpp"

namespace punchlab::net {

/// The kernel's cryptographically secure generator (getrandom), for real keys and transaction ids. Throws
/// std::system_error when the kernel has none. Not to be used across fork.
class SystemRng final : public Rng {
 public:
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 32> numbers_{};  ///< getrandom gives up to 256 bytes at once without interruption
  std::size_t used_ = 32;
};

}  // namespace punchlab::net
