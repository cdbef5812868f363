#include "results/store/manifest.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "results/store/seal.hpp"
#include "results/store/sha256.hpp"

namespace punchlab::results {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "punchlab run";
constexpr int kFormatVersion = 4;  // earlier ones had no seal
constexpr std::array kStates{"running", "complete", "interrupted", "failed"};

Manifest::State parse_state(const std::string& name) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (name == kStates[i]) return static_cast<Manifest::State>(i);
  }
  throw std::invalid_argument("unknown state \"" + name + "\"");
}

/// "punchlab 0.3.0 (commit 0123456789ab)", as far as a manifest of any format says.
std::string writer_of(const Json& j) {
  const auto text = [&](const char* key) {
    return j.contains(key) && j[key].is_string() ? j[key].get<std::string>() : "";
  };
  const auto commit = text("commit");
  const auto version = text("version");
  return fmt::format("punchlab{}{}{}", version.empty() ? "" : " ", version,
                     commit.empty() ? "" : fmt::format(" (commit {:.12})", commit));
}

/// The text is the manifest of a run as some punchlab of this format wrote it.
void check_whole(const Json& j, std::string_view text) {
  if (j.at("format") != kFormat) throw std::invalid_argument("not the manifest of a run");
  const int version = j.at("format_version");
  const bool altered = has_seal(text) ? !seal_holds(text) : version == kFormatVersion;
  if (altered)
    throw std::invalid_argument(
        "it was altered or damaged after punchlab wrote it (its seal, the last line, does not fit): put the original "
        "back, or run the scenario again");
  if (version != kFormatVersion)
    throw std::invalid_argument(fmt::format(
        "it was written by another version (format {}, this one reads {}): run the scenario again with this one, or "
        "read it with {}, which wrote it",
        version, kFormatVersion, writer_of(j)));
}

std::vector<trial::PresetText> presets_from(const Json& j) {
  std::vector<trial::PresetText> presets;
  for (const auto& preset : j) {
    presets.push_back({preset.at("name"), preset.at("text")});
    if (sha256_hex(presets.back().text) != preset.at("sha256"))
      throw std::invalid_argument(fmt::format("the text of {} is not what its hash says", presets.back().name));
  }
  return presets;
}

Json presets_json(const std::vector<trial::PresetText>& presets) {
  Json j = Json::array();
  for (const auto& preset : presets)
    j.push_back({{"name", preset.name}, {"sha256", sha256_hex(preset.text)}, {"text", preset.text}});
  return j;
}

/// The first preset that the two do not share as it is; empty when they share all.
std::string differing_preset(const std::vector<trial::PresetText>& before, const std::vector<trial::PresetText>& now) {
  for (const auto& list : {&before, &now})
    for (const auto& preset : *list)
      for (const auto* other : {&before, &now})
        if (std::find(other->begin(), other->end(), preset) == other->end()) return preset.name;
  return {};
}

Manifest from_json(std::string_view text) {
  const auto j = Json::parse(text);
  check_whole(j, text);
  Manifest m;
  m.version = j.at("version");
  m.commit = j.at("commit");
  const Json& scenario = j.at("scenario");
  m.scenario_name = scenario.at("name");
  m.scenario_title = scenario.at("title");
  m.scenario_path = scenario.at("path");
  m.scenario_sha256 = scenario.at("sha256");
  m.scenario_text = scenario.at("text");
  if (sha256_hex(m.scenario_text) != m.scenario_sha256)
    throw std::invalid_argument("the scenario's text is not what its hash says");
  m.presets = presets_from(scenario.at("presets"));
  m.seed = j.at("seed");
  m.backend = j.at("backend");
  m.host = j.at("host");
  m.command = j.at("command");
  m.jobs = j.at("jobs");
  m.start = j.at("start");
  m.end = j.at("end");
  m.state = parse_state(j.at("state"));
  m.planned = j.at("trials_planned");
  m.finished = j.at("trials_finished");
  m.trials_sha256 = j.at("trials_sha256");
  if (!j.at("trials_per_second").is_null()) m.trials_per_second = j.at("trials_per_second").get<double>();
  m.resumed = j.at("resumed");
  return m;
}

}  // namespace

std::string to_json(const Manifest& m) {
  Json j;
  j["format"] = kFormat;
  j["format_version"] = kFormatVersion;
  j["version"] = m.version;
  j["commit"] = m.commit;
  j["scenario"] = {{"name", m.scenario_name},     {"title", m.scenario_title}, {"path", m.scenario_path},
                   {"sha256", m.scenario_sha256}, {"text", m.scenario_text},   {"presets", presets_json(m.presets)}};
  j["seed"] = m.seed;
  j["backend"] = m.backend;
  j["host"] = m.host;
  j["command"] = m.command;
  j["jobs"] = m.jobs;
  j["start"] = m.start;
  j["end"] = m.end;
  j["state"] = kStates[static_cast<std::size_t>(m.state)];
  j["trials_planned"] = m.planned;
  j["trials_finished"] = m.finished;
  j["trials_sha256"] = m.trials_sha256;
  j["trials_per_second"] = m.trials_per_second ? Json(*m.trials_per_second) : Json();
  j["resumed"] = m.resumed;
  // A host name or a path need not be UTF-8; that must not lose the run.
  return sealed(j.dump(1, ' ', false, Json::error_handler_t::replace));
}

Result<Manifest> parse_manifest(std::string_view json) {
  try {
    return from_json(json);
  } catch (const std::exception& e) {  // the JSON library throws; beyond this edge errors are values
    return Error{Error::Kind::corrupt, fmt::format("manifest.json cannot be read: {}", e.what())};
  }
}

std::optional<std::string> difference(const Manifest& before, const Manifest& now) {
  if (before.scenario_sha256 != now.scenario_sha256) {
    return fmt::format("its scenario is another (SHA-256 {:.12}, now {:.12})", before.scenario_sha256,
                       now.scenario_sha256);
  }
  if (const auto name = differing_preset(before.presets, now.presets); !name.empty())
    return fmt::format("{}, which its scenario names, is another", name);
  if (before.seed != now.seed) return fmt::format("its seed is {}, not {}", before.seed, now.seed);
  if (before.backend != now.backend) return fmt::format("its backend is {}, not {}", before.backend, now.backend);
  if (before.commit != now.commit)
    return fmt::format("commit {:.12} made it, this is {:.12}", before.commit, now.commit);
  return std::nullopt;
}

std::string utc_now() { return fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace punchlab::results
