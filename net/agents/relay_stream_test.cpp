// Datagrams in a relay's TCP segments:
// 1. Whole ones, several in one segment, one cut over two segments.
// 2. Segments that come late, twice, or partly known, also where sequence numbers wrap.
// 3. Another connection begins with its SYN, whatever the last one left.
#include "net/agents/relay_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace punchlab::agents {
namespace {

using testing::ElementsAre;

/// ChannelData of four bytes.
std::string channel_data(const std::string& four) { return std::string("\x40\x00\x00\x04", 4) + four; }

class Stream {
 public:
  explicit Stream(std::uint32_t first) { begin(first); }
  void begin(std::uint32_t first) {
    first_ = first;
    send(0, "", packet::kSyn);
  }
  /// Bytes of the stream from `offset` on; gives what is whole by then, without the headers.
  std::vector<std::string> send(std::uint32_t offset, const std::string& bytes, std::uint8_t flags = packet::kAck) {
    std::vector<std::string> out;
    const auto sequence = flags == packet::kSyn ? first_ : first_ + 1 + offset;
    stream_.on_segment({sequence, 0, flags}, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                       [&](Bytes frame) { out.emplace_back(frame.begin() + 4, frame.end()); });
    return out;
  }

 private:
  std::uint32_t first_ = 0;
  RelayStream stream_;
};

TEST(RelayStream, CutsAnywhere) {
  Stream s(1000);
  EXPECT_THAT(s.send(0, channel_data("aaaa") + channel_data("bbbb") + std::string("\x40\x00", 2)),
              ElementsAre("aaaa", "bbbb"));
  EXPECT_THAT(s.send(18, std::string("\x00\x04", 2) + "cccc"), ElementsAre("cccc"));
}

TEST(RelayStream, PutsSegmentsInOrder) {
  Stream s(0xFFFFFFF4);  // wraps within the second
  EXPECT_THAT(s.send(8, channel_data("bbbb")), ElementsAre());
  EXPECT_THAT(s.send(16, channel_data("cccc")), ElementsAre());
  EXPECT_THAT(s.send(0, channel_data("aaaa")), ElementsAre("aaaa", "bbbb", "cccc"));
  EXPECT_THAT(s.send(8, channel_data("bbbb")), ElementsAre()) << "sent again";
  EXPECT_THAT(s.send(16, channel_data("cccc") + channel_data("dddd")), ElementsAre("dddd")) << "half of it known";
}

TEST(RelayStream, BeginsAnew) {
  Stream s(5);
  EXPECT_THAT(s.send(0, std::string("\x40\x00\x00", 3)), ElementsAre());
  s.begin(700);
  EXPECT_THAT(s.send(0, channel_data("aaaa")), ElementsAre("aaaa"));
}

}  // namespace
}  // namespace punchlab::agents
