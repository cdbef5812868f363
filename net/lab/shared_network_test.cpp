// Two peers in one network, on real stacks. Needs what lab_world_test needs.
// 1. As in memory: two homes of one carrier are direct when it hairpins with its external address, relayed for the
// reason that
//    it does not when it does not, or does so with inside addresses; hosts of one home are direct anyway. Both homes
//    have the same private address: each host's stack takes what is for it.
// 2. A capture has the shared network's links.
#include <gtest/gtest.h>

#include <filesystem>

#include "net/lab/lab_world.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::lab {
namespace {

using nat::Hairpinning;
using results::Outcome;

trial::Cell cell_behind(Hairpinning hairpinning, const nat::Chain& homes) {
  trial::Cell cell;
  nat::Profile carrier;
  carrier.hairpinning = hairpinning;
  cell.client.nats = cell.connector.nats = homes;
  cell.shared = trial::Shared{"carrier", {carrier}, {}};
  for (auto* link : {&cell.client.access, &cell.connector.access, &cell.relay, &cell.shared->access})
    link->latency = link::Distribution::constant(0.005);
  cell.policy = *find_policy("relay-first");
  cell.traffic = {3, std::chrono::milliseconds{20}, 200};
  cell.timeout = std::chrono::seconds{5};
  return cell;
}

std::unique_ptr<LabWorld> make_world() {
  auto made = make_lab_world();
  if (const auto* error = std::get_if<std::string>(&made)) throw std::runtime_error(*error);
  return std::move(std::get<0>(made));
}

TEST(SharedNetwork, HairpinningDecides) {  // case 1
  const auto world = make_world();
  const trial::Identities identities(1);
  const nat::Chain home{nat::Profile{}};
  struct Case {
    Hairpinning hairpinning;
    nat::Chain homes;
    Outcome outcome;
  };
  const std::array cases{
      Case{Hairpinning::external_source, home, Outcome::direct}, Case{Hairpinning::none, home, Outcome::relayed},
      Case{Hairpinning::internal_source, home, Outcome::relayed}, Case{Hairpinning::none, {}, Outcome::direct}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto cell = cell_behind(cases[i].hairpinning, cases[i].homes);
    const auto topology = trial::draw_topology(cell, 1, 0);
    if (!cases[i].homes.empty()) {
      EXPECT_EQ(topology.hosts[0].addresses, topology.hosts[1].addresses);
    }
    const auto record = runner::run_trial(*world, cell, identities, 1, 0);
    EXPECT_EQ(record.outcome, cases[i].outcome) << "case " << i << ": " << record.reason;
    EXPECT_EQ(record.outcome == Outcome::relayed, record.reason == "hairpin-missing")
        << "case " << i << ": " << record.reason;
  }
}

TEST(SharedNetwork, IsCaptured) {  // case 2
  const auto world = make_world();
  const auto folder = std::filesystem::path(testing::TempDir()) / "shared-network-captures";
  std::filesystem::remove_all(folder);
  runner::run_trial(*world, cell_behind(Hairpinning::external_source, {nat::Profile{}}), trial::Identities(1), 1, 0,
                    {.pcap = folder});
  for (const char* name : {"shared-0-inner.pcap", "shared-0-outer.pcap", "shared-1-outer.pcap", "client-1-inner.pcap"})
    EXPECT_GT(std::filesystem::file_size(folder / name), 1000U) << name;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace punchlab::lab
