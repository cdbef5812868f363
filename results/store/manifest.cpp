#include "results/store/manifest.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace punchlab::results {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "punchlab run";
constexpr int kFormatVersion = 2;
constexpr std::array kStates{"running", "complete", "interrupted", "failed"};

Manifest::State parse_state(const std::string& name) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (name == kStates[i]) return static_cast<Manifest::State>(i);
  }
  throw std::invalid_argument("unknown state \"" + name + "\"");
}

Manifest from_json(const Json& j) {
  if (j.at("format") != kFormat || j.at("format_version") != kFormatVersion) {
    throw std::invalid_argument("not a manifest of this version");
  }
  Manifest m;
  m.version = j.at("version");
  m.commit = j.at("commit");
  const Json& scenario = j.at("scenario");
  m.scenario_name = scenario.at("name");
  m.scenario_title = scenario.at("title");
  m.scenario_path = scenario.at("path");
  m.scenario_sha256 = scenario.at("sha256");
  m.scenario_text = scenario.at("text");
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
  j["scenario"] = {{"name", m.scenario_name},
                   {"title", m.scenario_title},
                   {"path", m.scenario_path},
                   {"sha256", m.scenario_sha256},
                   {"text", m.scenario_text}};
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
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> parse_manifest(std::string_view json) {
  try {
    return from_json(Json::parse(json));
  } catch (const std::exception& e) {  // the JSON library throws; beyond this edge errors are values
    return Error{Error::Kind::corrupt, fmt::format("manifest.json cannot be read: {}", e.what())};
  }
}

std::optional<std::string> difference(const Manifest& before, const Manifest& now) {
  if (before.scenario_sha256 != now.scenario_sha256) {
    return fmt::format("its scenario is another (SHA-256 {:.12}, now {:.12})", before.scenario_sha256,
                       now.scenario_sha256);
  }
  if (before.seed != now.seed) return fmt::format("its seed is {}, not {}", before.seed, now.seed);
  if (before.backend != now.backend) return fmt::format("its backend is {}, not {}", before.backend, now.backend);
  if (before.commit != now.commit)
    return fmt::format("commit {:.12} made it, this is {:.12}", before.commit, now.commit);
  return std::nullopt;
}

std::string utc_now() { return fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace punchlab::results
