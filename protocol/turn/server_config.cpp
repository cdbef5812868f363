#include "protocol/turn/server_config.hpp"

#include <algorithm>

namespace punchlab::turn {

bool Prefix::contains(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  const auto ours = address.bytes();
  const auto theirs = other.bytes();
  const std::size_t whole = length / 8;
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole), theirs.begin())) return false;
  if (length % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - length % 8));
  return ((ours[whole] ^ theirs[whole]) & mask) == 0;
}

const std::vector<Prefix>& default_denied_prefixes() {
  static const std::vector<Prefix> prefixes = [] {
    constexpr std::array<std::uint8_t, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    // An IPv4 address in IPv6 clothes would slip past the IPv4 prefixes.
    constexpr std::array<std::uint8_t, 16> mapped_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return std::vector<Prefix>{
        {IpAddress::v4(0, 0, 0, 0), 8},          {IpAddress::v4(127, 0, 0, 0), 8},
        {IpAddress::v4(169, 254, 0, 0), 16},     {IpAddress::v4(224, 0, 0, 0), 4},
        {IpAddress::v4(255, 255, 255, 255), 32}, {IpAddress::v6({}), 128},
        {IpAddress::v6(loopback), 128},          {IpAddress::v6(mapped_v4), 96},
        {IpAddress::v6({0xFE, 0x80}), 10},       {IpAddress::v6({0xFF}), 8},
    };
  }();
  return prefixes;
}

}  // namespace punchlab::turn
