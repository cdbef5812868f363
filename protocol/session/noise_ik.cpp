#include "protocol/session/noise_ik.hpp"

#include <algorithm>

namespace punchlab::session {
namespace {

PublicKey public_key_at(const std::uint8_t* p) {
  PublicKey key;
  std::copy_n(p, kKeySize, key.bytes.begin());
  return key;
}

/// MixKey(DH(ours, theirs)); false for a key of low order, whose exchange would keep nothing secret.
bool mix_exchange(SymmetricState& state, const SecretKey& ours, const PublicKey& theirs) {
  SharedSecret secret;
  if (!diffie_hellman(ours, theirs, secret)) return false;
  state.mix_key(secret.bytes());
  return true;
}

bool mix_static_static(SymmetricState& state, const Identity& identity, const PublicKey& peer) {
  SharedSecret secret;
  if (!identity.static_static(peer, secret)) return false;
  state.mix_key(secret.bytes());
  return true;
}

}  // namespace

NoiseIk::NoiseIk(Role role, const Identity& identity, const PublicKey& responder, Bytes prologue, Rng& rng)
    : role_(role), identity_(&identity), rng_(&rng) {
  state_.mix_hash(prologue);
  state_.mix_hash(responder.bytes);  // the pre-message: <- s
}

NoiseIk NoiseIk::initiator(const Identity& identity, const PublicKey& responder, Bytes prologue, Rng& rng) {
  NoiseIk handshake(Role::initiator, identity, responder, prologue, rng);
  handshake.remote_static_ = responder;
  return handshake;
}

NoiseIk NoiseIk::responder(const Identity& identity, Bytes prologue, Rng& rng) {
  return NoiseIk(Role::responder, identity, identity.public_key(), prologue, rng);
}

std::size_t NoiseIk::write_message(Bytes payload, MutableBytes out) {
  return role_ == Role::initiator ? write_first(payload, out) : write_second(payload, out);
}

std::optional<std::size_t> NoiseIk::read_message(Bytes message, MutableBytes payload) {
  return role_ == Role::initiator ? read_second(message, payload) : read_first(message, payload);
}

std::size_t NoiseIk::write_first(Bytes payload, MutableBytes out) {
  const std::size_t size = payload.size() + kOverhead1;
  if (out.size() < size) return 0;
  ephemeral_ = KeyPair::generate(*rng_);
  auto* p = std::copy(ephemeral_.public_key.bytes.begin(), ephemeral_.public_key.bytes.end(), out.data());  // e
  state_.mix_hash(ephemeral_.public_key.bytes);
  if (!mix_exchange(state_, ephemeral_.secret, remote_static_)) return 0;  // es
  state_.encrypt_and_hash(identity_->public_key().bytes, p);               // s
  if (!mix_static_static(state_, *identity_, remote_static_)) return 0;    // ss
  state_.encrypt_and_hash(payload, p + kKeySize + kTagSize);
  return size;
}

std::optional<std::size_t> NoiseIk::read_first(Bytes message, MutableBytes payload) {
  if (message.size() < kOverhead1 || payload.size() < message.size() - kOverhead1) return std::nullopt;
  constexpr std::size_t kStatic = kKeySize + kTagSize;
  SymmetricState state = state_;
  const PublicKey ephemeral = public_key_at(message.data());
  state.mix_hash(ephemeral.bytes);
  if (!mix_exchange(state, identity_->keys().secret, ephemeral)) return std::nullopt;
  PublicKey peer;
  if (!state.decrypt_and_hash(message.subspan(kKeySize, kStatic), peer.bytes.data())) return std::nullopt;
  if (!mix_static_static(state, *identity_, peer)) return std::nullopt;
  if (!state.decrypt_and_hash(message.subspan(kKeySize + kStatic), payload.data())) return std::nullopt;
  state_ = state;
  remote_ephemeral_ = ephemeral;
  remote_static_ = peer;
  return message.size() - kOverhead1;
}

std::size_t NoiseIk::write_second(Bytes payload, MutableBytes out) {
  const std::size_t size = payload.size() + kOverhead2;
  if (out.size() < size) return 0;
  ephemeral_ = KeyPair::generate(*rng_);
  auto* p = std::copy(ephemeral_.public_key.bytes.begin(), ephemeral_.public_key.bytes.end(), out.data());  // e
  state_.mix_hash(ephemeral_.public_key.bytes);
  if (!mix_exchange(state_, ephemeral_.secret, remote_ephemeral_)) return 0;  // ee
  if (!mix_exchange(state_, ephemeral_.secret, remote_static_)) return 0;     // se
  state_.encrypt_and_hash(payload, p);
  return size;
}

std::optional<std::size_t> NoiseIk::read_second(Bytes message, MutableBytes payload) {
  if (message.size() < kOverhead2 || payload.size() < message.size() - kOverhead2) return std::nullopt;
  SymmetricState state = state_;
  const PublicKey ephemeral = public_key_at(message.data());
  state.mix_hash(ephemeral.bytes);
  if (!mix_exchange(state, ephemeral_.secret, ephemeral)) return std::nullopt;
  if (!mix_exchange(state, identity_->keys().secret, ephemeral)) return std::nullopt;
  if (!state.decrypt_and_hash(message.subspan(kKeySize), payload.data())) return std::nullopt;
  state_ = state;
  remote_ephemeral_ = ephemeral;
  return message.size() - kOverhead2;
}

TransportKeys NoiseIk::split() {
  TransportKeys keys;
  std::copy(state_.hash().begin(), state_.hash().end(), keys.handshake_hash.begin());
  const bool first_is_ours = role_ == Role::initiator;
  state_.split(first_is_ours ? keys.send : keys.receive, first_is_ours ? keys.receive : keys.send);
  ephemeral_.secret.wipe();
  return keys;
}

}  // namespace punchlab::session
