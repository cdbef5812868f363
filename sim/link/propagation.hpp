#pragma once
// The wire of one link direction: latency, jitter that keeps packets in order, and loss, from the direction's own
// stream of randomness, so that every world that transmits the same packets loses and delays the same ones.
#include "protocol/base/rng.hpp"
#include "protocol/base/time.hpp"
#include "sim/link/distribution.hpp"

namespace punchlab::link {

class Propagation {
 public:
  /// `loss` is a probability, 0-1.
  void reset(Duration latency, const Distribution& jitter, double loss, const RngKey& key);

  /// When the next packet, whose last bit left at `sent`, has arrived; kNever when it is lost. Exactly one draw for
  /// loss and one for jitter per packet, lost or not. `sent` never goes back.
  Time arrival(Time sent) {
    if (plain_) return sent + latency_;
    return drawn_arrival(sent);
  }

 private:
  Time drawn_arrival(Time sent);

  Duration latency_{0};
  Distribution jitter_;
  double loss_ = 0;
  bool plain_ = true;
  SeededRng rng_{RngKey{}};
  Time last_arrival_{};
};

}  // namespace punchlab::link
