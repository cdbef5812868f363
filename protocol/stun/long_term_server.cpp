#include "protocol/stun/long_term_server.hpp"

#include <algorithm>
#include <numeric>

#include "protocol/stun/error_response.hpp"
#include "protocol/stun/nonce.hpp"
#include "protocol/stun/password_algorithms.hpp"

namespace punchlab::stun {
namespace {

using Refused = LongTermServer::Refused;

bool has_integrity(const MessageView& request) {
  return request.has(Attribute::message_integrity) || request.has(Attribute::message_integrity_sha256);
}

bool is_complete(const MessageView& request) {
  return request.has(Attribute::username) && request.has(Attribute::realm) && request.has(Attribute::nonce);
}

/// RFC 8489 section 9.2.4: neither attribute means MD5; otherwise both, the list as we sent it. Nothing: 400.
std::optional<PasswordAlgorithm> requested_algorithm(const MessageView& request) {
  const auto list = request.find(Attribute::password_algorithms);
  const auto one = request.find(Attribute::password_algorithm);
  if (!list && !one) return PasswordAlgorithm::md5;
  if (!list || !one || !std::ranges::equal(list->value, kOfferedAlgorithms)) return std::nullopt;
  return parse_algorithm(one->value);
}

}  // namespace

LongTermServer::LongTermServer(std::string_view realm, std::vector<User> users, Bytes secret, Duration nonce_lifetime)
    : realm_(realm), users_(std::move(users)), secret_(secret), nonce_lifetime_(nonce_lifetime) {
  keys_.reserve(users_.size());
  keys_sha256_.reserve(users_.size());
  for (const auto& user : users_) {
    keys_.push_back(IntegrityKey::long_term(user.name, realm_, user.password));
    keys_sha256_.push_back(IntegrityKey::long_term_sha256(user.name, realm_, user.password));
  }
  by_name_.resize(users_.size());
  std::iota(by_name_.begin(), by_name_.end(), std::uint32_t{0});
  std::ranges::stable_sort(by_name_, {}, [this](std::uint32_t i) -> const std::string& { return users_[i].name; });
}

std::optional<std::uint32_t> LongTermServer::find_user(std::string_view name) const {
  const auto name_of = [this](std::uint32_t i) { return std::string_view{users_[i].name}; };
  const auto at = std::ranges::lower_bound(by_name_, name, {}, name_of);
  if (at == by_name_.end() || name_of(*at) != name) return std::nullopt;
  return *at;
}

std::variant<LongTermServer::Authenticated, Refused> LongTermServer::authenticate(Time now, const FiveTuple& flow,
                                                                                  const MessageView& request) const {
  if (!has_integrity(request)) return Refused{401};
  if (!is_complete(request)) return Refused{400};
  const auto algorithm = requested_algorithm(request);
  if (!algorithm) return Refused{400};
  const auto user = find_user(request.text(Attribute::username));
  if (!user || request.text(Attribute::realm) != realm_) return Refused{401};
  const auto& key = *algorithm == PasswordAlgorithm::sha256 ? keys_sha256_[*user] : keys_[*user];
  if (check_integrity(request, key) != IntegrityResult::valid) return Refused{401};
  const auto issued = nonces_.issued(request.text(Attribute::nonce), flow, secret_);
  if (!issued || *issued > now || now - *issued > nonce_lifetime_) return Refused{438};
  return Authenticated{*user, &key, now - *issued, request.has(Attribute::message_integrity_sha256)};
}

std::size_t LongTermServer::refuse(Time now, const FiveTuple& flow, const MessageView& request, Refused refusal,
                                   MutableBytes out) const {
  if (refusal.code != 401 && refusal.code != 438) return write_error(request, refusal.code, out);
  MessageWriter writer(out, Class::error, request.method(), request.transaction_id());
  const auto nonce = make_nonce(now, flow, secret_);
  writer.error(refusal.code, reason_phrase(refusal.code));
  writer.text(Attribute::realm, realm_);
  writer.text(Attribute::nonce, {nonce.data(), nonce.size()});
  writer.attribute(Attribute::password_algorithms, kOfferedAlgorithms);
  if (request.has(Attribute::fingerprint)) writer.fingerprint();
  return writer.finish();
}

}  // namespace punchlab::stun
