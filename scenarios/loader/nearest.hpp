#pragma once
// "Did you mean": the known word nearest to a mistyped one.
#include <string>
#include <string_view>
#include <vector>

namespace punchlab::loader {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first word with the least distance from `word`; empty when there are none. Long words are cut at 64 characters.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

/// `did you mean "nat"?` when one word is near; else `the nearest is "nat" (known: nat, access, start)`.
std::string suggest(std::string_view word, const std::vector<std::string>& words);

}  // namespace punchlab::loader
