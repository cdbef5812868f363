#pragma once
// What `punchlab relay` is told, by options or by a file.
#include <optional>
#include <string>
#include <vector>

#include "protocol/relay/config.hpp"
#include "tools/cli/command.hpp"

namespace punchlab::cli {

struct RelayOptions {
  std::vector<TransportAddress> listen;  ///< one, or one of each family
  std::optional<TransportAddress> alternate;
  bool tcp = true;          ///< also on TCP, at the addresses and ports of `listen`
  std::string certificate;  ///< PEM file; empty: no TLS
  std::string key;
  std::uint16_t tls_port = 443;
  relay::Config config;  ///< all but what randomness and open sockets bring
};

/// Nothing after `--help`. Throws CommandError.
std::optional<RelayOptions> read_relay_options(const Arguments& arguments);

}  // namespace punchlab::cli
