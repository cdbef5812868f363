#pragma once
// The NatBox's inside: one gateway's profile, addresses and tables, and what it does with each kind of packet.
#include <array>

#include "protocol/base/rng.hpp"
#include "sim/nat/filter.hpp"
#include "sim/nat/mapping_table.hpp"
#include "sim/nat/nat_box.hpp"
#include "sim/nat/port_allocator.hpp"
#include "sim/nat/unsolicited.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::nat {

class Gateway {
 public:
  Gateway(const Profile& profile, const Addressing& addressing, const RngKey& key);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void reset(const Profile& profile, const Addressing& addressing, const RngKey& key);
  Verdict process(Time now, From from, MutableBytes packet, MutableBytes reply);
  const Profile& profile() const { return profile_; }
  const MappingTable& table() const { return table_; }
  const UnsolicitedStates& unsolicited() const { return unsolicited_; }

 private:
  /// One packet on its way through.
  struct Transit {
    Time now;
    From from;
    const packet::View& view;
    MutableBytes packet;
    MutableBytes reply;
  };
  /// The flow of an outbound packet; no mapping when there cannot be one, and why.
  struct Flow {
    MappingEntry* mapping = nullptr;
    SessionEntry* session = nullptr;
    Reason reason = Reason::translated;
  };

  /// The endpoints of the packet that an ICMP error quotes as mappings know them: for a query the identifier stands in
  /// for the sender's port.
  struct Quoted {
    packet::View view;
    MutableBytes bytes;
    TransportAddress source;
    TransportAddress destination;
  };
  static std::optional<Quoted> quoted_by(MutableBytes packet, const packet::View& outer);

  bool translates(const packet::View& view) const { return profile_.translates && view.family == Family::ipv4; }
  bool owns(const IpAddress& address) const;
  Verdict forwarded(const packet::View& view, Reason reason, Action action = Action::forward) const;

  // transit.cpp: UDP and TCP
  bool passes_tcp(const Transit& t) const;
  Verdict outbound(const Transit& t);
  Verdict hairpin(const Transit& t, const Flow& sender);
  Verdict inbound(const Transit& t);
  Admission let_in(const Transit& t, const TransportAddress& source);
  void let_in_segment(const Transit& t, const TransportAddress& source, Admission& in);
  Verdict unsolicited(const Transit& t, Reason reason);
  std::uint8_t tcp_flags(const Transit& t) const;

  // flow.cpp: mappings and sessions of outbound packets
  Flow leave(Time now, std::uint8_t protocol, const TransportAddress& internal, const TransportAddress& remote);
  Flow beside(Time now, MappingEntry& usual, const TransportAddress& remote);
  bool follows_newest() const;
  TransportAddress newest_of(Time now, const MappingEntry& usual) const;
  bool keeps_port(const MappingEntry& mapping) const;
  std::optional<TransportAddress> beside_newest(Time now, std::uint8_t protocol, const TransportAddress& internal,
                                                const TransportAddress& remote);
  Flow make_mapping(Time now, const Wanted& wanted, bool exception);
  bool clashed(Time now, const MappingEntry& mapping, const Wanted& wanted) const;

  // icmp.cpp
  Verdict icmp(const Transit& t);
  Verdict query_out(const Transit& t);
  Verdict reply_in(const Transit& t);
  Verdict error(const Transit& t);
  const MappingEntry* quoted_sender(const Transit& t, const Quoted& q, const TransportAddress& destination);
  static void error_out(const Transit& t, const Quoted& q, const MappingEntry& mapping);
  static void error_in(const Transit& t, const Quoted& q, const MappingEntry& mapping);

  Profile profile_;
  SeededRng rng_;
  IpAddress internal_;
  IpAddress external6_;  ///< speaks for the gateway in IPv6; unspecified when it has none
  IpAddress external4_;  ///< the same in IPv4
  MappingTable table_;
  UnsolicitedStates unsolicited_;
  PortAllocator allocator_;
};

}  // namespace punchlab::nat
