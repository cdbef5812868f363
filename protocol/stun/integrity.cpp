#include "protocol/stun/integrity.hpp"

#include <nettle/hmac.h>
#include <nettle/md5.h>

#include <new>
#include <type_traits>

namespace punchlab::stun {
namespace {

struct Contexts {
  hmac_sha1_ctx sha1;
  hmac_sha256_ctx sha256;
};
static_assert(std::is_trivially_copyable_v<Contexts>);

Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

template <class State>
const Contexts& contexts(const State& state) {
  static_assert(sizeof(Contexts) <= sizeof(State) && alignof(Contexts) <= alignof(State));
  return *std::launder(reinterpret_cast<const Contexts*>(state.bytes.data()));
}

/// RFC 2104 from the states after the padded keys. nettle's own copies all of them and makes them ready once more.
template <std::size_t N, class Context, class Update, class Digest>
std::array<std::uint8_t, N> hmac(const Context& key, Update* update, Digest* digest, Bytes head, Bytes tail) {
  std::array<std::uint8_t, N> hash;
  auto inner = key.inner;
  update(&inner, head.size(), head.data());
  if (!tail.empty()) update(&inner, tail.size(), tail.data());
  digest(&inner, N, hash.data());
  auto outer = key.outer;
  update(&outer, N, hash.data());
  digest(&outer, N, hash.data());
  return hash;
}

/// The bytes before an integrity attribute, with the header's length as it stood when the attribute was made.
struct Covered {
  std::array<std::uint8_t, kHeaderSize> header;
  Bytes body;
};

Covered covered_by(const MessageView& message, const AttributeView& integrity) {
  Covered covered;
  std::memcpy(covered.header.data(), message.bytes().data(), kHeaderSize);
  const auto end = integrity.offset + 4 + integrity.value.size();
  store_u16(&covered.header[2], static_cast<std::uint16_t>(end - kHeaderSize));
  covered.body = message.bytes().subspan(kHeaderSize, integrity.offset - kHeaderSize);
  return covered;
}

/// Looks at every word whatever the others hold, so that the time says nothing of where the first difference lies.
template <std::size_t N>
IntegrityResult compare(Bytes received, const std::array<std::uint8_t, N>& expected) {
  static_assert(N % 4 == 0);
  if (received.size() != N) return IntegrityResult::wrong;
  std::uint32_t difference = 0;
  for (std::size_t i = 0; i < N; i += 4) difference |= load_u32(&received[i]) ^ load_u32(&expected[i]);
  return difference == 0 ? IntegrityResult::valid : IntegrityResult::wrong;
}

}  // namespace

IntegrityKey::IntegrityKey() {
  static const IntegrityKey empty{Bytes{}};
  state_ = empty.state_;
}

IntegrityKey::IntegrityKey(Bytes key) {
  static constexpr std::uint8_t kNothing = 0;
  const auto* data = key.empty() ? &kNothing : key.data();
  auto* made = new (state_.bytes.data()) Contexts;
  hmac_sha1_set_key(&made->sha1, key.size(), data);
  hmac_sha256_set_key(&made->sha256, key.size(), data);
}

IntegrityKey IntegrityKey::short_term(std::string_view password) { return IntegrityKey(as_bytes(password)); }

IntegrityKey IntegrityKey::long_term(std::string_view username, std::string_view realm, std::string_view password) {
  md5_ctx context;
  md5_init(&context);
  for (const std::string_view part : {username, std::string_view{":"}, realm, std::string_view{":"}, password}) {
    md5_update(&context, part.size(), as_bytes(part).data());
  }
  std::array<std::uint8_t, MD5_DIGEST_SIZE> key;
  md5_digest(&context, key.size(), key.data());
  return IntegrityKey(key);
}

IntegrityKey IntegrityKey::long_term_sha256(std::string_view username, std::string_view realm,
                                            std::string_view password) {
  sha256_ctx context;
  sha256_init(&context);
  for (const std::string_view part : {username, std::string_view{":"}, realm, std::string_view{":"}, password}) {
    sha256_update(&context, part.size(), as_bytes(part).data());
  }
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> key;
  sha256_digest(&context, key.size(), key.data());
  return IntegrityKey(key);
}

std::array<std::uint8_t, 20> IntegrityKey::hmac_sha1(Bytes head, Bytes tail) const {
  return hmac<20>(contexts(state_).sha1, sha1_update, sha1_digest, head, tail);
}

std::array<std::uint8_t, 32> IntegrityKey::hmac_sha256(Bytes head, Bytes tail) const {
  return hmac<32>(contexts(state_).sha256, sha256_update, sha256_digest, head, tail);
}

IntegrityResult check_integrity(const MessageView& message, const IntegrityKey& key) {
  if (const auto sha256 = message.find(Attribute::message_integrity_sha256)) {
    const auto covered = covered_by(message, *sha256);
    return compare(sha256->value, key.hmac_sha256(covered.header, covered.body));
  }
  if (const auto sha1 = message.find(Attribute::message_integrity)) {
    const auto covered = covered_by(message, *sha1);
    return compare(sha1->value, key.hmac_sha1(covered.header, covered.body));
  }
  return IntegrityResult::missing;
}

}  // namespace punchlab::stun
