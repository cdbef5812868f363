#include "protocol/session/session.hpp"

#include <sodium.h>

#include <algorithm>

namespace punchlab::session {
namespace {

constexpr std::uint8_t kFirstBits = 0xC0;
constexpr std::size_t kFrame = 4;   ///< kind and receiver index, before every message
constexpr std::size_t kPrefix = 4;  ///< version and own index, sealed before every handshake payload
constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kIndexMask = 0xFFFFFF;

void store_frame(std::uint8_t* p, Kind kind, std::uint32_t receiver) {
  store_u32(p, (std::uint32_t{kFirstBits} | static_cast<std::uint32_t>(kind)) << 24 | receiver);
}

std::uint32_t receiver_of(Bytes packet) { return load_u32(packet.data()) & kIndexMask; }

std::size_t handshake_overhead(Kind kind) {
  return kind == Kind::initiation ? NoiseIk::kOverhead1 : NoiseIk::kOverhead2;
}

}  // namespace

std::optional<Kind> kind_of(Bytes packet) {
  if (packet.size() < kFrame || (packet[0] & 0xFC) != kFirstBits) return std::nullopt;
  return static_cast<Kind>(packet[0] & 0x03);
}

Session::Session(Role role, std::uint64_t message_limit, std::uint32_t local_index)
    : role_(role), local_index_(local_index), message_limit_(std::min(message_limit, kMessageLimit)) {}

Session Session::initiator(const Identity& identity, const PublicKey& peer, Bytes prologue, Rng& rng,
                           std::uint64_t message_limit) {
  Session session(Role::initiator, message_limit, static_cast<std::uint32_t>(1 + rng.below(kIndexMask)));
  session.noise_.emplace(NoiseIk::initiator(identity, peer, prologue, rng));
  session.expected_ = session.peer_ = peer;
  return session;
}

Session Session::responder(const Identity& identity, const std::optional<PublicKey>& peer, Bytes prologue, Rng& rng,
                           std::uint64_t message_limit) {
  Session session(Role::responder, message_limit, static_cast<std::uint32_t>(1 + rng.below(kIndexMask)));
  session.noise_.emplace(NoiseIk::responder(identity, prologue, rng));
  session.expected_ = peer;
  return session;
}

Session Session::plaintext(Role role) {
  Session session(role, kMessageLimit, role == Role::initiator ? 1 : 2);
  session.plaintext_ = true;
  return session;
}

Opened Session::counted(Verdict verdict, Kind kind, std::size_t size) {
  ++counts_[static_cast<std::size_t>(verdict)];
  return {verdict, kind, size};
}

std::size_t Session::write_handshake(Bytes payload, MutableBytes out) {
  if (written_size_ == 0) {
    const bool our_turn = role_ == Role::initiator || received_;
    if (!our_turn || payload.size() > kMaxHandshakePayload) return 0;
    written_size_ = write_noise(role_ == Role::initiator ? Kind::initiation : Kind::response, payload);
    if (role_ == Role::responder && written_size_ > 0) establish();
  }
  if (out.size() < written_size_) return 0;
  std::copy_n(written_.begin(), written_size_, out.begin());
  return written_size_;
}

std::size_t Session::write_noise(Kind kind, Bytes payload) {
  Secret<kPrefix + kMaxHandshakePayload> plain;
  const auto bytes = plain.writable();
  store_u32(bytes.data(), std::uint32_t{kVersion} << 24 | local_index_);
  std::copy(payload.begin(), payload.end(), bytes.begin() + kPrefix);
  store_frame(written_.data(), kind, remote_index_);  // 0 in message 1
  const Bytes sealed = Bytes{bytes}.first(kPrefix + payload.size());
  const MutableBytes body = MutableBytes{written_}.subspan(kFrame);
  if (!plaintext_) {
    const std::size_t size = noise_->write_message(sealed, body);
    return size == 0 ? 0 : kFrame + size;
  }
  const std::size_t size = sealed.size() + handshake_overhead(kind);
  std::fill_n(body.begin(), size, std::uint8_t{0});
  std::copy(sealed.begin(), sealed.end(), body.begin());
  return kFrame + size;
}

Opened Session::read_handshake(Bytes message, MutableBytes payload) {
  const auto kind = kind_of(message);
  if (kind != Kind::initiation && kind != Kind::response) return counted(Verdict::malformed, Kind::initiation);
  const std::size_t least = kFrame + handshake_overhead(*kind) + kPrefix;
  if (message.size() < least || message.size() > kMaxHandshake || payload.size() < message.size() - least)
    return counted(Verdict::malformed, *kind);
  Digest digest;
  crypto_generichash(digest.data(), digest.size(), message.data(), message.size(), nullptr, 0);
  const Verdict verdict = check_turn(message, *kind, digest);
  if (verdict != Verdict::accepted) return counted(verdict, *kind);
  return read_checked(message, *kind, digest, payload);
}

/// Whether a message of this kind has a use for us now. The digest tells a repetition from something else.
Verdict Session::check_turn(Bytes message, Kind kind, const Digest& digest) const {
  const bool for_role = (kind == Kind::initiation) == (role_ == Role::responder);
  if (!for_role) return Verdict::unexpected;
  if (receiver_of(message) != (kind == Kind::initiation ? 0 : local_index_)) return Verdict::wrong_receiver;
  if (received_) return digest == accepted_ ? Verdict::duplicate : Verdict::unexpected;
  return role_ == Role::initiator && written_size_ == 0 ? Verdict::unexpected : Verdict::accepted;
}

Opened Session::read_checked(Bytes message, Kind kind, const Digest& digest, MutableBytes payload) {
  Secret<kMaxHandshake> plain;
  std::optional<NoiseIk> attempt = noise_;  // a message that is refused in the end must leave noise_ as it was
  std::optional<std::size_t> size;
  if (plaintext_) {
    size = message.size() - kFrame - handshake_overhead(kind);
    std::copy_n(message.begin() + kFrame, *size, plain.writable().begin());
  } else {
    size = attempt->read_message(message.subspan(kFrame), plain.writable());
    if (!size) return counted(Verdict::unauthentic, kind);
    if (expected_ && attempt->remote_static() != *expected_) return counted(Verdict::unknown_peer, kind);
  }
  const std::uint32_t prefix = load_u32(plain.bytes().data());
  if (prefix >> 24 != kVersion || (prefix & kIndexMask) == 0) return counted(Verdict::malformed, kind);
  if (attempt) peer_ = attempt->remote_static();
  noise_ = attempt;
  remote_index_ = prefix & kIndexMask;
  received_ = true;
  accepted_ = digest;
  if (role_ == Role::initiator) establish();
  std::copy_n(plain.bytes().begin() + kPrefix, *size - kPrefix, payload.begin());
  return counted(Verdict::accepted, kind, *size - kPrefix);
}

void Session::establish() {
  if (!plaintext_) keys_ = noise_->split();
  noise_.reset();
  established_ = true;
}

std::size_t Session::seal(Kind kind, Bytes plaintext, MutableBytes out) {
  if (!established_) return counted(Verdict::not_established, kind).size;
  if (next_counter_ >= message_limit_) return counted(Verdict::exhausted, kind).size;
  if (out.size() < plaintext.size() + kOverhead) return 0;
  store_frame(out.data(), kind, remote_index_);
  const std::uint64_t counter = next_counter_++;
  store_u64(out.data() + kFrame, counter);
  auto* body = out.data() + kHeaderSize;
  if (plaintext_) {
    if (!plaintext.empty()) std::memmove(body, plaintext.data(), plaintext.size());
    std::fill_n(body + plaintext.size(), kTagSize, std::uint8_t{0});
  } else {
    encrypt(keys_.send, counter, out.first(kHeaderSize), plaintext, body);
  }
  return plaintext.size() + kOverhead;
}

bool Session::open_bytes(std::uint64_t counter, Bytes packet, MutableBytes out) const {
  const Bytes sealed = packet.subspan(kHeaderSize);
  if (!plaintext_) return decrypt(keys_.receive, counter, packet.first(kHeaderSize), sealed, out.data());
  std::copy(sealed.begin(), sealed.end() - kTagSize, out.begin());
  return true;
}

Opened Session::open(Bytes packet, MutableBytes out) {
  const auto kind = kind_of(packet);
  if (kind != Kind::data && kind != Kind::signal) return counted(Verdict::malformed, Kind::data);
  if (packet.size() < kOverhead || out.size() < packet.size() - kOverhead) return counted(Verdict::malformed, *kind);
  if (!established_) return counted(Verdict::not_established, *kind);
  if (receiver_of(packet) != local_index_) return counted(Verdict::wrong_receiver, *kind);
  const std::uint64_t counter = load_u64(packet.data() + kFrame);
  if (counter >= message_limit_) return counted(Verdict::exhausted, *kind);
  ReplayWindow& window = *kind == Kind::data ? data_window_ : signal_window_;
  if (!window.is_fresh(counter)) return counted(Verdict::replayed, *kind);
  if (!open_bytes(counter, packet, out)) return counted(Verdict::unauthentic, *kind);
  window.accept(counter);
  return counted(Verdict::accepted, *kind, packet.size() - kOverhead);
}

}  // namespace punchlab::session
