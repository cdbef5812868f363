// What is left when the writer does not get to an end of its own:
//  1. kill -9 at many moments: the folder opens, holds whole rows, each with its recording, and a resumed run ends with
//     the same summary.
//  2. No room for more (a limit on the size of files stands for a full disk): an error with the system's words; what
//  was
//     written before can be read, and once there is room, what was pending is written too.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/report/synthetic.hpp"
#include "results/store/packed.hpp"
#include "results/store/store.hpp"
#include "results/store/summary_files.hpp"
#include "results/store/temporary_folder.hpp"

namespace punchlab::results {
namespace {

struct CrashTest : testing::Test {
  TemporaryFolder temporary;
  std::filesystem::path folder = temporary / "run";
  trial::Plan plan = synthetic_plan(SyntheticShape::classic);
  Manifest manifest = synthetic_manifest(plan);

  static std::vector<std::uint8_t> recording_of(std::uint64_t trial) {
    return std::vector<std::uint8_t>(500 + trial, static_cast<std::uint8_t>(trial));
  }
  /// Runs whatever is not finished yet.
  bool run_the_rest() const {
    auto store = Store::resume(folder, manifest, plan);
    if (!store) return false;
    for (const auto& cell : plan.cells) {
      const auto done = store->finished(cell.index);
      if (!done) return false;
      for (std::uint64_t k = 0; k < cell.trials; ++k) {
        if (k < done->size() && (*done)[k]) continue;
        if (store->append(synthetic_record(plan, cell, k), pack(recording_of(k))) || store->flush()) return false;
      }
    }
    return true;
  }
  std::string summary() const {
    const auto store = Store::open(folder);
    if (!store) return store.error().text;
    Summarizer summarizer(plan, "memory");
    if (const auto failure = store->for_each([&](const TrialRecord& r) { summarizer.add(r); })) return failure->text;
    return to_json(summarizer.finish());
  }
  std::string expected_summary() const {
    Summarizer summarizer(plan, "memory");
    for (const auto& cell : plan.cells) {
      for (std::uint64_t k = 0; k < cell.trials; ++k) summarizer.add(synthetic_record(plan, cell, k));
    }
    return to_json(summarizer.finish());
  }
};

/// Runs `work` in a child that is killed after `microseconds`; true when it was killed before its end.
template <class Work>
bool killed_while(Work work, useconds_t microseconds) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  ::usleep(microseconds);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

TEST_F(CrashTest, SurvivesAKillAtAnyMoment) {
  for (auto& cell : plan.cells) cell.trials = 60;  // each its own transaction: 960 of them
  SeededRng rng({.seed = 1, .cell = 0, .trial = 0, .purpose = purpose_of("kill")});
  int killed = 0;
  for (int i = 0; i < 12; ++i) {
    killed += killed_while([&] { return run_the_rest(); }, static_cast<useconds_t>(2'000 + rng.below(20'000))) ? 1 : 0;
    if (!std::filesystem::exists(folder / "manifest.json")) continue;
    auto store = Store::resume(folder, manifest, plan);
    ASSERT_TRUE(store) << store.error().text;
    ASSERT_FALSE(store->for_each(
        [&](const TrialRecord& r) { ASSERT_EQ(r, synthetic_record(plan, plan.cells[r.cell], r.trial)); }));
    for (const auto& cell : plan.cells) {
      const auto done = store->finished(cell.index);
      for (std::uint64_t k = 0; k < done->size(); ++k) {
        if ((*done)[k]) {
          ASSERT_EQ(**store->recording(cell.index, k), recording_of(k));
        }
      }
    }
  }
  EXPECT_GT(killed, 0);
  ASSERT_TRUE(run_the_rest());
  EXPECT_EQ(summary(), expected_summary());
}

TEST_F(CrashTest, KeepsWhatWasFinishedWhenTheDiskIsFull) {
  auto store = Store::create(folder, manifest, plan);
  ASSERT_TRUE(store);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{200 * 1024, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  Status failure;
  std::uint64_t appended = 0;
  for (; !failure && appended < 20'000; ++appended) {
    if (auto refused = store->append(synthetic_record(plan, plan.cells[0], appended))) failure = refused;
    if (appended % 100 == 99 && !failure) failure = store->flush();
  }
  const auto kept = store->finished(0);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Error::Kind::io);
  EXPECT_NE(failure->text.find("File too large"), std::string::npos) << failure->text;
  ASSERT_TRUE(kept);
  EXPECT_GE(kept->size(), 100U);
  EXPECT_LT(kept->size(), appended);
  ASSERT_FALSE(store->flush()) << "there is room again";
  EXPECT_GT(store->finished(0)->size(), kept->size());
}

TEST_F(CrashTest, KeepsWhatFitsOfABatchForWhichTheDiskHasNoRoom) {
  auto store = Store::create(folder, manifest, plan);
  ASSERT_TRUE(store);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100 * 1024, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  Status failure;
  for (std::uint64_t k = 0; k < Store::kBatch; ++k) {
    if (auto refused = store->append(synthetic_record(plan, plan.cells[0], k))) failure = refused;
  }
  if (!failure) failure = store->flush();
  const auto kept = store->finished(0);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(failure) << "the batch fits; it should not";
  ASSERT_TRUE(kept);
  EXPECT_GT(kept->size(), 10U);
  EXPECT_LT(kept->size(), Store::kBatch);
  ASSERT_FALSE(store->flush()) << "there is room again";
  EXPECT_EQ(*store->finished(0), std::vector<bool>(Store::kBatch, true)) << "every trial once, none lost";
}

}  // namespace
}  // namespace punchlab::results
