#include "results/compare/comparison_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "results/record/names.hpp"

namespace punchlab::results {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

Json finite(double value) { return std::isinf(value) ? Json() : Json(rounded(value)); }

Json share_json(const Share& share) {
  return {{"count", share.count},
          {"trials", share.trials},
          {"rate", rounded(share.rate)},
          {"low", rounded(share.interval.low)},
          {"high", rounded(share.interval.high)}};
}

Json contrast_json(const Contrast& c, double unit) {
  return {{"difference", finite(c.difference.value / unit)},
          {"low", finite(c.difference.low / unit)},
          {"high", finite(c.difference.high / unit)},
          {"p", c.probability},
          {"p_holm", c.adjusted},
          {"differs", c.differs()}};
}

Json median_json(const std::optional<std::int64_t>& ns) { return ns ? Json(static_cast<double>(*ns) / 1e6) : Json(); }

std::string key_of(Quantity quantity) {
  std::string key(name_of(quantity));
  for (char& c : key) c = c == ' ' ? '_' : c;
  return key + "_ms";
}

void add_contrasts(Json& j, const Contrasts& c) {
  j["pairs"] = c.pairs;
  for (const Outcome outcome : {Outcome::direct, Outcome::relayed, Outcome::failed}) {
    const auto& rate = c.rate(outcome);
    Json& entry = j[std::string(name_of(outcome))] = contrast_json(rate, 1);
    entry["first"] = share_json(rate.first);
    entry["second"] = share_json(rate.second);
  }
  for (const Quantity quantity : kQuantities) {
    const auto& time = c.time(quantity);
    Json& entry = j[key_of(quantity)] = contrast_json(time, 1e6);
    entry["first_median"] = median_json(time.first_median);
    entry["second_median"] = median_json(time.second_median);
    entry["measured"] = time.measured;
    entry["p_any_holm"] = time.any_adjusted;
    entry["within_tolerance"] = time.is_tolerated();
  }
  j["reasons"] = Json::object();
  for (const auto& [reason, counts] : c.reasons) j["reasons"][reason] = {counts.first, counts.second};
}

Json side_json(const RunTrials& run) {
  const auto& m = run.manifest;
  return {{"run", run.name},      {"scenario", m.scenario_name},
          {"backend", m.backend}, {"seed", m.seed},
          {"version", m.version}, {"commit", m.commit},
          {"command", m.command}, {"warning", run.warning.empty() ? Json() : Json(run.warning)}};
}

std::string lines_of(const PolicyComparison& policy, bool& first) {
  std::string text;
  const auto add = [&](Json line) {
    text += (first ? "\n " : ",\n ") + line.dump(-1, ' ', false, Json::error_handler_t::replace);
    first = false;
  };
  for (const auto& cell : policy.cells) {
    Json j{{"client", cell.client},
           {"connector", cell.connector},
           {"link", cell.link},
           {"first_policy", policy.first},
           {"second_policy", policy.second}};
    add_contrasts(j, cell.contrasts);
    j["ended_otherwise"] = cell.ended_otherwise.size();
    j["parting"] = cell.parting;
    add(std::move(j));
  }
  return text;
}

Json pooled_json(const Comparison& comparison) {
  Json pooled = Json::array();
  for (const auto& policy : comparison.policies) {
    for (const auto& [link, contrasts] : policy.pooled) {
      Json j{{"link", link}, {"first_policy", policy.first}, {"second_policy", policy.second}};
      j["strata"] = contrasts.strata;
      add_contrasts(j, contrasts);
      pooled.push_back(std::move(j));
    }
  }
  return pooled;
}

}  // namespace

std::string to_json(const Comparison& comparison, const RunTrials& first, const RunTrials& second,
                    const std::string& command) {
  const auto dump = [](const Json& j) { return j.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string cells;
  bool begun = true;
  for (const auto& policy : comparison.policies) cells += lines_of(policy, begun);
  return fmt::format(
      "{{\"command\":{},\n\"tolerance_ms\":{},\n\"first\":{},\n\"second\":{},\n\"only_first\":{},\n\"only_second\":{},"
      "\n\"cells\":[{}],\n"
      "\"pooled\":{}}}\n",
      dump(command), dump(static_cast<double>(comparison.tolerance.count()) / 1e6), dump(side_json(first)),
      dump(side_json(second)), dump(comparison.only_first), dump(comparison.only_second), cells,
      dump(pooled_json(comparison)));
}

}  // namespace punchlab::results
