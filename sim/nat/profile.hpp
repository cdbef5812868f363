#pragma once
// A NAT or firewall as a point on the axes of RFC 4787 and RFC 5382. Presets are such points with a name.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::nat {

/// RFC 4787 sections 4.1 and 5: what a mapping, or a filter, depends on.
enum class Dependence : std::uint8_t { endpoint_independent, address_dependent, address_and_port_dependent };
/// RFC 4787 section 4.2: how an external port is chosen.
enum class PortAllocation : std::uint8_t { preserve, sequential, random, block };
/// What happens when the wanted port is taken by another internal endpoint. `overload` shares it as long as no two
/// flows look alike from outside, and gives the one flow that would a random one. `conntrack` does so too, and later
/// flows of that internal endpoint then take the port of its newest flow, as in Linux.
enum class OnCollision : std::uint8_t { next, random, overload, drop, conntrack };
inline bool shares_ports(OnCollision c) { return c == OnCollision::overload || c == OnCollision::conntrack; }
/// RFC 4787 section 4.1: which of several external addresses a host gets.
enum class Pooling : std::uint8_t { paired, arbitrary };
/// RFC 4787 section 6: `internal_source` forwards with the internal source address, which breaks REQ-9 a).
enum class Hairpinning : std::uint8_t { none, internal_source, external_source };
/// RFC 4787 section 4.3: packets that keep a mapping alive.
enum class Refresh : std::uint8_t { outbound, inbound, both };
/// TCP connections that may pass: all, those to port 443 outside, or none.
enum class TcpPassage : std::uint8_t { allowed, port_443, blocked };
/// What an unsolicited packet from outside gets.
enum class Unsolicited : std::uint8_t { drop, icmp, reset };

/// Rules with which a Linux kernel is the gateway, where the sockets backend may use it in NatBox's place (net/kernel).
enum class KernelRules : std::uint8_t {
  none,                ///< the kernel cannot, or nobody wrote rules for it
  masquerade,          ///< nftables `masquerade`
  masquerade_random,   ///< `masquerade random`
  one_to_one,          ///< one inside address to one outside address, both ways
  firewall,            ///< connection tracking without translation
  address_restricted,  ///< masquerade, and a set of addresses that were sent to
  learned_full_cone,   ///< masquerade, and every port that it has used is forwarded
  changed_ports,       ///< a random port, and a map that keeps it for all destinations
  address_dependent,   ///< a random port, and a map that keeps it for one remote address
};

struct Timers {
  Duration udp_unreplied = std::chrono::seconds{120};  ///< until an inbound packet was let in
  Duration udp_replied = std::chrono::seconds{300};    ///< RFC 4787 REQ-5: at least 2 min, 5 min recommended
  Duration udp_assured_after{0};                       ///< two-way traffic this long before `udp_replied` applies
  Duration tcp_transitory = std::chrono::minutes{4};   ///< RFC 5382 REQ-5
  Duration tcp_established = std::chrono::minutes{124};
  Duration icmp_query = std::chrono::seconds{60};  ///< RFC 5508 REQ-2
  friend bool operator==(const Timers&, const Timers&) = default;
};

struct PortRange {
  std::uint16_t first = 1024;
  std::uint16_t last = 65535;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// One gateway. `translates == false` makes it a firewall with the same filtering and timers (mapping is then ignored).
struct Profile {
  std::string name;
  std::string title;   ///< for people
  std::string source;  ///< where the values come from
  bool translates = true;
  bool udp_blocked = false;  ///< drops every UDP packet either way
  TcpPassage tcp = TcpPassage::allowed;
  Dependence mapping = Dependence::endpoint_independent;
  Dependence filtering = Dependence::address_and_port_dependent;
  PortAllocation port_allocation = PortAllocation::preserve;
  OnCollision on_collision = OnCollision::next;
  PortRange ports;
  std::uint16_t block_size = 512;  ///< ports per host with `block`
  bool port_parity = false;        ///< RFC 4787 REQ-4 is only a MAY: keep even ports even
  Pooling pooling = Pooling::paired;
  std::uint8_t addresses = 1;  ///< external addresses, 1-16
  Hairpinning hairpinning = Hairpinning::external_source;
  Timers timers;
  Refresh refresh = Refresh::both;
  Unsolicited unsolicited = Unsolicited::drop;
  bool unsolicited_creates_state = false;  ///< Linux conntrack without an INPUT drop: see `linux_conntrack_clash`
  KernelRules kernel = KernelRules::none;  ///< no axis: the rules that make a kernel this gateway
  std::uint32_t max_mappings = 4096;
  std::uint32_t max_mappings_per_host = 4096;

  friend bool operator==(const Profile&, const Profile&) = default;
};

/// From the host outwards: the home router first, then the carrier's NAT. Empty: no gateway, a public address.
using Chain = std::vector<Profile>;

}  // namespace punchlab::nat
