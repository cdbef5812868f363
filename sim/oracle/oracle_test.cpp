// The oracle against what is published and what can be reasoned.
// 1. The published 4x4 of the classic types, and the 9x9 of RFC 4787 mapping x filtering.
// 2. The rule that nine third-party ICE stacks followed through a real kernel NAT.
// 3. No gateway connects with everything. A firewall is a NAT with endpoint-independent mapping. UDP blocked anywhere fails.
// 4. Chains: the strictest mapping and filter count, wherever they stand; a transparent gateway changes nothing.
// 5. Port allocation: preserve + overload makes a varying mapping look endpoint-independent; preserve + next does not.
// 6. What chance or timing decides is `may`: arbitrary pooling, few ports, limits, the conntrack clash, short timers.
// 7. Each relayed cell names the obstacle of each side.
// 8. Over random chains: swapping the sides swaps the verdict, relaxing an axis never makes it worse, hairpinning and
//    reactions change nothing, and neither more rounds nor a deeper search finds anything else.
#include "sim/oracle/oracle.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocol/base/rng.hpp"
#include "sim/oracle/encounter.hpp"

namespace punchlab::oracle {
namespace {

using namespace std::chrono_literals;
using nat::Chain;
using nat::Dependence;
using nat::OnCollision;
using nat::PortAllocation;
using nat::Profile;

constexpr auto kEi = Dependence::endpoint_independent;
constexpr auto kAd = Dependence::address_dependent;
constexpr auto kApd = Dependence::address_and_port_dependent;

/// An ordinary translator: sequential ports, one address, nothing odd.
Profile translator(Dependence mapping, Dependence filtering) {
  Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = PortAllocation::sequential;
  return p;
}

Profile firewall(Dependence filtering) {
  Profile p;
  p.translates = false;
  p.filtering = filtering;
  return p;
}

const Profile kFullCone = translator(kEi, kEi);
const Profile kRestricted = translator(kEi, kAd);
const Profile kPortRestricted = translator(kEi, kApd);
const Profile kSymmetric = translator(kApd, kApd);

Profile conntrack() {
  auto p = kPortRestricted;
  p.port_allocation = PortAllocation::preserve;
  p.on_collision = OnCollision::random;
  p.unsolicited_creates_state = true;
  return p;
}

Prediction prediction(const Chain& client, const Chain& connector) { return predict(client, connector).prediction; }

TEST(Published, FourByFour) {
  // RakNet manual (NAT punchthrough), Unity netcode documentation, checkmynat.com; Halkes and Pouwelse 2011 agree.
  const std::array order{kFullCone, kRestricted, kPortRestricted, kSymmetric};
  constexpr int kDirect[4][4] = {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 0}, {1, 1, 0, 0}};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(prediction({order[i]}, {order[j]}), kDirect[i][j] ? Prediction::direct : Prediction::relayed)
          << i << " " << j;
    }
  }
}

std::vector<Profile> nine() {
  std::vector<Profile> all;
  for (const auto mapping : {kEi, kAd, kApd}) {
    for (const auto filtering : {kEi, kAd, kApd}) all.push_back(translator(mapping, filtering));
  }
  return all;
}

TEST(Published, NineByNine) {
  // The whole of RFC 4787 mapping x filtering, computed by an earlier exhaustive search; rows EIM-EIF ... APDM-APDF.
  constexpr int kDirect[9][9] = {{1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 0, 0, 0, 0, 0},
                                 {1, 1, 0, 1, 1, 0, 1, 1, 0}, {1, 1, 0, 1, 0, 0, 1, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0},
                                 {1, 1, 0, 1, 1, 0, 0, 0, 0}, {1, 1, 0, 1, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0}};
  const auto order = nine();
  for (std::size_t i = 0; i < 9; ++i) {
    for (std::size_t j = 0; j < 9; ++j) {
      EXPECT_EQ(prediction({order[i]}, {order[j]}), kDirect[i][j] ? Prediction::direct : Prediction::relayed)
          << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace punchlab::oracle
