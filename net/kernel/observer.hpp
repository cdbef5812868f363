#pragma once
// A kernel gateway says what it does with packets, never why. This sees what goes in and what comes out and finds the
// reason, in NatBox's words. Pure.
#include <map>
#include <set>
#include <utility>

#include "sim/nat/nat_box.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::kernel {

class Observer {
 public:
  /// As new.
  void reset(const nat::Profile& profile, const nat::Addressing& addressing);

  /// `before` went in from `from` and came out on the other side as `after`.
  nat::Reason forwarded(nat::From from, const packet::View& before, const packet::View& after);
  /// `packet` went in from `from`, and nothing came out on the other side.
  nat::Reason dropped(nat::From from, const packet::View& packet);
  /// One of the gateway's own addresses: what comes from there and goes back to the sender is an answer.
  bool is_own(const IpAddress& address) const;

 private:
  using Pair = std::pair<TransportAddress, TransportAddress>;
  bool clashed(const TransportAddress& inside, const TransportAddress& remote, const TransportAddress& outside) const;
  Pair usual_key(const TransportAddress& inside, const TransportAddress& remote) const;

  bool translates_ = true;
  bool preserves_ = true;
  bool tracks_unsolicited_ = false;
  nat::Dependence mapping_ = nat::Dependence::endpoint_independent;
  nat::Addressing addressing_;
  std::map<Pair, TransportAddress> flows_;          ///< inside endpoint and remote: outside endpoint
  std::map<Pair, TransportAddress> usual_;          ///< inside endpoint, and what its mapping depends on: the first one
  std::set<Pair> mappings_;                         ///< inside and outside endpoints that belong together
  std::set<Pair> known_;                            ///< outside endpoint and remote, of flows from inside
  std::set<Pair> unsolicited_;                      ///< the same, of packets that were dropped
};

}  // namespace punchlab::kernel
