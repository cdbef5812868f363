// Packets as bytes.
//
// 1. The checksum of RFC 1071's example comes out; a changed byte makes it wrong.
// 2. UDP, TCP, echo and ICMP errors of both families that we build parse back to what went in, and their checksums
// verify.
// 3. One flipped bit anywhere that a checksum covers is noticed.
// 4. Rewriting an endpoint by RFC 1624 gives the very bytes that building with the new endpoint gives.
// 5. A UDP checksum of zero over IPv4 stays zero through a rewrite; over IPv6 it is invalid.
// 6. TTL goes down by one with its checksum; TTL 1 must not be forwarded and is left alone.
// 7. An ICMP error quotes the packet; there is no error about an error; a long packet is cut to 576 bytes in all.
// 8. A RST answers a SYN with its sequence number plus one, and an ACK with its acknowledgment; a RST gets none.
// 9. Lengths that lie, headers cut short and fragments are refused or marked; IPv6 extension headers are skipped.
// 10. Any bytes at all: parse never reads beyond the packet (sanitizers watch), and accepted views lie inside it.
#include "sim/packet/packet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "protocol/base/rng.hpp"
#include "sim/packet/checksum.hpp"
#include "sim/packet/icmp.hpp"

namespace punchlab::packet {
namespace {

const TransportAddress kHere4{IpAddress::v4(192, 0, 2, 1), 5000};
const TransportAddress kThere4{IpAddress::v4(198, 51, 100, 7), 3478};
const TransportAddress kHere6{*IpAddress::parse("2001:db8::1"), 5000};
const TransportAddress kThere6{*IpAddress::parse("2001:db8:1::7"), 3478};

using Buffer = std::vector<std::uint8_t>;

Buffer filled(std::size_t n) {
  Buffer b(n);
  for (std::size_t i = 0; i < n; ++i) b[i] = static_cast<std::uint8_t>(i * 7 + 1);
  return b;
}

Buffer udp(const TransportAddress& from, const TransportAddress& to, std::size_t payload) {
  Buffer b(2000);
  b.resize(write_udp(b, from, to, 64, filled(payload)));
  return b;
}

Buffer tcp(const TransportAddress& from, const TransportAddress& to, const TcpFields& fields, std::size_t payload = 0) {
  Buffer b(2000);
  b.resize(write_tcp(b, from, to, 64, fields, filled(payload)));
  return b;
}

Buffer echo(const IpAddress& from, const IpAddress& to) {
  Buffer b(2000);
  b.resize(write_echo(b, true, from, to, 64, 0x1234, 1, filled(33)));
  return b;
}

Buffer error_about(const Buffer& packet, const IpAddress& from) {
  Buffer b(kLargestIcmpError);
  b.resize(write_icmp_error(b, IcmpError::port_unreachable, from, packet));
  return b;
}

std::vector<Buffer> one_of_each() {
  return {udp(kHere4, kThere4, 0),
          udp(kHere4, kThere4, 101),
          udp(kHere6, kThere6, 100),
          tcp(kHere4, kThere4, {1, 2, kAck, 100}, 51),
          tcp(kHere6, kThere6, {1, 2, kSyn, 100}),
          echo(kHere4.address, kThere4.address),
          echo(kHere6.address, kThere6.address),
          error_about(udp(kHere4, kThere4, 101), kThere4.address),
          error_about(udp(kHere6, kThere6, 101), kThere6.address)};
}

TEST(Checksum, FollowsTheExampleOfRfc1071) {
  const Buffer data{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(finish(sum(data)), static_cast<std::uint16_t>(~0xddf2));
  const Buffer other{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf6};
  EXPECT_NE(finish(sum(other)), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Packet, BuiltPacketsParseBack) {
  for (const auto& [from, to] : {std::pair{kHere4, kThere4}, std::pair{kHere6, kThere6}}) {
    const Buffer packet = udp(from, to, 37);
    const auto view = parse(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source, from);
    EXPECT_EQ(view->destination, to);
    EXPECT_EQ(view->protocol, kUdp);
    EXPECT_EQ(view->ttl, 64);
    EXPECT_EQ(view->size, udp_overhead(from.address.family()) + 37);
    EXPECT_THAT(view->payload_of(packet), testing::ElementsAreArray(filled(37)));
  }
}

TEST(Packet, EveryBuiltPacketHasRightChecksums) {
  for (const Buffer& packet : one_of_each()) EXPECT_TRUE(checksums_valid(packet)) << packet.size();
}

TEST(Packet, AnyFlippedBitIsNoticed) {
  for (const Buffer& original : one_of_each()) {
    const bool ipv4 = original[0] >> 4 == 4;
    for (std::size_t bit = ipv4 ? 0 : 64; bit < original.size() * 8; ++bit) {
      Buffer packet = original;
      packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (1U << (bit % 8)));
      const auto view = parse(packet);
      const bool covered = !view || (view->protocol == parse(original)->protocol && (ipv4 || bit / 8 != 7));
      if (covered) {
        EXPECT_FALSE(checksums_valid(packet)) << "bit " << bit << " of " << original.size() << " bytes";
      }
    }
  }
}

TEST(Packet, RewritingGivesWhatBuildingGives) {
  SeededRng rng({1, 2, 3, purpose_of("rewrite")});
  for (int i = 0; i < 2000; ++i) {
    const TransportAddress from{IpAddress::v4(static_cast<std::uint32_t>(rng.next())),
                                static_cast<std::uint16_t>(rng.next())};
    const TransportAddress to{IpAddress::v4(static_cast<std::uint32_t>(rng.next())),
                              static_cast<std::uint16_t>(rng.next())};
    const std::size_t size = rng.below(64);
    Buffer packet = udp(kHere4, kThere4, size);
    set_source(packet, *parse(packet), from);
    set_destination(packet, *parse(packet), to);
    EXPECT_EQ(packet, udp(from, to, size));
    Buffer segment = tcp(kHere4, kThere4, {7, 8, kAck, 9}, size);
    set_source(segment, *parse(segment), from);
    set_destination(segment, *parse(segment), to);
    EXPECT_EQ(segment, tcp(from, to, {7, 8, kAck, 9}, size));
  }
  Buffer packet = udp(kHere6, kThere6, 20);
  set_source(packet, *parse(packet), kThere6);
  set_destination(packet, *parse(packet), kHere6);
  EXPECT_EQ(packet, udp(kThere6, kHere6, 20));
}

TEST(Packet, AbsentUdpChecksumStaysAbsent) {
  Buffer packet = udp(kHere4, kThere4, 20);
  store_u16(&packet[26], 0);
  EXPECT_TRUE(checksums_valid(packet));
  set_source(packet, *parse(packet), kThere4);
  EXPECT_EQ(load_u16(&packet[26]), 0);
  Buffer six = udp(kHere6, kThere6, 20);
  store_u16(&six[46], 0);
  EXPECT_FALSE(checksums_valid(six));
}

TEST(Packet, EachHopTakesOne) {
  for (Buffer packet : {udp(kHere4, kThere4, 5), udp(kHere6, kThere6, 5)}) {
    for (int ttl = 63; ttl >= 1; --ttl) {
      ASSERT_TRUE(decrement_ttl(packet));
      ASSERT_EQ(parse(packet)->ttl, ttl);
      ASSERT_TRUE(checksums_valid(packet));
    }
    const Buffer before = packet;
    EXPECT_FALSE(decrement_ttl(packet));
    EXPECT_EQ(packet, before);
  }
}

TEST(Icmp, ErrorQuotesItsCause) {
  for (const auto& [from, to] : {std::pair{kHere4, kThere4}, std::pair{kHere6, kThere6}}) {
    const Buffer error = error_about(udp(from, to, 40), to.address);
    const auto view = parse(error);
    ASSERT_TRUE(view);
    EXPECT_EQ(icmp_kind(error, *view), IcmpKind::error);
    EXPECT_EQ(view->destination.address, from.address);
    const auto quoted = embedded(error, *view);
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->source, from);
    EXPECT_EQ(quoted->destination, to);
    EXPECT_TRUE(error_about(error, to.address).empty());
    EXPECT_EQ(error_about(udp(from, to, 1400), to.address).size(), kLargestIcmpError);
  }
}

TEST(Tcp, ResetAnswersAsAClosedPort) {
  Buffer out(100);
  const auto answer = [&](const TcpFields& fields) {
    const Buffer packet = tcp(kHere4, kThere4, fields);
    const std::size_t size = write_reset(out, packet, *parse(packet));
    return size == 0 ? TcpFields{} : tcp_fields(out, *parse(Bytes{out}.first(size)));
  };
  const TcpFields to_syn = answer({1000, 0, kSyn, 1});
  EXPECT_EQ(to_syn.flags, kRst | kAck);
  EXPECT_EQ(to_syn.acknowledgment, 1001U);
  const TcpFields to_ack = answer({1000, 77, kAck, 1});
  EXPECT_EQ(to_ack.flags, kRst);
  EXPECT_EQ(to_ack.sequence, 77U);
  EXPECT_EQ(answer({1000, 77, kRst, 1}).flags, 0);
}

TEST(Parse, RefusesLiesAboutLength) {
  const Buffer good = udp(kHere4, kThere4, 8);
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Buffer b = good;
    b[at] = value;
    return parse(b).has_value();
  };
  EXPECT_TRUE(parse(good));
  EXPECT_FALSE(with(0, 0x44));  // header of 16 bytes
  EXPECT_FALSE(with(0, 0x4F));  // header of 60, which leaves no room
  EXPECT_FALSE(with(0, 0x55));  // version 5
  EXPECT_FALSE(with(3, 255));   // longer than the buffer
  EXPECT_FALSE(with(3, 19));    // shorter than its header
  EXPECT_FALSE(with(25, 7));    // UDP length below 8
  EXPECT_FALSE(with(25, 200));  // UDP length beyond the packet
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(parse(Bytes{good}.first(n)));
}

TEST(Parse, MarksFragments) {
  Buffer packet = udp(kHere4, kThere4, 8);
  packet[6] = 0x20;
  ASSERT_TRUE(parse(packet));
  EXPECT_TRUE(parse(packet)->fragment);
  EXPECT_EQ(parse(packet)->source.port, 0);
  EXPECT_FALSE(parse(udp(kHere4, kThere4, 8))->fragment);
}

TEST(Parse, LooksBehindIpv6ExtensionHeaders) {
  const Buffer plain = udp(kHere6, kThere6, 8);
  Buffer packet{plain.begin(), plain.begin() + 40};
  packet[6] = 0;  // hop-by-hop
  store_u16(&packet[4], 16 + 16);
  packet.insert(packet.end(), {60, 0, 1, 4, 0, 0, 0, 0});  // then destination options
  packet.insert(packet.end(), {17, 0, 1, 4, 0, 0, 0, 0});
  packet.insert(packet.end(), plain.begin() + 40, plain.end());
  const auto view = parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->transport, 56U);
  EXPECT_EQ(view->destination, kThere6);
  EXPECT_TRUE(checksums_valid(packet));
}

TEST(Parse, SurvivesAnything) {
  SeededRng rng({1, 2, 3, purpose_of("mutation")});
  for (const Buffer& seed : one_of_each()) {
    for (int i = 0; i < 4000; ++i) {
      Buffer packet = seed;
      for (std::uint64_t flips = 1 + rng.below(6); flips > 0; --flips) {
        packet[rng.below(packet.size())] = static_cast<std::uint8_t>(rng.next());
      }
      packet.resize(rng.below(packet.size() + 1));
      packet.shrink_to_fit();
      if (const auto view = parse(packet)) {
        EXPECT_LE(view->payload + view->payload_size, packet.size());
      }
      checksums_valid(packet);
      decrement_ttl(packet);
      Buffer out(kLargestIcmpError);
      const std::size_t size = write_icmp_error(out, IcmpError::no_route, kThere4.address, packet);
      EXPECT_TRUE(size == 0 || checksums_valid(Bytes{out}.first(size)));
    }
  }
}

}  // namespace
}  // namespace punchlab::packet
