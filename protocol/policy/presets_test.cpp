// Cases
//  1. Every preset is found by its name; names differ; the first is relay-first, the default.
//  2. A name that is no preset, a prefix of one or empty finds nothing.
//  3. `ice` has the constants of RFC 8445 section 14 and RFC 8863, and nothing that ICE does not do.
//  4. Only relay-first carries data over the relay before a check.
//  5. Agents' presets have the published constants of their code.
//  6. Every preset keeps within what the agents accept: pacing of 1 ms or more, waits that end, consent that can be
//  lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocol/policy/policy.hpp"

namespace punchlab {
namespace {

using std::chrono::milliseconds;

TEST(PolicyPresets, AreFoundByTheirNames) {  // case 1
  std::set<std::string> names;
  for (const auto& preset : policy_presets()) {
    EXPECT_EQ(find_policy(preset.name), &preset);
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
  }
  EXPECT_EQ(policy_presets().front().name, "relay-first");
  EXPECT_THAT(names, testing::ElementsAre("ice", "libjuice", "libnice", "libwebrtc", "pion", "relay-first"));
}

TEST(PolicyPresets, NothingElseIsFound) {  // case 2
  for (const char* name : {"", "ic", "ICE", "ice ", "tailscale"}) EXPECT_EQ(find_policy(name), nullptr) << name;
}

TEST(PolicyPresets, IceIsTheRfc) {  // case 3
  const auto& ice = *find_policy("ice");
  EXPECT_EQ(ice.pacing, milliseconds{50});
  EXPECT_EQ(ice.rto, milliseconds{500});
  EXPECT_EQ(ice.patience, milliseconds{39'500});
  EXPECT_EQ(ice.max_transmissions, 7);
  EXPECT_EQ(ice.last_wait_factor, 16);
  EXPECT_EQ(ice.opener_ttl, 0);
  EXPECT_FALSE(ice.linear_rto || ice.synchronised_start || ice.nominate_first_valid);
}

TEST(PolicyPresets, OnlyRelayFirstIsRelayFirst) {  // case 4
  for (const auto& preset : policy_presets())
    EXPECT_EQ(preset.relay_first, preset.name == "relay-first") << preset.name;
}

TEST(PolicyPresets, AgentsHaveTheirConstants) {  // case 5
  EXPECT_EQ(find_policy("libwebrtc")->pacing, milliseconds{48});
  EXPECT_EQ(find_policy("libwebrtc")->acceptance_wait_relayed, milliseconds{0});
  EXPECT_EQ(find_policy("libnice")->pacing, milliseconds{20});
  EXPECT_EQ(find_policy("libnice")->rto, milliseconds{500});
  EXPECT_EQ(find_policy("libnice")->max_transmissions, 4);
  EXPECT_EQ(find_policy("libjuice")->pacing, milliseconds{50});
  EXPECT_EQ(find_policy("libjuice")->max_transmissions, 7);
  EXPECT_EQ(find_policy("libjuice")->keepalive, milliseconds{15'000});
  EXPECT_EQ(find_policy("pion")->pacing, milliseconds{200});
  EXPECT_EQ(find_policy("pion")->max_transmissions, 7);
  EXPECT_EQ(find_policy("pion")->acceptance_wait_reflexive, milliseconds{500});
  EXPECT_EQ(find_policy("pion")->acceptance_wait_relayed, milliseconds{2'000});
}

TEST(PolicyPresets, AreWithinWhatAgentsAccept) {  // case 6
  for (const auto& p : policy_presets()) {
    EXPECT_GE(p.pacing, milliseconds{1}) << p.name;
    EXPECT_GT(p.rto.count(), 0) << p.name;
    EXPECT_GT(p.patience.count(), 0) << p.name;
    EXPECT_GE(p.max_transmissions, 1) << p.name;
    EXPECT_GE(p.max_pairs, 1) << p.name;
    EXPECT_GT(p.consent_timeout, p.consent_interval) << p.name;
  }
}

}  // namespace
}  // namespace punchlab
