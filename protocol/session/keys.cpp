#include "protocol/session/keys.hpp"

#include <sodium.h>

#include "protocol/session/sodium.hpp"

namespace punchlab::session {

static_assert(kKeySize == crypto_scalarmult_BYTES && kKeySize == crypto_scalarmult_SCALARBYTES);

KeyPair KeyPair::generate(Rng& rng) {
  SecretKey secret;
  rng.fill(secret.writable());
  return from_secret(secret);
}

KeyPair KeyPair::from_secret(const SecretKey& secret) {
  ensure_sodium();
  KeyPair pair{secret, {}};
  crypto_scalarmult_base(pair.public_key.bytes.data(), secret.bytes().data());
  return pair;
}

bool diffie_hellman(const SecretKey& ours, const PublicKey& theirs, SharedSecret& out) {
  ensure_sodium();
  return crypto_scalarmult(out.writable().data(), ours.bytes().data(), theirs.bytes.data()) == 0;
}

bool Identity::remember(const PublicKey& peer) {
  SharedSecret secret;
  if (!diffie_hellman(keys_.secret, peer, secret)) return false;
  static_static_ = secret;
  remembered_ = peer;
  return true;
}

bool Identity::static_static(const PublicKey& peer, SharedSecret& out) const {
  if (remembered_ != peer) return diffie_hellman(keys_.secret, peer, out);
  out = static_static_;
  return true;
}

}  // namespace punchlab::session
