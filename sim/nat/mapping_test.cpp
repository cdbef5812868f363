// Mapping (RFC 4787 section 4.1), pooling and what a firewall does instead.
//
// 1. Endpoint-independent: one internal endpoint has one external endpoint towards all; two internal endpoints have
// two.
// 2. Address-dependent: another port of the same address sees the same, another address does not.
// 3. Address- and port-dependent: every remote endpoint sees another one.
// 4. Filtering is another axis: an open filter lets a stranger in through any of these mappings.
// 5. Paired pooling: all endpoints of a host share an address; arbitrary pooling spreads them.
// 6. A firewall changes no byte, IPv4 or IPv6; a translator leaves IPv6 alone; both still filter it.
// 7. A reset box is as new: no mappings, and the same key gives the same ports again, another key others.
// 8. Packets to the gateway itself are local; what cannot be translated is dropped with its reason.
#include <gmock/gmock.h>

#include <set>

#include "sim/nat/nat_lab.hpp"

namespace punchlab::nat {
namespace {

const TransportAddress kA{kHostA, 5000};
const TransportAddress kR1{kRemote1, 3478};
const TransportAddress kR1Other{kRemote1, 3479};
const TransportAddress kR2{kRemote2, 3478};

Profile mapping_profile(Dependence mapping) {
  Profile p = open_profile();
  p.mapping = mapping;
  return p;
}

TEST(Mapping, EndpointIndependent) {
  NatLab lab(mapping_profile(Dependence::endpoint_independent));
  const auto first = lab.mapped(kA, kR1);
  EXPECT_EQ(first.address, external_address(0));
  EXPECT_EQ(lab.mapped(kA, kR1Other), first);
  EXPECT_EQ(lab.mapped(kA, kR2), first);
  EXPECT_NE(lab.mapped({kHostA, 5001}, kR1), first);
  EXPECT_NE(lab.mapped({kHostB, 5000}, kR1), first);
  EXPECT_EQ(lab.box().mappings(lab.now()).size(), 3U);
}

TEST(Mapping, AddressDependent) {
  NatLab lab(mapping_profile(Dependence::address_dependent));
  const auto first = lab.mapped(kA, kR1);
  EXPECT_EQ(lab.mapped(kA, kR1Other), first);
  EXPECT_NE(lab.mapped(kA, kR2), first);
}

TEST(Mapping, AddressAndPortDependent) {
  NatLab lab(mapping_profile(Dependence::address_and_port_dependent));
  const auto first = lab.mapped(kA, kR1);
  EXPECT_EQ(lab.mapped(kA, kR1), first);
  EXPECT_NE(lab.mapped(kA, kR1Other), first);
  EXPECT_NE(lab.mapped(kA, kR2), first);
}

TEST(Mapping, OpenFilterLetsStrangersInThroughAnyMapping) {
  for (const auto mapping :
       {Dependence::endpoint_independent, Dependence::address_dependent, Dependence::address_and_port_dependent}) {
    NatLab lab(mapping_profile(mapping));
    const auto external = lab.mapped(kA, kR1);
    const auto in = lab.in(kR2, external);
    EXPECT_TRUE(in.passed());
    EXPECT_EQ(in.destination, kA);
    EXPECT_EQ(in.source, kR2);
    EXPECT_EQ(lab.in(kR2, {external.address, 9}).verdict.reason, Reason::no_mapping);
  }
}

std::set<IpAddress> addresses_of_host(Pooling pooling) {
  Profile p = open_profile();
  p.addresses = 4;
  p.pooling = pooling;
  NatLab lab(p);
  std::set<IpAddress> seen;
  for (std::uint16_t i = 0; i < 40; ++i)
    seen.insert(lab.mapped({kHostA, static_cast<std::uint16_t>(5000 + i)}, kR1).address);
  return seen;
}

TEST(Pooling, PairedKeepsAHostOnOneAddress) { EXPECT_EQ(addresses_of_host(Pooling::paired).size(), 1U); }

TEST(Pooling, ArbitrarySpreadsAHost) { EXPECT_EQ(addresses_of_host(Pooling::arbitrary).size(), 4U); }

TEST(Pooling, PairedSpreadsHosts) {
  Profile p = open_profile();
  p.addresses = 4;
  NatLab lab(p);
  std::set<IpAddress> seen;
  for (std::uint8_t i = 0; i < 60; ++i) seen.insert(lab.mapped({IpAddress::v4(192, 168, 2, i), 5000}, kR1).address);
  EXPECT_EQ(seen.size(), 4U);
}

TEST(Firewall, ChangesNothingButFilters) {
  Profile p;
  p.translates = false;
  const TransportAddress inside{IpAddress::v4(198, 18, 0, 5), 5000};
  NatLab lab(p);
  EXPECT_EQ(lab.in(kR1, inside).verdict.reason, Reason::no_mapping);
  const auto out = lab.out(inside, kR1);
  EXPECT_EQ(out.verdict.reason, Reason::passed_through);
  EXPECT_EQ(lab.packet(), NatLab::udp(inside, kR1));
  const auto in = lab.in(kR1, inside);
  EXPECT_TRUE(in.passed());
  EXPECT_EQ(lab.packet(), NatLab::udp(kR1, inside));
  EXPECT_EQ(lab.in(kR1Other, inside).verdict.reason, Reason::filtered_by_port);
  EXPECT_EQ(lab.in(kR2, inside).verdict.reason, Reason::filtered_by_address);
}

TEST(Firewall, TranslatorOnlyFiltersIpv6) {
  const TransportAddress inside{*IpAddress::parse("2001:db8::10"), 5000};
  const TransportAddress remote{*IpAddress::parse("2001:db8:1::1"), 3478};
  NatLab lab((Profile()));
  EXPECT_FALSE(lab.in(remote, inside).passed());
  EXPECT_TRUE(lab.out(inside, remote).passed());
  EXPECT_EQ(lab.packet(), NatLab::udp(inside, remote));
  EXPECT_TRUE(lab.in(remote, inside).passed());
  EXPECT_FALSE(lab.in({remote.address, 1}, inside).passed());
}

TEST(Reset, MakesTheBoxNew) {
  Profile p = open_profile();
  p.port_allocation = PortAllocation::random;
  NatLab lab(p);
  const RngKey key{7, 0, 0, purpose_of("nat")};
  lab.box().reset(p, lab_addressing(p), key);
  const auto before = lab.mapped(kA, kR1);
  lab.box().reset(p, lab_addressing(p), key);
  EXPECT_TRUE(lab.box().mappings(lab.now()).empty());
  EXPECT_FALSE(lab.in(kR1, before).passed());
  EXPECT_EQ(lab.mapped(kA, kR1), before);
  lab.box().reset(p, lab_addressing(p), {8, 0, 0, purpose_of("nat")});
  EXPECT_NE(lab.mapped(kA, kR1), before);
}

TEST(Process, NamesWhatItDoesNotTranslate) {
  NatLab lab(open_profile());
  EXPECT_EQ(lab.out(kA, {kInternal, 53}).verdict.action, Action::local);
  EXPECT_EQ(lab.send(From::inside, {1, 2, 3}).verdict.reason, Reason::malformed);
  auto fragment = NatLab::udp(kA, kR1);
  fragment[6] = 0x20;
  EXPECT_EQ(lab.send(From::inside, fragment).verdict.reason, Reason::unsupported);
  auto gre = NatLab::udp(kA, kR1);
  gre[9] = 47;
  EXPECT_EQ(lab.send(From::inside, gre).verdict.reason, Reason::unsupported);
  EXPECT_EQ(lab.in(kR1, kA).verdict.reason, Reason::no_mapping) << "private addresses are not reachable from outside";
  Profile blocked;
  blocked.udp_blocked = true;
  NatLab wall(blocked);
  EXPECT_EQ(wall.out(kA, kR1).verdict.reason, Reason::udp_blocked);
  EXPECT_EQ(wall.in(kR1, {external_address(0), 5000}).verdict.reason, Reason::udp_blocked);
  EXPECT_TRUE(wall.tcp_out(kA, kR1, packet::kSyn).passed());
}

TEST(Reasons, HaveDifferentNames) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Reason::ttl_expired); ++i) names.insert(name_of(static_cast<Reason>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reason::ttl_expired) + 1);
}

}  // namespace
}  // namespace punchlab::nat
