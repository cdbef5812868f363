#pragma once
// The relay of a pair of agents: our own or coturn, as a program in the relay's host.
#include <array>

#include "net/agents/programs.hpp"
#include "net/lab/program.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::agents {

/// The one user of that relay.
inline constexpr char kRelayUser[] = "punchlab";
inline constexpr char kRelayPassword[] = "relay-password";

class RelayProgram {
 public:
  /// Starts it at the relay's first address and trial::kRelayPort. Throws std::system_error, and std::runtime_error
  /// when coturn is not installed.
  RelayProgram(const lab::NetworkNamespace& host, const trial::HostSpec& spec, trial::RelayServer server,
               const Programs& programs);

  /// True once it has answered a Binding request; each call asks again until then.
  bool answers();
  bool exited() { return program_.ended().has_value(); }

 private:
  lab::Program program_;
  lab::FileDescriptor socket_;  ///< in the relay's host
  bool answered_ = false;
};

}  // namespace punchlab::agents
