#include "results/check/baseline.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <limits>

namespace punchlab::results {
namespace {

constexpr int kFormat = 2;  ///< 1 had the median of the first byte only

/// In quotes where YAML would read something else than the name.
std::string name(const std::string& text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '+' || c == '.' || c == '_';
  };
  if (!text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) &&
      std::all_of(text.begin(), text.end(), plain))
    return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

/// Exact: milliseconds with as many decimals as the nanoseconds need.
std::string ms(const std::optional<std::int64_t>& ns) {
  return ns ? fmt::format("{}", static_cast<double>(*ns) / 1e6) : ".inf";
}

std::string marks(const Marks& m) { return fmt::format("[{}, {}]", ms(m.p50), ms(m.p95)); }

std::string line(const Figures& f) {
  std::string text = "  - {";
  if (!f.key.pooled()) text += fmt::format("client: {}, connector: {}, ", name(f.key.client), name(f.key.connector));
  text += "policy: " + name(f.key.policy);
  if (!f.key.link.empty()) text += ", link: " + name(f.key.link);
  text += fmt::format(", trials: {}, direct: {}, relayed: {}, failed: {}, time-to-direct: {}, added-latency: {}",
                      f.trials, f.direct, f.relayed, f.failed, marks(f.time_to_direct), marks(f.added_latency));
  if (f.over_least)
    text +=
        fmt::format(", over-least: [{}, {}, {}]", ms(f.over_least->p25), ms(f.over_least->p50), ms(f.over_least->p95));
  text += fmt::format(", first-byte: {}, packets: {}", marks(f.first_byte),
                      f.packets ? fmt::format("{}", *f.packets) : ".inf");
  std::string reasons;
  for (const auto& [reason, count] : f.reasons)
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : ", ", name(reason), count);
  return text + (reasons.empty() ? "" : ", reasons: {" + reasons + "}") + "}\n";
}

/// Something in the file that cannot be taken; caught at the edge below.
struct Wrong {
  YAML::Mark mark;
  std::string what;
};

YAML::Node need(const YAML::Node& map, const char* key) {
  if (!map.IsMap()) throw Wrong{map.Mark(), "a map is needed here"};
  const auto value = map[key];
  if (!value) throw Wrong{map.Mark(), fmt::format("'{}' is missing", key)};
  return value;
}

template <class T>
T read(const YAML::Node& map, const char* key) {
  const auto value = need(map, key);
  T result{};
  if (!value.IsScalar() || !YAML::convert<T>::decode(value, result))
    throw Wrong{value.Mark(), fmt::format("'{}' cannot be read", key)};
  return result;
}

/// A number of `unit`s; nothing for .inf.
std::optional<std::int64_t> number(const YAML::Node& value, const char* key, double unit) {
  double found = 0;
  if (!value.IsScalar() || !YAML::convert<double>::decode(value, found) || std::isnan(found) ||
      (std::isinf(found) && found < 0) || (!std::isinf(found) && std::abs(found * unit) > 9e18))
    throw Wrong{value.Mark(), fmt::format("'{}' is no number", key)};
  return std::isinf(found) ? std::nullopt : std::optional(static_cast<std::int64_t>(std::llround(found * unit)));
}

std::optional<Excess> read_excess(const YAML::Node& map, const char* key) {
  const auto list = map[key];
  if (!list) return std::nullopt;
  if (!list.IsSequence() || list.size() != 3)
    throw Wrong{list.Mark(), fmt::format("'{}' needs three numbers: 25 %, 50 % and 95 % quantile", key)};
  return Excess{number(list[0], key, 1e6), number(list[1], key, 1e6), number(list[2], key, 1e6)};
}

Marks read_marks(const YAML::Node& map, const char* key) {
  const auto pair = need(map, key);
  if (!pair.IsSequence() || pair.size() != 2)
    throw Wrong{pair.Mark(), fmt::format("'{}' needs two numbers: median and 95 % quantile", key)};
  return {number(pair[0], key, 1e6), number(pair[1], key, 1e6)};
}

Figures read_figures(const YAML::Node& map, bool pooled) {
  Figures f;
  if (!pooled) f.key = {read<std::string>(map, "client"), read<std::string>(map, "connector"), "", ""};
  f.key.policy = read<std::string>(map, "policy");
  if (map["link"]) f.key.link = read<std::string>(map, "link");
  f.trials = read<std::uint64_t>(map, "trials");
  f.direct = read<std::uint64_t>(map, "direct");
  f.relayed = read<std::uint64_t>(map, "relayed");
  f.failed = read<std::uint64_t>(map, "failed");
  if (f.trials == 0 || f.direct > f.trials || f.relayed > f.trials || f.failed > f.trials ||
      f.direct + f.relayed + f.failed != f.trials)
    throw Wrong{map.Mark(), "direct, relayed and failed do not make up the trials"};
  f.time_to_direct = read_marks(map, "time-to-direct");
  f.over_least = read_excess(map, "over-least");
  f.added_latency = read_marks(map, "added-latency");
  f.first_byte = read_marks(map, "first-byte");
  f.packets = number(need(map, "packets"), "packets", 1);
  if (map["reasons"]) {
    if (!map["reasons"].IsMap()) throw Wrong{map["reasons"].Mark(), "'reasons' needs a map"};
    for (const auto& entry : map["reasons"])
      f.reasons[entry.first.as<std::string>()] = entry.second.as<std::uint64_t>();
  }
  return f;
}

std::vector<Figures> read_list(const YAML::Node& root, const char* key, bool pooled) {
  const auto list = need(root, key);
  if (!list.IsSequence() || list.size() == 0) throw Wrong{list.Mark(), fmt::format("'{}' has no entry", key)};
  std::vector<Figures> all;
  for (const auto& entry : list) all.push_back(read_figures(entry, pooled));
  return all;
}

Baseline read_baseline(const YAML::Node& root) {
  if (!root.IsMap() || !root["punchlab-baseline"]) throw Wrong{YAML::Mark(), "this is no baseline of punchlab check"};
  if (read<int>(root, "punchlab-baseline") != kFormat)
    throw Wrong{root["punchlab-baseline"].Mark(),
                "a baseline of another version; make it again with --update-baseline"};
  Baseline b;
  b.scenario = read<std::string>(root, "scenario");
  b.backend = read<std::string>(root, "backend");
  b.seed = read<std::uint64_t>(root, "seed");
  b.trials = read<std::uint64_t>(root, "trials");
  if (b.trials == 0) throw Wrong{root["trials"].Mark(), "'trials' must be at least 1"};
  b.cells = read_list(root, "cells", false);
  b.pooled = read_list(root, "pooled", true);
  return b;
}

}  // namespace

std::string to_text(const Baseline& b, const std::string& command) {
  std::string text = fmt::format(
      "# Made by: {}\n# Times are milliseconds of virtual time: [median, 95 % quantile], over-least [25 %, 50 %, 95 "
      "%]; .inf: never.\n"
      "punchlab-baseline: {}\nscenario: {}\nbackend: {}\nseed: {}\ntrials: {}\ncells:\n",
      command, kFormat, name(b.scenario), b.backend, b.seed, b.trials);
  for (const Figures& f : b.cells) text += line(f);
  text += "pooled:\n";
  for (const Figures& f : b.pooled) text += line(f);
  return text;
}

Result<Baseline> parse_baseline(std::string_view text, const std::string& path) {
  const auto wrong = [&](const YAML::Mark& mark, const std::string& what) {
    return Error{Error::Kind::corrupt, mark.is_null() ? fmt::format("{}: {}", path, what)
                                                      : fmt::format("{}:{}: {}", path, mark.line + 1, what)};
  };
  try {
    return read_baseline(YAML::Load(std::string(text)));
  } catch (const Wrong& e) {
    return wrong(e.mark, e.what);
  } catch (const YAML::Exception& e) {  // the YAML library throws; beyond this edge errors are values
    return wrong(e.mark, e.msg);
  }
}

}  // namespace punchlab::results
