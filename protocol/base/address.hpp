#pragma once
// IP addresses, transport addresses and 5-tuples as values (RFC 8445 section 4 for the words).
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "protocol/base/bytes.hpp"

namespace punchlab {

enum class Family : std::uint8_t { ipv4 = 4, ipv6 = 6 };

/// An IPv4 or IPv6 address. The default is 0.0.0.0, "unspecified".
class IpAddress {
 public:
  constexpr IpAddress() = default;
  /// From a number in host order: 0xC0000201 is 192.0.2.1.
  static constexpr IpAddress v4(std::uint32_t value) {
    // As words: addresses are made and copied for every packet, and a copy must not wait for stores of single bytes.
    constexpr bool little = std::endian::native == std::endian::little;
    const std::uint64_t first = little ? __builtin_bswap32(value) : std::uint64_t{value} << 32;
    IpAddress a;
    a.bytes_ = std::bit_cast<std::array<std::uint8_t, 16>>(std::array<std::uint64_t, 2>{first, 0});
    return a;
  }
  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return v4((std::uint32_t{a} << 24) | (std::uint32_t{b} << 16) | (std::uint32_t{c} << 8) | d);
  }
  static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& bytes) {
    IpAddress a;
    a.family_ = Family::ipv6;
    a.bytes_ = bytes;
    return a;
  }
  /// Dotted quad or RFC 4291 text (with ::); nothing when it is neither.
  static std::optional<IpAddress> parse(std::string_view text);
  /// 4 bytes make an IPv4, 16 an IPv6 address; nothing for other lengths.
  static std::optional<IpAddress> from_bytes(Bytes bytes);

  constexpr Family family() const { return family_; }
  constexpr bool is_v4() const { return family_ == Family::ipv4; }
  /// 4 or 16 bytes in network order, living as long as this object.
  Bytes bytes() const { return {bytes_.data(), is_v4() ? std::size_t{4} : std::size_t{16}}; }
  /// The IPv4 address as a number in host order; 0 for IPv6.
  std::uint32_t v4_value() const { return is_v4() ? load_u32(bytes_.data()) : 0; }
  bool is_unspecified() const { return *this == IpAddress{} || *this == v6({}); }
  /// RFC 1918, RFC 6598 (shared), loopback or link-local; for IPv6 ULA, loopback or link-local.
  bool is_private() const;
  std::string to_string() const;

  /// By family, then by number.
  friend constexpr auto operator<=>(const IpAddress& a, const IpAddress& b) {
    const auto families = a.family_ <=> b.family_;
    return families != 0 ? families : a.bytes_ <=> b.bytes_;
  }
  /// As two words: comparing addresses is what every packet does in every table.
  friend constexpr bool operator==(const IpAddress& a, const IpAddress& b) {
    if (std::is_constant_evaluated()) return a.family_ == b.family_ && a.bytes_ == b.bytes_;
    return a.family_ == b.family_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), 16) == 0;
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};
  Family family_ = Family::ipv4;
};

/// An IP address and a port (RFC 8445: transport address).
struct TransportAddress {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:3478" or "[2001:db8::1]:3478"; nothing when malformed.
  static std::optional<TransportAddress> parse(std::string_view text);
  std::string to_string() const;
  friend constexpr auto operator<=>(const TransportAddress&, const TransportAddress&) = default;
};

/// How bytes travel. TLS runs over TCP; both are streams.
enum class Transport : std::uint8_t { udp, tcp, tls };

constexpr bool is_stream(Transport t) { return t != Transport::udp; }

/// A flow as one host sees it (RFC 8656 section 2: 5-tuple).
struct FiveTuple {
  Transport transport = Transport::udp;
  TransportAddress local;
  TransportAddress remote;
  friend constexpr auto operator<=>(const FiveTuple&, const FiveTuple&) = default;
};

/// Mixes for hash tables whose iteration order is never used.
std::uint64_t hash_of(const TransportAddress& a);
std::uint64_t hash_of(const FiveTuple& t);

}  // namespace punchlab
