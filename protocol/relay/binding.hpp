#pragma once
// The Binding request outside behaviour discovery: on streams, and on servers with one address (RFC 8489 section 12).
#include "protocol/stun/message.hpp"

namespace punchlab::relay {

/// Writes the answer to Binding request `request` from `source`: XOR-MAPPED-ADDRESS, or 420. Its size.
std::size_t answer_binding(const stun::MessageView& request, const TransportAddress& source, MutableBytes out);

}  // namespace punchlab::relay
