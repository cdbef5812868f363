// What sentences claim, over random cells of the whole space (chains, shared networks, limits, timers, loss,
// techniques): every side, gateway, address, number of packets and time is in the trial's packets.
// sim/explain/reasons_test.cpp has the same of trials made by hand, one for each reason.
#include "sim/explain/sentence.hpp"

#include <gtest/gtest.h>

#include <map>

#include "sim/explain/claims_for_test.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/memory/swarm_case.hpp"

namespace punchlab::explain {
namespace {

void expect_claims_shown(bool shared) {
  const auto world = memory::make_memory_world();
  std::map<std::string, int> reasons;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    memory::SwarmDice dice({1, 0, i, purpose_of("claims")});
    auto cell = shared ? dice.shared_cell() : dice.cell();
    cell.world = i;
    if (i % 3 == 0) cell.policy.techniques = {find_technique("port-prediction")};
    const auto r = record(*world, cell, trial::Identities(1), 1, 0);
    ++reasons[r.record.reason];
    SCOPED_TRACE("case " + std::to_string(i));
    if (!r.record.reason.empty()) Claims(r).expect_shown();
  }
  for (const auto& [reason, count] : reasons) testing::Test::RecordProperty(reason.empty() ? "none" : reason, count);
  EXPECT_GE(reasons.size(), 7U) << "the cells are too much alike to show anything";
}

TEST(Sentences, ClaimOnlyWhatPacketsShow) { expect_claims_shown(false); }

TEST(Sentences, ClaimOnlyWhatPacketsShowInSharedNetworks) { expect_claims_shown(true); }

}  // namespace
}  // namespace punchlab::explain
