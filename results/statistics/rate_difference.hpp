#pragma once
// How far apart two rates are, and whether chance explains it: for independent samples, and for pairs of trials that
// saw the same world.
#include <cstdint>
#include <span>
#include <vector>

#include "results/statistics/interval.hpp"

namespace punchlab::results {

/// An estimate and where the truth may lie; a difference of rates is in [-1, 1].
struct Difference {
  double value = 0;
  double low = -1;
  double high = 1;
  /// Zero lies outside: more than chance, for one comparison alone.
  bool excludes_zero() const { return low > 0 || high < 0; }
};

/// `first` - `second` of independent samples: Newcombe's hybrid score interval (Statistics in Medicine 17, 1998,
/// p. 873, method 10). Without trials on one side: [-1, 1].
Difference newcombe(Proportion first, Proportion second, double confidence = 0.95);

/// Probability of a difference at least as large, in the direction "first rate greater than second", when both are
/// equal: Fisher's exact test, one-sided. Never too small, whatever the rate.
double fisher_greater(Proportion first, Proportion second);
/// Both directions: twice the smaller of the one-sided probabilities, at most 1.
double fisher_two_sided(Proportion first, Proportion second);

/// Two independent samples of one stratum.
struct TwoSamples {
  Proportion first;
  Proportion second;
};

/// Probability of rates so different, in either direction, when in each stratum both are equal: the test of Mantel and
/// Haenszel (Journal of the National Cancer Institute 22, 1959) with continuity correction. It is approximate where
/// strata are few and small. 1 where no stratum can tell anything.
double mantel_haenszel(std::span<const TwoSamples> strata);

/// Pairs of trials, by which of the two succeeded.
struct PairedCounts {
  std::uint64_t both = 0;
  std::uint64_t first_only = 0;
  std::uint64_t second_only = 0;
  std::uint64_t neither = 0;
  std::uint64_t pairs() const { return both + first_only + second_only + neither; }
  Proportion first() const { return {both + first_only, pairs()}; }
  Proportion second() const { return {both + second_only, pairs()}; }
};

/// `first` - `second` of paired samples: Newcombe's square-and-add interval (Statistics in Medicine 17, 1998, p. 2635,
/// method 10, with its correction of the correlation for continuity).
Difference newcombe_paired(const PairedCounts& counts, double confidence = 0.95);

/// McNemar's exact test, two-sided: only pairs that disagree count, and each way is equally likely when rates are
/// equal.
double mcnemar_exact(const PairedCounts& counts);

/// Holm's step-down adjustment (Scandinavian Journal of Statistics 6, 1979) of the probabilities of a family of tests,
/// in the order given: those below 0.05 can be called differences, and with 95 % confidence none of them is by chance.
std::vector<double> holm(std::span<const double> probabilities);

}  // namespace punchlab::results
