#pragma once
// The world of real sockets: each host is a Linux network stack of its own, in real time; NATs, links and routing are
// the same models as in the simulated worlds, between devices of the hosts (docs/sockets-lab.md). Rootless, and nothing
// is left behind: all of it hangs on descriptors of this process.
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "net/lab/gateway.hpp"
#include "net/lab/host_device.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::lab {

/// How late packets reached hosts' stacks in one run, against the links' model.
struct Lateness {
  std::uint64_t packets = 0;
  Duration median{0};
  Duration p99{0};
};

struct LabOptions {
  std::unique_ptr<GatewayMaker> gateways{};  ///< asked before NatBox, unless null
  std::optional<DeviceKind> device{};        ///< nothing: what the machine allows
  int queue = 256;                           ///< packets that wait in a host's device
};

class LabWorld : public trial::World {
 public:
  /// Of the last run.
  virtual Lateness lateness() const = 0;
  /// From the next run on, programs of this host are other processes, and the lab opens no socket there.
  virtual void leave_to_others(trial::HostId host) = 0;
  /// Gives the hosts their addresses before `run` does, for programs that start earlier.
  virtual void assign_addresses(const trial::Topology& topology) = 0;
  /// Before such a program of the trial takes `local`, of UDP and TCP, in `run`: throws trial::WorldFault when another has it.
  virtual void demand_port(trial::HostId host, const TransportAddress& local) = 0;
  /// Where such programs belong.
  virtual const NetworkNamespace& network_namespace(trial::HostId host) const = 0;
};

/// Moves this process into namespaces of its own, for good (`enter_lab`), and builds the hosts; it must have one
/// thread. Otherwise: what the machine lacks, and how to get it. `run` lasts as long as the trial and carries IPv4
/// only. It throws std::invalid_argument when asked for IPv6, and trial::WorldFault when a host's interface went down or a
/// program that is not the lab's has a port of the trial's.
std::variant<std::unique_ptr<LabWorld>, std::string> make_lab_world(LabOptions options = {});

}  // namespace punchlab::lab
