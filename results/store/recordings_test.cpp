// Recordings in the run folder:
//  1. What is packed comes out again, whatever its length; with a byte changed, or cut anywhere, nothing else does.
//  2. A recording comes with its trial and is found by it; a trial without one has none; each cell knows which have
//  one.
//  3. The typical trial with a recording ended as most did; nothing when none of those has one.
//  4. A broken recording is an error that names the trial, while the others can be read.
//  5. A run from before there were recordings has none; taken up again, it can have some.
#include <gtest/gtest.h>

#include "results/report/synthetic.hpp"
#include "results/store/packed.hpp"
#include "results/store/store.hpp"
#include "results/store/temporary_folder.hpp"

namespace punchlab::results {
namespace {

using Content = std::vector<std::uint8_t>;

Content content_of(std::size_t size) {
  Content content(size);
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::uint8_t>(i * i / 3);
  return content;
}

TEST(Packed, ComesOutAgain) {  // case 1
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{1'000'000}}) {
    const auto unpacked = unpack(pack(content_of(size)));
    ASSERT_TRUE(unpacked) << unpacked.error().text;
    EXPECT_EQ(*unpacked, content_of(size));
  }
  EXPECT_LT(pack(Content(100'000)).size(), 1'000U);
  EXPECT_TRUE(pack(Content(kMaxContent + 1)).empty());
}

TEST(Packed, RefusesWhatWasChanged) {  // case 1
  const auto packed = pack(content_of(400));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < packed.size(); ++i) {
    auto changed = packed;
    changed[i] ^= 0x10;
    const auto unpacked = unpack(changed);
    refused += unpacked ? 0U : 1U;
    if (unpacked) {
      EXPECT_EQ(*unpacked, content_of(400)) << i << ": bits of zlib's that mean nothing";
    } else {
      EXPECT_EQ(unpacked.error().kind, Error::Kind::corrupt);
    }
    EXPECT_FALSE(unpack(Bytes{packed}.first(i))) << i;
  }
  EXPECT_GE(refused, packed.size() - 2);
}

struct RecordingsTest : testing::Test {
  TemporaryFolder temporary;
  std::filesystem::path folder = temporary / "run";
  trial::Plan plan = synthetic_plan(SyntheticShape::classic);
  Manifest manifest = synthetic_manifest(plan);

  TrialRecord record(std::size_t cell, std::uint64_t trial, Outcome outcome = Outcome::relayed) const {
    auto r = synthetic_record(plan, plan.cells[cell], trial);
    r.outcome = outcome;
    r.reason = "lost";
    return r;
  }
  Store make_run() const {
    auto store = Store::create(folder, manifest, plan);
    EXPECT_TRUE(store) << store.error().text;
    return std::move(*store);
  }
};

TEST_F(RecordingsTest, AreFoundByTheirTrials) {  // case 2
  {
    auto store = make_run();
    for (const std::uint64_t trial : {5U, 3U, 4U})
      ASSERT_FALSE(store.append(record(2, trial), trial == 4 ? Content{} : pack(content_of(trial))));
    ASSERT_FALSE(store.append(record(0, 3)));
  }
  const auto store = Store::open(folder);
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(**store->recording(2, 5), content_of(5));
  EXPECT_FALSE(store->recording(2, 4)->has_value());
  EXPECT_FALSE(store->recording(0, 3)->has_value());
  EXPECT_EQ(*store->recorded(2), (std::vector<std::uint64_t>{3, 5}));
  EXPECT_TRUE(store->recorded(0)->empty());
  EXPECT_EQ(*store->recording_count(), 2U);
}

TEST_F(RecordingsTest, HaveATypicalOne) {  // case 3
  auto store = make_run();
  ASSERT_FALSE(store.append(record(1, 0, Outcome::direct), pack(content_of(9))));
  for (std::uint64_t trial = 1; trial < 5; ++trial)
    ASSERT_FALSE(store.append(record(1, trial), trial < 3 ? Content{} : pack(content_of(9))));
  ASSERT_FALSE(store.append(record(2, 0, Outcome::direct), pack(content_of(9))));
  for (std::uint64_t trial = 1; trial < 5; ++trial) ASSERT_FALSE(store.append(record(2, trial)));
  ASSERT_FALSE(store.flush());
  EXPECT_EQ((*store.typical(1))->trial, 1U);
  EXPECT_EQ((*store.typical_recorded(1))->trial, 3U);
  EXPECT_FALSE(store.typical_recorded(2)->has_value());
  EXPECT_FALSE(store.typical_recorded(3)->has_value());
}

TEST_F(RecordingsTest, AreRefusedWhenBroken) {  // case 4
  {
    auto store = make_run();
    for (std::uint64_t trial = 0; trial < 3; ++trial) {
      auto packed = pack(content_of(300));
      if (trial == 1) packed.back() ^= 1;
      ASSERT_FALSE(store.append(record(2, trial), packed));
    }
  }
  const auto store = Store::open(folder);
  ASSERT_TRUE(store);
  const auto broken = store->recording(2, 1);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, Error::Kind::corrupt);
  EXPECT_NE(broken.error().text.find("trials.sqlite: the recording of trial 2-1 is corrupt"), std::string::npos);
  EXPECT_EQ(**store->recording(2, 2), content_of(300));
}

TEST_F(RecordingsTest, AreNewToOldRuns) {  // case 5
  {
    auto store = make_run();
    ASSERT_FALSE(store.append(record(2, 1)));
  }
  {
    auto database = Database::open(folder / "trials.sqlite", Database::Mode::write);
    ASSERT_FALSE((*database)->execute("DROP TABLE recordings"));
  }
  const auto old = Store::open(folder);
  ASSERT_TRUE(old) << old.error().text;
  EXPECT_FALSE(old->recording(2, 1)->has_value());
  EXPECT_TRUE(old->recorded(2)->empty());
  EXPECT_EQ(*old->recording_count(), 0U);
  EXPECT_FALSE(old->typical_recorded(2)->has_value());
  auto store = Store::resume(folder, manifest, plan);
  ASSERT_TRUE(store) << store.error().text;
  ASSERT_FALSE(store->append(record(2, 2), pack(content_of(7))));
  ASSERT_FALSE(store->flush());
  EXPECT_EQ(**store->recording(2, 2), content_of(7));
}

}  // namespace
}  // namespace punchlab::results
