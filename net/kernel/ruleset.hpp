#pragma once
// The Linux kernel as a gateway, as text: nftables rules and kernel settings made from a NAT profile. Pure; applying
// them is net/kernel/kernel_gateway.hpp. The interfaces of such a gateway are called "inside" and "outside".
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/address.hpp"
#include "sim/nat/nat_box.hpp"

namespace punchlab::kernel {

inline constexpr char kInside[] = "inside";
inline constexpr char kOutside[] = "outside";

/// Why the kernel with the rules that `profile.kernel` names is not the gateway that the axes describe, as "filtering:
/// the kernel's is address-and-port-dependent"; nothing when it is.
std::optional<std::string> contradiction(const nat::Profile& profile);

/// The whole rule set, for `nft -f`: replaces what was there. `host` is the address behind a one-to-one gateway.
/// `profile` contradicts nothing, so its INPUT chain drops new packets exactly when they create no state.
std::string ruleset(const nat::Profile& profile, const nat::Addressing& addressing, const IpAddress& host);

/// A file under /proc/sys and what it must hold.
struct Setting {
  std::string path;
  std::string value;
  friend bool operator==(const Setting&, const Setting&) = default;
};
/// Forwarding, no IPv6, and nothing that gets in the way of a router; to be set before there are interfaces.
std::vector<Setting> router_settings();
/// Connection tracking's timers.
std::vector<Setting> timer_settings(const nat::Profile& profile);

}  // namespace punchlab::kernel
