#pragma once
// Nonces that carry their own time of issue, so that a server keeps no state per client (RFC 8489 sections 9.2
// and 9.2.4).
#include <array>
#include <optional>
#include <string_view>

#include "protocol/base/time.hpp"
#include "protocol/stun/integrity.hpp"

namespace punchlab::stun {

/// Cookie and features (13 characters), then in base64 the time of issue (8 bytes) and a hash (10 bytes) over it and
/// the client's transport address under the server's secret.
inline constexpr std::size_t kNonceSize = 13 + 24;
using Nonce = std::array<char, kNonceSize>;

/// A nonce for the client at the remote end of `flow`, issued at `now`.
Nonce make_nonce(Time now, const FiveTuple& flow, const IntegrityKey& secret);
/// When `nonce` was issued; nothing when it was not issued under `secret` to this client.
std::optional<Time> nonce_issued(std::string_view nonce, const FiveTuple& flow, const IntegrityKey& secret);

/// `nonce_issued`, which remembers what it found right: a client sends its nonce again with every request. Of a fixed
/// size, and only what the server issued itself comes in.
class KnownNonces {
 public:
  std::optional<Time> issued(std::string_view nonce, const FiveTuple& flow, const IntegrityKey& secret);

 private:
  struct Known {
    FiveTuple flow;
    Nonce nonce{};
    Time issued;
  };
  std::array<Known, 64> known_;  ///< each flow has its place
};

}  // namespace punchlab::stun
