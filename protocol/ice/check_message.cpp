#include "protocol/ice/check_message.hpp"

#include "protocol/stun/error_response.hpp"

namespace punchlab::ice {
namespace {

using stun::Attribute;

template <std::size_t N>
void draw_text(Rng& rng, std::array<char, N>& text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < N; ++i, bits >>= 6) {
    if (i % 10 == 0) bits = rng.next();
    text[i] = alphabet[bits & 63];
  }
}

template <std::size_t N>
std::string_view view_of(const std::array<char, N>& text) {
  const std::string_view all(text.data(), N);
  return all.substr(0, all.find('\0'));
}

// "<peer's ufrag>:<own ufrag>" (RFC 8445 section 7.2.2).
void write_username(stun::MessageWriter& message, const CheckContext& context) {
  std::array<char, kMaxUfrag + 1 + 8> text;
  const auto local = ufrag_of(*context.local);
  auto* end = std::ranges::copy(context.remote_ufrag, text.data()).out;
  *end++ = ':';
  end = std::ranges::copy(local, end).out;
  message.text(Attribute::username, {text.data(), static_cast<std::size_t>(end - text.data())});
}

std::size_t seal(stun::MessageWriter& message, const stun::IntegrityKey& key) {
  message.message_integrity(key);
  message.fingerprint();
  return message.finish();
}

void write_role(stun::MessageWriter& message, Role role, std::uint64_t tie_breaker) {
  message.u64(role == Role::controlling ? Attribute::ice_controlling : Attribute::ice_controlled, tie_breaker);
}

}  // namespace

Credentials draw_credentials(Rng& rng) {
  Credentials c;
  draw_text(rng, c.ufrag);
  draw_text(rng, c.password);
  return c;
}

std::string_view ufrag_of(const Credentials& c) { return view_of(c.ufrag); }
std::string_view password_of(const Credentials& c) { return view_of(c.password); }

std::size_t write_check(const CheckContext& context, const CheckTransaction& check, std::uint32_t priority,
                        MutableBytes out) {
  stun::MessageWriter message(out, stun::Class::request, stun::Method::binding, check.id);
  write_username(message, context);
  message.u32(Attribute::priority, priority);
  write_role(message, check.role, context.tie_breaker);
  if (check.use_candidate) message.flag(Attribute::use_candidate);
  if (check.nomination != 0) message.u32(kNominationAttribute, check.nomination);
  return seal(message, *context.remote_key);
}

std::size_t write_opener(const CheckContext& context, const stun::TransactionId& id, std::uint32_t priority,
                         MutableBytes out) {
  stun::MessageWriter message(out, stun::Class::indication, stun::Method::binding, id);
  write_username(message, context);
  message.u32(Attribute::priority, priority);
  write_role(message, Role::controlled, context.tie_breaker);
  return seal(message, *context.remote_key);
}

std::size_t write_keepalive(const stun::TransactionId& id, MutableBytes out) {
  stun::MessageWriter message(out, stun::Class::indication, stun::Method::binding, id);
  message.fingerprint();
  return message.finish();
}

std::size_t write_response(const CheckContext& context, const SendResponse& response, MutableBytes out) {
  const auto kind = response.code == 0 ? stun::Class::success : stun::Class::error;
  stun::MessageWriter message(out, kind, stun::Method::binding, response.id);
  if (response.code == 0) message.address(Attribute::xor_mapped_address, response.destination);
  else message.error(response.code, stun::reason_phrase(response.code));
  if (response.unknown_count != 0)
    message.unknown_attributes(std::span(response.unknown).first(response.unknown_count));
  if (response.authenticated) return seal(message, *context.local_key);
  message.fingerprint();
  return message.finish();
}

std::size_t unknown_attributes(const stun::MessageView& message, std::span<std::uint16_t> out) {
  static constexpr std::array known{Attribute::username,       Attribute::message_integrity,
                                    Attribute::error_code,     Attribute::unknown_attributes,
                                    Attribute::mapped_address, Attribute::message_integrity_sha256,
                                    Attribute::priority,       Attribute::xor_mapped_address,
                                    Attribute::use_candidate,  Attribute::realm,
                                    Attribute::nonce};
  return message.unknown_required(known, out);
}

}  // namespace punchlab::ice
