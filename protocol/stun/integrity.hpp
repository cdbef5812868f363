#pragma once
// MESSAGE-INTEGRITY with SHA-1 and SHA-256 (RFC 8489 sections 9, 14.5, 14.6), HMAC by nettle.
#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/stun/message.hpp"

namespace punchlab::stun {

/// A key made ready for both HMACs once (the padded key blocks are hashed at construction), so that each message costs
/// only its own bytes. Holds secret state: do not log.
class IntegrityKey {
 public:
  /// The empty key, which no message should be trusted with.
  IntegrityKey();
  explicit IntegrityKey(Bytes key);
  /// Short-term credential: the password itself (RFC 8489 section 9.1.1; OpaqueString preparation is the caller's).
  static IntegrityKey short_term(std::string_view password);
  /// Long-term credential: MD5(username ":" realm ":" password) (RFC 8489 section 9.2.2).
  static IntegrityKey long_term(std::string_view username, std::string_view realm, std::string_view password);
  /// The same with SHA-256, for PASSWORD-ALGORITHM SHA-256.
  static IntegrityKey long_term_sha256(std::string_view username, std::string_view realm, std::string_view password);

  std::array<std::uint8_t, 20> hmac_sha1(Bytes head, Bytes tail) const;    ///< over head then tail
  std::array<std::uint8_t, 32> hmac_sha256(Bytes head, Bytes tail) const;

 private:
  struct alignas(16) State { std::array<std::uint8_t, 768> bytes; };
  State state_;  ///< nettle contexts, placed here so that nettle stays out of this header
};

enum class IntegrityResult : std::uint8_t { valid, missing, wrong };

/// Checks MESSAGE-INTEGRITY-SHA256 when present, else MESSAGE-INTEGRITY. Compares in constant time.
IntegrityResult check_integrity(const MessageView& message, const IntegrityKey& key);

}  // namespace punchlab::stun
