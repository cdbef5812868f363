// Techniques change outcomes where they should, and only there.
//  1. Port prediction makes a symmetric NAT that hands out ports in sequence reachable from a port-restricted cone.
//  2. It does nothing against a symmetric NAT with random ports.
//  3. Without it the sequential one stays relayed too.
//  4. A low-TTL opener keeps the Linux conntrack clash from happening when the earlier side's packets come too early;
//     without it that trial is relayed, and its reason names the clash.
#include <gtest/gtest.h>

#include "sim/memory/memory_world.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::trial {
namespace {

nat::Profile symmetric(nat::PortAllocation allocation) {
  nat::Profile profile;
  profile.mapping = nat::Dependence::address_and_port_dependent;
  profile.port_allocation = allocation;
  return profile;
}

Cell cell(const nat::Profile& client, const nat::Profile& connector, const Policy& policy) {
  Cell cell;
  cell.client.nats = {client};
  cell.connector.nats = {connector};
  cell.policy = policy;
  cell.traffic.probes = 5;
  return cell;
}

Policy with(std::string_view technique) {
  Policy policy = *find_policy("relay-first");
  if (!technique.empty()) policy.techniques[0] = find_technique(technique);
  return policy;
}

results::TrialRecord record_of(const Cell& cell) {
  const auto world = memory::make_memory_world();
  const Identities identities(1);
  return runner::run_trial(*world, cell, identities, 1, 0);
}

results::Outcome outcome_of(const Cell& cell) { return record_of(cell).outcome; }

constexpr auto kSequential = nat::PortAllocation::sequential;
constexpr auto kRandom = nat::PortAllocation::random;

TEST(PortPrediction, ReachesSequentialPorts) {
  EXPECT_EQ(outcome_of(cell(symmetric(kSequential), {}, with("port-prediction"))), results::Outcome::direct);
  EXPECT_EQ(outcome_of(cell({}, symmetric(kSequential), with("port-prediction"))), results::Outcome::direct);
}

TEST(PortPrediction, DoesNothingAgainstRandomPorts) {
  EXPECT_EQ(outcome_of(cell(symmetric(kRandom), {}, with("port-prediction"))), results::Outcome::relayed);
}

TEST(PortPrediction, IsWhatMakesTheDifference) {
  EXPECT_EQ(outcome_of(cell(symmetric(kSequential), {}, with(""))), results::Outcome::relayed);
}

/// Linux masquerade without an INPUT drop; the client starts its checks 100 ms after the moment that the relay timed.
Cell clash(std::string_view technique) {
  nat::Profile linux;
  linux.on_collision = nat::OnCollision::random;
  linux.unsolicited_creates_state = true;
  auto clashing = cell(linux, linux, with(technique));
  clashing.policy.start_skew = std::chrono::milliseconds{100};
  return clashing;
}

TEST(LowTtlOpener, AvoidsTheConntrackClash) {
  EXPECT_EQ(outcome_of(clash("")), results::Outcome::relayed);
  EXPECT_EQ(record_of(clash("")).reason, "clash");
  EXPECT_EQ(outcome_of(clash("low-ttl-opener")), results::Outcome::direct);
}

}  // namespace
}  // namespace punchlab::trial
