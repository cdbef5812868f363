#pragma once
// Error responses that any STUN server needs (RFC 8489 sections 6.3.1 and 14.8).
#include <span>
#include <string_view>

#include "protocol/stun/message.hpp"

namespace punchlab::stun {

/// The recommended reason phrase of an error code of RFC 8489, RFC 8656 or RFC 8445; "Error" for others.
std::string_view reason_phrase(int code);

/// Writes an error response to `request`, with FINGERPRINT when the request had one. Its size; 0 when it does not fit.
std::size_t write_error(const MessageView& request, int code, MutableBytes out);

/// Writes the 420 that lists the comprehension-required attributes of `request` missing in `known` (RFC 8489 section
/// 6.3.1). 0 when every one is known: process the request.
std::size_t write_unknown_attributes(const MessageView& request, std::span<const Attribute> known, MutableBytes out);

}  // namespace punchlab::stun
