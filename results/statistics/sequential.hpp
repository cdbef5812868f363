#pragma once
// Has a rate risen? Answered with as few trials as the answer needs: a group-sequential test against a fixed baseline.
#include <cstdint>
#include <optional>
#include <vector>

#include "results/statistics/rate_difference.hpp"

namespace punchlab::results {

/// What one question may cost in errors. The looks share `false_alarm` equally, and each is an exact test, so that
/// however often one looks, an unchanged rate raises alarm at most so often.
struct SequentialLimits {
  unsigned looks = 6;          ///< how often one looks, at least 1
  double false_alarm = 0.001;  ///< probability at most, over all looks, of calling an unchanged rate risen
  double miss = 0.01;          ///< probability, at a look, of calling a rate that rose by `margin` fine
  double margin = 0.05;        ///< the rise that must not be missed
};

enum class Decision : std::uint8_t {
  go_on,
  risen,      ///< more than chance allows
  fine,       ///< a rise of `margin` can be ruled out
  undecided,  ///< the last look is over: neither
};

/// The decision at look `look` (from 0), given all that has been seen by then. Count what is bad: failures, trials that
/// were relayed or slow.
Decision decide(Proportion baseline, Proportion now, unsigned look, const SequentialLimits& limits);

/// How many times as many trials, of the baseline and now; powers of two.
struct Growth {
  std::uint64_t baseline = 1;
  std::uint64_t now = 1;
};

/// What would have decided at the last look, had the shares been those seen: the least growth of the trials now, or,
/// where even kMostGrowth does not, of both together. Nothing: the rise is so near to the margin that not even that
/// would.
std::optional<Growth> deciding_growth(Proportion baseline, Proportion now, const SequentialLimits& limits);
inline constexpr std::uint64_t kMostGrowth = 64;

/// How many of `most` trials to have finished by each look: doubling, the last with all; never less than 1.
std::vector<std::uint64_t> look_sizes(std::uint64_t most, unsigned looks);

}  // namespace punchlab::results
