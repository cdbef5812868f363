// Cutting a stream into frames.
// 1. STUN messages and ChannelData of every length modulo 4, fed in pieces of one byte, of random sizes and all at once,
//    come out the same and in order.
// 2. What is neither, a wrong cookie, a length that is no multiple of 4 and a frame over the limit are malformed, at once
//    and for good.
// 3. A frame of exactly the limit passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/base/rng.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/stun/stream_framer.hpp"
#include "protocol/stun/test_vectors.hpp"

namespace punchlab::stun {
namespace {

using Frame = std::vector<std::uint8_t>;

Frame channel_data(std::uint16_t size) {
  Frame frame(4 + std::size_t{size}, 0xAB);
  store_u16(frame.data(), 0x4001);
  store_u16(&frame[2], size);
  return frame;
}

std::vector<Frame> sample_frames() {
  std::vector<Frame> frames;
  for (const auto& message : vectors::all()) frames.push_back(message);
  for (std::uint16_t size = 0; size < 9; ++size) frames.push_back(channel_data(size));
  frames.push_back(channel_data(1400));
  frames.push_back(vectors::request());
  return frames;
}

Frame stream_of(const std::vector<Frame>& frames) {
  Frame stream;
  for (const auto& frame : frames) {
    stream.insert(stream.end(), frame.begin(), frame.end());
    stream.resize(stream.size() + stream_padding(frame.size()));
  }
  return stream;
}

/// Feeds `stream` in pieces whose sizes `piece_size()` gives.
template <class F>
std::vector<Frame> cut(Bytes stream, F&& piece_size) {
  StreamFramer framer;
  std::vector<Frame> frames;
  while (!stream.empty()) {
    auto piece = stream.first(std::min<std::size_t>(piece_size(), stream.size()));
    stream = stream.subspan(piece.size());
    FrameStatus status;
    while ((status = framer.next(piece)) == FrameStatus::complete) {
      frames.emplace_back(framer.frame().begin(), framer.frame().end());
    }
    EXPECT_EQ(status, FrameStatus::incomplete);
  }
  return frames;
}

TEST(StreamFramer, AnyPiecesGiveTheSameFrames) {
  const auto frames = sample_frames();
  const auto stream = stream_of(frames);
  EXPECT_EQ(cut(stream, [] { return std::size_t{1}; }), frames);
  EXPECT_EQ(cut(stream, [&] { return stream.size(); }), frames);
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    SeededRng rng({.seed = 4, .trial = trial});
    EXPECT_EQ(cut(stream, [&] { return 1 + rng.below(trial % 2 == 0 ? 10 : 300); }), frames) << trial;
  }
}

FrameStatus status_of(const Frame& start, std::size_t piece) {
  StreamFramer framer;
  FrameStatus status = FrameStatus::incomplete;
  for (std::size_t at = 0; at < start.size() && status == FrameStatus::incomplete; at += piece) {
    auto input = Bytes{start}.subspan(at, std::min(piece, start.size() - at));
    status = framer.next(input);
  }
  if (status == FrameStatus::malformed) {
    const auto good = vectors::request();
    Bytes input{good};
    EXPECT_EQ(framer.next(input), FrameStatus::malformed) << "a lost stream stays lost";
  }
  return status;
}

TEST(StreamFramer, MalformedStartIsAVerdict) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
    EXPECT_EQ(status_of({0x80}, piece), FrameStatus::malformed);
    EXPECT_EQ(status_of({0x50}, piece), FrameStatus::malformed);
    EXPECT_EQ(status_of({0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01}, piece), FrameStatus::malformed);
    EXPECT_EQ(status_of(vectors::from_hex("00010008 2112a443"), piece), FrameStatus::malformed);
    EXPECT_EQ(status_of(vectors::from_hex("00010006 2112a442"), piece), FrameStatus::malformed);
    EXPECT_EQ(status_of(vectors::from_hex("00010800 2112a442"), piece), FrameStatus::malformed);
    EXPECT_EQ(status_of(vectors::from_hex("400007fd"), piece), FrameStatus::malformed);
    EXPECT_EQ(status_of(vectors::from_hex("400007fc"), piece), FrameStatus::incomplete);
    EXPECT_EQ(status_of(vectors::from_hex("0001"), piece), FrameStatus::incomplete);
  }
}

TEST(StreamFramer, LargestFramePasses) {
  const auto frame = channel_data(kMaxFrame - 4);
  EXPECT_EQ(cut(frame, [] { return std::size_t{7}; }), std::vector<Frame>{frame});
  EXPECT_EQ(cut(frame, [] { return kMaxFrame; }), std::vector<Frame>{frame});
}

}  // namespace
}  // namespace punchlab::stun
