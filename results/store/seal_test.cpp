// Seals: what was sealed holds, and every other byte of it is noticed, also when it is left out or put after the end.
#include "results/store/seal.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/store/sha256.hpp"

namespace punchlab::results {
namespace {

TEST(Seal, IsTheLastMember) {
  for (const auto* object : {"{\"a\":1}", "{\n \"a\": 1\n}\n", "{\"a\":{\"b\":[{}]}}\n"}) {
    const auto text = sealed(object);
    EXPECT_TRUE(seal_holds(text)) << text;
    auto j = nlohmann::ordered_json::parse(text);
    const auto hash = j.at("sha256").get<std::string>();
    EXPECT_EQ(j.size(), 2U);
    EXPECT_EQ(hash, sha256_hex(text.substr(0, text.find(",\n \"sha256\"")))) << "what other programs can do too";
  }
}

TEST(Seal, IsThereAlsoWhereItDoesNotFit) {
  const auto text = sealed("{\n \"sha256\": \"of something else\"\n}\n");
  EXPECT_TRUE(has_seal(text));
  auto changed = text;
  changed[3] = 'x';
  EXPECT_TRUE(has_seal(changed));
  EXPECT_FALSE(seal_holds(changed));
  for (const auto* without : {"", "{}", "{\n \"a\": 1,\n \"sha256\": \"0123\"\n}\n"})
    EXPECT_FALSE(has_seal(without)) << without;
  EXPECT_FALSE(has_seal(text + " "));
  EXPECT_FALSE(has_seal(text.substr(0, text.size() - 1)));
}

TEST(Seal, NoticesEveryChange) {
  const auto text = sealed("{\"rate\":1.0,\"sha256\":\"of something else\"}\n");
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] ^= 1;
    EXPECT_FALSE(seal_holds(changed)) << i;
    EXPECT_FALSE(seal_holds(text.substr(0, i) + text.substr(i + 1))) << i;
    EXPECT_FALSE(seal_holds(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(seal_holds(text + " "));
  EXPECT_FALSE(seal_holds("{\"rate\":1.0}\n"));
  EXPECT_FALSE(seal_holds(""));
}

}  // namespace
}  // namespace punchlab::results
