#include "tools/cli/nat_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace punchlab::cli {
namespace {

using discovery::Findings;

/// The other axes of a translator, by their keys, for which a scenario's defaults stand.
std::vector<std::string> left_to_defaults(const Findings& found) {
  std::vector<std::string> keys;
  const auto note = [&](const char* key, bool missing) {
    if (missing) keys.emplace_back(key);
  };
  note("port-allocation", found.translates && !found.allocation);
  note("pooling", found.translates && !found.pooling);
  note("hairpinning", found.translates && !found.hairpinning);
  note("timers", !found.unreplied || !found.replied);
  note("refresh", !found.refresh);
  return keys;
}

}  // namespace

std::vector<std::string> undecided_axes(const Findings& found) {
  std::vector<std::string> axes;
  if (found.translates && !found.mapping) axes.emplace_back("mapping");
  if (!found.filtering) axes.emplace_back("filtering");
  return axes;
}

std::string nat_file(const std::string& name, const TransportAddress& server, const Findings& found) {
  auto known = found;
  if (known.refresh == discovery::Refresh::neither) known.refresh.reset();  // no NAT of a scenario is like that
  auto text = fmt::format("name: {}\nsource: behaviour discovery (RFC 5780) with {}\n", name, server.to_string());
  text += known.to_text();
  for (const auto& axis : undecided_axes(known)) text += fmt::format("{}: unknown  # not found; fill it in\n", axis);
  const auto defaults = left_to_defaults(known);
  if (!defaults.empty()) text += fmt::format("# Not found, so the defaults stand: {}.\n", fmt::join(defaults, ", "));
  return text + "# Not to be told from one host: on-collision, limits, what unsolicited packets get.\n";
}

}  // namespace punchlab::cli
