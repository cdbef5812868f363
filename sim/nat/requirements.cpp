#include "sim/nat/requirements.hpp"

#include <string_view>

namespace punchlab::nat {
namespace {

using std::chrono::minutes;

struct Requirement {
  const char* text;
  bool (*broken)(const Profile&);
};

bool shares_ports(const Profile& p) { return shares_ports(p.on_collision); }

/// In the order of the RFCs. Not judged: REQ-4 (parity, a recommendation that few NATs follow), REQ-7, REQ-10 and
/// REQ-12 to REQ-14 (address conflicts, ALGs, ICMP, fragments), which no axis of a profile decides.
constexpr Requirement kRequirements[] = {
    {"REQ-1: mapping must be endpoint-independent",
     [](const Profile& p) { return p.mapping != Dependence::endpoint_independent; }},
    {"REQ-2: pooling should be paired (recommended)",
     [](const Profile& p) { return p.addresses > 1 && p.pooling != Pooling::paired; }},
    {"REQ-3: no port overloading", shares_ports},
    {"REQ-5: a UDP mapping must live for at least 2 minutes",
     [](const Profile& p) { return p.timers.udp_replied < minutes{2} || p.timers.udp_unreplied < minutes{2}; }},
    {"REQ-6: outbound packets must refresh a mapping", [](const Profile& p) { return p.refresh == Refresh::inbound; }},
    {"REQ-8: filtering should be endpoint-independent or address-dependent (recommended)",
     [](const Profile& p) { return p.filtering == Dependence::address_and_port_dependent; }},
    {"REQ-9: hairpinning must be supported", [](const Profile& p) { return p.hairpinning == Hairpinning::none; }},
    {"REQ-9 a): hairpinned packets must have an external source",
     [](const Profile& p) { return p.hairpinning == Hairpinning::internal_source; }},
    {"REQ-11: behaviour must be deterministic (a flow's port depends on what other hosts or the outside sent before)",
     [](const Profile& p) { return p.unsolicited_creates_state || shares_ports(p); }},
    {"RFC 5382 REQ-1: mapping must be endpoint-independent",
     [](const Profile& p) { return p.mapping != Dependence::endpoint_independent; }},
    {"RFC 5382 REQ-3: filtering should be endpoint-independent or address-dependent (recommended)",
     [](const Profile& p) { return p.filtering == Dependence::address_and_port_dependent; }},
    {"RFC 5382 REQ-4: an unsolicited SYN must not be answered for 6 seconds",
     [](const Profile& p) { return p.unsolicited != Unsolicited::drop; }},
    {"RFC 5382 REQ-5: established connections must live for at least 2 hours 4 minutes, others 4 minutes",
     [](const Profile& p) { return p.timers.tcp_established < minutes{124} || p.timers.tcp_transitory < minutes{4}; }},
    {"RFC 5382 REQ-7: no port overloading", shares_ports},
    {"RFC 5382 REQ-8: hairpinning must be supported, with an external source",
     [](const Profile& p) { return p.hairpinning != Hairpinning::external_source; }},
};

}  // namespace

std::vector<std::string> broken_requirements(const Profile& profile) {
  std::vector<std::string> broken;
  if (!profile.translates) return broken;
  if (profile.udp_blocked) broken.emplace_back("no UDP: RFC 4787 is about NATs that pass it");
  for (const Requirement& r : kRequirements) {
    const bool of_udp = std::string_view(r.text).starts_with("REQ-");
    const bool judged = of_udp ? !profile.udp_blocked : profile.tcp == TcpPassage::allowed;
    if (judged && r.broken(profile)) broken.emplace_back(r.text);
  }
  return broken;
}

}  // namespace punchlab::nat
