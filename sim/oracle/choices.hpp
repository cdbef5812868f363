#pragma once
// Exhaustive search by replay: the model asks at each point that chance or timing decides, and is run once for every
// combination of answers.
#include <cstddef>
#include <vector>

namespace punchlab::oracle {

class Choices {
 public:
  explicit Choices(std::size_t max_depth = kMaxDepth) : max_depth_(max_depth) {}

  /// One of 0..of-1. In the first run always 0; `advance` counts on. Beyond the depth limit it stays 0.
  std::size_t pick(std::size_t of) {
    if (of < 2) return 0;
    if (at_ == path_.size()) {
      if (path_.size() == max_depth_) return 0;
      path_.push_back({0, of});
    }
    return path_[at_++].taken;
  }

  /// Goes to the next combination; false when all were seen.
  bool advance() {
    while (!path_.empty() && path_.back().taken + 1 == path_.back().of) path_.pop_back();
    at_ = 0;
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  /// Success needs few mappings (docs/oracle.md): what is chosen later changes nothing. A test searches deeper.
  static constexpr std::size_t kMaxDepth = 10;
  struct Choice {
    std::size_t taken;
    std::size_t of;
  };
  std::size_t max_depth_;
  std::vector<Choice> path_;
  std::size_t at_ = 0;
};

}  // namespace punchlab::oracle
