#pragma once
// Short-term credentials as ICE uses them (RFC 8489 section 9.1, RFC 8445 section 7.2.2 and 7.3).
#include <string_view>

#include "protocol/stun/integrity.hpp"

namespace punchlab::stun {

/// What a server does with a request; the last two are answered with 400 and 401 (RFC 8489 section 9.1.3).
enum class ShortTermResult : std::uint8_t { valid, incomplete, unauthenticated };

/// Checks a connectivity check: USERNAME is `local_fragment` ":" anything (the peer's fragment may not be known yet), and the
/// integrity is right under `key`, made of the local password.
ShortTermResult check_short_term(const MessageView& request, std::string_view local_fragment, const IntegrityKey& key);

}  // namespace punchlab::stun
