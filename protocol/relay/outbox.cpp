#include "protocol/relay/outbox.hpp"

#include <cstring>

namespace punchlab::relay {

std::optional<Transmit> Outbox::pop(MutableBytes out) {
  while (count_ > 0) {
    const auto slot = head_;
    --count_;
    head_ = count_ == 0 ? 0 : (head_ + 1) % entries_.size();  // an empty ring starts over, in warm memory
    if (entries_[slot].size > out.size()) continue;
    std::memcpy(out.data(), buffer(slot).data(), entries_[slot].size);
    return entries_[slot];
  }
  return std::nullopt;
}

}  // namespace punchlab::relay
