// Descriptions as bytes.
//  1. Everything that can be said comes back equal; the largest fits a handshake payload.
//  2. Strict: every truncation and extension is refused; whatever parses encodes to the same bytes again (random changes).
//  3. Fields that cannot be encoded are refused by `write`; a seventeenth candidate by `add`.
//  4. What is taken back is gone, and makes room.
#include "protocol/rendezvous/description.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "protocol/base/rng.hpp"
#include "protocol/rendezvous/client.hpp"
#include "protocol/session/session.hpp"

namespace punchlab::rendezvous {
namespace {

using Octets = std::vector<std::uint8_t>;

template <std::size_t N>
void fill(std::array<char, N>& text, char with) {
  text.fill(with);
}

Description sample(std::size_t candidates, bool v6) {
  Description d;
  fill(d.credentials.ufrag, 'u');
  fill(d.credentials.password, '+');
  for (std::size_t i = 0; i < candidates; ++i) {
    ice::Candidate c;
    c.type = static_cast<ice::CandidateType>(i % 4);
    c.transport = static_cast<Transport>(i % 3);
    c.priority = ice::priority_of(c.type, static_cast<std::uint16_t>(65'535 - i));
    c.foundation.text[0] = static_cast<char>('a' + i);
    c.address.address = v6 ? IpAddress::v6({0x20, 1, 0xD, 0xB8, 9}) : IpAddress::v4(192, 0, 2, 1);
    c.address.port = static_cast<std::uint16_t>(5000 + i);
    if (v6 || i % 2 == 0) c.base = {c.address.address, 99};
    EXPECT_TRUE(d.add(c));
  }
  d.end_of_candidates = candidates % 2 == 0;
  return d;
}

Octets encoded(const Description& d) {
  Octets out(Description::kMaxSize);
  out.resize(d.write(out));
  return out;
}

TEST(Description, ComesBackEqual) {
  for (std::size_t n = 0; n <= Description::kMaxCandidates; ++n) {
    for (const bool v6 : {false, true}) {
      const Description d = sample(n, v6);
      const auto back = Description::parse(encoded(d));
      ASSERT_TRUE(back.has_value()) << n;
      EXPECT_TRUE(*back == d) << n;
    }
  }
}

TEST(Description, TakesBackOneType) {
  Description d = sample(16, false);
  d.remove(ice::CandidateType::relayed);
  EXPECT_EQ(d.candidates().size(), 12u);
  for (const auto& c : d.candidates()) EXPECT_NE(c.type, ice::CandidateType::relayed);
  EXPECT_TRUE(d.add(sample(1, false).candidates()[0]));
  EXPECT_TRUE(*Description::parse(encoded(d)) == d);
}

TEST(Description, LargestFitsAHandshake) {
  const std::size_t size = encoded(sample(Description::kMaxCandidates, true)).size();
  EXPECT_GT(size, 800u);
  EXPECT_LE(size, Description::kMaxSize);
  EXPECT_LE(Description::kMaxSize, session::Session::kMaxHandshakePayload);
  EXPECT_LE(session::Session::kMaxHandshake, Client::kMaxPayload);
}

TEST(Description, IsStrict) {
  const Octets genuine = encoded(sample(3, false));
  ASSERT_TRUE(Description::parse(genuine).has_value());
  for (std::size_t size = 0; size < genuine.size(); ++size) {
    const auto cut = Description::parse(Bytes{genuine}.first(size));
    // Cutting whole candidates off the end leaves a description; it must then say just that.
    if (!cut) continue;
    EXPECT_EQ(encoded(*cut), Octets(genuine.begin(), genuine.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  Octets longer = genuine;
  longer.push_back(0);
  EXPECT_FALSE(Description::parse(longer).has_value());
  EXPECT_FALSE(Description::parse({}).has_value());
}

TEST(Description, HiddenBaseHasOneEncoding) {
  Octets bytes = encoded(sample(2, false));  // the second candidate's base is hidden: one zero byte before the last element
  ASSERT_TRUE(Description::parse(bytes).has_value());
  const auto family = bytes.end() - 3;
  ASSERT_EQ(*family, 0);
  *family = 4;
  bytes.insert(family + 1, 6, 0);  // 0.0.0.0:0 spelled out
  const std::size_t length = bytes.size() - 2 - 6 - 1 - 15 - 7 - 1;
  bytes[length] = static_cast<std::uint8_t>(bytes[length] + 6);
  EXPECT_FALSE(Description::parse(bytes).has_value());
  bytes[bytes.size() - 3] = 9;  // a port makes it something that is said
  EXPECT_TRUE(Description::parse(bytes).has_value()) << "the control";
}

TEST(Description, WhatParsesIsCanonical) {
  SeededRng rng({.seed = 4, .purpose = purpose_of("description-test")});
  int parsed = 0;
  for (int i = 0; i < 100'000; ++i) {
    Octets bytes = encoded(sample(rng.below(5), rng.chance(0.5)));
    for (auto changes = rng.below(4); changes > 0; --changes)
      bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.below(rng.chance(0.5) ? 8 : 256));
    const auto d = Description::parse(bytes);
    if (!d) continue;
    ++parsed;
    ASSERT_EQ(encoded(*d), bytes) << "step " << i;
  }
  EXPECT_GT(parsed, 30'000);
  EXPECT_LT(parsed, 90'000);
}

TEST(Description, RefusesWhatCannotBeSaid) {
  Octets out(Description::kMaxSize);
  EXPECT_EQ(Description{}.write(out), 0u) << "no credentials";
  Description d = sample(1, false);
  EXPECT_EQ(d.write(MutableBytes{out}.first(40)), 0u);
  ice::Candidate c;
  c.foundation.text = {'a', ' '};
  d.add(c);
  EXPECT_EQ(d.write(out), 0u);
  d = sample(Description::kMaxCandidates, false);
  EXPECT_FALSE(d.add({}));
}

}  // namespace
}  // namespace punchlab::rendezvous
