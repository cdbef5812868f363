#pragma once
// One driver at work: its program in its host's namespaces, and the files that the contract gives it.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "net/agents/programs.hpp"
#include "net/agents/report.hpp"
#include "net/lab/program.hpp"

namespace punchlab::agents {

class Driver {
 public:
  /// Bytes that a driver may print or signal; one that writes more floods.
  static constexpr std::uintmax_t kMostOutput = 256 * 1024;

  /// Starts `command` with `arguments`. `name` is "A" or "B". Throws std::system_error.
  Driver(const lab::NetworkNamespace& host, const Command& command, std::filesystem::path directory, std::string name);

  bool ready() const { return exists("ready"); }
  /// Time zero.
  void go() const;
  /// It has reported; `report` says what, or nothing when that is rubbish.
  bool done() const { return exists("done"); }
  std::optional<DriverReport> report() const;
  bool exited() { return program_.ended().has_value(); }
  bool floods() const;

  /// Whole signalling lines that it has written since the last call, with their ends.
  std::string heard();
  /// Signalling lines of the peer.
  void tell(const std::string& lines) const;

 private:
  std::filesystem::path file(const char* kind) const { return directory_ / (name_ + "." + kind); }
  bool exists(const char* kind) const;

  std::filesystem::path directory_;
  std::string name_;
  lab::Program program_;
  std::size_t read_ = 0;  ///< bytes of its signalling file
};

}  // namespace punchlab::agents
