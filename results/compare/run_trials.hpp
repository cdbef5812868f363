#pragma once
// A whole run in memory, as far as comparing needs it.
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "results/statistics/median_difference.hpp"
#include "results/store/store.hpp"

namespace punchlab::results {

/// What is compared of a trial's times.
enum class Quantity : std::uint8_t { time_to_first_byte, time_to_direct, added_latency };
inline constexpr std::array kQuantities{Quantity::time_to_first_byte, Quantity::time_to_direct,
                                        Quantity::added_latency};
/// "time to direct"
std::string_view name_of(Quantity quantity);

/// One trial of one cell; times in nanoseconds, `kNever` when it never happened.
struct ComparedTrial {
  std::uint64_t trial = 0;
  Outcome outcome = Outcome::failed;
  std::uint16_t reason = 0;  ///< index into RunTrials::reasons
  std::array<std::int64_t, kQuantities.size()> times{};
};

struct CellTrials {
  StoredCell cell;
  std::vector<ComparedTrial> trials;       ///< by ascending index
  std::optional<std::uint32_t> draw = {};  ///< trial::Cell::draw, once `know_draws` was told of the plan
};

struct RunTrials {
  std::string name;  ///< for people: the folder
  Manifest manifest;
  std::vector<std::string> reasons;  ///< [0] is the empty one
  std::vector<CellTrials> cells;     ///< those with trials, in the run's order
  std::string warning{};             ///< Lateness::warning
};

/// Which cells of `run` came from one draw of a population, as `plan`, which is the run's, says.
void know_draws(RunTrials& run, const trial::Plan& plan);

/// Reads a run folder. Corrupt and foreign ones give an error, as does one without a finished trial.
Result<RunTrials> read_run(const std::filesystem::path& folder);

}  // namespace punchlab::results
