#pragma once
// manifest.json: what a run was, so that anybody can make it again. The only place for wall-clock time, host and jobs.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/store/result.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::results {

struct Manifest {
  enum class State : std::uint8_t { running, complete, interrupted, failed };

  std::string version;  ///< of punchlab
  std::string commit;   ///< that built it; empty when unknown
  std::string scenario_name;
  std::string scenario_title;
  std::string scenario_path;
  std::string scenario_text;    ///< the whole file
  std::string scenario_sha256;  ///< of the text, in hexadecimal
  std::vector<trial::PresetText> presets;  ///< that the scenario named, whole
  std::uint64_t seed = 1;
  std::string backend;
  std::string host;     ///< name and kind of the machine
  std::string command;  ///< that makes the run again
  std::uint32_t jobs = 1;
  std::string start;  ///< ISO 8601, UTC
  std::string end;    ///< the same; empty while it runs
  State state = State::running;
  std::uint64_t planned = 0;                ///< trials
  std::uint64_t finished = 0;               ///< trials in the store when the run ended
  std::string trials_sha256;                ///< of all trials in the store when the run ended; empty while it runs
  std::optional<double> trials_per_second;  ///< of the last process that worked on it
  std::uint32_t resumed = 0;                ///< how often --resume took the run up again
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// JSON, indented, sealed (seal.hpp).
std::string to_json(const Manifest& manifest);
/// The error names the missing or wrong key, the format when it is another version's, or says that the seal is broken.
Result<Manifest> parse_manifest(std::string_view json);

/// Why a run made under `before` cannot be taken up by `now`; nothing when it can. Scenario text, presets, seed,
/// backend and commit must be equal; trials per cell, jobs and host need not be.
std::optional<std::string> difference(const Manifest& before, const Manifest& now);

/// Now, as manifests write it: "2024-05-01T12:34:56Z".
std::string utc_now();

}  // namespace punchlab::results
