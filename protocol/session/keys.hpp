#pragma once
// X25519 keys (RFC 7748) as strong types.
#include <array>
#include <compare>
#include <optional>

#include "protocol/base/rng.hpp"
#include "protocol/session/secret.hpp"

namespace punchlab::session {

inline constexpr std::size_t kKeySize = 32;

/// An X25519 public key: 32 bytes on the wire.
struct PublicKey {
  std::array<std::uint8_t, kKeySize> bytes{};
  friend constexpr auto operator<=>(const PublicKey&, const PublicKey&) = default;
};

/// An X25519 secret key; clamped when it is used, as RFC 7748 section 5 says.
using SecretKey = Secret<kKeySize>;
/// What a Diffie-Hellman exchange gives.
using SharedSecret = Secret<kKeySize>;

struct KeyPair {
  SecretKey secret;
  PublicKey public_key;

  /// Draws 32 bytes of `rng`, which for real keys must be cryptographically secure.
  static KeyPair generate(Rng& rng);
  static KeyPair from_secret(const SecretKey& secret);
};

/// X25519; false when the result is all zero, which only a low-order `theirs` gives (RFC 7748 section 6.1).
[[nodiscard]] bool diffie_hellman(const SecretKey& ours, const PublicKey& theirs, SharedSecret& out);

/// Who a peer is: its static key pair, and the static-static secret with one other peer when that was worked out
/// beforehand. The secret depends on both static keys only, so peers that meet often keep it (as WireGuard does).
class Identity {
 public:
  explicit Identity(const KeyPair& keys) : keys_(keys) {}

  const KeyPair& keys() const { return keys_; }
  const PublicKey& public_key() const { return keys_.public_key; }
  /// Works out the static-static secret with `peer` and keeps it in place of an earlier one. False: a low-order key.
  bool remember(const PublicKey& peer);
  /// The static-static secret: the kept one, or one exchange when `peer` is another. False: a low-order key.
  [[nodiscard]] bool static_static(const PublicKey& peer, SharedSecret& out) const;

 private:
  KeyPair keys_;
  std::optional<PublicKey> remembered_;
  SharedSecret static_static_;
};

}  // namespace punchlab::session
