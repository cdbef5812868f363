#include "protocol/base/address.hpp"

#include <bit>
#include <charconv>
#include <vector>

namespace punchlab {
namespace {

std::optional<std::uint32_t> parse_number(std::string_view text, int base, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || value > max) return std::nullopt;
  return value;
}

std::optional<IpAddress> parse_v4(std::string_view text) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const auto dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const auto part = parse_number(text.substr(0, dot), 10, 255);
    if (!part) return std::nullopt;
    value = (value << 8) | *part;
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  }
  return IpAddress::v4(value);
}

/// Groups between colons, without "::"; false when one is malformed.
bool parse_groups(std::string_view text, std::vector<std::uint16_t>& groups) {
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = parse_number(text.substr(0, colon), 16, 0xFFFF);
    if (!group) return false;
    groups.push_back(static_cast<std::uint16_t>(*group));
    if (colon == std::string_view::npos) return true;
    text = text.substr(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::vector<std::uint16_t> head, tail;
  const auto gap = text.find("::");
  if (!parse_groups(text.substr(0, gap), head)) return std::nullopt;
  if (gap != std::string_view::npos && !parse_groups(text.substr(gap + 2), tail)) return std::nullopt;
  const std::size_t count = head.size() + tail.size();
  if (gap == std::string_view::npos ? count != 8 : count > 7) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < head.size(); ++i) store_u16(&bytes[2 * i], head[i]);
  for (std::size_t i = 0; i < tail.size(); ++i) store_u16(&bytes[16 - 2 * (tail.size() - i)], tail[i]);
  return IpAddress::v6(bytes);
}

std::string hex(std::uint32_t value) {
  char buffer[8];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, 16);
  return {buffer, result.ptr};
}

/// RFC 5952: the longest run of two or more zero groups becomes "::".
std::string v6_text(Bytes b) {
  std::size_t best = 8, best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t n = 0;
    while (i + n < 8 && load_u16(&b[2 * (i + n)]) == 0) ++n;
    if (n > best_length) best = i, best_length = n;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += hex(load_u16(&b[2 * i]));
  }
  return out;
}

bool in_prefix(std::uint32_t value, std::uint32_t prefix, int bits) { return ((value ^ prefix) >> (32 - bits)) == 0; }

std::uint64_t mix(std::uint64_t h, std::uint64_t v) {
  h = std::rotl(h, 26) ^ v;  // turned first, so that equal parts do not cancel out
  h *= 0x9E3779B97F4A7C15ULL;
  return h ^ (h >> 29);
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

std::optional<IpAddress> IpAddress::from_bytes(Bytes bytes) {
  if (bytes.size() == 4) return v4(load_u32(bytes.data()));
  if (bytes.size() != 16) return std::nullopt;
  std::array<std::uint8_t, 16> copy{};
  std::memcpy(copy.data(), bytes.data(), 16);
  return v6(copy);
}

bool IpAddress::is_private() const {
  if (!is_v4()) {
    const bool unique_local = (bytes_[0] & 0xFE) == 0xFC;
    const bool link_local = bytes_[0] == 0xFE && (bytes_[1] & 0xC0) == 0x80;
    return unique_local || link_local || (load_u64(&bytes_[0]) == 0 && load_u64(&bytes_[8]) == 1);
  }
  const auto v = v4_value();
  return in_prefix(v, 0x0A000000, 8) || in_prefix(v, 0xAC100000, 12) || in_prefix(v, 0xC0A80000, 16) ||
         in_prefix(v, 0x64400000, 10) || in_prefix(v, 0x7F000000, 8) || in_prefix(v, 0xA9FE0000, 16);
}

std::string IpAddress::to_string() const {
  if (!is_v4()) return v6_text(bytes());
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) out += '.';
    out += std::to_string(bytes_[i]);
  }
  return out;
}

std::optional<TransportAddress> TransportAddress::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_number(text.substr(colon + 1), 10, 0xFFFF);
  if (!address || !port || bracketed == address->is_v4()) return std::nullopt;
  return TransportAddress{*address, static_cast<std::uint16_t>(*port)};
}

std::string TransportAddress::to_string() const {
  const auto host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port);
}

std::uint64_t hash_of(const TransportAddress& a) {
  const auto b = a.address.bytes();
  if (a.address.is_v4()) return mix(0, (std::uint64_t{load_u32(b.data())} << 16) | a.port);
  return mix(mix(mix(0, load_u64(b.data())), load_u64(b.data() + 8)), a.port);
}

std::uint64_t hash_of(const FiveTuple& t) {
  return mix(mix(hash_of(t.local), hash_of(t.remote)), static_cast<std::uint64_t>(t.transport));
}

}  // namespace punchlab
