#include "protocol/stun/password_algorithms.hpp"

namespace punchlab::stun {
namespace {

/// RFC 4648 section 4; nothing for other characters.
std::optional<std::uint32_t> base64_value(char c) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = kAlphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

std::optional<PasswordAlgorithm> known(std::uint16_t algorithm, std::size_t parameters) {
  if (parameters != 0) return std::nullopt;
  if (algorithm == static_cast<std::uint16_t>(PasswordAlgorithm::md5)) return PasswordAlgorithm::md5;
  if (algorithm == static_cast<std::uint16_t>(PasswordAlgorithm::sha256)) return PasswordAlgorithm::sha256;
  return std::nullopt;
}

}  // namespace

std::uint32_t nonce_features(std::string_view nonce) {
  if (!nonce.starts_with(kNonceCookie) || nonce.size() < kNonceCookie.size() + 4) return 0;
  std::uint32_t features = 0;
  for (const char c : nonce.substr(kNonceCookie.size(), 4)) {
    const auto value = base64_value(c);
    if (!value) return 0;
    features = (features << 6) | *value;
  }
  return features;
}

std::optional<PasswordAlgorithm> choose_algorithm(Bytes offered) {
  std::optional<PasswordAlgorithm> best;
  ByteReader reader(offered);
  while (reader.remaining() > 0) {
    const auto algorithm = reader.u16();
    const std::size_t parameters = reader.u16();
    reader.bytes((parameters + 3) & ~std::size_t{3});
    if (!reader.ok()) return std::nullopt;
    if (const auto candidate = known(algorithm, parameters); candidate && (!best || *candidate > *best)) best = candidate;
  }
  return best;
}

std::optional<PasswordAlgorithm> parse_algorithm(Bytes value) {
  if (value.size() < 4) return std::nullopt;
  if (value.size() != 4 + std::size_t{load_u16(&value[2])}) return std::nullopt;
  return known(load_u16(value.data()), value.size() - 4);
}

}  // namespace punchlab::stun
