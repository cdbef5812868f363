#pragma once
// One end-to-end session between two peers: the Noise IK handshake, then sealed packets, over whichever path. Keys do
// not know of paths, so they stay when the path changes. Formats: docs/protocol.md.
#include <array>
#include <cstdint>
#include <optional>

#include "protocol/session/noise_ik.hpp"
#include "protocol/session/replay_window.hpp"

namespace punchlab::session {

/// What a packet of a session is. The first byte on the wire is 0xC0 | kind: never STUN (0x00-0x03), never ChannelData
/// (0x40-0x4F), never RTP (0x80-0xBF).
enum class Kind : std::uint8_t { initiation = 0, response = 1, data = 2, signal = 3 };

/// The kind that the first byte claims; nothing when the bytes are no packet of a session. For demultiplexing.
std::optional<Kind> kind_of(Bytes packet);

/// What became of a packet; Session counts each.
enum class Verdict : std::uint8_t {
  accepted,
  duplicate,        ///< the handshake message that was accepted before, again: a responder answers it again
  malformed,        ///< too short, too long, or no kind that is expected here
  wrong_receiver,   ///< carries another session's index
  unauthentic,      ///< a bit differs from what the peer sealed, or another key sealed it
  unknown_peer,     ///< message 1 of somebody who proved to be another than the expected peer
  unexpected,       ///< a handshake message that this role or state has no use for
  replayed,         ///< the counter was seen before, or is more than ReplayWindow::kSize behind
  not_established,  ///< a sealed packet before the handshake is complete
  exhausted,        ///< the key has reached its message limit
};
inline constexpr std::size_t kVerdicts = 10;

/// The outcome of reading one packet: `size` bytes of plaintext when accepted, else 0.
struct Opened {
  Verdict verdict = Verdict::malformed;
  Kind kind = Kind::data;
  std::size_t size = 0;
};

class Session {
 public:
  static constexpr std::size_t kHeaderSize = 12;           ///< kind, 24-bit receiver index, 64-bit counter
  static constexpr std::size_t kOverhead = kHeaderSize + kTagSize;
  static constexpr std::size_t kMaxHandshake = 1100;       ///< bytes of a whole handshake message
  static constexpr std::size_t kInitiationOverhead = 4 + NoiseIk::kOverhead1 + 4;
  static constexpr std::size_t kResponseOverhead = 4 + NoiseIk::kOverhead2 + 4;
  /// Payload that fits either handshake message.
  static constexpr std::size_t kMaxHandshakePayload = kMaxHandshake - kInitiationOverhead;
  /// Packets one key may seal (WireGuard's REJECT_AFTER_MESSAGES).
  static constexpr std::uint64_t kMessageLimit = ~std::uint64_t{0} - (std::uint64_t{1} << 13);

  /// `identity` and `rng` must outlive the session; `prologue` is only read here, and must be equal on both sides.
  static Session initiator(const Identity& identity, const PublicKey& peer, Bytes prologue, Rng& rng,
                           std::uint64_t message_limit = kMessageLimit);
  /// With `peer`, message 1 of anybody else is `unknown_peer`.
  static Session responder(const Identity& identity, const std::optional<PublicKey>& peer, Bytes prologue, Rng& rng,
                           std::uint64_t message_limit = kMessageLimit);
  /// The same packets, of the same sizes, without any cryptography: for measuring the rest. Never for real data.
  static Session plaintext(Role role);

  Session(Session&&) = default;
  Session& operator=(Session&&) = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The initiator's message 1, or the responder's message 2 once message 1 was accepted, with `payload` sealed in it.
  /// Called again it gives the same bytes again, whatever `payload` is. 0 when it is not this side's turn, the payload is
  /// over kMaxHandshakePayload, or `out` is too small.
  std::size_t write_handshake(Bytes payload, MutableBytes out);
  /// Reads message 1 or 2 and writes its payload to `payload`. A message that is not accepted changes nothing.
  Opened read_handshake(Bytes message, MutableBytes payload);
  /// True when packets can be sealed and opened.
  bool established() const { return established_; }

  /// Seals one packet of `kind` (data or signal): its size, plaintext.size() + kOverhead. 0, counted, when the session is
  /// not established or exhausted; 0 also when `out` is too small. `out` may not overlap `plaintext` except that
  /// plaintext may lie exactly at out + kHeaderSize (sealing in place).
  std::size_t seal(Kind kind, Bytes plaintext, MutableBytes out);
  std::size_t seal(Bytes plaintext, MutableBytes out) { return seal(Kind::data, plaintext, out); }
  /// Opens a data or signal packet into `out`, at least packet.size() - kOverhead long. Reordering is fine; each packet
  /// opens once. A packet that is not accepted changes nothing.
  Opened open(Bytes packet, MutableBytes out);

  Role role() const { return role_; }
  /// The peer's static key: given, or proved by message 1. Zero before that, and in plaintext mode.
  const PublicKey& peer() const { return peer_; }
  /// How many packets ended in `verdict`, in both verbs together.
  std::uint64_t count(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }
  /// Equal on both sides, and only there (Noise section 11.2). Zero before the session is established.
  const std::array<std::uint8_t, kHashSize>& handshake_hash() const { return keys_.handshake_hash; }
  /// What seals and opens, for tests that search for it on the wire.
  const TransportKeys& keys() const { return keys_; }

 private:
  using Digest = std::array<std::uint8_t, 32>;
  Session(Role role, std::uint64_t message_limit, std::uint32_t local_index);
  Verdict check_turn(Bytes message, Kind kind, const Digest& digest) const;
  Opened read_checked(Bytes message, Kind kind, const Digest& digest, MutableBytes payload);
  std::size_t write_noise(Kind kind, Bytes payload);
  void establish();
  bool open_bytes(std::uint64_t counter, Bytes packet, MutableBytes out) const;
  Opened counted(Verdict verdict, Kind kind, std::size_t size = 0);

  Role role_;
  bool established_ = false;
  bool received_ = false;                    ///< the peer's handshake message was accepted
  std::optional<NoiseIk> noise_;             ///< until established; nothing in plaintext mode
  bool plaintext_ = false;
  std::optional<PublicKey> expected_;
  PublicKey peer_;
  std::uint32_t local_index_ = 0;            ///< 24 bits, chosen by us, in every packet to us
  std::uint32_t remote_index_ = 0;           ///< the peer's
  TransportKeys keys_;
  std::uint64_t message_limit_;
  std::uint64_t next_counter_ = 0;
  ReplayWindow data_window_;                 ///< one window each: a signal may be slow on the relay while data runs ahead
  ReplayWindow signal_window_;
  Digest accepted_{};                        ///< digest of the peer's handshake message
  std::array<std::uint8_t, kMaxHandshake> written_;  ///< our handshake message, for repeating it
  std::size_t written_size_ = 0;
  std::array<std::uint64_t, kVerdicts> counts_{};
};

}  // namespace punchlab::session
