#pragma once
// Text of limited length held in place: what a peer sent is kept without allocating.
#include <array>
#include <cstddef>
#include <string_view>

namespace punchlab::stun {

template <std::size_t Capacity>
class BoundedText {
 public:
  /// False, and nothing changes, when `text` is too long.
  bool assign(std::string_view text) {
    if (text.size() > Capacity) return false;
    text.copy(characters_.data(), text.size());
    size_ = text.size();
    return true;
  }
  std::string_view view() const { return {characters_.data(), size_}; }

 private:
  std::array<char, Capacity> characters_;
  std::size_t size_ = 0;
};

}  // namespace punchlab::stun
