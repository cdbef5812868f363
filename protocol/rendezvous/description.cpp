#include "protocol/rendezvous/description.hpp"

#include <algorithm>

namespace punchlab::rendezvous {
namespace {

constexpr std::uint8_t kVersion = 1;
enum class Element : std::uint8_t { credentials = 1, candidate = 2, end_of_candidates = 3 };
constexpr std::uint8_t kHidden = 0;  ///< stands where a base's family would

/// RFC 8839 section 5.1: ice-char.
bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

template <std::size_t N>
bool all_ice_chars(const std::array<char, N>& text) {
  return std::all_of(text.begin(), text.end(), is_ice_char);
}

/// Ice-chars, then zeros to the end.
bool is_valid(const ice::Foundation& foundation) {
  const auto end = std::find(foundation.text.begin(), foundation.text.end(), '\0');
  return std::all_of(foundation.text.begin(), end, is_ice_char) &&
         std::all_of(end, foundation.text.end(), [](char c) { return c == '\0'; });
}

bool is_valid(const ice::Candidate& c) {
  return c.type <= ice::CandidateType::relayed && c.transport <= Transport::tls && is_valid(c.foundation);
}

template <std::size_t N>
void put(ByteWriter& out, const std::array<char, N>& text) {
  out.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), N});
}

template <std::size_t N>
void get(ByteReader& in, std::array<char, N>& text) {
  if (const Bytes bytes = in.bytes(N); !bytes.empty()) std::memcpy(text.data(), bytes.data(), N);
}

void put(ByteWriter& out, const TransportAddress& a) {
  out.u8(static_cast<std::uint8_t>(a.address.family()));
  out.bytes(a.address.bytes());
  out.u16(a.port);
}

std::size_t encoded_size(const TransportAddress& a) { return 3 + a.address.bytes().size(); }
bool is_hidden(const TransportAddress& base) { return base == TransportAddress{}; }

/// Nothing for an unknown family; `family` was read before.
std::optional<TransportAddress> get_address(ByteReader& in, std::uint8_t family) {
  if (family != 4 && family != 6) return std::nullopt;
  const auto address = IpAddress::from_bytes(in.bytes(family == 4 ? 4 : 16));
  const std::uint16_t port = in.u16();
  if (!address) return std::nullopt;
  return TransportAddress{*address, port};
}

void put(ByteWriter& out, const ice::Candidate& c) {
  const std::size_t base = is_hidden(c.base) ? 1 : encoded_size(c.base);
  out.u8(static_cast<std::uint8_t>(Element::candidate));
  out.u8(static_cast<std::uint8_t>(15 + encoded_size(c.address) + base));
  out.u8(static_cast<std::uint8_t>(c.type));
  out.u8(static_cast<std::uint8_t>(c.transport));
  out.u8(c.component);
  out.u32(c.priority);
  put(out, c.foundation.text);
  put(out, c.address);
  if (is_hidden(c.base)) return out.u8(kHidden);
  put(out, c.base);
}

std::optional<ice::Candidate> get_candidate(Bytes value) {
  ByteReader in(value);
  ice::Candidate c;
  c.type = static_cast<ice::CandidateType>(in.u8());
  c.transport = static_cast<Transport>(in.u8());
  c.component = in.u8();
  c.priority = in.u32();
  get(in, c.foundation.text);
  const auto address = get_address(in, in.u8());
  if (!address) return std::nullopt;
  c.address = *address;
  if (const std::uint8_t family = in.u8(); family != kHidden) {
    const auto base = get_address(in, family);
    if (!base || is_hidden(*base)) return std::nullopt;
    c.base = *base;
  }
  if (!in.ok() || in.remaining() > 0 || !is_valid(c)) return std::nullopt;
  return c;
}

}  // namespace

bool Description::add(const ice::Candidate& candidate) {
  if (count_ == kMaxCandidates) return false;
  candidates_[count_++] = candidate;
  return true;
}

void Description::remove(ice::CandidateType type) {
  const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto kept = std::remove_if(candidates_.begin(), end, [=](const auto& c) { return c.type == type; });
  count_ = static_cast<std::size_t>(kept - candidates_.begin());
}

std::size_t Description::write(MutableBytes buffer) const {
  if (!all_ice_chars(credentials.ufrag) || !all_ice_chars(credentials.password)) return 0;
  ByteWriter out(buffer);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(Element::credentials));
  out.u8(32);
  put(out, credentials.ufrag);
  put(out, credentials.password);
  for (const auto& candidate : candidates()) {
    if (!is_valid(candidate)) return 0;
    put(out, candidate);
  }
  if (end_of_candidates) out.u16(static_cast<std::uint16_t>(Element::end_of_candidates) << 8);
  return out.ok() ? out.size() : 0;
}

std::optional<Description> Description::parse(Bytes encoded) {
  ByteReader in(encoded);
  Description d;
  if (in.u8() != kVersion || in.u8() != static_cast<std::uint8_t>(Element::credentials) || in.u8() != 32)
    return std::nullopt;
  get(in, d.credentials.ufrag);
  get(in, d.credentials.password);
  if (!in.ok() || !all_ice_chars(d.credentials.ufrag) || !all_ice_chars(d.credentials.password)) return std::nullopt;
  while (in.remaining() > 0) {
    const auto element = static_cast<Element>(in.u8());
    const Bytes value = in.bytes(in.u8());
    if (!in.ok() || d.end_of_candidates) return std::nullopt;
    if (element == Element::end_of_candidates && value.empty()) {
      d.end_of_candidates = true;
      continue;
    }
    const auto candidate = element == Element::candidate ? get_candidate(value) : std::nullopt;
    if (!candidate || !d.add(*candidate)) return std::nullopt;
  }
  return d;
}

bool operator==(const Description& a, const Description& b) {
  return a.credentials == b.credentials && a.end_of_candidates == b.end_of_candidates &&
         std::ranges::equal(a.candidates(), b.candidates());
}

}  // namespace punchlab::rendezvous
