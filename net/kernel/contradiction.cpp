// What each set of rules makes of the kernel, and whether a profile says the same.
#include <fmt/format.h>

#include "net/kernel/ruleset.hpp"
#include "sim/survey/agreement.hpp"

namespace punchlab::kernel {
namespace {

using enum nat::Dependence;
using nat::KernelRules;
using nat::PortAllocation;
using nat::OnCollision::conntrack, nat::OnCollision::drop;

struct Behaviour {
  KernelRules rules;
  nat::Dependence mapping;
  nat::Dependence filtering;
  PortAllocation allocation;
  nat::OnCollision on_collision;
  bool has_input = true;  ///< unsolicited packets are for the gateway itself, and come to its INPUT chain
};

constexpr Behaviour kBehaviours[] = {
    {KernelRules::masquerade, endpoint_independent, address_and_port_dependent, PortAllocation::preserve, conntrack},
    {KernelRules::masquerade_random, address_and_port_dependent, address_and_port_dependent, PortAllocation::random,
     conntrack},
    {KernelRules::one_to_one, endpoint_independent, endpoint_independent, PortAllocation::preserve, conntrack, false},
    {KernelRules::firewall, endpoint_independent, address_and_port_dependent, PortAllocation::preserve, conntrack,
     false},
    {KernelRules::address_restricted, endpoint_independent, address_dependent, PortAllocation::preserve, conntrack},
    {KernelRules::learned_full_cone, endpoint_independent, endpoint_independent, PortAllocation::preserve, conntrack},
    {KernelRules::changed_ports, endpoint_independent, address_and_port_dependent, PortAllocation::random, drop},
    {KernelRules::address_dependent, address_dependent, address_and_port_dependent, PortAllocation::random, drop},
};

/// The kernel waits this long before it takes two-way traffic for a stream (nf_conntrack_proto_udp.c).
constexpr Duration kAssuredAfter = std::chrono::seconds{2};

bool whole_seconds(Duration d) { return d >= std::chrono::seconds{1} && d % std::chrono::seconds{1} == Duration{0}; }

/// The first axis that differs.
class Comparison {
 public:
  template <class T>
  void expect(const char* axis, const T& declared, const T& kernel, const std::string& word) {
    if (!found_ && declared != kernel) found_ = fmt::format("{}: the kernel's is {}", axis, word);
  }
  void expect(const char* axis, bool fine, const char* what) {
    if (!found_ && !fine) found_ = fmt::format("{}: the kernel {}", axis, what);
  }
  const std::optional<std::string>& found() const { return found_; }

 private:
  std::optional<std::string> found_;
};

void compare_translation(const nat::Profile& p, const Behaviour& b, Comparison& c) {
  c.expect("mapping", p.mapping, b.mapping, survey::name_of(b.mapping));
  c.expect("port-allocation", p.port_allocation, b.allocation, survey::name_of(b.allocation));
  c.expect("on-collision", p.on_collision, b.on_collision, b.on_collision == conntrack ? "conntrack" : "drop");
  c.expect("port-parity", !p.port_parity, "does not keep the parity of ports");
  c.expect("addresses", p.addresses == 1, "gateway of the lab has one address");
  c.expect("hairpinning", p.hairpinning, nat::Hairpinning::none, "none");
}

void compare_timers(const nat::Timers& t, Comparison& c) {
  c.expect("udp-assured-after", t.udp_assured_after == kAssuredAfter, "waits 2 s, always");
  for (const auto timer : {t.udp_unreplied, t.udp_replied, t.icmp_query, t.tcp_transitory, t.tcp_established})
    c.expect("timers", whole_seconds(timer), "counts whole seconds, at least one");
}

}  // namespace

std::optional<std::string> contradiction(const nat::Profile& p) {
  Comparison c;
  for (const auto& b : kBehaviours) {
    if (b.rules != p.kernel) continue;
    c.expect("gateway", p.translates == (b.rules != KernelRules::firewall),
             p.translates ? "translates nothing with these rules" : "translates with these rules");
    c.expect("udp", !p.udp_blocked, "lets UDP through with these rules");
    c.expect("filtering", p.filtering, b.filtering, survey::name_of(b.filtering));
    if (p.translates) compare_translation(p, b, c);
    c.expect("refresh", p.refresh, nat::Refresh::both, "both");
    compare_timers(p.timers, c);
    const auto unsolicited = p.unsolicited_creates_state ? nat::Unsolicited::icmp : nat::Unsolicited::drop;
    c.expect("unsolicited", p.unsolicited == unsolicited,
             "answers unsolicited packets with ICMP exactly where they create state: without an INPUT rule");
    c.expect("unsolicited-creates-state", b.has_input || !p.unsolicited_creates_state,
             "forwards unsolicited packets with these rules, or drops them");
    return c.found();
  }
  return "kernel: there are no rules for this NAT";
}

}  // namespace punchlab::kernel
