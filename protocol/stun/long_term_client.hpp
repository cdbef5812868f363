#pragma once
// The client side of the long-term credential mechanism (RFC 8489 section 9.2). One object serves every client of the
// same server (TURN, rendezvous), so that one challenge is enough for all.
#include <optional>
#include <string>
#include <string_view>

#include "protocol/stun/bounded_text.hpp"
#include "protocol/stun/integrity.hpp"

namespace punchlab::stun {

class LongTermClient {
 public:
  LongTermClient(std::string_view username, std::string_view password);

  /// True once a challenge gave REALM and NONCE.
  bool ready() const { return ready_; }
  /// Takes REALM, NONCE (and PASSWORD-ALGORITHMS) from a 401 or 438. True: send the request again, with a new
  /// transaction id; false: the credential was refused (a 401 to an authenticated request) or the challenge is malformed.
  bool handle_challenge(const MessageView& error, bool request_was_authenticated);
  /// USERNAME, REALM, NONCE and the integrity attribute, when ready; nothing otherwise. Call last, before the fingerprint.
  void authenticate(MessageWriter& message) const;
  /// True when a response's integrity is right; error responses of class 4xx to unauthenticated requests carry none.
  bool verify(const MessageView& response) const;

 private:
  static constexpr std::size_t kMaxText = 763;  ///< bytes of REALM or NONCE (RFC 8489 sections 14.9, 14.10)
  bool choose(const std::optional<AttributeView>& offered, std::string_view nonce);
  void make_key();

  std::string username_, password_;
  BoundedText<kMaxText> realm_, nonce_;
  BoundedText<64> offered_;  ///< PASSWORD-ALGORITHMS as the server sent it, to be returned
  bool ready_ = false;
  bool sha256_ = false;
  bool key_is_sha256_ = false;
  IntegrityKey key_;
};

}  // namespace punchlab::stun
