#pragma once
// PASSWORD-ALGORITHMS and the security features that a nonce announces (RFC 8489 sections 9.2, 14.11, 14.12, 18.5).
#include <array>
#include <optional>
#include <string_view>

#include "protocol/stun/message.hpp"

namespace punchlab::stun {

enum class PasswordAlgorithm : std::uint16_t { md5 = 1, sha256 = 2 };

/// The value of PASSWORD-ALGORITHMS as our servers send it: SHA-256, then MD5, both without parameters.
inline constexpr std::array<std::uint8_t, 8> kOfferedAlgorithms{0, 2, 0, 0, 0, 1, 0, 0};

/// How a nonce starts that announces security features (RFC 8489 section 9.2); four base64 characters with 24 feature bits follow.
inline constexpr std::string_view kNonceCookie = "obMatJos2";
/// Bit 0: the server sent PASSWORD-ALGORITHMS, so its absence is an attack.
inline constexpr std::uint32_t kFeaturePasswordAlgorithms = 0x000001;

/// The features in a nonce; 0 when it carries no cookie.
std::uint32_t nonce_features(std::string_view nonce);
/// The best algorithm in a PASSWORD-ALGORITHMS value that we support; nothing when none is, or when it is malformed.
std::optional<PasswordAlgorithm> choose_algorithm(Bytes offered);
/// The algorithm in a PASSWORD-ALGORITHM value; nothing when unknown or malformed.
std::optional<PasswordAlgorithm> parse_algorithm(Bytes value);

}  // namespace punchlab::stun
