#pragma once
// What every command of the one binary shares: its exit statuses, and how it reads its options.
#include <boost/program_options.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace punchlab::cli {

/// DESIGN.md section 7; documented in README.
enum ExitStatus : int {
  kFine = 0,
  kExpectationFailed = 1,
  kWrongUsage = 2,
  kMachineLacks = 3,
  kInterrupted = 130,
};

/// Ends a command with one line on stderr.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitStatus status, const std::string& text) : std::runtime_error(text), status_(status) {}
  ExitStatus status() const { return status_; }

 private:
  ExitStatus status_;
};

using Arguments = std::vector<std::string>;

/// A command's options, one positional argument, and what `--help` says around them.
struct Syntax {
  std::string usage;    ///< first line
  std::string about;    ///< a sentence or two
  std::string example;  ///< a command line that works
  boost::program_options::options_description options;
  std::string positional;  ///< name of the option that takes the bare argument; empty: there is none
  int positional_count = 1;  ///< bare arguments at most
};

/// The parsed options, those of the file that an option `config` names included; nothing when `--help` was asked for and has been printed. Throws CommandError for wrong usage.
std::optional<boost::program_options::variables_map> parse(const Syntax& syntax, const Arguments& arguments);

int run_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int compare_command(const Arguments& arguments);
int lab_command(const Arguments& arguments);
int export_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int nats_command(const Arguments& arguments);
int relay_command(const Arguments& arguments);
int probe_command(const Arguments& arguments);
int agent_command(const Arguments& arguments);
int keys_command(const Arguments& arguments);
int listen_command(const Arguments& arguments);
int connect_command(const Arguments& arguments);
int replay_command(const Arguments& arguments);
int explain_command(const Arguments& arguments);

}  // namespace punchlab::cli
