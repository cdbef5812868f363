#include "tools/cli/plan.hpp"

#include <fmt/format.h>

#include "tools/cli/command.hpp"

namespace punchlab::cli {

trial::Plan load_plan(const std::filesystem::path& scenario, const loader::Overrides& overrides) {
  auto loaded = loader::load(scenario, overrides);
  if (const auto* problem = std::get_if<loader::Problem>(&loaded))
    throw CommandError(kWrongUsage, problem->to_string());
  return std::get<trial::Plan>(std::move(loaded));
}

void check_backend(const trial::Plan& plan, runner::Backend backend) {
  if (const auto refusal = runner::cannot_model(backend, plan))
    throw CommandError(kWrongUsage, fmt::format("backend {} cannot model cell {},{}: {}", runner::name_of(backend),
                                                refusal->cell->client.nat_name, refusal->cell->connector.nat_name,
                                                refusal->reason));
  if (const auto missing = runner::machine_lacks(backend, plan)) throw CommandError(kMachineLacks, *missing);
}

}  // namespace punchlab::cli
