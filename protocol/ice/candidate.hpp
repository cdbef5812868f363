#pragma once
// Candidates (RFC 8445 sections 4 and 5.1) as values.
#include <array>
#include <cstdint>

#include "protocol/base/address.hpp"

namespace punchlab::ice {

enum class CandidateType : std::uint8_t { host, server_reflexive, peer_reflexive, relayed };

/// What sends and receives for a local candidate: a socket of the agent, or an allocation behind it. The agent's caller
/// numbers them from 0; a server-reflexive candidate has the id of its host candidate.
struct BaseId {
  std::uint8_t value = 0;
  friend constexpr auto operator<=>(BaseId, BaseId) = default;
};

/// 1-32 ice-char (RFC 8839 section 5.1), here at most 8, without allocation.
struct Foundation {
  std::array<char, 8> text{};
  friend constexpr auto operator<=>(const Foundation&, const Foundation&) = default;
};

struct Candidate {
  CandidateType type = CandidateType::host;
  Transport transport = Transport::udp;
  std::uint8_t component = 1;
  std::uint32_t priority = 0;
  Foundation foundation{};
  TransportAddress address{};
  TransportAddress base{};  ///< of the same socket on the host (raddr/rport of RFC 8839); unspecified when hidden
  friend constexpr auto operator<=>(const Candidate&, const Candidate&) = default;
};

/// RFC 8445 section 5.1.2.1, with the recommended type preferences 126, 110, 100, 0.
constexpr std::uint32_t priority_of(CandidateType type, std::uint16_t local_preference, std::uint8_t component = 1) {
  constexpr std::array<std::uint32_t, 4> preference{126, 100, 110, 0};
  return (preference[static_cast<std::size_t>(type)] << 24) | (std::uint32_t{local_preference} << 8) | (256u - component);
}

/// The longest ice-ufrag of any agent (RFC 8839 section 5.4).
inline constexpr std::size_t kMaxUfrag = 256;

/// Our own ice-ufrag and ice-pwd (RFC 8445 section 5.3): at least 24 and 128 bits of randomness.
struct Credentials {
  std::array<char, 8> ufrag{};
  std::array<char, 24> password{};
  friend constexpr auto operator<=>(const Credentials&, const Credentials&) = default;
};

}  // namespace punchlab::ice
