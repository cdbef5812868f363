// Rules as text, without a kernel.
// 1. Masquerade is written out whole; without INPUT rule and with `random` it differs in just that.
// 2. One-to-one names both addresses, a firewall has no translation.
// 3. What is learned ages with the profile's timers, in a map for new flows and one for settled flows.
// 4. Every shipped kernel profile contradicts nothing; a changed axis is named, as is a NAT without rules.
// 5. Timers become settings in seconds.
#include "net/kernel/ruleset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/kernel/profiles_for_test.hpp"

namespace punchlab::kernel {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const IpAddress kHost = IpAddress::v4(192, 168, 1, 10);

std::string rules_of(const nat::Profile& profile) {
  return ruleset(profile, {{IpAddress::v4(203, 0, 113, 1)}, IpAddress::v4(192, 168, 1, 1)}, kHost);
}

constexpr char kMasquerade[] =
    R"(flush ruleset
table ip punchlab {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "outside" masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "inside" accept
    ct status dnat accept
  }
  chain input {
    type filter hook input priority filter;
    iifname "outside" ct state new drop
  }
}
)";

TEST(Ruleset, WritesMasquerade) {
  EXPECT_EQ(rules_of(kernel_profile("linux-masquerade")), kMasquerade);
  const auto without = rules_of(kernel_profile("linux-masquerade-unfiltered"));
  EXPECT_EQ(without, std::string(kMasquerade, std::string(kMasquerade).find("  chain input")) + "}\n");
  auto random = rules_of(kernel_profile("linux-masquerade-random"));
  const auto word = random.find(" random");
  ASSERT_NE(word, std::string::npos);
  EXPECT_EQ(random.erase(word, 7), kMasquerade);
}

TEST(Ruleset, TranslatesOneToOneAndNotAtAll) {
  const auto rules = rules_of(kernel_profile("linux-full-cone"));
  EXPECT_THAT(rules, HasSubstr("iifname \"outside\" ip daddr 203.0.113.1 dnat to 192.168.1.10\n"));
  EXPECT_THAT(rules, HasSubstr("oifname \"outside\" ip saddr 192.168.1.10 snat to 203.0.113.1\n"));
  const auto firewall = rules_of(kernel_profile("linux-firewall"));
  for (const char* translation : {"masquerade", "snat", "dnat to", "type nat"})
    EXPECT_THAT(firewall, Not(HasSubstr(translation)));
}

TEST(Ruleset, LearnsForAsLongAsTheProfileSays) {
  auto profile = kernel_profile("linux-address-restricted");
  profile.timers.udp_unreplied = std::chrono::seconds{3};
  profile.timers.udp_replied = std::chrono::seconds{6};
  const auto rules = rules_of(profile);
  EXPECT_THAT(rules, HasSubstr("map fresh { type ipv4_addr . inet_service : ipv4_addr . inet_service; flags "
                               "dynamic,timeout; timeout 3s;"));
  EXPECT_THAT(rules, HasSubstr("map settled { type ipv4_addr . inet_service : ipv4_addr . inet_service; flags "
                               "dynamic,timeout; timeout 6s;"));
  EXPECT_THAT(rules, HasSubstr("dnat ip to ip saddr . udp dport map @fresh\n"));
  EXPECT_THAT(rules_of(kernel_profile("linux-changed-ports")), HasSubstr("snat ip to ip saddr . udp sport map @fresh"));
}

TEST(Contradiction, NamesTheAxis) {
  const auto profiles = kernel_profiles();
  EXPECT_GE(profiles.size(), 14u);
  for (const auto& profile : profiles) EXPECT_EQ(contradiction(profile), std::nullopt) << profile.name;
  const auto changed = [](auto&& change) {
    auto profile = kernel_profile("linux-masquerade");
    change(profile);
    return contradiction(profile).value_or("");
  };
  EXPECT_EQ(changed([](auto& p) { p.filtering = nat::Dependence::address_dependent; }),
            "filtering: the kernel's is address-and-port-dependent");
  EXPECT_EQ(changed([](auto& p) { p.hairpinning = nat::Hairpinning::external_source; }),
            "hairpinning: the kernel's is none");
  EXPECT_EQ(changed([](auto& p) { p.on_collision = nat::OnCollision::random; }),
            "on-collision: the kernel's is conntrack");
  EXPECT_THAT(changed([](auto& p) { p.timers.udp_unreplied = std::chrono::milliseconds{1500}; }), HasSubstr("timers"));
  EXPECT_THAT(changed([](auto& p) { p.unsolicited_creates_state = true; }), HasSubstr("unsolicited"));
  EXPECT_THAT(changed([](auto& p) { p.addresses = 2; }), HasSubstr("addresses"));
  EXPECT_THAT(changed([](auto& p) { p.kernel = nat::KernelRules::none; }), HasSubstr("no rules"));
}

TEST(Settings, AreTheProfilesTimersInSeconds) {
  const auto settings = timer_settings(kernel_profile("linux-masquerade"));
  EXPECT_THAT(settings, Contains(Setting{"net/netfilter/nf_conntrack_udp_timeout", "30"}));
  EXPECT_THAT(settings, Contains(Setting{"net/netfilter/nf_conntrack_udp_timeout_stream", "120"}));
  EXPECT_THAT(settings, Contains(Setting{"net/netfilter/nf_conntrack_tcp_timeout_established", "432000"}));
}

}  // namespace
}  // namespace punchlab::kernel
