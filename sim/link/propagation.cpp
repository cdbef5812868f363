#include "sim/link/propagation.hpp"

#include <algorithm>

namespace punchlab::link {

void Propagation::reset(Duration latency, const Distribution& jitter, double loss, const RngKey& key) {
  latency_ = latency;
  jitter_ = jitter;
  loss_ = loss;
  plain_ = loss <= 0 && jitter == Distribution::constant(0);
  last_arrival_ = Time{};
  if (!plain_) rng_ = SeededRng{key};
}

Time Propagation::drawn_arrival(Time sent) {
  const bool lost = rng_.chance(loss_);
  const Time at = sent + latency_ + jitter_.sample(rng_);
  if (lost) return kNever;
  last_arrival_ = std::max(last_arrival_, at);
  return last_arrival_;
}

}  // namespace punchlab::link
