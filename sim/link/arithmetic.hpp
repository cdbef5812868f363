#pragma once
// Elementary functions out of +, -, *, / and sqrt only, which IEEE 754 rounds the same on every machine; those of the C
// library differ in the last bit between machines. Accurate to a few units in the last place.

namespace punchlab::link {

/// Natural logarithm of a finite `x` > 0.
double log_of(double x);
/// e to the `x`; 0 below -700 and e^700 above 700.
double exp_of(double x);
/// The `p` quantile of the standard normal distribution, 0 < p < 1 (Wichura 1988, algorithm AS 241, PPND16).
double normal_quantile(double p);

}  // namespace punchlab::link
