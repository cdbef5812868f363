// Records through the pipe between processes:
//  1. A full record, an empty one and one with extreme numbers come out as they went in.
//  2. Frames may arrive one byte at a time, or many at once, and keep their order.
//  3. Each missing byte and each added byte of a frame is refused, or waits for more; never a wrong record.
//  4. Unknown version, outcome, time bits and an absurd length are refused.
//  5. Random bytes never crash the decoder.
//  6. Attachments of any length come out before the record they were put before, in any pieces; a longer one than is
//     allowed, and a record as long as an attachment, are refused.
#include "results/record/wire.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "protocol/base/rng.hpp"

namespace punchlab::results {
namespace {

using std::chrono::microseconds;

TrialRecord full_record() {
  TrialRecord r;
  r.cell = 7;
  r.trial = 123'456'789'012;
  r.outcome = Outcome::relayed;
  r.reason = "mapping-varies";
  r.time_to_first_byte = microseconds{80'123};
  r.time_to_direct = microseconds{180'321};
  r.least_time_to_direct = microseconds{170'000};
  r.rtt_direct = microseconds{50'001};
  r.rtt_relayed = microseconds{90'002};
  r.added_latency = Duration{-5};
  r.late_p50 = microseconds{60};
  r.late_p99 = microseconds{170};
  r.probes_sent = 20;
  r.probes_answered = 19;
  r.probes_lost_by_network = 1;
  r.packets_to_direct = 31;
  r.bytes_to_direct = 4096;
  r.packets_to_others = 2;
  r.events = 512;
  r.trace_hash = 0xFEDCBA9876543210;
  r.finished = std::chrono::seconds{15};
  return r;
}

TrialRecord extreme_record() {
  TrialRecord r;
  r.cell = std::numeric_limits<std::uint32_t>::max();
  r.trial = std::numeric_limits<std::uint64_t>::max();
  r.reason = std::string(255, 'x');
  r.rtt_relayed = Duration::max();
  r.added_latency = Duration::min();
  return r;
}

std::vector<std::uint8_t> frame_of(const TrialRecord& record) {
  std::vector<std::uint8_t> bytes;
  encode(record, bytes);
  return bytes;
}

bool is_corrupt(std::vector<std::uint8_t> bytes) {
  FrameDecoder decoder;
  decoder.feed(bytes);
  return std::holds_alternative<CorruptFrame>(decoder.next());
}

TEST(Wire, RoundTrips) {
  for (const TrialRecord& record : {full_record(), TrialRecord{}, extreme_record()}) {
    const auto bytes = frame_of(record);
    EXPECT_LE(bytes.size(), kMaxFrame);
    FrameDecoder decoder;
    decoder.feed(bytes);
    const auto decoded = decoder.next();
    ASSERT_TRUE(std::holds_alternative<TrialRecord>(decoded));
    EXPECT_EQ(std::get<TrialRecord>(decoded), record);
    EXPECT_TRUE(std::holds_alternative<NeedMore>(decoder.next()));
    EXPECT_EQ(decoder.pending(), 0U);
  }
}

TEST(Wire, TakesAStreamInAnyPieces) {
  std::vector<std::uint8_t> stream;
  for (const TrialRecord& record : {full_record(), TrialRecord{}, extreme_record()}) encode(record, stream);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    FrameDecoder decoder;
    std::vector<TrialRecord> records;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      decoder.feed(Bytes{stream}.subspan(at, std::min(piece, stream.size() - at)));
      for (auto next = decoder.next(); std::holds_alternative<TrialRecord>(next); next = decoder.next())
        records.push_back(std::get<TrialRecord>(next));
    }
    EXPECT_EQ(records, (std::vector{full_record(), TrialRecord{}, extreme_record()})) << "pieces of " << piece;
  }
}

TEST(Wire, WaitsForACutFrame) {
  const auto bytes = frame_of(full_record());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    FrameDecoder decoder;
    decoder.feed(Bytes{bytes}.first(size));
    EXPECT_TRUE(std::holds_alternative<NeedMore>(decoder.next())) << size;
    EXPECT_EQ(decoder.pending(), size);
  }
}

TEST(Wire, RefusesAWrongLength) {
  const auto bytes = frame_of(full_record());
  for (std::uint32_t length = 0; length < bytes.size() + 20; ++length) {
    if (length == bytes.size() - 4) continue;
    auto wrong = bytes;
    store_u32(wrong.data(), length);
    wrong.resize(4 + length);
    EXPECT_TRUE(is_corrupt(wrong)) << length;
  }
  EXPECT_TRUE(is_corrupt({0xFF, 0xFF, 0xFF, 0xFF}));
}

TEST(Wire, RefusesUnknownValues) {
  for (const std::size_t at : {std::size_t{4}, std::size_t{5}, std::size_t{6}}) {
    auto bytes = frame_of(full_record());
    bytes[at] = 0xC0;
    EXPECT_TRUE(is_corrupt(bytes)) << at;
  }
}

TEST(Wire, CarriesAttachments) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{507}, std::size_t{5'000}}) {
    Attachment attachment{std::vector<std::uint8_t>(size)};
    for (std::size_t i = 0; i < size; ++i) attachment.bytes[i] = static_cast<std::uint8_t>(i * 7);
    std::vector<std::uint8_t> stream;
    encode(attachment, stream);
    encode(full_record(), stream);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{4096}}) {
      FrameDecoder decoder;
      std::vector<std::variant<TrialRecord, Attachment, NeedMore, CorruptFrame>> got;
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        decoder.feed(Bytes{stream}.subspan(at, std::min(piece, stream.size() - at)));
        for (auto next = decoder.next(); !std::holds_alternative<NeedMore>(next); next = decoder.next()) {
          got.push_back(next);
          ASSERT_FALSE(std::holds_alternative<CorruptFrame>(next)) << size;
        }
      }
      ASSERT_EQ(got.size(), 2U) << size;
      EXPECT_EQ(std::get<Attachment>(got[0]), attachment);
      EXPECT_EQ(std::get<TrialRecord>(got[1]), full_record());
    }
  }
  std::vector<std::uint8_t> too_long(5, 0xA1);
  store_u32(too_long.data(), static_cast<std::uint32_t>(kMaxAttachment));
  EXPECT_TRUE(is_corrupt(too_long));
  store_u32(too_long.data(), kMaxFrame);
  EXPECT_FALSE(is_corrupt(too_long)) << "an attachment may be so long";
  too_long[4] = 1;
  EXPECT_TRUE(is_corrupt(too_long)) << "a record may not";
}

TEST(Wire, SurvivesRandomBytes) {
  SeededRng rng({.seed = 1, .cell = 0, .trial = 0, .purpose = purpose_of("wire")});
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = frame_of(full_record());
    bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.next());
    bytes.resize(rng.below(bytes.size() + 1));
    FrameDecoder decoder;
    decoder.feed(bytes);
    const auto next = decoder.next();
    if (const auto* record = std::get_if<TrialRecord>(&next)) {
      auto again = frame_of(*record);
      bytes.resize(bytes.size() - decoder.pending());
      EXPECT_EQ(again, bytes);
    }
  }
}

}  // namespace
}  // namespace punchlab::results
