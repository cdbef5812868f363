#pragma once
// The server side of the long-term credential mechanism (RFC 8489 section 9.2.4) without state per client: a nonce is
// its own time of issue and the client's address, under a keyed hash. Nothing is allocated before a request is valid,
// and what is remembered only saves work.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/stun/integrity.hpp"
#include "protocol/stun/nonce.hpp"

namespace punchlab::stun {

struct User {
  std::string name;
  std::string password;
};

class LongTermServer {
 public:
  /// `secret` keys the nonces; `nonce_lifetime` is how long one is accepted (stale after: 438).
  LongTermServer(std::string_view realm, std::vector<User> users, Bytes secret,
                 Duration nonce_lifetime = std::chrono::hours{1});

  struct Authenticated {
    std::uint32_t user = 0;             ///< index into the users
    const IntegrityKey* key = nullptr;  ///< signs the response; lives as long as this object
    Duration nonce_age{
        0};  ///< time since the nonce was issued: one round trip when the client answers a challenge at once
    bool sha256 = false;  ///< the request used MESSAGE-INTEGRITY-SHA256; so does the response
  };
  /// The user of a valid request, or the code to refuse it with: 400, 401 or 438.
  struct Refused {
    int code = 401;
  };
  std::variant<Authenticated, Refused> authenticate(Time now, const FiveTuple& flow, const MessageView& request) const;
  /// Writes the whole error response to `request` with ERROR-CODE, and for 401 and 438 REALM and a fresh NONCE. Its
  /// size.
  std::size_t refuse(Time now, const FiveTuple& flow, const MessageView& request, Refused refusal,
                     MutableBytes out) const;
  std::string_view realm() const { return realm_; }

 private:
  std::optional<std::uint32_t> find_user(std::string_view name) const;

  std::string realm_;
  std::vector<User> users_;
  std::vector<std::uint32_t> by_name_;  ///< indices into `users_`, sorted by name
  std::vector<IntegrityKey> keys_, keys_sha256_;
  IntegrityKey secret_;
  mutable KnownNonces nonces_;  ///< changes no answer, only what it costs
  Duration nonce_lifetime_;
};

}  // namespace punchlab::stun
