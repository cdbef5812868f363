#include "net/agents/report.hpp"

#include <nlohmann/json.hpp>

namespace punchlab::agents {
namespace {

using Json = nlohmann::json;

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto before = text.rfind('\n');
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

/// Milliseconds as drivers write them; -1 or nothing: it never happened.
std::optional<Duration> milliseconds(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  if (!(value >= 0) || value > 1e9) return std::nullopt;
  return std::chrono::round<Duration>(std::chrono::duration<double, std::milli>(value));
}

std::optional<std::uint32_t> count(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() > 1'000'000)
    return std::nullopt;
  return found->get<std::uint32_t>();
}

}  // namespace

std::optional<DriverReport> parse_report(std::string_view output) {
  const auto json = Json::parse(last_line(output), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto outcome = json.find("outcome");
  const auto echo = json.find("echo");
  if (outcome == json.end() || !outcome->is_string() || echo == json.end() || !echo->is_object()) return std::nullopt;
  const auto sent = count(*echo, "sent");
  const auto answered = count(*echo, "ok");
  if (!sent || !answered || *answered > *sent) return std::nullopt;
  DriverReport report;
  report.outcome = *outcome;
  report.echoes_sent = *sent;
  report.echoes_answered = *answered;
  report.connected = milliseconds(json, "ms_connected");
  report.round_trip = milliseconds(*echo, "rtt_ms");
  if (const auto error = json.find("error"); error != json.end() && error->is_string()) report.error = *error;
  return report;
}

}  // namespace punchlab::agents
