#pragma once
// From a scenario file to the plan of a run. Everything is checked here; what comes out needs no further check.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/nat/profile.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::loader {

/// What is wrong with a file, or with an override of the command line (then `path` is the option and `line` is 0).
struct Problem {
  std::string path;
  int line = 0;      ///< from 1; 0: no place in the file
  int column = 0;    ///< from 1, in bytes
  std::string text;  ///< what is wrong and what to do, one line

  /// "file:line:column: text", the form that editors jump to.
  std::string to_string() const;
};

/// Which cells `--cell` means: labels of client and connector, "nat" or "nat/link", and of the shared network; or
/// "any".
struct CellNames {
  std::string client;
  std::string connector;
  std::string shared = "any";
  friend bool operator==(const CellNames&, const CellNames&) = default;
};

/// What the command line may change about a scenario. Nothing set: the file as it is.
struct Overrides {
  std::optional<std::uint64_t> trials;  ///< per cell (of a population: pairs in total), at least 1
  std::optional<std::uint64_t> seed;
  std::vector<std::string> policies;             ///< instead of the scenario's; names of its own or of presets
  std::optional<CellNames> cell;                 ///< keep only these
  std::optional<std::filesystem::path> presets;  ///< instead of `presets_directory()`
  bool whole_grid = false;                       ///< also the cells that a population's draw gave no trial
};

/// A scenario with all that it needs, as a run folder keeps it.
struct Texts {
  std::string path;  ///< of the scenario, for messages
  std::string scenario;
  std::vector<trial::PresetText> presets;
};

/// "symmetric,full-cone" or "symmetric,full-cone,cgn" as in `--cell`; a Problem of "--cell" when it is neither.
std::variant<CellNames, Problem> parse_cell(const std::string& text);

/// Reads, checks and plans. Never throws for bad input; the Problem is the first one met.
///
/// A NAT or population that the scenario names is looked up as `nats/NAME.yaml` (`populations/NAME.yaml`) first beside
/// the scenario file, then in `presets_directory()`; so a scenario's own folder may add presets and replace shipped
/// ones.
///
/// A cell's index is its place in the whole grid (policy x relay x shared x client x connector; policies that only the
/// overrides name come last), so that a cell has the same one in every plan of a scenario. With overrides, cells that
/// are left out do not appear, expectations that are only about them are dropped, and so are pooled ones that have lost
/// any cell to an override.
std::variant<trial::Plan, Problem> load(const std::filesystem::path& scenario, const Overrides& overrides = {});

/// The same from texts alone: reads no file. A preset that is not among the texts is a Problem.
std::variant<trial::Plan, Problem> load(const Texts& texts, const Overrides& overrides = {});

/// Every preset with a gateway in `directory` (usually `presets_directory() / "nats"`): by the `order` that its file
/// gives, then by name. `open`, which is no gateway, has no profile.
std::variant<std::vector<nat::Profile>, Problem> load_nat_profiles(const std::filesystem::path& directory);

/// One NAT preset file.
std::variant<nat::Profile, Problem> load_nat_profile(const std::filesystem::path& file);

/// Where the shipped `nats/` and `populations/` lie: the `scenarios` folder of the source tree that was built.
std::filesystem::path presets_directory();

/// The most cells and trials one plan may have.
inline constexpr std::uint64_t kMaxCells = 100'000;
inline constexpr std::uint64_t kMaxTrials = 100'000'000;

}  // namespace punchlab::loader
