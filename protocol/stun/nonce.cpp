#include "protocol/stun/nonce.hpp"

#include <nettle/base64.h>
#include <nettle/memops.h>

#include "protocol/stun/password_algorithms.hpp"

namespace punchlab::stun {
namespace {

constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kHashSize = 10;  // 80 bits: a forger gains a guess per round trip
constexpr std::string_view kFeatures = "AAAB";
static_assert(kNonceCookie.size() + kFeatures.size() + BASE64_ENCODE_RAW_LENGTH(kTimeSize + kHashSize) == kNonceSize);

using Token = std::array<std::uint8_t, kTimeSize + kHashSize>;

Token make_token(std::uint64_t issued, const FiveTuple& flow, const IntegrityKey& secret) {
  Token token;
  store_u64(token.data(), issued);
  std::array<std::uint8_t, 20> client;
  ByteWriter writer(client);
  writer.u8(static_cast<std::uint8_t>(flow.transport));
  writer.u16(flow.remote.port);
  writer.bytes(flow.remote.address.bytes());
  const auto hash = secret.hmac_sha1(Bytes{token}.first(kTimeSize), writer.written());
  std::memcpy(&token[kTimeSize], hash.data(), kHashSize);
  return token;
}

}  // namespace

Nonce make_nonce(Time now, const FiveTuple& flow, const IntegrityKey& secret) {
  const auto token = make_token(static_cast<std::uint64_t>(now.time_since_epoch().count()), flow, secret);
  Nonce nonce;
  kNonceCookie.copy(nonce.data(), kNonceCookie.size());
  kFeatures.copy(nonce.data() + kNonceCookie.size(), kFeatures.size());
  base64_encode_raw(nonce.data() + kNonceCookie.size() + kFeatures.size(), token.size(), token.data());
  return nonce;
}

std::optional<Time> nonce_issued(std::string_view nonce, const FiveTuple& flow, const IntegrityKey& secret) {
  if (nonce.size() != kNonceSize || nonce_features(nonce) != kFeaturePasswordAlgorithms) return std::nullopt;
  const auto encoded = nonce.substr(kNonceCookie.size() + kFeatures.size());
  std::array<std::uint8_t, BASE64_DECODE_LENGTH(24)> received;
  std::size_t size = received.size();
  base64_decode_ctx context;
  base64_decode_init(&context);
  const bool decoded = base64_decode_update(&context, &size, received.data(), encoded.size(), encoded.data()) != 0;
  if (!decoded || size != sizeof(Token)) return std::nullopt;
  const auto issued = load_u64(received.data());
  const auto expected = make_token(issued, flow, secret);
  if (memeql_sec(received.data(), expected.data(), expected.size()) == 0) return std::nullopt;
  return Time{Duration{static_cast<Duration::rep>(issued)}};
}

std::optional<Time> KnownNonces::issued(std::string_view nonce, const FiveTuple& flow, const IntegrityKey& secret) {
  auto& known = known_[hash_of(flow) % known_.size()];
  if (nonce == std::string_view{known.nonce.data(), known.nonce.size()} && flow == known.flow) return known.issued;
  const auto issued = nonce_issued(nonce, flow, secret);
  if (!issued) return std::nullopt;
  known.flow = flow;
  nonce.copy(known.nonce.data(), known.nonce.size());
  known.issued = *issued;
  return issued;
}

}  // namespace punchlab::stun
