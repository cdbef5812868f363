// Cases
//  1. Every unit of durations, rates, sizes and probabilities, with and without a space.
//  2. Values are the doubles nearest to what is written: 20 ms is 0.02.
//  3. Each mistake has its sentence (scenario-level messages are in mistakes_test.cpp).
//  4. Bounds: exact, at least, at most, tolerance, range.
#include "scenarios/loader/units.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "scenarios/loader/bounds.hpp"

namespace punchlab::loader {
namespace {

double value(const Quantity& q) {
  if (const auto* wrong = std::get_if<std::string>(&q)) ADD_FAILURE() << *wrong;
  return std::holds_alternative<double>(q) ? std::get<double>(q) : -1;
}
bool wrong(const Quantity& q) { return std::holds_alternative<std::string>(q); }

TEST(Units, Durations) {  // cases 1 and 2
  EXPECT_EQ(value(parse_duration("20 ms")), 0.02);
  EXPECT_EQ(value(parse_duration("20ms")), 0.02);
  EXPECT_EQ(value(parse_duration(" 1.5  s ")), 1.5);
  EXPECT_EQ(value(parse_duration("3 ns")), 3e-9);
  EXPECT_EQ(value(parse_duration("7 us")), 7e-6);
  EXPECT_EQ(value(parse_duration("2 min")), 120);
  EXPECT_EQ(value(parse_duration("0.5 h")), 1800);
  EXPECT_EQ(value(parse_duration("0 s")), 0);
}

TEST(Units, Rates) {  // case 1
  EXPECT_EQ(value(parse_rate("1 bit/s")), 1);
  EXPECT_EQ(value(parse_rate("64 kbit/s")), 64e3);
  EXPECT_EQ(value(parse_rate("1.5 Mbit/s")), 1.5e6);
  EXPECT_EQ(value(parse_rate("10 Gbit/s")), 1e10);
}

TEST(Units, SizesAndProbabilities) {  // cases 1 and 2
  EXPECT_EQ(value(parse_size("200 B")), 200);
  EXPECT_EQ(value(parse_size("1.2 kB")), 1200);
  EXPECT_EQ(value(parse_probability("0.1 %")), 0.001);
  EXPECT_EQ(value(parse_probability("86.0%")), 0.86);
  EXPECT_EQ(value(parse_probability("0.25")), 0.25);
  EXPECT_EQ(value(parse_probability("100 %")), 1);
}

TEST(Units, Mistakes) {  // case 3
  for (const char* text :
       {"", "ms", "20", "20 Ms", "20 ms ms", "-1 ms", "inf s", "nan ms", "1e999 s", "721 h", "0x10 s", "2,5 s"})
    EXPECT_TRUE(wrong(parse_duration(text))) << text;
  for (const char* text : {"10 Mb/s", "10 Mbps", "0 bit/s", "1001 Gbit/s", "10"})
    EXPECT_TRUE(wrong(parse_rate(text))) << text;
  for (const char* text : {"200", "200 b", "-1 B"}) EXPECT_TRUE(wrong(parse_size(text))) << text;
  for (const char* text : {"101 %", "1.01", "-1 %", "%", "1 % %"}) EXPECT_TRUE(wrong(parse_probability(text))) << text;
}

TEST(Bounds, EveryForm) {  // case 4
  const auto rate = [](const char* text) { return std::get<Bounds>(parse_bounds(text, parse_probability)); };
  EXPECT_EQ(rate("100 %").low, 1);
  EXPECT_EQ(rate("100 %").high, 1);
  EXPECT_EQ(rate(">= 95 %").low, 0.95);
  EXPECT_TRUE(std::isinf(rate(">= 95 %").high));
  EXPECT_EQ(rate("<= 5 %").high, 0.05);
  EXPECT_TRUE(std::isinf(rate("<=5%").low));
  EXPECT_DOUBLE_EQ(rate("86.0 % +- 0.5 %").low, 0.855);
  EXPECT_DOUBLE_EQ(rate("86.0 % +- 0.5 %").high, 0.865);
  const auto time = std::get<Bounds>(parse_bounds("10 ms to 20 ms", parse_duration));
  EXPECT_EQ(time.low, 0.01);
  EXPECT_EQ(time.high, 0.02);
  for (const char* text : {"20 ms to 10 ms", "> 5 ms", ">= x", "5 ms +-", "to 5 ms"})
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_bounds(text, parse_duration))) << text;
}

}  // namespace
}  // namespace punchlab::loader
