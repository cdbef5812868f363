#include "protocol/session/replay_window.hpp"

#include <algorithm>

namespace punchlab::session {

bool ReplayWindow::is_fresh(std::uint64_t counter) const {
  if (counter >= next_) return true;
  const std::uint64_t behind = next_ - 1 - counter;
  return behind < kSize && (seen_[block_of(counter)] & bit_of(counter)) == 0;
}

void ReplayWindow::accept(std::uint64_t counter) {
  if (counter >= next_) {
    const std::uint64_t newest_block = next_ == 0 ? 0 : (next_ - 1) / kBits;
    const std::uint64_t ahead = std::min<std::uint64_t>(counter / kBits - newest_block, kBlocks);
    for (std::uint64_t i = 1; i <= ahead; ++i) seen_[(newest_block + i) % kBlocks] = 0;
    next_ = counter + 1;
  }
  seen_[block_of(counter)] |= bit_of(counter);
}

}  // namespace punchlab::session
