#include "protocol/stun/integrity.hpp"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>

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

template <std::size_t N>
IntegrityResult compare(Bytes received, const std::array<std::uint8_t, N>& expected) {
  const bool equal = received.size() == N && memeql_sec(received.data(), expected.data(), N) != 0;
  return equal ? IntegrityResult::valid : IntegrityResult::wrong;
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
  hmac_sha1_ctx context = contexts(state_).sha1;
  hmac_sha1_update(&context, head.size(), head.data());
  if (!tail.empty()) hmac_sha1_update(&context, tail.size(), tail.data());
  std::array<std::uint8_t, 20> digest;
  hmac_sha1_digest(&context, digest.size(), digest.data());
  return digest;
}

std::array<std::uint8_t, 32> IntegrityKey::hmac_sha256(Bytes head, Bytes tail) const {
  hmac_sha256_ctx context = contexts(state_).sha256;
  hmac_sha256_update(&context, head.size(), head.data());
  if (!tail.empty()) hmac_sha256_update(&context, tail.size(), tail.data());
  std::array<std::uint8_t, 32> digest;
  hmac_sha256_digest(&context, digest.size(), digest.data());
  return digest;
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
