#include "tools/cli/run_folder.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <map>

#include "results/store/database.hpp"
#include "results/store/labels.hpp"
#include "results/store/rows.hpp"
#include "results/store/sha256.hpp"
#include "version_values.hpp"

namespace punchlab::cli {
namespace {

std::string host_name() {
  utsname name{};
  uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

results::Manifest manifest(const trial::Plan& plan, const RunOptions& options, std::size_t planned) {
  results::Manifest m;
  m.version = PUNCHLAB_VERSION;
  m.commit = PUNCHLAB_COMMIT;
  m.scenario_name = plan.name;
  m.scenario_title = plan.title;
  m.scenario_path = plan.scenario_path;
  m.scenario_text = plan.scenario_text;
  m.scenario_sha256 = results::sha256_hex(plan.scenario_text);
  m.presets = plan.presets;
  m.seed = plan.seed;
  m.backend = runner::name_of(options.backend);
  m.host = host_name();
  m.command = options.command;
  m.jobs = options.jobs;
  m.start = results::utc_now();
  m.planned = planned;
  return m;
}

std::filesystem::path run_folder(const trial::Plan& plan, const RunOptions& options) {
  if (!options.out.empty()) return options.out;
  auto time = results::utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  const auto base = std::filesystem::path("results/runs") / plan.name / fmt::format("{}-{}", time, plan.seed);
  auto folder = base;
  for (int n = 2; std::filesystem::exists(folder); ++n) folder = base.string() + fmt::format("-{}", n);
  return folder;
}

/// As the table `cells` and messages call a cell.
std::string described(std::string_view client, std::string_view connector, std::string_view policy,
                      std::string_view link) {
  return fmt::format("{},{} ({}{}{})", client, connector, policy, link.empty() ? "" : ", ", link);
}

std::string described(const trial::Cell& cell) {
  return described(cell.client.nat_name, cell.connector.nat_name, cell.policy.name, results::link_label(cell));
}

/// The cells of the run in `folder`, by their index; none when it was killed before it had any.
std::map<std::uint32_t, std::string> cells_in(const std::filesystem::path& folder) {
  const auto path = folder / "trials.sqlite";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  auto database = results::Database::open(path, results::Database::Mode::read);
  if (!database) fail(database.error());
  const auto stored = results::read_cells(**database);
  if (!stored) return {};  // no such table: Store knows whether the file is new or not ours
  std::map<std::uint32_t, std::string> cells;
  for (const auto& cell : *stored) cells[cell.cell] = described(cell.client, cell.connector, cell.policy, cell.link);
  return cells;
}

/// A run can grow by cells (without --cell, say), but not lose any: its summary would be of a part.
void check_same_cells(const std::filesystem::path& folder, const trial::Plan& plan) {
  std::map<std::uint32_t, std::string> now;
  for (const auto& cell : plan.cells) now[cell.index] = described(cell);
  for (const auto& [index, name] : cells_in(folder))
    if (const auto same = now.find(index); same == now.end() || same->second != name)
      throw CommandError(kWrongUsage,
                         fmt::format("cannot resume {}: it has cell {}, {}, which is not among these; leave out --cell, "
                                     "give the same --policy, and not fewer --trials",
                                     folder.string(), index, name));
}

}  // namespace

void fail(const results::Error& error) { throw CommandError(static_cast<ExitStatus>(error.exit_status()), error.text); }

void check(const results::Status& status) {
  if (status) fail(*status);
}

results::Store open_store(const trial::Plan& plan, const RunOptions& options, std::size_t planned) {
  const auto folder = run_folder(plan, options);
  const auto m = manifest(plan, options, planned);
  if (options.resume) check_same_cells(folder, plan);
  auto store = options.resume ? results::Store::resume(folder, m, plan) : results::Store::create(folder, m, plan);
  if (!store) fail(store.error());
  return std::move(*store);
}

}  // namespace punchlab::cli
