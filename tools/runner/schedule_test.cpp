// Cases:
//  1. Nothing done: every trial of every cell, in the plan's order.
//  2. What is done is left out; what `done` says nothing about is not done; a finished plan leaves nothing.
//  3. Every item goes to exactly one worker, in whole chunks, however many workers there are and whatever a chunk is.
//  4. One trial of each cell alone; cells that have none of that number, or have it done, are left out.
//  5. A million trials are one range for each cell; a gap costs one more.
#include "tools/runner/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab::runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Item> items_of(const Schedule& items) {
  std::vector<Item> all;
  for (std::size_t i = 0; i < items.size(); ++i) all.push_back(items[i]);
  return all;
}

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
  EXPECT_THAT(items_of(schedule(plan_of({2, 0, 1}), nothing)), ElementsAre(Item{0, 0}, Item{0, 1}, Item{2, 0}));
}

TEST(Schedule, LeavesOutWhatIsDone) {  // case 2
  const auto done = [](std::size_t cell) {
    return cell == 0 ? std::vector<bool>{true, false, true} : std::vector<bool>{false, true, true, true};
  };
  EXPECT_THAT(items_of(schedule(plan_of({4, 2}), done)), ElementsAre(Item{0, 1}, Item{0, 3}, Item{1, 0}));
  EXPECT_TRUE(schedule(plan_of({1, 1}), [](std::size_t) { return std::vector<bool>{true}; }).empty());
}

TEST(Schedule, EachItemHasOneWorker) {  // case 3
  for (const std::size_t chunk : {1U, 3U, 8U}) {
    const auto items = schedule(plan_of({5 * chunk, 4 * chunk + 1}), nothing, {.chunk = chunk});
    EXPECT_EQ(items.chunks(), 10U);
    for (const std::size_t workers : {1U, 2U, 3U, 7U}) {
      for (std::size_t position = 0; position < items.size(); ++position) {
        std::size_t takers = 0;
        for (std::size_t worker = 0; worker < workers; ++worker) takers += items.is_for(position, worker, workers);
        EXPECT_EQ(takers, 1U) << position << " of " << workers;
        EXPECT_TRUE(items.is_for(position, position / chunk % workers, workers));
      }
    }
  }
}

TEST(Schedule, OneTrialOfEachCell) {  // case 4
  const auto done = [](std::size_t cell) { return std::vector<bool>{true, true, cell == 2}; };
  const auto plan = plan_of({3, 2, 4, 9});
  EXPECT_THAT(items_of(schedule(plan, done, {.only = 2})), ElementsAre(Item{0, 2}, Item{3, 2}));
  EXPECT_THAT(items_of(schedule(plan, done, {.only = 9})), IsEmpty());
}

TEST(Schedule, GrowsWithCellsAndGapsOnly) {  // case 5
  const auto plan = plan_of({500'000, 0, 500'000});
  const auto all = schedule(plan, nothing);
  EXPECT_EQ(all.size(), 1'000'000U);
  EXPECT_EQ(all.ranges(), 2U);
  EXPECT_EQ(all[999'999], (Item{2, 499'999}));
  const auto gap = schedule(plan, [](std::size_t) { return std::vector<bool>{true, false, true}; });
  EXPECT_EQ(gap.size(), 999'996U);
  EXPECT_EQ(gap.ranges(), 4U);
  EXPECT_EQ(gap[1], (Item{0, 3}));
}

}  // namespace
}  // namespace punchlab::runner
