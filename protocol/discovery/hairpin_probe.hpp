#pragma once
// Hairpinning (RFC 5780 section 4.5, RFC 4787 section 6): two sockets send to each other's external endpoints.
#include "protocol/discovery/step.hpp"

namespace punchlab::discovery {

/// Each socket sends to the other, so that the second packet finds the filter open. With a mapping that depends on the
/// destination behind a filter that looks at the source, no packet can arrive whether the NAT hairpins or not: then
/// nothing is found.
class HairpinTest final : public Test {
 public:
  Step next(Time now, const Outcome& last, Context& context) override;

 private:
  void judge(const Outcome& last, const TransportAddress& sender, Findings& findings) const;
  int step_ = 0;
  SocketId first_, second_;
  TransportAddress first_mapped_, second_mapped_;
};

}  // namespace punchlab::discovery
