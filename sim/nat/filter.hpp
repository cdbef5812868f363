#pragma once
// Who may send in from outside (RFC 4787 section 5, RFC 5382 section 4.3).
#include "sim/nat/mapping_table.hpp"
#include "sim/nat/nat_box.hpp"

namespace punchlab::nat {

/// The mapping that takes a packet from `remote` to `external`, or why there is none.
struct Admission {
  MappingEntry* mapping = nullptr;  ///< null: not admitted
  SessionEntry* session =
      nullptr;  ///< the one that admits it; null with endpoint-independent filtering and a new remote
  Reason reason = Reason::no_mapping;
};
Admission admit(const Profile& profile, MappingTable& table, Time now, std::uint8_t protocol,
                const TransportAddress& external, const TransportAddress& remote);

}  // namespace punchlab::nat
