// Techniques by name, and what the two shipped ones say.
//  1. Each is found by its name, and an unknown name gives none.
//  2. Port prediction guesses the ports just above, never past 65535.
//  3. A policy's own opener goes before its techniques'.
#include "protocol/policy/technique.hpp"

#include <gtest/gtest.h>

#include "protocol/policy/policy.hpp"

namespace punchlab {
namespace {

TEST(Technique, IsFoundByName) {
  for (const auto* technique : techniques()) EXPECT_EQ(find_technique(technique->name()), technique);
  EXPECT_EQ(find_technique("birthday"), nullptr);
}

TEST(PortPrediction, GuessesThePortsAbove) {
  std::array<TransportAddress, Technique::kMaxGuesses> out;
  const auto address = IpAddress::v4(203, 0, 113, 1);
  ASSERT_EQ(find_technique("port-prediction")->guess({address, 5000}, out), out.size());
  EXPECT_EQ(out.front(), (TransportAddress{address, 5001}));
  EXPECT_EQ(out.back(), (TransportAddress{address, 5008}));
  ASSERT_EQ(find_technique("port-prediction")->guess({address, 65533}, out), 2u);
  EXPECT_EQ(out[1].port, 65535);
  EXPECT_EQ(find_technique("port-prediction")->guess({address, 65535}, out), 0u);
}

TEST(Opener, IsThePolicysOwnFirst) {
  Policy policy;
  EXPECT_EQ(opener_of(policy), Opener{});
  policy.techniques[1] = find_technique("low-ttl-opener");
  EXPECT_EQ(opener_of(policy), find_technique("low-ttl-opener")->opener());
  EXPECT_NE(opener_of(policy), Opener{});
  policy.opener_ttl = 9;
  EXPECT_EQ(opener_of(policy), (Opener{9, Duration{0}}));
}

}  // namespace
}  // namespace punchlab
