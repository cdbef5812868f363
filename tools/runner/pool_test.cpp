// Cases, each with worker processes on the memory backend:
//  1. Any number of workers gives every item exactly once, with equal records; no child is left.
//  2. Nothing to do ends at once. There are never more workers than chunks of trials.
//  3. A sink that refuses ends the run there: not one record more.
//  4. A worker that is killed ends the run, with the signal's name.
//  5. `stop` ends the run, and wins over a worker that ends by itself.
//  6. The sink hears of time while no record comes, and may refuse then too.
//  7. A worker that cannot go on (a capture into a folder that cannot be made) says so by its status.
//  8. Recordings come before their records: with `some` of the first trials of a cell and of those with a reason, with
//     `all` of all, and each opens to its trial.
#include "tools/runner/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <map>

#include "results/store/packed.hpp"
#include "scenarios/loader/loader.hpp"
#include "sim/explain/recording_bytes.hpp"

namespace punchlab::runner {
namespace {

using End = PoolResult::End;
using testing::HasSubstr;
using Records = std::map<std::pair<std::uint32_t, std::uint64_t>, results::TrialRecord>;

/// The four classic NATs: 16 cells of `trials`.
trial::Plan classic(std::uint64_t trials) {
  loader::Overrides overrides;
  overrides.trials = trials;
  return std::get<trial::Plan>(loader::load(PUNCHLAB_SOURCE_DIR "/scenarios/classic-nats.yaml", overrides));
}

Schedule all_of(const trial::Plan& plan) {
  return schedule(plan, [](std::size_t) { return std::vector<bool>{}; });
}

/// The pids of this process's children.
std::vector<pid_t> children() {
  std::ifstream list("/proc/self/task/" + std::to_string(getpid()) + "/children");
  return {std::istream_iterator<pid_t>(list), std::istream_iterator<pid_t>()};
}

struct PoolTest : testing::Test {
  trial::Plan plan = classic(4);
  Schedule items = all_of(plan);
  PoolOptions options{Backend::memory, 2, std::nullopt};
  volatile std::sig_atomic_t stop = 0;
  std::size_t records = 0;

  PoolResult run(
      const std::function<bool(results::TrialRecord)>& record,
      const std::function<bool()>& idle = [] { return true; }) {
    const PoolSink sink{[&](results::TrialRecord r) { return ++records, record(std::move(r)); }, idle};
    return run_pool(plan, items, options, sink, stop);
  }
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a worker is left";
    EXPECT_EQ(errno, ECHILD);
  }
};

TEST_F(PoolTest, EveryItemOnce) {  // case 1
  std::vector<Records> runs;
  for (const unsigned jobs : {1U, 2U, 5U}) {
    options.jobs = jobs;
    auto& all = runs.emplace_back();
    const auto result = run([&](results::TrialRecord r) { return all.emplace(std::pair(r.cell, r.trial), r).second; });
    EXPECT_EQ(result.end, End::complete) << result.error;
    EXPECT_EQ(all.size(), items.size());
    EXPECT_EQ(all, runs.front()) << jobs << " workers";
  }
}

TEST_F(PoolTest, NeverMoreWorkersThanChunks) {  // case 2
  options.jobs = 100;
  std::size_t most = 0;
  const auto count = [&](const results::TrialRecord&) { return most = std::max(most, children().size()), true; };
  EXPECT_EQ(run(count).end, End::complete);
  EXPECT_LE(most, items.chunks());
  EXPECT_GE(most, 1U);
  items = Schedule();
  records = 0;
  EXPECT_EQ(run(count).end, End::complete);
  EXPECT_EQ(records, 0U);
}

TEST_F(PoolTest, SinkRefuses) {  // case 3
  EXPECT_EQ(run([&](const results::TrialRecord&) { return records < 5; }).end, End::refused);
  EXPECT_EQ(records, 5U);
}

TEST_F(PoolTest, WorkerIsKilled) {  // case 4
  plan = classic(20'000);           // far more than can be finished before the kill
  items = all_of(plan);
  const auto result = run([&](const results::TrialRecord&) {
    if (records == 1) kill(children().front(), SIGKILL);
    return true;
  });
  EXPECT_EQ(result.end, End::worker_died);
  EXPECT_THAT(result.error, HasSubstr("signal 9 (Killed)"));
  EXPECT_LT(records, items.size());
}

TEST_F(PoolTest, Stop) {  // case 5
  plan = classic(20'000);
  items = all_of(plan);
  const auto result = run([&](const results::TrialRecord&) {
    for (const auto child : children()) kill(child, SIGKILL);
    stop = 1;
    return true;
  });
  EXPECT_EQ(result.end, End::interrupted) << result.error;
  EXPECT_LT(records, items.size());
}

TEST_F(PoolTest, SinkHearsOfTime) {  // case 6
  plan = classic(20'000);
  items = all_of(plan);
  std::size_t silences = 0;
  const auto result = run(
      [&](const results::TrialRecord&) {
        for (const auto child : children()) kill(child, SIGSTOP);
        return true;
      },
      [&] { return ++silences < 3; });
  EXPECT_EQ(result.end, End::refused);
  EXPECT_EQ(silences, 3U);
}

TEST_F(PoolTest, WorkerGivesUp) {  // case 7
  options.backend = Backend::ns3;
  options.pcap = "/dev/null/captures";
  const auto result = run([](const results::TrialRecord&) { return true; });
  EXPECT_EQ(result.end, End::worker_died);
  EXPECT_THAT(result.error, HasSubstr("gave up"));
  EXPECT_EQ(records, 0U);
}

TEST_F(PoolTest, RecordingsComeFirst) {  // case 8
  for (const auto which : {Recordings::some, Recordings::all, Recordings::none}) {
    options.recordings = which;
    std::vector<std::uint8_t> packed;
    std::size_t kept = 0;
    const auto with_recording = [&](const results::TrialRecord& record) {
      const bool wanted = which == Recordings::all || record.trial < kFirstRecorded || !record.reason.empty();
      EXPECT_EQ(!packed.empty(), which != Recordings::none && wanted) << record.cell << "-" << record.trial;
      if (packed.empty()) return true;
      ++kept;
      explain::Recording recording;
      recording.topology = trial::draw_topology(plan.cells[record.cell], plan.seed, record.trial);
      recording.record = record;
      const auto content = results::unpack(std::exchange(packed, {}));
      EXPECT_TRUE(content && !explain::from_bytes(*content, recording));
      EXPECT_GT(recording.events.size(), 50U);
      return true;
    };
    const PoolSink sink{with_recording, [] { return true; },
                        [&](std::vector<std::uint8_t> bytes) { packed = std::move(bytes); }};
    EXPECT_EQ(run_pool(plan, items, options, sink, stop).end, End::complete);
    EXPECT_EQ(kept > 0, which != Recordings::none);
    EXPECT_EQ(kept == items.size(), which == Recordings::all);
  }
}

}  // namespace
}  // namespace punchlab::runner
