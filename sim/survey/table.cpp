#include "sim/survey/table.hpp"

#include <algorithm>
#include <array>

#include "sim/nat/requirements.hpp"
#include "sim/survey/agreement.hpp"
#include "sim/survey/nat_discovery.hpp"

namespace punchlab::survey {
namespace {

constexpr std::size_t kColumns = 9;
using Cells = std::array<std::string, kColumns>;

/// "120 s"; whole days as "30 d".
std::string timer(Duration d) {
  const auto days = std::chrono::floor<std::chrono::days>(d);
  if (days.count() > 0 && days == d) return std::to_string(days.count()) + " d";
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(d).count()) + " s";
}

/// "REQ-1 REQ-8": the numbers of RFC 4787 alone, which is what fits a table; "no UDP" where it does not apply.
std::string short_requirements(const std::vector<std::string>& broken) {
  std::string out;
  for (const std::string& r : broken) {
    if (!r.starts_with("REQ-") && !r.starts_with("no UDP:")) continue;
    out += (out.empty() ? "" : " ") + r.substr(0, r.find(':'));
  }
  return out.empty() ? "-" : out;
}

/// The words of RFC 4787 in the letters that papers use.
std::string abbreviated(const std::string& dependence) {
  if (dependence == "endpoint-independent") return "independent";
  if (dependence == "address-dependent") return "address";
  if (dependence == "address-and-port-dependent") return "address+port";
  return dependence;
}

Cells cells_of(const Row& r) {
  const auto marked = [&](const char* key, const std::string& value) {
    const bool seen = std::find(r.not_found.begin(), r.not_found.end(), key) == r.not_found.end();
    return seen ? value : value + "*";
  };
  return {r.name,
          marked("mapping", abbreviated(r.mapping)),
          marked("filtering", abbreviated(r.filtering)),
          marked("port_allocation", r.port_allocation),
          marked("pooling", r.pooling),
          marked("hairpinning", r.hairpinning),
          marked("timers", r.timers),
          r.agrees() ? "agrees" : "DIFFERS",
          short_requirements(r.broken_requirements)};
}

void append(std::string& out, const Cells& cells, const std::array<std::size_t, kColumns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    line += cells[i];
    line.append(widths[i] - cells[i].size() + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

}  // namespace

Row survey(const nat::Profile& p, std::uint64_t seed) {
  Row row{p.name, p.title, p.source, "-", "-", "-", "-", "-", "-", {}, {}, {}, nat::broken_requirements(p)};
  const discovery::Findings found = discover(p, seed);
  row.found = found.to_text();
  row.disagreements = disagreements(p, found);
  row.not_found = not_found(p, found);
  if (p.udp_blocked) return row;
  row.filtering = name_of(p.filtering);
  row.timers = timer(p.timers.udp_unreplied) + " / " + timer(p.timers.udp_replied);
  if (!p.translates) return row;
  row.mapping = name_of(p.mapping);
  row.port_allocation = name_of(p.port_allocation);
  row.pooling =
      p.addresses > 1 ? std::string(name_of(p.pooling)) + " of " + std::to_string(p.addresses) : "one address";
  row.hairpinning = name_of(p.hairpinning);
  return row;
}

std::string render(std::span<const Row> rows) {
  std::vector<Cells> lines{
      {"NAT", "mapping", "filtering", "ports", "pooling", "hairpinning", "UDP timers", "discovery", "breaks RFC 4787"}};
  for (const Row& r : rows) lines.push_back(cells_of(r));
  std::array<std::size_t, kColumns> widths{};
  for (const Cells& cells : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string out;
  for (const Cells& cells : lines) append(out, cells, widths);
  const auto unseen = [](const Row& r) { return !r.not_found.empty(); };
  if (std::any_of(rows.begin(), rows.end(), unseen))
    out += "* as declared: discovery cannot see it from one host behind this NAT, or not within 30 minutes\n";
  for (const Row& r : rows) {
    for (const std::string& d : r.disagreements) out += r.name + ": " + d + "\n";
  }
  return out;
}

}  // namespace punchlab::survey
