#pragma once
// The world of real sockets: each host is a Linux network stack of its own, in real time; NATs, links and routing are
// the same models as in the simulated worlds, between TUN devices (docs/sockets-lab.md). Rootless, and nothing is left
// behind: all of it hangs on descriptors of this process.
#include <memory>
#include <string>
#include <variant>

#include "net/lab/gateway.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::lab {

/// How late packets reached hosts' stacks in one run, against the links' model.
struct Lateness {
  std::uint64_t packets = 0;
  Duration median{0};
  Duration p99{0};
};

class LabWorld : public trial::World {
 public:
  /// Of the last run.
  virtual Lateness lateness() const = 0;
};

/// Moves this process into namespaces of its own, for good (`enter_lab`), and builds the hosts; it must have one
/// thread. Otherwise: what the machine lacks, and how to get it. `run` lasts as long as the trial, carries IPv4 only,
/// and throws std::invalid_argument when asked for captures or IPv6. `gateways`, unless null, is asked before NatBox.
std::variant<std::unique_ptr<LabWorld>, std::string> make_lab_world(std::unique_ptr<GatewayMaker> gateways = nullptr);

}  // namespace punchlab::lab
