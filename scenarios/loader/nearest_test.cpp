// Cases
//  1. Distance counts insertions, deletions, replacements and swaps of neighbours, and is symmetric.
//  2. The nearest word wins; of equals the first.
//  3. A near word is asked for; a far one is named with the list; a long list is cut.
#include "scenarios/loader/nearest.hpp"

#include <gtest/gtest.h>

namespace punchlab::loader {
namespace {

TEST(Nearest, Distance) {  // case 1
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("latency", "latncy"), 1U);
  EXPECT_EQ(edit_distance("latncy", "latency"), 1U);
  EXPECT_EQ(edit_distance("loss", "boss"), 1U);
  EXPECT_EQ(edit_distance("jitter", "jittre"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, Word) {  // case 2
  EXPECT_EQ(nearest("polcy", {"name", "policy", "relay"}), "policy");
  EXPECT_EQ(nearest("b", {"a", "c"}), "a");
  EXPECT_EQ(nearest("b", {}), "");
}

TEST(Nearest, Suggestion) {  // case 3
  EXPECT_EQ(suggest("polcy", {"name", "policy"}), "did you mean \"policy\"?");
  EXPECT_EQ(suggest("zzzzzzzz", {"nat", "access"}), "the nearest is \"nat\" (known: nat, access)");
  EXPECT_EQ(suggest("x", {}), "none is known");
  const std::vector<std::string> many(30, "abcdefgh");
  const auto text = suggest("z", many);
  EXPECT_NE(text.find("abcdefgh, ...)"), text.npos) << text;
}

}  // namespace
}  // namespace punchlab::loader
