// Filtering (RFC 4787 section 5), hairpinning (section 6) and reactions to unsolicited packets.
//
// 1. Each filtering lets in what it should and nothing more, by each mapping; the reason of a drop tells which part of
// the
//    source was unknown.
// 2. Address-dependent filtering opens an address for all its ports, other addresses stay out.
// 3. Hairpinning none: dropped. External source: the neighbour sees the external endpoint. Internal source: the
// internal
//    one. The filter holds for hairpinned packets too, and a packet that it stops opens the way back.
// 4. Unsolicited packets get nothing, an ICMP error, or a RST (TCP only), as asked; a RST is never answered.
// 5. What Linux connection tracking keeps of an unsolicited packet takes the port away from a later flow to the same
//    remote; not with an INPUT drop, not towards others, not after the state expired.
#include <gmock/gmock.h>

#include "sim/nat/nat_lab.hpp"

namespace punchlab::nat {
namespace {

using enum Dependence;
const TransportAddress kA{kHostA, 5000};
const TransportAddress kB{kHostB, 6000};
const TransportAddress kR1{kRemote1, 3478};
const TransportAddress kR1Other{kRemote1, 3479};
const TransportAddress kR2{kRemote2, 3478};
constexpr Dependence kAll[] = {endpoint_independent, address_dependent, address_and_port_dependent};

Profile profile_of(Dependence mapping, Dependence filtering) {
  Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  return p;
}

TEST(Filtering, LetsInWhatItDependsOn) {
  for (const Dependence mapping : kAll) {
    for (const Dependence filtering : kAll) {
      NatLab lab(profile_of(mapping, filtering));
      const auto external = lab.mapped(kA, kR1);
      EXPECT_TRUE(lab.in(kR1, external).passed());
      EXPECT_EQ(lab.in(kR1Other, external).passed(), filtering != address_and_port_dependent);
      EXPECT_EQ(lab.in(kR2, external).passed(), filtering == endpoint_independent);
    }
  }
}

TEST(Filtering, NamesTheUnknownPart) {
  NatLab lab(profile_of(endpoint_independent, address_and_port_dependent));
  const auto external = lab.mapped(kA, kR1);
  EXPECT_EQ(lab.in(kR1Other, external).verdict.reason, Reason::filtered_by_port);
  EXPECT_EQ(lab.in(kR2, external).verdict.reason, Reason::filtered_by_address);
  EXPECT_EQ(lab.in(kR1, {external.address, 1}).verdict.reason, Reason::no_mapping);
}

TEST(Filtering, OpensWithTheFirstPacketOut) {
  NatLab lab(profile_of(endpoint_independent, address_and_port_dependent));
  const auto external = lab.mapped(kA, kR1);
  EXPECT_FALSE(lab.in(kR2, external).passed());
  lab.out(kA, kR2);
  EXPECT_TRUE(lab.in(kR2, external).passed());
}

struct Hairpin {
  explicit Hairpin(Hairpinning kind, Dependence filtering)
      : lab([&] {
          Profile p = profile_of(endpoint_independent, filtering);
          p.hairpinning = kind;
          return p;
        }()) {
    a = lab.mapped(kA, kR1);
    b = lab.mapped(kB, kR1);
  }
  NatLab lab;
  TransportAddress a, b;
};

TEST(Hairpinning, None) {
  Hairpin h(Hairpinning::none, endpoint_independent);
  EXPECT_EQ(h.lab.out(kA, h.b).verdict.reason, Reason::no_hairpin);
}

TEST(Hairpinning, ExternalSource) {
  Hairpin h(Hairpinning::external_source, endpoint_independent);
  const auto r = h.lab.out(kA, h.b);
  EXPECT_EQ(r.verdict.action, Action::hairpin);
  EXPECT_EQ(r.source, h.a);
  EXPECT_EQ(r.destination, kB);
}

TEST(Hairpinning, InternalSource) {
  Hairpin h(Hairpinning::internal_source, endpoint_independent);
  const auto r = h.lab.out(kA, h.b);
  EXPECT_EQ(r.verdict.action, Action::hairpin);
  EXPECT_EQ(r.source, kA);
  EXPECT_EQ(r.destination, kB);
}

TEST(Hairpinning, ObeysTheFilter) {
  Hairpin h(Hairpinning::external_source, address_and_port_dependent);
  EXPECT_EQ(h.lab.out(kA, h.b).verdict.reason, Reason::filtered_by_address);
  EXPECT_TRUE(h.lab.out(kB, h.a).passed());
  EXPECT_TRUE(h.lab.out(kA, h.b).passed());
  EXPECT_EQ(h.lab.out(kA, {external_address(0), 9}).verdict.reason, Reason::no_mapping);
}

Profile reacting(Unsolicited reaction) {
  Profile p;
  p.unsolicited = reaction;
  return p;
}

TEST(Unsolicited, SilentByDefault) {
  NatLab lab(reacting(Unsolicited::drop));
  lab.in(kR1, {external_address(0), 5000});
  EXPECT_TRUE(lab.reply().empty());
  lab.tcp_in(kR1, {external_address(0), 5000}, packet::kSyn);
  EXPECT_TRUE(lab.reply().empty());
}

TEST(Unsolicited, IcmpQuotesThePacket) {
  NatLab lab(reacting(Unsolicited::icmp));
  lab.in(kR1, {external_address(0), 5000});
  const auto view = packet::parse(lab.reply());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->source.address, external_address(0));
  EXPECT_EQ(view->destination.address, kRemote1);
  const auto quoted = packet::embedded(lab.reply(), *view);
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->source, kR1);
  EXPECT_EQ(quoted->destination, (TransportAddress{external_address(0), 5000}));
}

TEST(Unsolicited, ResetAnswersTcpOnly) {
  NatLab lab(reacting(Unsolicited::reset));
  lab.in(kR1, {external_address(0), 5000});
  EXPECT_TRUE(lab.reply().empty());
  lab.tcp_in(kR1, {external_address(0), 5000}, packet::kSyn);
  const auto view = packet::parse(lab.reply());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->destination, kR1);
  EXPECT_NE(packet::tcp_fields(lab.reply(), *view).flags & packet::kRst, 0);
  lab.tcp_in(kR1, {external_address(0), 5000}, packet::kRst);
  EXPECT_TRUE(lab.reply().empty());
}

Profile linux_masquerade(bool input_drop) {
  Profile p;
  p.on_collision = OnCollision::random;
  p.hairpinning = Hairpinning::none;
  p.timers.udp_unreplied = std::chrono::seconds{30};
  p.timers.udp_replied = std::chrono::seconds{120};
  p.timers.udp_assured_after = std::chrono::seconds{2};
  p.unsolicited_creates_state = !input_drop;
  return p;
}

TEST(ConntrackClash, EarlyPacketTakesThePortAway) {
  NatLab lab(linux_masquerade(false));
  const auto usual = lab.mapped(kA, kR1);
  EXPECT_EQ(usual.port, kA.port);
  EXPECT_FALSE(lab.in(kR2, usual).passed());
  const auto other = lab.mapped(kA, kR2);
  EXPECT_NE(other, usual);
  EXPECT_EQ(lab.mapped(kA, kR2), other) << "the flow keeps what it got";
  EXPECT_EQ(lab.mapped(kA, kR1), usual) << "others see the usual mapping";
  EXPECT_EQ(lab.mapped(kA, {kRemote2, 1}), other) << "a new flow takes the port of the newest";
  EXPECT_EQ(lab.mapped(kA, {kRemote2, 2}), other);
  EXPECT_TRUE(lab.in(kR2, other).passed());
  EXPECT_FALSE(lab.in(kR2, usual).passed());
}

TEST(ConntrackClash, IsNamedByTheVerdict) {
  NatLab lab(linux_masquerade(false));
  const auto usual = lab.mapped(kA, kR1);
  lab.in(kR2, usual);
  EXPECT_EQ(lab.out(kA, kR2).verdict.reason, Reason::mapping_clashed);
  EXPECT_EQ(lab.out(kA, kR2).verdict.reason, Reason::translated) << "it happened once";
  lab.in(kR2, {external_address(0), kB.port});
  EXPECT_EQ(lab.out(kB, kR2).verdict.reason, Reason::mapping_clashed) << "a first flow, whose port was held";
  EXPECT_EQ(lab.out({kHostB, 6001}, kR2).verdict.reason, Reason::mapping_created);
}

TEST(ConntrackClash, LatePacketFindsTheWayOpen) {
  NatLab lab(linux_masquerade(false));
  const auto usual = lab.mapped(kA, kR1);
  EXPECT_EQ(lab.mapped(kA, kR2), usual);
  EXPECT_TRUE(lab.in(kR2, usual).passed());
}

TEST(ConntrackClash, NotWithAnInputDrop) {
  NatLab lab(linux_masquerade(true));
  const auto usual = lab.mapped(kA, kR1);
  EXPECT_FALSE(lab.in(kR2, usual).passed());
  EXPECT_EQ(lab.mapped(kA, kR2), usual);
  EXPECT_TRUE(lab.in(kR2, usual).passed());
}

TEST(ConntrackClash, EndsWhenTheStateExpires) {
  NatLab lab(linux_masquerade(false));
  const auto usual = lab.mapped(kA, kR1);
  lab.in(kR2, usual);
  lab.wait(std::chrono::seconds{29});
  EXPECT_EQ(lab.mapped(kA, kR1), usual);
  lab.wait(std::chrono::seconds{1});
  EXPECT_EQ(lab.mapped(kA, kR2), usual);
}

TEST(ConntrackClash, EachUnsolicitedPacketRenewsTheState) {
  NatLab lab(linux_masquerade(false));
  const auto usual = lab.mapped(kA, kR1);
  for (int i = 0; i < 3; ++i) {
    lab.in(kR2, usual);
    lab.wait(std::chrono::seconds{20});
    lab.mapped(kA, kR1);
  }
  EXPECT_NE(lab.mapped(kA, kR2), usual);
}

}  // namespace
}  // namespace punchlab::nat
