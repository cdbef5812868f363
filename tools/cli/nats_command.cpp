// punchlab nats: every preset, what behaviour discovery finds in it, and what it breaks.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "scenarios/loader/loader.hpp"
#include "sim/survey/table.hpp"
#include "tools/cli/command.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// Discovery draws ports and transaction ids; the findings depend on the profile only.
constexpr std::uint64_t kSeed = 1;

std::vector<nat::Profile> load_profiles(const std::filesystem::path& directory) {
  auto loaded = loader::load_nat_profiles(directory);
  if (const auto* problem = std::get_if<loader::Problem>(&loaded))
    throw CommandError(kWrongUsage, problem->to_string());
  return std::get<0>(std::move(loaded));
}

nlohmann::ordered_json to_json(const survey::Row& row) {
  return {{"name", row.name},           {"title", row.title},
          {"source", row.source},       {"mapping", row.mapping},
          {"filtering", row.filtering}, {"port_allocation", row.port_allocation},
          {"pooling", row.pooling},     {"hairpinning", row.hairpinning},
          {"timers", row.timers},       {"found", row.found},
          {"agrees", row.agrees()},     {"disagreements", row.disagreements},
          {"not_found", row.not_found}, {"broken_requirements", row.broken_requirements}};
}

}  // namespace

int nats_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab nats [--json] [--presets DIR]",
      .about =
          "Runs RFC 5780 behaviour discovery through every NAT preset in virtual time and prints what it found beside "
          "what the preset declares, with the requirements of RFC 4787 and RFC 5382 that the preset breaks.",
      .example = "punchlab nats --json | jq '.[] | select(.agrees == false)'",
      .options = po::options_description("options"),
      .positional = "",
  };
  syntax.options.add_options()("json", po::bool_switch(), "as JSON, one object per preset")(
      "presets", po::value<std::string>(), "folder of NAT files instead of the shipped one");
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const bool own = values->count("presets") > 0;
  const auto directory =
      own ? std::filesystem::path((*values)["presets"].as<std::string>()) : loader::presets_directory() / "nats";
  std::vector<survey::Row> rows;
  for (const auto& profile : load_profiles(directory)) rows.push_back(survey::survey(profile, kSeed));
  if ((*values)["json"].as<bool>()) {
    auto json = nlohmann::ordered_json::array();
    for (const auto& row : rows) json.push_back(to_json(row));
    std::cout << json.dump(2) << "\n";
  } else {
    fmt::print("{}", survey::render(rows));
  }
  for (const auto& row : rows)
    if (!row.agrees()) return kExpectationFailed;
  return kFine;
}

}  // namespace punchlab::cli
