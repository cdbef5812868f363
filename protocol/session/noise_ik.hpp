#pragma once
// The handshake Noise_IK_25519_ChaChaPoly_BLAKE2b (Noise Protocol Framework, revision 34, sections 5 and 7.5):
//   <- s     ...     -> e, es, s, ss     <- e, ee, se
// Messages as Noise writes them, without framing; session.hpp frames them.
#include <cstdint>
#include <optional>

#include "protocol/session/keys.hpp"
#include "protocol/session/symmetric_state.hpp"

namespace punchlab::session {

enum class Role : std::uint8_t { initiator, responder };

/// The two keys of an established session, and the hash that names it (Noise section 11.2: channel binding).
struct TransportKeys {
  Secret<kCipherKeySize> send;
  Secret<kCipherKeySize> receive;
  std::array<std::uint8_t, kHashSize> handshake_hash{};
};

class NoiseIk {
 public:
  /// Bytes that message 1 and message 2 are longer than their payloads.
  static constexpr std::size_t kOverhead1 = kKeySize + kKeySize + kTagSize + kTagSize;
  static constexpr std::size_t kOverhead2 = kKeySize + kTagSize;

  /// `identity` and `rng` must outlive the handshake. The initiator must know the responder's public key.
  static NoiseIk initiator(const Identity& identity, const PublicKey& responder, Bytes prologue, Rng& rng);
  static NoiseIk responder(const Identity& identity, Bytes prologue, Rng& rng);

  /// Message 1 of the initiator, or message 2 of a responder that read message 1. Each once. Its size; 0 when `out` is
  /// too small or a peer's key is of low order.
  std::size_t write_message(Bytes payload, MutableBytes out);
  /// The size of the payload, which lies in `payload`; nothing, with the handshake unchanged, when the message is
  /// malformed or not authentic, or `payload` is too small.
  std::optional<std::size_t> read_message(Bytes message, MutableBytes payload);

  /// The peer's static key: given, or learned from message 1.
  const PublicKey& remote_static() const { return remote_static_; }
  /// After message 2: the keys. The handshake's own secrets are wiped.
  TransportKeys split();

 private:
  NoiseIk(Role role, const Identity& identity, const PublicKey& responder, Bytes prologue, Rng& rng);
  std::size_t write_first(Bytes payload, MutableBytes out);
  std::size_t write_second(Bytes payload, MutableBytes out);
  std::optional<std::size_t> read_first(Bytes message, MutableBytes payload);
  std::optional<std::size_t> read_second(Bytes message, MutableBytes payload);

  Role role_;
  const Identity* identity_;
  Rng* rng_;
  SymmetricState state_;
  KeyPair ephemeral_;
  PublicKey remote_static_;
  PublicKey remote_ephemeral_;
};

}  // namespace punchlab::session
