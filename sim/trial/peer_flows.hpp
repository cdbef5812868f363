#pragma once
// Between which endpoints the peers' packets to each other left, as they are seen outside. Where both mappings depend
// on the destination and nothing is filtered, every packet arrives, and yet no answer ever comes from where the packet
// went: each side's answer leaves from yet another endpoint, and no two endpoints have packets both ways (RFC 8445
// section 7.2.5.2.1 takes no other answer).
#include <array>
#include <optional>

#include "sim/trial/network.hpp"

namespace punchlab::trial {

/// The answer of `side` to what came from `peer` to `asked` left from `answered`, another endpoint.
struct CrossedAnswer {
  HostId side = HostId::client;
  TransportAddress asked, answered, peer;
  Time at;  ///< of the answer
};

class PeerFlows {
 public:
  /// A packet of `from` to the other peer left, from `source` to `destination` as these are seen outside.
  void note(Time at, HostId from, const TransportAddress& source, const TransportAddress& destination);
  /// The first crossed answer to a crossed answer, when both sides have given one and no two endpoints had packets both
  /// ways. One round alone is no proof: a mapping that depends on addresses only is the same again for the next.
  std::optional<CrossedAnswer> crossed() const;

 private:
  struct Flow {
    HostId from = HostId::client;
    TransportAddress source, destination;
    Time at;
  };
  /// `flow` goes to where `asking` came from.
  static bool answers(const Flow& flow, const Flow& asking);

  static constexpr std::size_t kMost = 64;  ///< further ones are not looked at
  std::array<Flow, kMost> flows_;
  std::size_t count_ = 0;
};

}  // namespace punchlab::trial
