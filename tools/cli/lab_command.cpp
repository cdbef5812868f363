// punchlab lab: any program inside a host of a scenario's network, over real Linux stacks.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "net/kernel/abilities.hpp"
#include "net/kernel/kernel_gateway.hpp"
#include "net/lab/abilities.hpp"
#include "net/lab/lab_world.hpp"
#include "net/lab/program.hpp"
#include "scenarios/loader/loader.hpp"
#include "sim/trial/world_fault.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/runner/backend.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

using trial::HostId;

/// How often the lab looks whether a program ended, in case its signal came at a bad moment.
constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::hours kForever{24 * 365 * 10};
/// A program may burst more than a trial's hosts do.
constexpr int kQueue = 4096;

struct Users {
  static constexpr const char* kClient = "client:client-password";
  static constexpr const char* kConnector = "connector:connector-password";
};

struct LabCommand {
  trial::Plan plan;
  std::uint64_t trial = 0;
  std::vector<std::string> command{};
  std::string connector{};
  std::optional<std::filesystem::path> pcap{};
  bool kernel = false;  ///< gateways are the kernel's where their NATs have rules for it
};

Syntax syntax() {
  Syntax s{
      .usage = "punchlab lab SCENARIO [OPTIONS] [-- COMMAND...]",
      .about =
          "Runs a command (or a shell) in the client host of a scenario's first cell, behind its NATs and links, with "
          "the other peer's host and a relay on the other side of an internet that leads nowhere else. The variables "
          "PUNCHLAB_CLIENT and PUNCHLAB_CONNECTOR hold the peers' addresses, PUNCHLAB_RELAY the relay's address and "
          "port, "
          "and PUNCHLAB is this program. The exit status is the command's.",
      .example =
          "punchlab lab scenarios/classic-nats.yaml --cell symmetric,full-cone -- "
          "sh -c '$PUNCHLAB probe --server $PUNCHLAB_RELAY'",
      .options = po::options_description("options"),
      .positional = "scenario",
  };
  s.options.add_options()("scenario", po::value<std::string>(), "the scenario file (also without --scenario)")(
      "cell", po::value<std::string>(), "CLIENT,CONNECTOR: the NATs of the two sides")(
      "trial", po::value<std::uint64_t>()->default_value(0), "whose latencies and addresses, counted from 0")(
      "connector", po::value<std::string>(),
      "command line for a shell in the connector's host, for as long as COMMAND runs")(
      "backend", po::value<std::string>()->default_value("sockets"),
      "sockets, or sockets-kernel: the kernel's own NAT wherever a NAT has the key kernel")(
      "pcap", po::value<std::string>(), "folder for a capture of every interface");
  return s;
}

std::optional<LabCommand> parse_lab(const Arguments& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const auto values = parse(syntax(), Arguments(arguments.begin(), dashes));
  if (!values) return std::nullopt;
  loader::Overrides overrides;
  if (values->count("cell")) {
    auto cell = loader::parse_cell((*values)["cell"].as<std::string>());
    if (const auto* problem = std::get_if<loader::Problem>(&cell))
      throw CommandError(kWrongUsage, problem->to_string());
    overrides.cell = std::get<0>(cell);
  }
  auto loaded = loader::load((*values)["scenario"].as<std::string>(), overrides);
  if (const auto* problem = std::get_if<loader::Problem>(&loaded))
    throw CommandError(kWrongUsage, problem->to_string());
  LabCommand lab{.plan = std::get<trial::Plan>(std::move(loaded)), .trial = (*values)["trial"].as<std::uint64_t>()};
  const auto& name = (*values)["backend"].as<std::string>();
  const auto backend = runner::parse_backend(name);
  if (!backend || !runner::is_real(*backend))
    throw CommandError(kWrongUsage, fmt::format("--backend {}: a lab is sockets or sockets-kernel", name));
  lab.kernel = *backend == runner::Backend::sockets_kernel;
  if (dashes != arguments.end()) lab.command.assign(dashes + 1, arguments.end());
  if (lab.command.empty()) {
    const char* shell = std::getenv("SHELL");
    lab.command = {shell != nullptr && *shell != '\0' ? shell : "/bin/sh"};
  }
  if (values->count("connector")) lab.connector = (*values)["connector"].as<std::string>();
  if (values->count("pcap")) lab.pcap = (*values)["pcap"].as<std::string>();
  return lab;
}

/// Before anything runs: a lab that cannot be captured as wanted is not started.
void make_capture_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && access(folder.c_str(), W_OK) != 0) error = {errno, std::generic_category()};
  if (error)
    throw CommandError(kMachineLacks, fmt::format("--pcap {}: {}; name a folder that can be written", folder.string(),
                                                  error.message()));
}

std::string address_of(const trial::Topology& topology, HostId host) {
  return topology.host(host).addresses.front().to_string();
}

/// "client 192.168.0.10 behind symmetric (203.0.113.1)"
std::string described(const trial::Topology& topology, HostId host, const char* name, const trial::Side& side) {
  auto text = fmt::format("{} {}", name, address_of(topology, host));
  if (topology.host(host).gateways.empty()) return text;
  std::vector<std::string> seen;
  for (const auto& address : topology.host(host).gateways.back().addressing.external)
    seen.push_back(address.to_string());
  return fmt::format("{} behind {} ({})", text, side.nat_name, fmt::join(seen, ", "));
}

/// For the programs in the lab: where the others are, and this program.
void export_variables(const trial::Topology& topology) {
  setenv("PUNCHLAB_CLIENT", address_of(topology, HostId::client).c_str(), 1);
  setenv("PUNCHLAB_CONNECTOR", address_of(topology, HostId::connector).c_str(), 1);
  setenv("PUNCHLAB", std::filesystem::read_symlink("/proc/self/exe").c_str(), 1);
  setenv("PUNCHLAB_RELAY", fmt::format("{}:{}", address_of(topology, HostId::relay), trial::kRelayPort).c_str(), 1);
}

/// A program in the background: Ctrl-C is not for it, nor is the terminal's input.
void leave_terminal(bool silent) {
  setsid();
  const lab::FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup2(null.get(), STDIN_FILENO);
  if (silent) dup2(null.get(), STDERR_FILENO);
}

int serve_relay(const trial::Topology& topology) {
  leave_terminal(true);
  const auto& addresses = topology.host(HostId::relay).addresses;
  try {
    return relay_command({"--listen", fmt::format("{}:{}", addresses[0].to_string(), trial::kRelayPort), "--alternate",
                          fmt::format("{}:{}", addresses[1].to_string(), trial::kRelayPort + 1), "--user",
                          Users::kClient, "--user", Users::kConnector});
  } catch (const std::exception&) {
    return kMachineLacks;
  }
}

volatile std::sig_atomic_t child_ended = 0;

/// Carries packets until the command ends.
class Attendance final : public trial::Application {
 public:
  Attendance(lab::Program& command, lab::Program& relay) : command_(command), relay_(relay) {}

  void start(Time now, trial::Network& network) override {
    network_ = &network;
    on_timer(now, HostId::client);
  }
  void on_datagram(Time, HostId, const TransportAddress&, const TransportAddress&, Bytes) override {}
  void on_packet(const trial::PacketEvent&) override {}
  void on_timer(Time now, HostId host) override {
    child_ended = 1;
    network_->set_timer(host, now + kLook);
  }
  bool finished() const override {
    if (interrupted) return true;
    if (child_ended == 0) return status_.has_value();
    child_ended = 0;
    status_ = command_.ended();
    if (!relay_gone_ && relay_.ended()) {
      relay_gone_ = true;
      fmt::print(stderr, "punchlab: the relay of the lab ended (status {}); the rest goes on\n", *relay_.ended());
    }
    return status_.has_value();
  }
  std::optional<int> status() const { return status_; }

 private:
  lab::Program& command_;
  lab::Program& relay_;
  trial::Network* network_ = nullptr;
  mutable std::optional<int> status_;
  mutable bool relay_gone_ = false;
};

void listen_for_signals() {
  listen_for_interrupts();
  signal(SIGINT, SIG_IGN);  // is for the command, which decides
  signal(SIGQUIT, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = [](int) { child_ended = 1; };
  sigaction(SIGCHLD, &action, nullptr);
}

int run_lab(lab::LabWorld& world, const LabCommand& options, const trial::Topology& topology) {
  for (const auto host : {HostId::client, HostId::connector, HostId::relay}) world.leave_to_others(host);
  world.assign_addresses(topology);
  export_variables(topology);
  listen_for_signals();
  lab::Program relay(world.network_namespace(HostId::relay), [&] { return serve_relay(topology); });
  std::optional<lab::Program> connector;
  if (!options.connector.empty())
    connector.emplace(world.network_namespace(HostId::connector), [&] {
      leave_terminal(false);
      return lab::execute({"/bin/sh", "-c", options.connector});
    });
  lab::Program command(world.network_namespace(HostId::client), [&] { return lab::execute(options.command); });
  Attendance attendance(command, relay);
  try {
    world.run(topology, attendance, kTimeOrigin + kForever, {options.pcap});
  } catch (const trial::WorldFault& fault) {
    throw CommandError(kMachineLacks, fmt::format("the lab broke: {}", fault.what()));
  }
  if (!attendance.status()) throw CommandError(kInterrupted, "interrupted");
  return *attendance.status();
}

}  // namespace

int lab_command(const Arguments& arguments) {
  const auto options = parse_lab(arguments);
  if (!options) return kFine;
  const auto& cell = options->plan.cells.front();
  if (const auto reason = options->kernel ? kernel::cannot_model(cell) : lab::cannot_model(cell))
    throw CommandError(kWrongUsage,
                       fmt::format("cell {},{}: {}", cell.client.nat_name, cell.connector.nat_name, *reason));
  if (options->pcap) make_capture_folder(*options->pcap);
  auto gateways = options->kernel ? kernel::make_kernel_gateways() : nullptr;
  auto made = lab::make_lab_world({.gateways = std::move(gateways), .queue = kQueue});
  if (const auto* missing = std::get_if<std::string>(&made)) throw CommandError(kMachineLacks, *missing);
  const auto topology = trial::draw_topology(cell, options->plan.seed, options->trial);
  fmt::print(stderr, "{}; {}; relay {}:{}, users {} and {}\n",
             described(topology, HostId::client, "client", cell.client),
             described(topology, HostId::connector, "connector", cell.connector), address_of(topology, HostId::relay),
             trial::kRelayPort, Users::kClient, Users::kConnector);
  return run_lab(*std::get<0>(made), *options, topology);
}

}  // namespace punchlab::cli
