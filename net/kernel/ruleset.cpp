#include "net/kernel/ruleset.hpp"

#include <fmt/format.h>

namespace punchlab::kernel {
namespace {

using nat::KernelRules;

std::string seconds(Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count());
}

/// What the kernel keeps beyond connection tracking. Each thing learned stands in two maps, since a flow that is not
/// settled yet must not shorten what a settled one keeps: `fresh` ages as unreplied flows do, `settled` as assured ones.
struct Learned {
  const char* type;      ///< of the maps
  const char* outbound;  ///< key and value from a packet that leaves, translated already
  const char* original;  ///< from one that comes in by a flow that began outside
  const char* reply;     ///< from one that comes in by a flow that began inside
};

/// Key: remote address and outside port, value: the inside endpoint. Or: the outside port alone.
constexpr Learned kByAddress{"ipv4_addr . inet_service : ipv4_addr . inet_service",
                             "ip daddr . udp sport|ct original ip saddr . ct original proto-src",
                             "ip saddr . ct original proto-dst|ip daddr . udp dport",
                             "ip saddr . ct reply proto-dst|ip daddr . udp dport"};
constexpr Learned kByPort{"inet_service : ipv4_addr . inet_service",
                          "udp sport|ct original ip saddr . ct original proto-src",
                          "ct original proto-dst|ip daddr . udp dport", "ct reply proto-dst|ip daddr . udp dport"};
/// Key: the inside endpoint, or that and the remote address; value: the outside endpoint. Nothing begins outside.
constexpr Learned kPorts{"ipv4_addr . inet_service : ipv4_addr . inet_service",
                         "ct original ip saddr . ct original proto-src|ip saddr . udp sport", nullptr,
                         "ip daddr . udp dport|ct reply ip daddr . ct reply proto-dst"};
constexpr Learned kPortsByAddress{"ipv4_addr . inet_service . ipv4_addr : ipv4_addr . inet_service",
                                  "ct original ip saddr . ct original proto-src . ip daddr|ip saddr . udp sport",
                                  nullptr,
                                  "ip daddr . udp dport . ip saddr|ct reply ip daddr . ct reply proto-dst"};

const Learned* learned_by(KernelRules rules) {
  switch (rules) {
    case KernelRules::address_restricted: return &kByAddress;
    case KernelRules::learned_full_cone: return &kByPort;
    case KernelRules::changed_ports: return &kPorts;
    case KernelRules::address_dependent: return &kPortsByAddress;
    default: return nullptr;
  }
}

/// Statements that learn from the packets that `match` selects.
std::string learn(const char* match, const std::string& entry) {
  const auto bar = entry.find('|');
  const auto key = entry.substr(0, bar);
  const auto value = entry.substr(bar + 1);
  return fmt::format("    {0} ct status assured update @settled {{ {1} : {2} }}\n"
                     "    {0} ct status ! assured update @fresh {{ {1} : {2} }}\n", match, key, value);
}

std::string maps(const Learned& learned, const nat::Timers& timers) {
  std::string text;
  for (const auto& [name, life] : {std::pair{"fresh", timers.udp_unreplied}, {"settled", timers.udp_replied}})
    text += fmt::format("  map {} {{ type {}; flags dynamic,timeout; timeout {}s; size 65535; }}\n", name, learned.type,
                        seconds(life));
  return text;
}

/// Inbound packets that are forwarded though no flow asked for them.
std::string prerouting(const nat::Profile& profile, const nat::Addressing& addressing, const IpAddress& host) {
  std::string body;
  if (profile.kernel == KernelRules::one_to_one)
    body = fmt::format("    iifname \"{}\" ip daddr {} dnat to {}\n", kOutside, addressing.external.at(0).to_string(),
                       host.to_string());
  const char* key = profile.kernel == KernelRules::address_restricted  ? "ip saddr . udp dport"
                    : profile.kernel == KernelRules::learned_full_cone ? "udp dport"
                                                                       : nullptr;
  if (key != nullptr)
    for (const char* map : {"settled", "fresh"})
      body += fmt::format("    iifname \"{}\" meta l4proto udp dnat ip to {} map @{}\n", kOutside, key, map);
  if (body.empty()) return body;
  return "  chain prerouting {\n    type nat hook prerouting priority dstnat;\n" + body + "  }\n";
}

/// The source address and port of flows that leave.
std::string postrouting(const nat::Profile& profile, const nat::Addressing& addressing, const IpAddress& host) {
  if (!profile.translates) return "";
  std::string body;
  if (profile.kernel == KernelRules::one_to_one)
    body = fmt::format("    oifname \"{}\" ip saddr {} snat to {}\n", kOutside, host.to_string(),
                       addressing.external.at(0).to_string());
  const char* key = profile.kernel == KernelRules::changed_ports       ? "ip saddr . udp sport"
                    : profile.kernel == KernelRules::address_dependent ? "ip saddr . udp sport . ip daddr"
                                                                       : nullptr;
  if (key != nullptr)
    for (const char* map : {"settled", "fresh"})
      body += fmt::format("    oifname \"{}\" meta l4proto udp snat ip to {} map @{}\n", kOutside, key, map);
  const bool random = key != nullptr || profile.kernel == KernelRules::masquerade_random;
  body += fmt::format("    oifname \"{}\" masquerade{}\n", kOutside, random ? " random" : "");
  return "  chain postrouting {\n    type nat hook postrouting priority srcnat;\n" + body + "  }\n";
}

/// Learns from what leaves, behind the translation.
std::string learning(const Learned& learned) {
  return "  chain learn {\n    type filter hook postrouting priority srcnat + 50;\n" +
         learn("oifname \"outside\" meta l4proto udp", learned.outbound) + "  }\n";
}

std::string forward(const Learned* learned) {
  std::string body;
  if (learned != nullptr && learned->original != nullptr)
    body += learn("iifname \"outside\" meta l4proto udp ct direction original", learned->original);
  if (learned != nullptr) body += learn("iifname \"outside\" meta l4proto udp ct direction reply", learned->reply);
  return "  chain forward {\n    type filter hook forward priority filter; policy drop;\n" + body +
         "    ct state established,related accept\n    iifname \"inside\" accept\n    ct status dnat accept\n  }\n";
}

}  // namespace

std::string ruleset(const nat::Profile& profile, const nat::Addressing& addressing, const IpAddress& host) {
  const auto* learned = learned_by(profile.kernel);
  std::string text = "flush ruleset\ntable ip punchlab {\n";
  if (learned != nullptr) text += maps(*learned, profile.timers);
  text += prerouting(profile, addressing, host) + postrouting(profile, addressing, host);
  if (learned != nullptr) text += learning(*learned);
  text += forward(learned);
  if (!profile.unsolicited_creates_state)
    text += "  chain input {\n    type filter hook input priority filter;\n"
            "    iifname \"outside\" ct state new drop\n  }\n";
  return text + "}\n";
}

std::vector<Setting> router_settings() {
  return {{"net/ipv4/ip_forward", "1"},
          {"net/ipv4/conf/all/rp_filter", "0"},
          {"net/ipv4/conf/default/rp_filter", "0"},
          {"net/ipv4/conf/all/send_redirects", "0"},
          {"net/ipv4/conf/default/send_redirects", "0"},
          {"net/ipv4/icmp_ratemask", "0"},  // whether an error is sent must not depend on the ones before
          {"net/ipv6/conf/default/disable_ipv6", "1"}};  // its own multicasts would hold up a packet now and then
}

std::vector<Setting> timer_settings(const nat::Profile& profile) {
  const auto& t = profile.timers;
  const std::string tracking = "net/netfilter/nf_conntrack_";
  return {{tracking + "udp_timeout", seconds(t.udp_unreplied)},
          {tracking + "udp_timeout_stream", seconds(t.udp_replied)},
          {tracking + "icmp_timeout", seconds(t.icmp_query)},
          {tracking + "tcp_timeout_syn_sent", seconds(t.tcp_transitory)},
          {tracking + "tcp_timeout_fin_wait", seconds(t.tcp_transitory)},
          {tracking + "tcp_timeout_established", seconds(t.tcp_established)}};
}

}  // namespace punchlab::kernel
