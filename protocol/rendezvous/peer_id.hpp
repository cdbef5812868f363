#pragma once
// How the relay names a peer.
#include <array>
#include <compare>
#include <optional>

#include "protocol/base/bytes.hpp"
#include "protocol/session/keys.hpp"

namespace punchlab::rendezvous {

/// 32 bytes: a peer's static public key. Where sessions are off, any 32 bytes both sides know.
struct PeerId {
  std::array<std::uint8_t, 32> bytes{};

  static PeerId of(const session::PublicKey& key) { return {key.bytes}; }
  /// Nothing unless `value` has 32 bytes.
  static std::optional<PeerId> from_bytes(Bytes value);
  friend constexpr auto operator<=>(const PeerId&, const PeerId&) = default;
};

/// Mixes all bytes; for tables whose order is never used.
std::uint64_t hash_of(const PeerId& id);

}  // namespace punchlab::rendezvous
