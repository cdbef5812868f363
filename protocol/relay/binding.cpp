#include "protocol/relay/binding.hpp"

#include "protocol/stun/error_response.hpp"

namespace punchlab::relay {
namespace {

using stun::Attribute;

/// Credentials are understood and not needed; what behaviour discovery adds is unknown here (RFC 5780 section 6.1).
constexpr std::array kKnown{Attribute::username,          Attribute::realm,    Attribute::nonce,
                            Attribute::message_integrity, Attribute::userhash, Attribute::message_integrity_sha256,
                            Attribute::password_algorithm};

}  // namespace

std::size_t answer_binding(const stun::MessageView& request, const TransportAddress& source, MutableBytes out) {
  if (const auto size = stun::write_unknown_attributes(request, kKnown, out)) return size;
  stun::MessageWriter writer(out, stun::Class::success, stun::Method::binding, request.transaction_id());
  writer.address(Attribute::xor_mapped_address, source);
  if (request.has(Attribute::fingerprint)) writer.fingerprint();
  return writer.finish();
}

}  // namespace punchlab::relay
