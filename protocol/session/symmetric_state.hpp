#pragma once
// Noise's SymmetricState with its CipherState (revision 34, sections 5.1 and 5.2) for ChaChaPoly and BLAKE2b.
#include <cstdint>

#include "protocol/session/secret.hpp"

namespace punchlab::session {

inline constexpr std::size_t kHashSize = 64;  ///< HASHLEN of BLAKE2b
inline constexpr std::size_t kCipherKeySize = 32;
inline constexpr std::size_t kTagSize = 16;

/// ChaCha20-Poly1305 of RFC 8439 with Noise's nonce: 32 zero bits, then `counter` in little-endian order.
/// Writes plaintext.size() + 16 bytes to `out`, which may start where `plaintext` starts.
void encrypt(const Secret<kCipherKeySize>& key, std::uint64_t counter, Bytes associated, Bytes plaintext,
             std::uint8_t* out);
/// Writes ciphertext.size() - 16 bytes to `out`; false, with nothing of the plaintext written, when it is not authentic.
[[nodiscard]] bool decrypt(const Secret<kCipherKeySize>& key, std::uint64_t counter, Bytes associated, Bytes ciphertext,
                           std::uint8_t* out);

class SymmetricState {
 public:
  /// InitializeSymmetric(Noise_IK_25519_ChaChaPoly_BLAKE2b).
  SymmetricState();

  void mix_hash(Bytes data);
  void mix_key(Bytes secret);
  /// plaintext.size() + 16 bytes to `out`.
  void encrypt_and_hash(Bytes plaintext, std::uint8_t* out);
  /// ciphertext.size() - 16 bytes to `out`; false when it is not authentic (the state is then of no more use).
  [[nodiscard]] bool decrypt_and_hash(Bytes ciphertext, std::uint8_t* out);
  /// The keys for initiator to responder and back. Wipes the chaining key.
  void split(Secret<kCipherKeySize>& first, Secret<kCipherKeySize>& second);
  std::span<const std::uint8_t, kHashSize> hash() const { return hash_; }

 private:
  std::array<std::uint8_t, kHashSize> hash_{};
  Secret<kHashSize> chaining_key_;
  Secret<kCipherKeySize> key_;
  std::uint64_t counter_ = 0;
};

}  // namespace punchlab::session
