#include "protocol/stun/long_term_client.hpp"

#include "protocol/stun/password_algorithms.hpp"

namespace punchlab::stun {

LongTermClient::LongTermClient(std::string_view username, std::string_view password)
    : username_(username), password_(password) {}

bool LongTermClient::handle_challenge(const MessageView& error, bool request_was_authenticated) {
  const auto code = error.error();
  if (!code || (code->code != 401 && code->code != 438)) return false;
  if (code->code == 401 && request_was_authenticated) return false;
  const auto realm = error.text(Attribute::realm);
  const auto nonce = error.text(Attribute::nonce);
  if (realm.empty() || nonce.empty() || realm.size() > kMaxText || nonce.size() > kMaxText) return false;
  if (!choose(error.find(Attribute::password_algorithms), nonce)) return false;
  const bool same_key = ready_ && realm == realm_.view() && key_is_sha256_ == sha256_;
  ready_ = realm_.assign(realm) && nonce_.assign(nonce);
  if (!same_key) make_key();
  return ready_;
}

bool LongTermClient::choose(const std::optional<AttributeView>& offered, std::string_view nonce) {
  if (!offered) {
    // The nonce says that algorithms were offered: somebody removed them to force MD5 (RFC 8489 section 9.2.5).
    if ((nonce_features(nonce) & kFeaturePasswordAlgorithms) != 0) return false;
    sha256_ = false;
    offered_.assign({});
    return true;
  }
  const auto algorithm = choose_algorithm(offered->value);
  const std::string_view text{reinterpret_cast<const char*>(offered->value.data()), offered->value.size()};
  if (!algorithm || !offered_.assign(text)) return false;
  sha256_ = *algorithm == PasswordAlgorithm::sha256;
  return true;
}

void LongTermClient::make_key() {
  key_ = sha256_ ? IntegrityKey::long_term_sha256(username_, realm_.view(), password_)
                 : IntegrityKey::long_term(username_, realm_.view(), password_);
  key_is_sha256_ = sha256_;
}

void LongTermClient::authenticate(MessageWriter& message) const {
  if (!ready_) return;
  message.text(Attribute::username, username_);
  message.text(Attribute::realm, realm_.view());
  message.text(Attribute::nonce, nonce_.view());
  if (!offered_.view().empty()) {
    const auto algorithm = sha256_ ? PasswordAlgorithm::sha256 : PasswordAlgorithm::md5;
    message.text(Attribute::password_algorithms, offered_.view());
    message.u32(Attribute::password_algorithm, std::uint32_t{static_cast<std::uint16_t>(algorithm)} << 16);
  }
  if (sha256_) {
    message.message_integrity_sha256(key_);
  } else {
    message.message_integrity(key_);
  }
}

bool LongTermClient::verify(const MessageView& response) const {
  // An answer under the weaker hash would be a downgrade of what the request used.
  if (!ready_ || (sha256_ && !response.has(Attribute::message_integrity_sha256))) return false;
  return check_integrity(response, key_) == IntegrityResult::valid;
}

}  // namespace punchlab::stun
