#include "protocol/session/symmetric_state.hpp"

#include <sodium.h>

#include <string_view>

#include "protocol/session/sodium.hpp"

namespace punchlab::session {
namespace {

static_assert(kHashSize == crypto_generichash_BYTES_MAX);
static_assert(kCipherKeySize == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
static_assert(kTagSize == crypto_aead_chacha20poly1305_ietf_ABYTES);

constexpr std::string_view kProtocolName = "Noise_IK_25519_ChaChaPoly_BLAKE2b";
static_assert(kProtocolName.size() <= kHashSize, "a longer name would have to be hashed");

using Hash = std::array<std::uint8_t, kHashSize>;

void hash_two(Bytes head, Bytes tail, std::uint8_t* out) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, kHashSize);
  crypto_generichash_update(&state, head.data(), head.size());
  crypto_generichash_update(&state, tail.data(), tail.size());
  crypto_generichash_final(&state, out, kHashSize);
  wipe({reinterpret_cast<std::uint8_t*>(&state), sizeof state});
}

/// RFC 2104 over BLAKE2b, whose block is 128 bytes (Noise section 4.3: HMAC-HASH, not BLAKE2's own keyed mode).
void hmac(std::span<const std::uint8_t, kHashSize> key, Bytes data, std::uint8_t* out) {
  constexpr std::size_t kBlock = 128;
  Secret<kBlock> pad;
  Secret<kHashSize> inner;
  const auto fill = [&](std::uint8_t with) {
    const auto block = pad.writable();
    for (std::size_t i = 0; i < kBlock; ++i) block[i] = static_cast<std::uint8_t>((i < kHashSize ? key[i] : 0) ^ with);
  };
  fill(0x36);
  hash_two(pad.bytes(), data, inner.writable().data());
  fill(0x5C);
  hash_two(pad.bytes(), inner.bytes(), out);
}

/// HKDF with two outputs (Noise section 4.3).
void hkdf(const Secret<kHashSize>& chaining_key, Bytes material, Secret<kHashSize>& first, Secret<kHashSize>& second) {
  Secret<kHashSize> temporary;
  hmac(chaining_key.bytes(), material, temporary.writable().data());
  const std::uint8_t one = 1;
  hmac(temporary.bytes(), {&one, 1}, first.writable().data());
  Secret<kHashSize + 1> input;
  std::memcpy(input.writable().data(), first.bytes().data(), kHashSize);
  input.writable()[kHashSize] = 2;
  hmac(temporary.bytes(), input.bytes(), second.writable().data());
}

std::array<std::uint8_t, 12> nonce_of(std::uint64_t counter) {
  std::array<std::uint8_t, 12> nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

Secret<kCipherKeySize> cipher_key(const Secret<kHashSize>& from) {
  return Secret<kCipherKeySize>{from.bytes().first<kCipherKeySize>()};
}

}  // namespace

void encrypt(const Secret<kCipherKeySize>& key, std::uint64_t counter, Bytes associated, Bytes plaintext,
             std::uint8_t* out) {
  crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, plaintext.data(), plaintext.size(), associated.data(),
                                            associated.size(), nullptr, nonce_of(counter).data(), key.bytes().data());
}

bool decrypt(const Secret<kCipherKeySize>& key, std::uint64_t counter, Bytes associated, Bytes ciphertext,
             std::uint8_t* out) {
  return ciphertext.size() >= kTagSize &&
         crypto_aead_chacha20poly1305_ietf_decrypt(out, nullptr, nullptr, ciphertext.data(), ciphertext.size(),
                                                   associated.data(), associated.size(), nonce_of(counter).data(),
                                                   key.bytes().data()) == 0;
}

SymmetricState::SymmetricState() {
  ensure_sodium();
  std::memcpy(hash_.data(), kProtocolName.data(), kProtocolName.size());
  chaining_key_ = Secret<kHashSize>{hash_};
}

void SymmetricState::mix_hash(Bytes data) {
  Hash mixed;
  hash_two(hash_, data, mixed.data());
  hash_ = mixed;
}

void SymmetricState::mix_key(Bytes secret) {
  Secret<kHashSize> next, key;
  hkdf(chaining_key_, secret, next, key);
  chaining_key_ = next;
  key_ = cipher_key(key);
  counter_ = 0;
}

void SymmetricState::encrypt_and_hash(Bytes plaintext, std::uint8_t* out) {
  encrypt(key_, counter_++, hash_, plaintext, out);
  mix_hash({out, plaintext.size() + kTagSize});
}

bool SymmetricState::decrypt_and_hash(Bytes ciphertext, std::uint8_t* out) {
  const Hash before = hash_;
  mix_hash(ciphertext);  // first, since `out` may be where `ciphertext` is
  return decrypt(key_, counter_++, before, ciphertext, out);
}

void SymmetricState::split(Secret<kCipherKeySize>& first, Secret<kCipherKeySize>& second) {
  Secret<kHashSize> one, two;
  hkdf(chaining_key_, {}, one, two);
  first = cipher_key(one);
  second = cipher_key(two);
  chaining_key_.wipe();
  key_.wipe();
}

}  // namespace punchlab::session
