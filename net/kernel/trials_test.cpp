// Whole trials through kernel gateways, over real sockets. Links are long enough that a busy machine is no skew.
// 1. The conntrack clash: direct when both start at once, relayed with the reason `clash` when the client starts 120 ms
//    later over a way of 50 ms; an opener cures it, and so does an INPUT rule. The model flips between 49 and 50 ms,
//    and the kernel within 3 ms of that: most of seven trials are direct at 46 ms, and most clash at 53 ms.
// 2. Kernel and NatBox in one chain, either outside: restricted by address lets a symmetric peer in, masquerade does
// not.
// 3. A NAT that contradicts its rules is refused with the axis, and so is a cell in which no NAT has rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/kernel/abilities.hpp"
#include "net/kernel/kernel_gateway.hpp"
#include "net/kernel/profiles_for_test.hpp"
#include "net/lab/lab_world.hpp"
#include "sim/memory/memory_world.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::kernel {
namespace {

using results::Outcome;
using std::chrono::milliseconds;

trial::Cell cell_of(const nat::Chain& client, const nat::Chain& connector) {
  trial::Cell cell;
  cell.client.nats = client;
  cell.connector.nats = connector;
  cell.client.access.latency = cell.connector.access.latency = link::Distribution::constant(0.025);
  cell.relay.latency = link::Distribution::constant(0.005);
  cell.policy = *find_policy("relay-first");
  cell.traffic = {3, milliseconds{20}, 200};
  cell.timeout = std::chrono::seconds{8};
  return cell;
}

std::unique_ptr<trial::World> make_world() {
  auto made = lab::make_lab_world({.gateways = make_kernel_gateways()});
  if (const auto* error = std::get_if<std::string>(&made)) throw std::runtime_error(*error);
  return std::move(std::get<0>(made));
}

results::TrialRecord run(const trial::Cell& cell) {
  const trial::Identities identities(1);
  return runner::run_trial(*make_world(), cell, identities, 1, 0);
}

trial::Cell skewed(const std::string& client, milliseconds skew) {
  auto cell = cell_of({kernel_profile(client)}, {kernel_profile("linux-masquerade-unfiltered")});
  cell.policy.start_skew = skew;
  return cell;
}

results::TrialRecord run_with_skew(const std::string& client, milliseconds skew, const char* technique = nullptr) {
  auto cell = skewed(client, skew);
  if (technique != nullptr) cell.policy.techniques[0] = find_technique(technique);
  return run(cell);
}

/// Of seven trials with that skew, how many are direct and how many clash.
std::pair<int, int> direct_and_clashed(trial::World& world, milliseconds skew) {
  const auto cell = skewed("linux-masquerade-unfiltered", skew);
  const trial::Identities identities(1);
  std::pair<int, int> count;
  for (std::uint64_t number = 0; number < 7; ++number) {
    const auto record = runner::run_trial(world, cell, identities, 1, number);
    count.first += record.outcome == Outcome::direct;
    count.second += record.outcome == Outcome::relayed && record.reason == "clash";
  }
  return count;
}

TEST(KernelTrial, TheConntrackClash) {
  EXPECT_EQ(run_with_skew("linux-masquerade-unfiltered", milliseconds{0}).outcome, Outcome::direct);
  const auto clash = run_with_skew("linux-masquerade-unfiltered", milliseconds{120});
  EXPECT_EQ(clash.outcome, Outcome::relayed);
  EXPECT_EQ(clash.reason, "clash");
  EXPECT_EQ(run_with_skew("linux-masquerade-unfiltered", milliseconds{120}, "low-ttl-opener").outcome, Outcome::direct);
  EXPECT_EQ(run_with_skew("linux-masquerade", milliseconds{120}).outcome, Outcome::direct);
}

TEST(KernelTrial, FlipsWhereTheModelFlips) {
  const auto model = memory::make_memory_world();
  EXPECT_EQ(direct_and_clashed(*model, milliseconds{49}), std::pair(7, 0));
  EXPECT_EQ(direct_and_clashed(*model, milliseconds{50}), std::pair(0, 7));
  const auto kernel = make_world();
  EXPECT_GE(direct_and_clashed(*kernel, milliseconds{46}).first, 4);
  EXPECT_GE(direct_and_clashed(*kernel, milliseconds{53}).second, 4);
}

TEST(KernelTrial, KernelAndNatBoxInOneChain) {
  nat::Profile carrier;  // NatBox: one mapping, everybody may send to it
  carrier.filtering = nat::Dependence::endpoint_independent;
  const auto restricted = kernel_profile("linux-address-restricted");
  const auto masquerade = kernel_profile("linux-masquerade");
  const nat::Chain symmetric{kernel_profile("linux-masquerade-random")};
  EXPECT_EQ(run(cell_of({restricted, carrier}, symmetric)).outcome, Outcome::direct);
  EXPECT_EQ(run(cell_of({carrier, restricted}, symmetric)).outcome, Outcome::direct);
  const auto closed = run(cell_of({carrier, masquerade}, symmetric));
  EXPECT_EQ(closed.outcome, Outcome::relayed);
  EXPECT_EQ(closed.reason, "mapping-varies");
}

TEST(KernelTrial, RefusesWhatTheKernelIsNot) {
  auto changed = kernel_profile("linux-masquerade");
  changed.filtering = nat::Dependence::endpoint_independent;
  EXPECT_THAT(cannot_model(cell_of({changed}, {})).value_or(""), testing::HasSubstr("filtering"));
  EXPECT_THAT(cannot_model(cell_of({nat::Profile{}}, {})).value_or(""), testing::HasSubstr("kernel rules"));
  EXPECT_EQ(cannot_model(cell_of({kernel_profile("linux-masquerade")}, {nat::Profile{}})), std::nullopt);
}

}  // namespace
}  // namespace punchlab::kernel
