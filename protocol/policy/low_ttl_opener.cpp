// One packet that opens the own NAT and expires before the peer's. Where an unsolicited packet makes the peer's NAT keep
// state that spoils the punch (the Linux conntrack clash), an early side that sends it first does no harm.
#include "protocol/policy/technique_list.hpp"

namespace punchlab {
namespace {

class LowTtlOpener final : public Technique {
 public:
  std::string_view name() const override { return "low-ttl-opener"; }
  /// Through the home router, and dead at the next one: a packet that reaches the peer's NAT does harm even when it cannot
  /// be forwarded there. By the time of the checks, the later side has opened its NAT too, if it is late by less than the
  /// lead and one way.
  Opener opener() const override { return {2, std::chrono::milliseconds{100}}; }
};

}  // namespace

const Technique& low_ttl_opener() {
  static const LowTtlOpener technique;
  return technique;
}

}  // namespace punchlab
