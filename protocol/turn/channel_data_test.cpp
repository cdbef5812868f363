// ChannelData (RFC 8656 section 12.4):
// 1. What is written is read back, over UDP without and over streams with padding to four bytes.
// 2. Numbers outside 0x4000-0x4FFF, and messages shorter than their length says, are refused.
// 3. A buffer that is too small gives 0.
#include "protocol/turn/channel_data.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace punchlab::turn {
namespace {

TEST(ChannelData, RoundTripsWithPaddingOnStreams) {
  std::array<std::uint8_t, 64> buffer;
  for (std::size_t length = 0; length < 20; ++length) {
    const std::vector<std::uint8_t> payload(length, 0xAB);
    for (const auto transport : {Transport::udp, Transport::tcp, Transport::tls}) {
      const auto size = write_channel_data(0x4007, payload, transport, buffer);
      EXPECT_EQ(size, transport == Transport::udp ? 4 + length : (4 + length + 3) / 4 * 4);
      const auto data = parse_channel_data(Bytes{buffer}.first(size));
      ASSERT_TRUE(data);
      EXPECT_EQ(data->channel, 0x4007);
      EXPECT_TRUE(std::ranges::equal(data->payload, payload));
    }
  }
}

TEST(ChannelData, RefusesWrongNumbersAndShortMessages) {
  const auto parses = [](std::vector<std::uint8_t> m) { return parse_channel_data(m).has_value(); };
  EXPECT_TRUE(parses({0x40, 0x00, 0x00, 0x00}));
  EXPECT_TRUE(parses({0x4F, 0xFF, 0x00, 0x01, 0x55}));
  EXPECT_FALSE(parses({0x3F, 0xFF, 0x00, 0x00}));
  EXPECT_FALSE(parses({0x50, 0x00, 0x00, 0x00}));
  EXPECT_FALSE(parses({0x40, 0x00, 0x00, 0x02, 0x55}));
  EXPECT_FALSE(parses({0x40, 0x00, 0x00}));
  EXPECT_FALSE(parses({}));
}

TEST(ChannelData, GivesZeroWhenItDoesNotFit) {
  std::array<std::uint8_t, 10> buffer;
  const std::array<std::uint8_t, 6> six{};
  const std::array<std::uint8_t, 7> seven{};
  EXPECT_EQ(write_channel_data(0x4000, six, Transport::udp, buffer), 10u);
  EXPECT_EQ(write_channel_data(0x4000, six, Transport::tcp, buffer), 0u);
  EXPECT_EQ(write_channel_data(0x4000, seven, Transport::udp, buffer), 0u);
}

}  // namespace
}  // namespace punchlab::turn
