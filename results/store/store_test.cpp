// The run folder:
//  0. A typical trial is one that ended as most of its cell did.
//  1. Records written come back equal, in the order of (cell, trial), whatever order they were written in.
//  2. A fresh or empty folder becomes a run; one with a run, with something else, or a file is refused and untouched.
//  3. Resume takes a run up and knows what is finished; it starts one where there is none.
//  4. Resume refuses another scenario, seed, backend or commit; another number of jobs is fine.
//  5. A broken manifest, a broken or foreign trials.sqlite: a clear error, no crash.
//  6. One writer at a time; a reader may look while the writer works.
//  7. A vanished folder gives an error and its name.
//  8. A finished run says so in its manifest; finishing it shows every trial once, in order.
//  9. Trials changed after the run has ended are noticed; trials of a run that goes on are not suspected.
// 10. The cells come back with the worlds they draw from.
// 11. A file of before lateness was kept reads as ever, and takes new trials.
#include "results/store/store.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "results/report/synthetic.hpp"
#include "results/store/database.hpp"
#include "results/store/seal.hpp"
#include "results/store/sha256.hpp"
#include "results/store/temporary_folder.hpp"

namespace punchlab::results {
namespace {

namespace fs = std::filesystem;

struct StoreTest : testing::Test {
  TemporaryFolder temporary;
  fs::path folder = temporary / "run";
  trial::Plan plan = synthetic_plan(SyntheticShape::classic);
  Manifest manifest = synthetic_manifest(plan);

  std::vector<TrialRecord> records(std::uint64_t trials_per_cell) const {
    std::vector<TrialRecord> all;
    for (const auto& cell : plan.cells) {
      for (std::uint64_t k = 0; k < trials_per_cell; ++k) all.push_back(synthetic_record(plan, cell, k));
    }
    return all;
  }
  static std::vector<TrialRecord> read(const Store& store) {
    std::vector<TrialRecord> all;
    EXPECT_FALSE(store.for_each([&](const TrialRecord& record) { all.push_back(record); }));
    return all;
  }
  void make_run(std::uint64_t trials_per_cell) const {
    auto store = Store::create(folder, manifest, plan);
    ASSERT_TRUE(store) << store.error().text;
    for (const auto& record : records(trials_per_cell)) ASSERT_FALSE(store->append(record));
    ASSERT_FALSE(store->flush());
  }
  void expect_refused(const Result<Store>& store, Error::Kind kind, const char* words) const {
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, kind) << store.error().text;
    EXPECT_NE(store.error().text.find(words), std::string::npos) << store.error().text;
  }
};

void write(const fs::path& path, const char* text) { std::ofstream(path) << text; }

TEST_F(StoreTest, GivesBackWhatItGotInOrder) {
  auto shuffled = records(150);
  std::reverse(shuffled.begin(), shuffled.end());
  std::swap(shuffled[3], shuffled[1700]);
  shuffled[0].trace_hash = ~std::uint64_t{0};
  shuffled[0].added_latency = Duration{-1};
  shuffled[0].late_p50 = Duration{2};
  shuffled[0].late_p99 = Duration{3};
  auto expected = shuffled;
  std::sort(expected.begin(), expected.end(),
            [](const auto& a, const auto& b) { return std::pair(a.cell, a.trial) < std::pair(b.cell, b.trial); });
  {
    auto store = Store::create(folder, manifest, plan);
    ASSERT_TRUE(store) << store.error().text;
    for (const auto& record : shuffled) ASSERT_FALSE(store->append(record));
  }
  const auto store = Store::open(folder);
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(read(*store), expected);
  EXPECT_EQ(*store->count(), expected.size());
  EXPECT_EQ(**store->find(2, 7), synthetic_record(plan, plan.cells[2], 7));
  EXPECT_FALSE((*store->find(2, 150)).has_value());
  ASSERT_EQ(store->cells()->size(), plan.cells.size());
  EXPECT_EQ(store->cells()->at(2).client, plan.cells[2].client.nat_name);
}

TEST_F(StoreTest, ATypicalTrialEndedAsMostDid) {
  auto store = Store::create(folder, manifest, plan);
  ASSERT_TRUE(store) << store.error().text;
  const char* reasons[] = {"lost", "mapping-varies", "lost", "mapping-varies", "mapping-varies"};
  for (std::uint64_t k = 0; k < 5; ++k) {
    auto record = synthetic_record(plan, plan.cells[1], k);
    record.outcome = Outcome::relayed;
    record.reason = reasons[k];
    ASSERT_FALSE(store->append(record));
  }
  ASSERT_FALSE(store->flush());
  const auto typical = store->typical(1);
  ASSERT_TRUE(typical && *typical);
  EXPECT_EQ((*typical)->trial, 1u);
  EXPECT_FALSE(store->typical(0)->has_value());
}

TEST_F(StoreTest, RefusesWhatIsThereAlready) {
  make_run(1);
  expect_refused(Store::create(folder, manifest, plan), Error::Kind::occupied, "--resume");
  const fs::path foreign = temporary / "foreign";
  fs::create_directory(foreign);
  write(foreign / "thesis.tex", "all my work");
  expect_refused(Store::create(foreign, manifest, plan), Error::Kind::foreign, "foreign");
  expect_refused(Store::resume(foreign, manifest, plan), Error::Kind::foreign, "foreign");
  expect_refused(Store::open(foreign), Error::Kind::foreign, "no run");
  EXPECT_EQ(std::distance(fs::directory_iterator(foreign), fs::directory_iterator()), 1);
  expect_refused(Store::create(foreign / "thesis.tex", manifest, plan), Error::Kind::foreign, "not a folder");
  expect_refused(Store::create(foreign / "thesis.tex" / "run", manifest, plan), Error::Kind::io, "Not a directory");
  expect_refused(Store::open(temporary / "nowhere"), Error::Kind::foreign, "nowhere");
}

TEST_F(StoreTest, TakesAnEmptyFolder) {
  fs::create_directories(folder);
  write(folder / "manifest.json.part", "left by a kill");
  EXPECT_TRUE(Store::create(folder, manifest, plan));
}

TEST_F(StoreTest, ResumesWhereItStopped) {
  {
    auto store = Store::resume(folder, manifest, plan);
    ASSERT_TRUE(store) << store.error().text;
    for (const std::uint64_t k : {0U, 2U, 5U}) ASSERT_FALSE(store->append(synthetic_record(plan, plan.cells[3], k)));
  }
  manifest.jobs = 7;
  auto store = Store::resume(folder, manifest, plan);
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(*store->finished(3), (std::vector<bool>{true, false, true, false, false, true}));
  EXPECT_TRUE(store->finished(4)->empty());
  EXPECT_EQ(store->manifest().resumed, 1U);
  for (const auto& record : records(9)) ASSERT_FALSE(store->append(record));
  ASSERT_FALSE(store->flush());
  EXPECT_EQ(read(*store), records(9));
}

TEST_F(StoreTest, RefusesToResumeAnotherRun) {
  make_run(1);
  const auto refused = [&](auto change, const char* words) {
    Manifest other = manifest;
    change(other);
    expect_refused(Store::resume(folder, other, plan), Error::Kind::mismatch, words);
  };
  refused([](Manifest& m) { m.scenario_sha256 = sha256_hex("another"); }, "scenario");
  refused([](Manifest& m) { m.seed = 2; }, "seed is 1, not 2");
  refused([](Manifest& m) { m.backend = "ns3"; }, "backend is memory, not ns3");
  refused([](Manifest& m) { m.commit = "fedcba"; }, "commit");
}

TEST_F(StoreTest, ReportsBrokenFiles) {
  make_run(1);
  fs::resize_file(folder / "trials.sqlite", 5000);
  EXPECT_FALSE(Store::resume(folder, manifest, plan));
  write(folder / "trials.sqlite",
        "this is no database, and it is long enough to have a header of one hundred bytes, which SQLite reads first");
  expect_refused(Store::open(folder), Error::Kind::corrupt, "trials.sqlite");
  fs::remove(folder / "trials.sqlite");
  EXPECT_TRUE(Store::resume(folder, manifest, plan)) << "nothing was finished yet";
  for (const char* text : {"", "{", "[]", "{\"format\":\"something else\"}"}) {
    write(folder / "manifest.json", text);
    expect_refused(Store::resume(folder, manifest, plan), Error::Kind::corrupt, "manifest.json");
  }
}

TEST_F(StoreTest, TellsAnotherVersionFromAnAlteredFile) {
  make_run(1);
  const auto as_written = to_json(manifest);
  auto j = nlohmann::ordered_json::parse(as_written);
  j.erase("sha256");
  const auto with_format = [&](int version) {
    j["format_version"] = version;
    return j.dump(1) + "\n";
  };
  const auto expect = [&](const std::string& text, const char* words, bool altered) {
    write(folder / "manifest.json", text.c_str());
    const auto run = Store::open(folder);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().exit_status(), 2);
    EXPECT_NE(run.error().text.find(words), std::string::npos) << run.error().text;
    EXPECT_EQ(run.error().text.find("altered") != std::string::npos, altered) << run.error().text;
  };
  const auto earlier = with_format(3), same = with_format(4), later = with_format(5);
  expect(earlier, "written by another version (format 3, this one reads 4): run the scenario again", false);
  expect(earlier, ", or read it with punchlab 0.1.0 (commit 0123456789ab), which wrote it", false);
  expect(sealed(later), "written by another version (format 5, this one reads 4)", false);
  expect(later, "written by another version (format 5, this one reads 4)", false);
  expect(same, "altered or damaged after punchlab wrote it", true);
  auto edited = sealed(later);
  edited.replace(edited.find("\"seed\": 1"), 9, "\"seed\": 2");
  expect(edited, "put the original back, or run the scenario again", true);
  edited = as_written;
  edited.replace(edited.find("\"format_version\": 4"), 19, "\"format_version\": 3");
  expect(edited, "altered or damaged after punchlab wrote it", true);
  write(folder / "manifest.json", as_written.c_str());
  ASSERT_TRUE(Store::open(folder));
  ASSERT_FALSE((*Database::open(folder / "trials.sqlite", Database::Mode::write))->execute("PRAGMA user_version=1"));
  expect(as_written, "trials.sqlite was written by another version (format 1, this one reads 2)", false);
}

TEST_F(StoreTest, HasOneWriterAndManyReaders) {
  auto writer = Store::create(folder, manifest, plan);
  ASSERT_TRUE(writer);
  ASSERT_FALSE(writer->append(synthetic_record(plan, plan.cells[0], 0)));
  ASSERT_FALSE(writer->flush());
  const pid_t child = ::fork();  // the lock is the process's, so only another one can meet it
  if (child == 0) {
    const auto second = Store::resume(folder, manifest, plan);
    const bool busy = !second && second.error().kind == Error::Kind::busy;
    const auto reader = Store::open(folder);
    ::_exit(busy && reader && *reader->count() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(StoreTest, NoticesAVanishedFolder) {
  auto store = Store::create(folder, manifest, plan);
  ASSERT_TRUE(store);
  fs::remove_all(folder);
  (void)store->append(synthetic_record(plan, plan.cells[0], 0));
  const auto failure = store->flush();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exit_status(), 3);
  EXPECT_NE(failure->text.find("vanished"), std::string::npos) << failure->text;
  EXPECT_NE(failure->text.find(folder.string()), std::string::npos) << failure->text;
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(StoreTest, ClosesTheManifest) {
  {
    auto store = Store::create(folder, manifest, plan);
    ASSERT_TRUE(store);
    ASSERT_FALSE(store->append(synthetic_record(plan, plan.cells[0], 0)));
    ASSERT_FALSE(store->finish(Manifest::State::interrupted, 1234.5));
  }
  const auto store = Store::open(folder);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->manifest().state, Manifest::State::interrupted);
  EXPECT_EQ(store->manifest().finished, 1U);
  EXPECT_EQ(store->manifest().trials_per_second, 1234.5);
  EXPECT_EQ(store->manifest().end.size(), 20U);
  EXPECT_EQ(store->manifest().scenario_text, plan.scenario_text);
}

TEST_F(StoreTest, NoticesChangedTrials) {
  {
    auto store = Store::create(folder, manifest, plan);
    ASSERT_TRUE(store);
    for (const auto& record : records(3)) ASSERT_FALSE(store->append(record));
    ASSERT_FALSE(store->flush());
    const auto going_on = read(*Store::open(folder));
    EXPECT_EQ(going_on.size(), 48U);
    std::vector<TrialRecord> seen;
    ASSERT_FALSE(
        store->finish(Manifest::State::complete, 1, [&](const TrialRecord& record) { seen.push_back(record); }));
    EXPECT_EQ(seen, going_on);
  }
  EXPECT_EQ(read(*Store::open(folder)).size(), 48U);
  auto database = Database::open(folder / "trials.sqlite", Database::Mode::write);
  ASSERT_FALSE((*database)->execute("UPDATE trials SET packets_to_others = 99 WHERE cell = 3 AND trial = 1"));
  const auto failure = Store::open(folder)->for_each([](const TrialRecord&) {});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Error::Kind::corrupt);
  EXPECT_NE(failure->text.find("SHA-256"), std::string::npos) << failure->text;
}

TEST_F(StoreTest, KnowsItsCells) {
  plan.cells[5].world = 77;
  make_run(1);
  const auto cells = Store::open(folder)->cells();
  ASSERT_TRUE(cells);
  ASSERT_EQ(cells->size(), 16U);
  EXPECT_EQ((*cells)[5].client, "restricted-cone");
  EXPECT_EQ((*cells)[5].connector, "restricted-cone");
  EXPECT_EQ((*cells)[5].policy, "relay-first");
  EXPECT_EQ((*cells)[5].world, 77U);
}

TEST_F(StoreTest, ReadsFilesWithoutLateness) {  // case 11
  {
    auto store = Store::create(folder, manifest, plan);
    for (const auto& record : records(2)) ASSERT_FALSE(store->append(record));
    ASSERT_FALSE(store->finish(Manifest::State::complete, 1));
  }
  {
    auto database = Database::open(folder / "trials.sqlite", Database::Mode::write);
    ASSERT_FALSE((*database)->execute("ALTER TABLE trials DROP COLUMN late_p50_ns"));
    ASSERT_FALSE((*database)->execute("ALTER TABLE trials DROP COLUMN late_p99_ns"));
  }
  EXPECT_EQ(read(*Store::open(folder)), records(2)) << "and the digest is what it was";
  EXPECT_TRUE(Store::open(folder)->find(3, 1));
  auto late = synthetic_record(plan, plan.cells[0], 2);
  late.late_p50 = Duration{5};
  late.late_p99 = Duration{7};
  {
    auto store = Store::resume(folder, manifest, plan);
    ASSERT_TRUE(store) << store.error().text;
    ASSERT_FALSE(store->append(late));
    ASSERT_FALSE(store->finish(Manifest::State::complete, 1));
  }
  const auto all = read(*Store::open(folder));
  ASSERT_EQ(all.size(), 33U);
  EXPECT_EQ(all[2], late);
  EXPECT_EQ(all[1].late_p99, std::nullopt);
}

}  // namespace
}  // namespace punchlab::results
