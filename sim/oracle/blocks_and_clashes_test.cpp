// Where chance or timing decides over ports:
// 1. A block of ports belongs to one inside address on one outside address: `overload` shares no port between blocks,
// and where
//    only few blocks fit, an inside address may get none.
// 2. The mapping that follows a conntrack clash may have another outside address, and may find no port at all.
#include <gtest/gtest.h>

#include "sim/oracle/oracle.hpp"

namespace punchlab::oracle {
namespace {

using nat::Chain;
using nat::Dependence;
using nat::OnCollision;
using nat::PortAllocation;
using nat::Profile;

constexpr auto kEi = Dependence::endpoint_independent;
constexpr auto kAd = Dependence::address_dependent;
constexpr auto kApd = Dependence::address_and_port_dependent;

Profile translator(Dependence mapping, Dependence filtering) {
  Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = PortAllocation::sequential;
  return p;
}

const Profile kRestricted = translator(kEi, kAd);
const Profile kPortRestricted = translator(kEi, kApd);
const Profile kSymmetric = translator(kApd, kApd);

Profile conntrack(OnCollision on_collision) {
  Profile p = kPortRestricted;
  p.port_allocation = PortAllocation::preserve;
  p.on_collision = on_collision;
  p.unsolicited_creates_state = true;
  return p;
}

Prediction prediction(const Chain& client, const Chain& connector) { return predict(client, connector).prediction; }

/// Its mappings come from several addresses, so that a gateway behind it sees several hosts.
Profile pooled_inside() {
  auto p = translator(kAd, kEi);
  p.addresses = 4;
  p.pooling = nat::Pooling::arbitrary;
  return p;
}

TEST(PortBlocks, BelongToOneInsideAddress) {
  auto outer = translator(kApd, kEi);
  outer.port_allocation = PortAllocation::block;
  outer.on_collision = OnCollision::overload;
  outer.block_size = 1;
  EXPECT_EQ(prediction({outer}, {kPortRestricted}), Prediction::direct) << "one host has one port for everything";
  EXPECT_EQ(prediction({pooled_inside(), outer}, {kPortRestricted}), Prediction::may);
  outer.block_size = 16;
  EXPECT_EQ(prediction({pooled_inside(), outer}, {}), Prediction::direct);
  outer.ports = {43136, 43151};  // one block
  EXPECT_EQ(predict({pooled_inside(), outer}, {}),
            (Verdict{Prediction::may, Obstacle::too_many_mappings, Obstacle::none}));
  EXPECT_EQ(prediction({outer}, {}), Prediction::direct);
}

TEST(PortBlocks, BelongToOneOutsideAddress) {
  auto inner = kSymmetric;
  inner.port_allocation = PortAllocation::block;
  inner.on_collision = OnCollision::overload;
  inner.block_size = 1;
  inner.addresses = 3;
  inner.pooling = nat::Pooling::arbitrary;
  auto outer = translator(kApd, kEi);
  outer.port_allocation = PortAllocation::preserve;
  outer.on_collision = OnCollision::drop;
  EXPECT_EQ(prediction({inner, outer}, {kRestricted}), Prediction::may)
      << "another address has another port, which is free";
}

class ConntrackClash : public testing::TestWithParam<OnCollision> {};
INSTANTIATE_TEST_SUITE_P(Reactions, ConntrackClash, testing::Values(OnCollision::random, OnCollision::conntrack));

TEST_P(ConntrackClash, TakesAnotherMapping) {
  EXPECT_EQ(prediction({conntrack(GetParam())}, {kPortRestricted}), Prediction::may);
  auto tight = conntrack(GetParam());
  tight.ports = {3818, 3818};
  EXPECT_EQ(prediction({tight}, {kRestricted}), Prediction::may) << "there may be no other port to take";
  auto pooled = conntrack(GetParam());
  pooled.addresses = 2;
  EXPECT_EQ(prediction({pooled}, {kRestricted}), Prediction::direct) << "paired";
  pooled.pooling = nat::Pooling::arbitrary;
  EXPECT_EQ(prediction({pooled}, {kRestricted}), Prediction::may)
      << "the mapping after a clash may have another address";
}

}  // namespace
}  // namespace punchlab::oracle
