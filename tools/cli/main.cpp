// The command line: one binary, one file per command.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "tools/cli/command.hpp"
#include "version_values.hpp"

namespace {

using namespace punchlab::cli;

struct Command {
  std::string_view name;
  std::string_view about;
  int (*run)(const Arguments&);
};

constexpr std::array kCommands{
    Command{"run", "run a scenario and print its matrix", run_command},
    Command{"check", "fail when a scenario is worse than its baseline", check_command},
    Command{"compare", "compare two runs, or the policies of one", compare_command},
    Command{"explain", "why a trial ended as it did, packet by packet", explain_command},
    Command{"replay", "run one trial of a run again, bit by bit", replay_command},
    Command{"lab", "run any program in a host of a scenario's network", lab_command},
    Command{"export", "print every trial of a run as CSV or JSON", export_command},
    Command{"report", "make the HTML report and the plots of a run", report_command},
    Command{"nats", "list the NAT presets and what behaviour discovery finds in each", nats_command},
    Command{"relay", "serve STUN, behaviour discovery, TURN and rendezvous on real sockets", relay_command},
    Command{"probe", "find out what the NAT in front of this machine does", probe_command},
    Command{"agent", "one side of a trial of two ICE agents, under the driver contract", agent_command},
    Command{"keys", "make the key pair of a peer", keys_command},
    Command{"listen", "wait for a peer, and let it into a pipe or to TCP services", listen_command},
    Command{"connect", "reach a listening peer: a pipe, or TCP ports forwarded to it", connect_command},
};

void print_usage(std::FILE* to) {
  fmt::print(to, "punchlab {} measures NAT traversal.\n\nusage: punchlab COMMAND [OPTIONS]\n\n", PUNCHLAB_VERSION);
  for (const auto& command : kCommands) fmt::print(to, "  {:<8} {}\n", command.name, command.about);
  fmt::print(to, "\n'punchlab COMMAND --help' explains one.\n\nexample:\n  punchlab run scenarios/classic-nats.yaml\n");
}

int dispatch(std::string_view name, const Arguments& arguments) {
  for (const auto& command : kCommands)
    if (command.name == name) return command.run(arguments);
  throw CommandError(kWrongUsage, fmt::format("there is no command '{}'; see 'punchlab --help'", name));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    print_usage(stderr);
    return kWrongUsage;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    print_usage(stdout);
    return kFine;
  }
  if (name == "--version") {
    fmt::print("punchlab {} ({})\n", PUNCHLAB_VERSION, PUNCHLAB_COMMIT);
    return kFine;
  }
  try {
    const int status = dispatch(name, Arguments(argv + 2, argv + argc));
    if (std::fflush(stdout) != 0)
      throw CommandError(kMachineLacks, fmt::format("cannot write the results: {}", std::strerror(errno)));
    return status;
  } catch (const CommandError& error) {
    fmt::print(stderr, "punchlab: {}\n", error.what());
    return error.status();
  } catch (const std::exception& error) {
    fmt::print(stderr, "punchlab: {}\n", error.what());
    return kMachineLacks;
  }
}
