#include "sim/link/distribution.hpp"

#include "sim/link/arithmetic.hpp"

namespace punchlab::link {
namespace {

constexpr double kLongest =
    86'400;  // a day, in seconds: the tails of a Pareto distribution must not overflow the clock

/// Uniform in (0, 1): neither end has a quantile.
double open_uniform(Rng& rng) { return (static_cast<double>(rng.next() >> 12) + 0.5) * 0x1.0p-52; }

/// Inverse transform sampling: one number, whatever the kind.
double seconds_of(const Distribution& d, Rng& rng) {
  switch (d.kind) {
    case Distribution::Kind::constant:
      return d.a;
    case Distribution::Kind::uniform:
      return d.a + (d.b - d.a) * rng.uniform();
    case Distribution::Kind::normal:
      return d.a + d.b * normal_quantile(open_uniform(rng));
    case Distribution::Kind::exponential:
      return -d.a * log_of(open_uniform(rng));
    case Distribution::Kind::pareto:
      return d.a * exp_of(-log_of(open_uniform(rng)) / d.b);
  }
  return 0;
}

}  // namespace

Duration Distribution::sample(Rng& rng) const {
  const double seconds = seconds_of(*this, rng);
  if (!(seconds > 0)) return Duration{0};  // NaN too
  return Duration{static_cast<std::int64_t>((seconds < kLongest ? seconds : kLongest) * 1e9 + 0.5)};
}

}  // namespace punchlab::link
