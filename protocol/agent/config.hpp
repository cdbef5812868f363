#pragma once
#include <optional>
#include <string>

#include "protocol/base/address.hpp"
#include "protocol/policy/policy.hpp"
#include "protocol/session/keys.hpp"

namespace punchlab::agent {

/// Who begins: the initiator (client) sends Noise message 1 and controls ICE; the responder (connector) waits for it.
enum class Role : std::uint8_t { initiator, responder };

/// What an agent needs to know. Pointers must outlive it.
struct Config {
  Role role = Role::initiator;
  const Policy* policy = nullptr;
  TransportAddress relay;
  /// The same relay's address of the other family over UDP. Sockets of that family learn their server-reflexive address
  /// there; all else goes by `relay`.
  std::optional<TransportAddress> relay_other_family{};
  Transport relay_transport =
      Transport::udp;  ///< udp, or a stream that carries everything to the relay and is never left
  /// Where the relay takes streams, tried as the policy says when `relay_transport` is udp and the relay does not
  /// answer there.
  std::optional<TransportAddress> relay_tcp{}, relay_tls{};
  std::string username;  ///< long-term credential at the relay
  std::string password;
  const session::Identity* identity = nullptr;
  session::PublicKey peer;  ///< the other's static key
  bool session = true;      ///< false: no cryptography end to end, for benchmarks only
};

}  // namespace punchlab::agent
