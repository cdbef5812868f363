// Cases
//  1. The elementary functions agree with the C library's to 1e-14 over their whole range, and at known values.
//  2. A constant gives itself to the nanosecond and takes nothing from the Rng.
//  3. Each distribution takes exactly one number from the Rng.
//  4. Mean, spread, quantiles and support of 200,000 samples are those of the distribution.
//  5. Samples are never negative and never longer than a day.
//  6. Samples are the same bits on every machine: a recorded sequence.
#include "sim/link/distribution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/link/arithmetic.hpp"

namespace punchlab::link {
namespace {

using Kind = Distribution::Kind;
constexpr int kSamples = 200'000;

class CountingRng final : public Rng {
 public:
  std::uint64_t next() override {
    ++calls;
    return inner_.next();
  }
  int calls = 0;

 private:
  SeededRng inner_{RngKey{1, 2, 3, 4}};
};

/// In seconds, sorted.
std::vector<double> samples_of(const Distribution& d) {
  SeededRng rng{RngKey{7, 0, 0, 0}};
  std::vector<double> out;
  for (int i = 0; i < kSamples; ++i) out.push_back(static_cast<double>(d.sample(rng).count()) * 1e-9);
  std::sort(out.begin(), out.end());
  return out;
}

double mean_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

double deviation_of(const std::vector<double>& v) {
  const double mean = mean_of(v);
  double sum = 0;
  for (const double x : v) sum += (x - mean) * (x - mean);
  return std::sqrt(sum / static_cast<double>(v.size()));
}

double quantile(const std::vector<double>& v, double p) {
  return v[static_cast<std::size_t>(p * static_cast<double>(v.size()))];
}

TEST(Arithmetic, AgreesWithTheLibrary) {  // case 1
  SeededRng rng{RngKey{5, 0, 0, 0}};
  for (int i = 0; i < 100'000; ++i) {
    const double x = rng.uniform() * 1390 - 695;
    EXPECT_NEAR(exp_of(x) / std::exp(x), 1, 4e-14) << x;
    const double y = std::exp(x);
    EXPECT_NEAR(log_of(y), std::log(y), 1e-14 * std::max(1.0, std::abs(x))) << y;
    const double near_one = 0.5 + rng.uniform();
    EXPECT_NEAR(log_of(near_one), std::log(near_one), 3e-16) << near_one;
  }
  EXPECT_EQ(log_of(1), 0);
  EXPECT_EQ(exp_of(0), 1);
  EXPECT_EQ(exp_of(-1000), 0);
}

TEST(Arithmetic, NormalQuantileInvertsTheErrorFunction) {  // case 1
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(normal_quantile(1e-12), -7.034483825301132, 1e-13);
  for (double p = 0.0005; p < 1; p += 0.0005)
    EXPECT_NEAR(0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.0)), p, 1e-15) << p;
}

TEST(Distribution, ConstantIsExactAndDrawsNothing) {  // case 2
  CountingRng rng;
  EXPECT_EQ(Distribution::constant(0.020).sample(rng), std::chrono::milliseconds{20});
  EXPECT_EQ(Distribution::constant(0.000'000'001).sample(rng), std::chrono::nanoseconds{1});
  EXPECT_EQ(Distribution::constant(3'600.000'000'001).sample(rng), std::chrono::nanoseconds{3'600'000'000'001});
  EXPECT_EQ(rng.calls, 0);
}

TEST(Distribution, TakesOneNumber) {  // case 3
  for (const auto kind : {Kind::uniform, Kind::normal, Kind::exponential, Kind::pareto}) {
    CountingRng rng;
    Distribution{kind, 0.01, 2}.sample(rng);
    EXPECT_EQ(rng.calls, 1) << static_cast<int>(kind);
  }
}

TEST(Distribution, Uniform) {  // case 4
  const auto v = samples_of({Kind::uniform, 0.010, 0.030});
  EXPECT_GE(v.front(), 0.010);
  EXPECT_LE(v.back(), 0.030);
  EXPECT_NEAR(mean_of(v), 0.020, 0.0001);
  EXPECT_NEAR(quantile(v, 0.25), 0.015, 0.0001);
}

TEST(Distribution, Normal) {  // case 4
  const auto v = samples_of({Kind::normal, 0.100, 0.010});
  EXPECT_NEAR(mean_of(v), 0.100, 0.0001);
  EXPECT_NEAR(deviation_of(v), 0.010, 0.0001);
  EXPECT_NEAR(quantile(v, 0.975), 0.1196, 0.0003);
}

TEST(Distribution, Exponential) {  // case 4
  const auto v = samples_of({Kind::exponential, 0.050, 0});
  EXPECT_NEAR(mean_of(v), 0.050, 0.0005);
  EXPECT_NEAR(deviation_of(v), 0.050, 0.001);
  EXPECT_NEAR(quantile(v, 0.5), 0.050 * std::log(2.0), 0.0005);
}

TEST(Distribution, Pareto) {  // case 4
  const auto v = samples_of({Kind::pareto, 0.010, 3});
  EXPECT_GE(v.front(), 0.010);
  EXPECT_NEAR(mean_of(v), 0.015, 0.0002);  // scale x shape / (shape - 1)
  EXPECT_NEAR(quantile(v, 0.875), 0.020, 0.0002);
}

TEST(Distribution, StaysBetweenZeroAndADay) {  // case 5
  const auto low = samples_of({Kind::normal, 0.001, 0.010});
  EXPECT_EQ(low.front(), 0);
  EXPECT_NEAR(static_cast<double>(std::count(low.begin(), low.end(), 0.0)) / kSamples, 0.4602, 0.005);
  EXPECT_LE(samples_of({Kind::pareto, 1, 0.05}).back(), 86'400);
}

TEST(Distribution, IsTheSameEverywhere) {  // case 6
  SeededRng rng{RngKey{1, 0, 0, 0}};
  const Distribution kinds[] = {
      {Kind::uniform, 0.01, 0.03}, {Kind::normal, 0.1, 0.02}, {Kind::exponential, 0.05, 0}, {Kind::pareto, 0.01, 1.5}};
  std::vector<std::int64_t> got;
  for (const auto& d : kinds) got.push_back(d.sample(rng).count());
  EXPECT_THAT(got, testing::ElementsAre(14'147'753, 133'350'632, 25'011'771, 11'602'961));
}

}  // namespace
}  // namespace punchlab::link
