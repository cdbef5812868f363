#include "protocol/stun/short_term.hpp"

namespace punchlab::stun {

ShortTermResult check_short_term(const MessageView& request, std::string_view local_fragment, const IntegrityKey& key) {
  const bool integrity = request.has(Attribute::message_integrity) || request.has(Attribute::message_integrity_sha256);
  if (!integrity || !request.has(Attribute::username)) return ShortTermResult::incomplete;
  const auto username = request.text(Attribute::username);
  const bool ours = username.size() > local_fragment.size() && username.starts_with(local_fragment) &&
                    username[local_fragment.size()] == ':';
  if (!ours || check_integrity(request, key) != IntegrityResult::valid) return ShortTermResult::unauthenticated;
  return ShortTermResult::valid;
}

}  // namespace punchlab::stun
