#pragma once
// The STUN messages of connectivity checks (RFC 8445 section 7, RFC 8489 section 9.1) and their credentials.
#include <optional>
#include <string_view>

#include "protocol/ice/outbox.hpp"
#include "protocol/ice/pair.hpp"
#include "protocol/stun/integrity.hpp"

namespace punchlab::ice {

/// NOMINATION of draft-thatcher-ice-renomination, with the number that libwebrtc uses; comprehension-optional.
inline constexpr auto kNominationAttribute = static_cast<stun::Attribute>(0xC001);

/// 48 and 144 random bits as ice-chars (RFC 8445 section 5.3).
Credentials draw_credentials(Rng& rng);
/// Their text, up to the first NUL.
std::string_view ufrag_of(const Credentials& c);
std::string_view password_of(const Credentials& c);

/// What every check of one agent shares.
struct CheckContext {
  const Credentials* local = nullptr;
  std::string_view remote_ufrag;
  const stun::IntegrityKey* local_key = nullptr;
  const stun::IntegrityKey* remote_key = nullptr;
  std::uint64_t tie_breaker = 0;
};

// Each writes one message and returns its size, or 0 when `out` is too small.
std::size_t write_check(const CheckContext& context, const CheckTransaction& check, std::uint32_t priority,
                        MutableBytes out);
/// An indication of a check's size: crosses the own NAT like a check, and nobody answers it.
std::size_t write_opener(const CheckContext& context, const stun::TransactionId& id, std::uint32_t priority,
                         MutableBytes out);
std::size_t write_keepalive(const stun::TransactionId& id, MutableBytes out);
std::size_t write_response(const CheckContext& context, const SendResponse& response, MutableBytes out);

/// Collects the comprehension-required attributes of `message` that ICE does not know; returns how many.
std::size_t unknown_attributes(const stun::MessageView& message, std::span<std::uint16_t> out);

}  // namespace punchlab::ice
