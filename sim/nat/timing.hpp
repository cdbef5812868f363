#pragma once
// Lifetimes of mappings and sessions (RFC 4787 section 4.3, RFC 5382 section 5, RFC 5508 section 3.2).
#include "sim/nat/entries.hpp"
#include "sim/nat/mapping_table.hpp"
#include "sim/nat/nat_box.hpp"
#include "sim/nat/profile.hpp"

namespace punchlab::nat {

/// Extends (or, after the end of a TCP connection, shortens) what a packet that was let through keeps alive. What that
/// is follows the filtering: the mapping as a whole when it is endpoint-independent, the session otherwise; always the
/// session for TCP. `session` may be null for a packet from outside that belongs to none.
void touch(const Profile& profile, MappingTable& table, MappingEntry& mapping, SessionEntry* session, From from,
           Time now);

/// Follows a connection by one segment (RFC 9293 section 3.3.2, seen from the middle).
void follow(TcpProgress& tcp, std::uint8_t flags, From from);

}  // namespace punchlab::nat
