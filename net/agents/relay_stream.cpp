#include "net/agents/relay_stream.hpp"

#include <utility>

namespace punchlab::agents {

void RelayStream::take(const packet::TcpFields& fields, Bytes payload) {
  if ((fields.flags & packet::kSyn) != 0) {
    open_ = true;
    next_ = fields.sequence + 1;
    waiting_.clear();
    framer_ = {};
    return;
  }
  if (!open_ || payload.empty() || waiting_.size() >= kMostWaiting) return;
  waiting_[fields.sequence].assign(payload.begin(), payload.end());
  for (bool found = true; std::exchange(found, false);) {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const auto known =
          static_cast<std::int32_t>(next_ - it->first);  // bytes of it that were taken before (RFC 9293 section 3.4)
      if (known < 0) {
        ++it;
        continue;
      }
      if (static_cast<std::size_t>(known) < it->second.size()) {
        ready_.insert(ready_.end(), it->second.begin() + known, it->second.end());
        next_ += static_cast<std::uint32_t>(it->second.size()) - static_cast<std::uint32_t>(known);
        found = true;
      }
      it = waiting_.erase(it);
    }
  }
}

}  // namespace punchlab::agents
