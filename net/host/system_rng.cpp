#include "net/host/system_rng.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace punchlab::net {

std::uint64_t SystemRng::next() {
  if (used_ == numbers_.size()) {
    if (getrandom(numbers_.data(), sizeof numbers_, 0) != static_cast<ssize_t>(sizeof numbers_))
      throw std::system_error(errno, std::generic_category(), "getrandom");
    used_ = 0;
  }
  return std::exchange(numbers_[used_++], 0);  // what was given out is not kept
}

}  // namespace punchlab::net
