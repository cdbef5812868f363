#pragma once
#include <array>
#include <deque>

#include "net/agents/driver.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::agents {

/// Carries signalling lines between two drivers, each way with its delay; their order is kept.
class Post {
 public:
  explicit Post(Duration delay) : delay_(delay) {}

  void carry(Time now, std::array<Driver*, 2> drivers) {
    for (std::size_t from = 0; from < 2; ++from) {
      auto& way = ways_[from];
      if (auto lines = drivers[from]->heard(); !lines.empty()) way.push_back({now + delay_, std::move(lines)});
      for (; !way.empty() && way.front().due <= now; way.pop_front()) drivers[1 - from]->tell(way.front().lines);
    }
  }

 private:
  struct Letter {
    Time due;
    std::string lines;
  };
  Duration delay_;
  std::array<std::deque<Letter>, 2> ways_;
};

}  // namespace punchlab::agents
