#include "results/compare/comparison_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/record/names.hpp"
#include "results/terminal/numbers.hpp"
#include "results/terminal/pair_table.hpp"

namespace punchlab::results {
namespace {

constexpr std::size_t kFullColumns = 5;
constexpr std::size_t kFullHeader = 14;
constexpr std::size_t kShownCells = 20;  // within the tolerance
constexpr std::array kOutcomes{Outcome::direct, Outcome::relayed, Outcome::failed};

std::string with_sign(double value, int decimals) {
  const auto text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool nothing = text.find_first_not_of("0.") == std::string::npos;
  return nothing ? "0" : (value < 0 ? "−" : "+") + text;
}

std::string median_text(const std::optional<std::int64_t>& median) {
  return median ? fmt::format("{:.1f} ms", static_cast<double>(*median) / 1e6) : "∞";
}

std::string mark(const Contrast& contrast) { return contrast.differs() ? " *" : ""; }
std::string mark(const TimeContrast& time) { return time.differs() ? " *" : time.is_tolerated() ? " ≈" : ""; }

std::string tolerance_text(Duration tolerance) {
  return fmt::format("{} ms", static_cast<double>(tolerance.count()) / 1e6);
}

std::string style_of(const Contrasts& contrasts, const MatrixOptions& options) {
  if (!options.colour || !contrasts.any_differs()) return "";
  const auto& direct = contrasts.rate(Outcome::direct);
  const double better =
      direct.differs() ? direct.difference.value : -contrasts.time(Quantity::time_to_direct).difference.value;
  return better < 0 ? "\033[1;31m" : "\033[1;32m";
}

std::string points_range(const Difference& d) { return fmt::format("{} to {}", points(d.low), points(d.high)); }
std::string ms_range(const Difference& d) { return fmt::format("{} to {}", signed_ms(d.low), signed_ms(d.high)); }

std::string before_and_after(const RateContrast& rate) {
  return fmt::format("{} → {}", percent_number(rate.first.rate), percent_number(rate.second.rate));
}

std::string probability(double p) { return p < 0.0001 ? "p < 0.0001" : fmt::format("p = {:.2g}", p); }

std::string time_field(const TimeContrast& time) {
  return time.measured ? signed_ms(time.difference.value) + mark(time) : "–";
}

using Fields = PairTable::Fields;

Fields full_cell(const Contrasts& c, bool failed, const MatrixOptions& options) {
  const auto& direct = c.rate(Outcome::direct);
  Fields fields{{before_and_after(direct), style_of(c, options)},
                {points(direct.difference.value) + mark(direct), ""},
                {points_range(direct.difference), ""}};
  if (failed) fields.push_back({before_and_after(c.rate(Outcome::failed)) + mark(c.rate(Outcome::failed)), ""});
  fields.push_back({time_field(c.time(Quantity::time_to_direct)), ""});
  fields.push_back({time_field(c.time(Quantity::added_latency)), ""});
  return fields;
}

std::vector<std::string> full_lines(bool failed) {
  std::vector<std::string> lines{"direct, %", "points", "95 % interval"};
  if (failed) lines.emplace_back("failed, %");
  lines.insert(lines.end(), {"time to direct", "added latency"});
  return lines;
}

Fields compact_cell(const Contrasts& c, const MatrixOptions& options) {
  return {{points(c.rate(Outcome::direct).difference.value) + mark(c.rate(Outcome::direct)), style_of(c, options)},
          {time_field(c.time(Quantity::time_to_direct)), ""}};
}

/// The cells of one pair of policies over one link.
struct Block {
  std::vector<const CellComparison*> cells;
  PairTable table;
  bool failed = false;
};

Block block_of(const PolicyComparison& policy, const std::string& link) {
  Block block;
  for (const auto& cell : policy.cells) {
    if (cell.link != link) continue;
    block.cells.push_back(&cell);
    add_once(block.table.clients, cell.client);
    add_once(block.table.connectors, cell.connector);
    const auto& failed = cell.contrasts.rate(Outcome::failed);
    block.failed |= failed.first.count + failed.second.count > 0;
  }
  return block;
}

std::string trials_text(const Contrasts& c) {
  if (c.pairs > 0) return fmt::format("{} pairs of trials in the same worlds", grouped(c.pairs));
  return fmt::format("{} and {} independent trials", grouped(c.rates[0].first.trials),
                     grouped(c.rates[0].second.trials));
}

/// Draws from one population are one sample; of pairs that the scenario lists the means are compared.
std::string pooled_text(const Contrasts& c, std::size_t cells) {
  std::string text = c.strata == 1 ? "All trials:" : fmt::format("Mean of {} cells:", cells);
  for (const Outcome outcome : kOutcomes) {
    const auto& rate = c.rate(outcome);
    text += fmt::format(" {} {} → {} ({}){}", name_of(outcome), percent(rate.first.rate), percent(rate.second.rate),
                        points_range(rate.difference), outcome == Outcome::failed ? "\n" : ",");
  }
  return text;
}

std::string block_text(const PolicyComparison& policy, const std::string& link, const Contrasts& pooled,
                       Duration tolerance, const MatrixOptions& options) {
  Block block = block_of(policy, link);
  const bool full = block.table.connectors.size() <= kFullColumns;
  if (full) {
    block.table.lines = full_lines(block.failed);
    block.table.header = kFullHeader;
  }
  block.table.cell = [&](const std::string& client, const std::string& connector) {
    for (const auto* cell : block.cells)
      if (cell->client == client && cell->connector == connector)
        return full ? full_cell(cell->contrasts, block.failed, options) : compact_cell(cell->contrasts, options);
    return Fields{};
  };
  const auto policies = policy.first == policy.second ? policy.first : policy.first + " → " + policy.second;
  const auto tolerated = tolerance == Duration{0}
                             ? std::string{}
                             : fmt::format(", ≈ too, but not more than {} beyond chance", tolerance_text(tolerance));
  return fmt::format("\nPolicy {}{}{}: {}\nClients down, connectors across; {}{}\n", policies,
                     link.empty() ? "" : ", link ", link, trials_text(pooled),
                     full ? "differences are second minus first, * is more than chance"
                          : "direct in points, below it the time to direct, second minus first; * is more than chance",
                     tolerated) +
         block.table.render(options.width) + pooled_text(pooled, block.cells.size());
}

std::string side_text(const char* name, const RunTrials& run) {
  const auto& m = run.manifest;
  return fmt::format("{} {}: {}, {}, seed {}, commit {:.12}\n{}", name, run.name, m.scenario_name, m.backend, m.seed,
                     m.commit.empty() ? "unknown" : m.commit, run.warning.empty() ? "" : "  " + run.warning + "\n");
}

std::string name_of(const PolicyComparison& policy, const CellComparison& cell) {
  const auto which = policy.first == policy.second ? policy.second : policy.first + " → " + policy.second;
  return fmt::format("{},{} ({}{}{})", cell.client, cell.connector, which, cell.link.empty() ? "" : ", ", cell.link);
}

/// What differs, but not by more than is tolerated: one line per cell, the largest first.
std::string tolerated_cells(const Comparison& comparison) {
  std::vector<std::pair<double, std::string>> cells;
  for (const auto& policy : comparison.policies)
    for (const auto& cell : policy.cells) {
      std::string text;
      double largest = 0;
      for (const Quantity quantity : kQuantities) {
        const auto& time = cell.contrasts.time(quantity);
        if (!time.is_tolerated()) continue;
        largest = std::max(largest, std::abs(time.difference.value));
        text += fmt::format("{}{} {} ({})", text.empty() ? "" : ", ", name_of(quantity),
                            signed_ms(time.difference.value), ms_range(time.difference));
      }
      if (!text.empty()) cells.emplace_back(largest, fmt::format("  {}: {}\n", name_of(policy, cell), text));
    }
  if (cells.empty()) return {};
  std::stable_sort(cells.begin(), cells.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  auto text = fmt::format("more than chance, but not shown to exceed the tolerance of {} (--tolerance): {} cell{}\n",
                          tolerance_text(comparison.tolerance), cells.size(), cells.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(cells.size(), kShownCells); ++i) text += cells[i].second;
  if (cells.size() > kShownCells) text += fmt::format("  and {} with less\n", cells.size() - kShownCells);
  return text;
}

/// Cells in which pairs ended with two outcomes, whether or not by more than chance.
std::string parting_cells(const Comparison& comparison) {
  std::string text;
  for (const auto& policy : comparison.policies)
    for (const auto& cell : policy.cells)
      if (!cell.parting.empty())
        text += fmt::format("{}: {} of {} pairs ended otherwise\n{}", name_of(policy, cell),
                            cell.ended_otherwise.size(), cell.contrasts.pairs, cell.parting);
  return text.empty() ? text : "where packets part:\n" + text;
}

std::string differing_cells(const Comparison& comparison, std::size_t& count) {
  std::string text;
  for (const auto& policy : comparison.policies) {
    for (const auto& cell : policy.cells) {
      if (!cell.contrasts.any_differs()) continue;
      ++count;
      text += name_of(policy, cell) + "\n" + differences_text(cell.contrasts);
    }
  }
  return text;
}

std::string alone_text(const char* side, const std::vector<std::string>& cells) {
  if (cells.empty()) return {};
  return fmt::format("only in the {} run: {} cell{}, {}{}\n", side, cells.size(), cells.size() == 1 ? "" : "s",
                     cells.front(), cells.size() == 1 ? "" : " and others");
}

}  // namespace

std::string points(double rate_difference) { return with_sign(100 * rate_difference, 1); }

std::string signed_ms(double ns) {
  if (std::isinf(ns)) return ns < 0 ? "−∞" : "+∞";
  return with_sign(ns / 1e6, 1) + " ms";
}

std::string differences_text(const Contrasts& c) {
  std::string text;
  for (const Outcome outcome : kOutcomes) {
    const auto& rate = c.rate(outcome);
    if (!rate.differs()) continue;
    text +=
        fmt::format("  {}: {} ({}) → {} ({}), {} points ({}), {}\n", name_of(outcome), percent(rate.first.rate),
                    percent_range(rate.first.interval), percent(rate.second.rate), percent_range(rate.second.interval),
                    points(rate.difference.value), points_range(rate.difference), probability(rate.adjusted));
  }
  for (const Quantity quantity : kQuantities) {
    const auto& time = c.time(quantity);
    if (!time.differs()) continue;
    text += fmt::format("  {}: median {} → {}, {} ({}), {}\n", name_of(quantity), median_text(time.first_median),
                        median_text(time.second_median), signed_ms(time.difference.value), ms_range(time.difference),
                        probability(time.adjusted));
  }
  if (text.empty()) return text;
  for (const auto& [reason, counts] : c.reasons)
    text += fmt::format("  reason {}: {} → {} trials{}\n", reason, grouped(counts.first), grouped(counts.second),
                        c.pairs > 0 ? " of those that ended differently" : "");
  return text;
}

std::string comparison_text(const Comparison& comparison, const RunTrials& first, const RunTrials& second,
                            const MatrixOptions& options) {
  std::string text =
      &first == &second ? side_text("run:", first) : side_text("first: ", first) + side_text("second:", second);
  std::size_t cells = 0;
  for (const auto& policy : comparison.policies) {
    cells += policy.cells.size();
    for (const auto& [link, pooled] : policy.pooled)
      text += block_text(policy, link, pooled, comparison.tolerance, options);
  }
  std::size_t differing = 0;
  const auto details = differing_cells(comparison, differing);
  text += "\n" + details + (details.empty() ? "" : "\n");
  for (const auto& part : {parting_cells(comparison), tolerated_cells(comparison)})
    text += part + (part.empty() ? "" : "\n");
  text += alone_text("first", comparison.only_first) + alone_text("second", comparison.only_second);
  return text +
         fmt::format("{} of {} cells differ by more than chance (Holm over {} cells, 5 %)\n", differing, cells, cells);
}

}  // namespace punchlab::results
