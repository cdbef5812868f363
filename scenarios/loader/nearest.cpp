#include "scenarios/loader/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace punchlab::loader {
namespace {

constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kMostListed = 24;

bool is_near(std::string_view word, std::string_view other) {
  return edit_distance(word, other) <= std::max<std::size_t>(2, other.size() / 3);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kLongestWord);
  b = b.substr(0, kLongestWord);
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  const auto closer = [&](const std::string& a, const std::string& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  };
  const auto found = std::min_element(words.begin(), words.end(), closer);
  return found == words.end() ? std::string{} : *found;
}

std::string suggest(std::string_view word, const std::vector<std::string>& words) {
  if (words.empty()) return "none is known";
  const auto best = nearest(word, words);
  if (is_near(word, best)) return fmt::format("did you mean \"{}\"?", best);
  const auto shown = std::min(words.size(), kMostListed);
  const auto more = words.size() > shown ? ", ..." : "";
  return fmt::format("the nearest is \"{}\" (known: {}{})", best,
                     fmt::join(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(shown), ", "), more);
}

}  // namespace punchlab::loader
