// Cases:
//  1. Nothing done: every trial of every cell, in the plan's order.
//  2. What is done is left out; what `done` says nothing about is not done; a finished plan leaves nothing.
//  3. Every item goes to exactly one worker, in whole chunks, however many workers there are.
#include "tools/runner/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab::runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

trial::Plan plan_of(const std::vector<std::uint64_t>& trials) {
  trial::Plan plan;
  for (const auto count : trials) {
    plan.cells.emplace_back();
    plan.cells.back().trials = count;
  }
  return plan;
}

std::vector<bool> nothing(std::size_t) { return {}; }

TEST(Schedule, EveryTrialInOrder) {  // case 1
  EXPECT_THAT(schedule(plan_of({2, 0, 1}), nothing), ElementsAre(Item{0, 0}, Item{0, 1}, Item{2, 0}));
}

TEST(Schedule, LeavesOutWhatIsDone) {  // case 2
  const auto done = [](std::size_t cell) {
    return cell == 0 ? std::vector<bool>{true, false, true} : std::vector<bool>{false, true, true, true};
  };
  EXPECT_THAT(schedule(plan_of({4, 2}), done), ElementsAre(Item{0, 1}, Item{0, 3}, Item{1, 0}));
  EXPECT_THAT(schedule(plan_of({1, 1}), [](std::size_t) { return std::vector<bool>{true}; }), IsEmpty());
}

TEST(Schedule, EachItemHasOneWorker) {  // case 3
  for (const std::size_t workers : {1U, 2U, 3U, 7U}) {
    for (std::size_t position = 0; position < 10 * kChunk; ++position) {
      std::size_t takers = 0;
      for (std::size_t worker = 0; worker < workers; ++worker) takers += is_for(position, worker, workers) ? 1U : 0U;
      EXPECT_EQ(takers, 1U) << position << " of " << workers;
      EXPECT_TRUE(is_for(position, position / kChunk % workers, workers));
    }
  }
}

}  // namespace
}  // namespace punchlab::runner
