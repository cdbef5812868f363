#pragma once
// The command line of a driver (docs/agents.md).
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::contract {

struct TurnArgument {
  TransportAddress address;
  Transport transport = Transport::udp;
  std::string user;
  std::string password;
};

struct Arguments {
  std::string name;  ///< "A" or "B"
  std::string peer;  ///< the other one
  bool controlling = false;
  std::string directory;  ///< of the signalling files
  std::optional<TransportAddress> stun{};
  std::optional<TurnArgument> turn{};
  Duration timeout = std::chrono::seconds{15};
  Duration settle = std::chrono::milliseconds{1000};
  bool relayed_only = false;
  unsigned echoes = 10;
  std::size_t length = 400;  ///< of an echo datagram, 8-1200 bytes
  std::string options{};      ///< --opt, for this driver alone
};

/// All as `--key value`; otherwise a line that says what is wrong.
std::variant<Arguments, std::string> parse_arguments(const std::vector<std::string>& words);

}  // namespace punchlab::contract
