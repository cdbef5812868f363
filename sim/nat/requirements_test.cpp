// Broken requirements.
//
// 1. A profile that follows RFC 4787 and RFC 5382 breaks none; a firewall is not judged.
// 2. Blocked UDP is one entry, whatever the axes of UDP say; those of TCP are judged where all TCP passes.
// 3. Each axis that can break one does, and names that one only (with its TCP twin).
#include "sim/nat/requirements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab::nat {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

Profile compliant() {
  Profile p;
  p.filtering = Dependence::endpoint_independent;
  return p;
}

TEST(Requirements, NoneBroken) {
  EXPECT_THAT(broken_requirements(compliant()), testing::IsEmpty());
  Profile firewall;
  firewall.translates = false;
  EXPECT_THAT(broken_requirements(firewall), testing::IsEmpty());
}

TEST(Requirements, BlockedUdpIsOneEntry) {
  Profile p;
  p.mapping = Dependence::address_dependent;
  p.hairpinning = Hairpinning::none;
  p.udp_blocked = true;
  EXPECT_THAT(broken_requirements(p), ElementsAre(StartsWith("no UDP:"), StartsWith("RFC 5382 REQ-1:"),
                                                  StartsWith("RFC 5382 REQ-3:"), StartsWith("RFC 5382 REQ-8:")));
  p.tcp = TcpPassage::port_443;
  EXPECT_THAT(broken_requirements(p), ElementsAre(StartsWith("no UDP:")));
}

TEST(Requirements, EachAxisBreaksItsOwn) {
  const auto with = [](auto&& change) {
    Profile p = compliant();
    change(p);
    return broken_requirements(p);
  };
  EXPECT_THAT(with([](Profile& p) { p.mapping = Dependence::address_dependent; }),
              ElementsAre(StartsWith("REQ-1:"), StartsWith("RFC 5382 REQ-1:")));
  EXPECT_THAT(with([](Profile& p) {
                p.addresses = 2;
                p.pooling = Pooling::arbitrary;
              }),
              ElementsAre(StartsWith("REQ-2:")));
  EXPECT_THAT(with([](Profile& p) { p.on_collision = OnCollision::overload; }),
              ElementsAre(StartsWith("REQ-3:"), StartsWith("REQ-11:"), StartsWith("RFC 5382 REQ-7:")));
  EXPECT_THAT(with([](Profile& p) { p.on_collision = OnCollision::conntrack; }),
              ElementsAre(StartsWith("REQ-3:"), StartsWith("REQ-11:"), StartsWith("RFC 5382 REQ-7:")));
  EXPECT_THAT(with([](Profile& p) { p.timers.udp_unreplied = std::chrono::seconds{30}; }),
              ElementsAre(StartsWith("REQ-5:")));
  EXPECT_THAT(with([](Profile& p) { p.refresh = Refresh::inbound; }), ElementsAre(StartsWith("REQ-6:")));
  EXPECT_THAT(with([](Profile& p) { p.filtering = Dependence::address_and_port_dependent; }),
              ElementsAre(StartsWith("REQ-8:"), StartsWith("RFC 5382 REQ-3:")));
  EXPECT_THAT(with([](Profile& p) { p.hairpinning = Hairpinning::none; }),
              ElementsAre(StartsWith("REQ-9:"), StartsWith("RFC 5382 REQ-8:")));
  EXPECT_THAT(with([](Profile& p) { p.hairpinning = Hairpinning::internal_source; }),
              ElementsAre(StartsWith("REQ-9 a)"), StartsWith("RFC 5382 REQ-8:")));
  EXPECT_THAT(with([](Profile& p) { p.unsolicited_creates_state = true; }), ElementsAre(StartsWith("REQ-11:")));
  EXPECT_THAT(with([](Profile& p) { p.unsolicited = Unsolicited::reset; }), ElementsAre(StartsWith("RFC 5382 REQ-4:")));
  EXPECT_THAT(with([](Profile& p) { p.timers.tcp_established = std::chrono::hours{1}; }),
              ElementsAre(StartsWith("RFC 5382 REQ-5:")));
}

}  // namespace
}  // namespace punchlab::nat
