// ICMP through the gateway (RFC 5508).
//
// 1. Echo: the identifier is translated out and back; two hosts with one identifier get two; it expires.
// 2. An error about a packet that went out comes in with outer and quoted addresses translated, every checksum right;
// for
//    UDP, TCP and echo. One about a packet that never went out is dropped.
// 3. An internal host's error about a packet that came in goes out as from the external endpoint.
// 4. An error about a hairpinned packet is hairpinned; one that matches nothing is dropped as it came.
// 5. Errors refresh nothing; broken checksums are dropped, not mended.
// 6. A firewall lets matching IPv6 errors in, and no others.
#include <gmock/gmock.h>

#include "sim/nat/nat_lab.hpp"
#include "sim/packet/checksum.hpp"

namespace punchlab::nat {
namespace {

using packet::View;
const TransportAddress kA{kHostA, 5000};
const TransportAddress kB{kHostB, 6000};
const TransportAddress kR1{kRemote1, 3478};
const IpAddress kRouter = IpAddress::v4(192, 0, 2, 77);

View quoted(const NatLab::Packet& p) { return *packet::embedded(p, *packet::parse(p)); }
std::uint16_t identifier(const NatLab::Packet& p) { return packet::echo_identifier(p, *packet::parse(p)); }

TEST(Echo, GoesOutAndComesBack) {
  NatLab lab((Profile()));
  EXPECT_TRUE(lab.send(From::inside, NatLab::echo(true, kHostA, kRemote1, 7)).passed());
  const auto first = identifier(lab.packet());
  EXPECT_EQ(packet::parse(lab.packet())->source.address, external_address(0));
  EXPECT_TRUE(lab.send(From::inside, NatLab::echo(true, kHostB, kRemote1, 7)).passed());
  const auto second = identifier(lab.packet());
  EXPECT_NE(first, second);
  EXPECT_EQ(lab.send(From::outside, NatLab::echo(false, kRemote1, external_address(0), second)).destination.address,
            kHostB);
  EXPECT_EQ(identifier(lab.packet()), 7);
  EXPECT_FALSE(lab.send(From::outside, NatLab::echo(false, kRemote2, external_address(0), second)).passed());
  lab.wait(std::chrono::seconds{60});
  EXPECT_FALSE(lab.send(From::outside, NatLab::echo(false, kRemote1, external_address(0), second)).passed());
}

TEST(Echo, FromOutsideIsUnsolicited) {
  NatLab lab((Profile()));
  EXPECT_FALSE(lab.send(From::outside, NatLab::echo(true, kRemote1, external_address(0), 7)).passed());
}

TEST(ErrorIn, FindsItsWayForEachProtocol) {
  for (const auto& original :
       {NatLab::udp(kA, kR1), NatLab::tcp(kA, kR1, packet::kSyn), NatLab::echo(true, kHostA, kRemote1, 9)}) {
    NatLab lab((Profile()));
    ASSERT_TRUE(lab.send(From::inside, original).passed());
    const auto error = NatLab::error_about(lab.packet(), kRouter);
    ASSERT_TRUE(lab.send(From::outside, error).passed());
    const auto view = *packet::parse(lab.packet());
    EXPECT_EQ(view.destination.address, kHostA);
    EXPECT_EQ(view.source.address, kRouter);
    const Bytes inner = view.payload_of(lab.packet());
    EXPECT_TRUE(std::equal(inner.begin(), inner.end(), original.begin(), original.end()))
        << "quotes what the host sent";
  }
}

TEST(ErrorIn, NeedsAPacketThatWentOut) {
  NatLab lab((Profile()));
  const auto external = lab.mapped(kA, kR1);
  const auto other = NatLab::error_about(NatLab::udp(external, {kRemote2, 1}), kRouter);
  EXPECT_EQ(lab.send(From::outside, other).verdict.reason, Reason::icmp_unmatched);
  const auto unmapped = NatLab::error_about(NatLab::udp({external.address, 9}, kR1), kRouter);
  EXPECT_EQ(lab.send(From::outside, unmapped).verdict.reason, Reason::icmp_unmatched);
}

TEST(ErrorIn, IsNotMended) {
  NatLab lab((Profile()));
  const auto external = lab.mapped(kA, kR1);
  auto broken = NatLab::error_about(NatLab::udp(external, kR1), kRouter);
  broken[broken.size() - 1] ^= 1;
  EXPECT_EQ(lab.send(From::outside, broken).verdict.reason, Reason::malformed);
}

TEST(ErrorIn, RefreshesNothing) {
  NatLab lab((Profile()));
  const auto external = lab.mapped(kA, kR1);
  lab.wait(std::chrono::seconds{119});
  EXPECT_TRUE(lab.send(From::outside, NatLab::error_about(NatLab::udp(external, kR1), kRouter)).passed());
  lab.wait(std::chrono::seconds{1});
  EXPECT_FALSE(lab.in(kR1, external).passed());
}

TEST(ErrorOut, SeemsToComeFromTheExternalEndpoint) {
  NatLab lab((Profile()));
  const auto external = lab.mapped(kA, kR1);
  ASSERT_TRUE(lab.in(kR1, external).passed());
  const auto error = NatLab::error_about(lab.packet(), kHostA);
  const auto out = lab.send(From::inside, error);
  ASSERT_TRUE(out.passed());
  EXPECT_EQ(out.source.address, external.address);
  EXPECT_EQ(out.destination.address, kRemote1);
  EXPECT_EQ(quoted(lab.packet()).source, kR1);
  EXPECT_EQ(quoted(lab.packet()).destination, external);
  EXPECT_FALSE(lab.send(From::inside, NatLab::error_about(NatLab::udp(kR1, {kHostB, 1}), kHostB)).passed());
}

TEST(ErrorOut, IsHairpinned) {
  NatLab lab(open_profile());
  const auto a = lab.mapped(kA, kR1);
  const auto b = lab.mapped(kB, kR1);
  ASSERT_EQ(lab.out(kA, b).verdict.action, Action::hairpin);
  const auto back = lab.send(From::inside, NatLab::error_about(lab.packet(), kHostB));
  EXPECT_EQ(back.verdict.action, Action::hairpin);
  EXPECT_EQ(back.destination.address, kHostA);
  EXPECT_EQ(back.source.address, b.address);
  EXPECT_EQ(quoted(lab.packet()).source, kA);
  EXPECT_EQ(quoted(lab.packet()).destination, b);
  EXPECT_NE(a, b);
}

TEST(ErrorOut, IsLeftAsItWasWhenDropped) {
  NatLab lab(open_profile());
  const auto a = lab.mapped(kA, kR1);
  const auto b = lab.mapped(kB, kR1);
  const auto error = NatLab::error_about(NatLab::udp({a.address, 1}, kB), kHostB);  // nobody sent from this port
  ASSERT_TRUE(lab.out(kA, b).passed()) << "so that the quoted destination has a mapping";
  EXPECT_EQ(lab.send(From::inside, error).verdict.reason, Reason::icmp_unmatched);
  EXPECT_EQ(lab.packet(), error);
}

TEST(Firewall, LetsMatchingIpv6ErrorsIn) {
  const TransportAddress inside{*IpAddress::parse("2001:db8::10"), 5000};
  const TransportAddress remote{*IpAddress::parse("2001:db8:1::1"), 3478};
  const IpAddress router = *IpAddress::parse("2001:db8:2::1");
  NatLab lab((Profile()));
  const auto error = NatLab::error_about(NatLab::udp(inside, remote), router);
  EXPECT_FALSE(lab.send(From::outside, error).passed());
  lab.out(inside, remote);
  EXPECT_TRUE(lab.send(From::outside, error).passed());
  EXPECT_EQ(lab.packet(), error);
}

}  // namespace
}  // namespace punchlab::nat
