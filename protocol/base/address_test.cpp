// Addresses as text and values.
// 1. IPv4 and IPv6 text is read, and written in the form of RFC 5952. 2. What is neither is refused. 3. Random addresses come
// back through text and bytes. 4. Private ranges end where the RFCs say. 5. Hashes of equal values are equal, of 100,000
// different ones nearly all different.
#include "protocol/base/address.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocol/base/rng.hpp"

namespace punchlab {
namespace {

std::string written_again(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(IpAddress, TextIsWrittenAsRfc5952Says) {
  EXPECT_EQ(written_again("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(written_again("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(written_again("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(written_again("::"), "::");
  EXPECT_EQ(written_again("::1"), "::1");
  EXPECT_EQ(written_again("1::"), "1::");
  EXPECT_EQ(written_again("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(written_again("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(written_again("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(written_again("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
}

TEST(IpAddress, OtherTextIsRefused) {
  for (const auto* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1.2.3.-4", "1.2.3.4 ", "a.b.c.d",
                           ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:8::",
                           "1:", ":1", "::1%eth0"}) {
    EXPECT_EQ(written_again(text), "refused") << text;
  }
}

TEST(TransportAddress, TextAndBack) {
  EXPECT_EQ(TransportAddress::parse("192.0.2.1:3478")->to_string(), "192.0.2.1:3478");
  EXPECT_EQ(TransportAddress::parse("[2001:db8::1]:0")->to_string(), "[2001:db8::1]:0");
  for (const auto* text : {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:3478", "[192.0.2.1]:1", "[]:1", ":1"}) {
    EXPECT_FALSE(TransportAddress::parse(text)) << text;
  }
}

TEST(IpAddress, RandomOnesComeBack) {
  SeededRng rng({.seed = 1});
  for (int i = 0; i < 10'000; ++i) {
    std::array<std::uint8_t, 16> bytes;
    rng.fill(bytes);
    for (auto& b : bytes) b = rng.chance(0.5) ? std::uint8_t{0} : b;
    const auto address = i % 2 == 0 ? IpAddress::v6(bytes) : IpAddress::v4(load_u32(bytes.data()));
    ASSERT_EQ(IpAddress::parse(address.to_string()), address);
    ASSERT_EQ(IpAddress::from_bytes(address.bytes()), address);
    const TransportAddress transport{address, static_cast<std::uint16_t>(rng.next())};
    ASSERT_EQ(TransportAddress::parse(transport.to_string()), transport);
  }
  EXPECT_FALSE(IpAddress::from_bytes(Bytes{}));
}

TEST(IpAddress, PrivateRangesEndWhereTheRfcsSay) {
  for (const auto* text : {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.1", "100.64.0.0",
                           "100.127.255.255", "127.0.0.1", "169.254.1.1", "fc00::1", "fdff::", "fe80::1", "febf::", "::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
  }
  for (const auto* text : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
                           "100.63.255.255", "100.128.0.0", "128.0.0.0", "169.253.0.0", "fe00::", "fec0::", "2001:db8::1",
                           "::2"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
  }
}

TEST(IpAddress, FamiliesDiffer) {
  EXPECT_NE(IpAddress{}, IpAddress::v6({}));
  EXPECT_TRUE(IpAddress{}.is_unspecified());
  EXPECT_TRUE(IpAddress::v6({}).is_unspecified());
  EXPECT_FALSE(IpAddress::v4(0, 0, 0, 1).is_unspecified());
  EXPECT_EQ(IpAddress::v4(192, 0, 2, 1).v4_value(), 0xC0000201U);
}

TEST(Hash, SpreadsAndAgrees) {
  std::set<std::uint64_t> buckets;
  std::uint32_t count = 0;
  for (std::uint32_t host = 0; host < 100; ++host) {
    for (std::uint16_t port = 0; port < 1000; ++port, ++count) {
      const TransportAddress address{IpAddress::v4(0x0A000000 + host), port};
      EXPECT_EQ(hash_of(address), hash_of(TransportAddress{address}));
      buckets.insert(hash_of(address));
    }
  }
  EXPECT_GT(buckets.size(), count - 10);
  std::set<std::uint64_t> low_bits;
  for (const auto h : buckets) low_bits.insert(h % 65536);
  EXPECT_GT(low_bits.size(), 45'000U) << "of 51,000 that 100,000 random numbers would take";
  const FiveTuple udp{Transport::udp, {}, {IpAddress::v4(1), 1}};
  auto tcp = udp;
  tcp.transport = Transport::tcp;
  EXPECT_NE(hash_of(udp), hash_of(tcp));
  EXPECT_NE(hash_of(udp), hash_of(FiveTuple{Transport::udp, udp.remote, udp.local}));
}

}  // namespace
}  // namespace punchlab
