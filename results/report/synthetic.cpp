#include "results/report/synthetic.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "results/store/sha256.hpp"

namespace punchlab::results {
namespace {

using Names = std::vector<std::string>;

Names nats_of(SyntheticShape shape) {
  switch (shape) {
    case SyntheticShape::classic:
      return {"full-cone", "restricted-cone", "port-restricted-cone", "symmetric"};
    case SyntheticShape::rfc4787:
      return {"EIM-EIF", "EIM-ADF", "EIM-APDF", "ADM-EIF", "ADM-ADF", "ADM-APDF", "APDM-EIF", "APDM-ADF", "APDM-APDF"};
    case SyntheticShape::population:
      return {"full-cone", "address-restricted", "port-restricted-cone", "symmetric", "udp-blocked"};
    case SyntheticShape::access:
      return {"port-restricted-cone", "symmetric"};
    case SyntheticShape::agents:
      return {"full-cone", "symmetric"};
  }
  return {};
}

/// As labels begin; each pair is of one agent.
Names agents_of(SyntheticShape shape) {
  if (shape != SyntheticShape::agents) return {""};
  return {"punchlab:", "libnice:", "aioice:"};
}

/// How much later than others an agent is direct; nothing but an order.
double slowness(const std::string& label) {
  return label.starts_with("libnice:") ? 40 : label.starts_with("aioice:") ? 90 : 0;
}

Names links_of(SyntheticShape shape) {
  if (shape != SyntheticShape::access) return {""};
  return {"plain", "loss-1", "loss-5", "wifi", "congested-bottleneck"};
}

/// 0 lets everything in, 3 nothing; stands for filtering and mapping in one number.
std::uint32_t strictness(const std::string& label) {
  const auto nat = label.substr(label.find(':') + 1);
  if (nat == "udp-blocked") return 9;
  if (nat == "symmetric" || nat.starts_with("APDM")) return nat == "APDM-EIF" ? 1 : 3;
  if (nat == "port-restricted-cone" || nat.ends_with("APDF")) return 2;
  return nat == "full-cone" || nat.ends_with("EIF") ? 0 : 1;
}

std::uint64_t trials_of(SyntheticShape shape, std::size_t client, std::size_t connector) {
  if (shape != SyntheticShape::population) return 200;
  if (client == 0 && connector == 4) return 0;  // a pair that was never drawn
  return (5 - client) * (5 - connector) * (5 - connector) * 8 + 3;
}

trial::Cell cell_of(const std::string& client, const std::string& connector, const std::string& policy,
                    const std::string& link) {
  trial::Cell cell;
  cell.client.nat_name = client;
  cell.connector.nat_name = connector;
  cell.client.access.name = link;
  cell.policy.name = policy;
  return cell;
}

Duration milliseconds(double ms) { return Duration{std::llround(ms * 1e6)}; }

void fill_direct(TrialRecord& r, double base, Rng& rng) {
  r.outcome = Outcome::direct;
  r.least_time_to_direct = milliseconds(base * 2.1);
  r.time_to_direct =
      *r.least_time_to_direct + milliseconds(-8 * std::log(1 - rng.uniform()) + (rng.chance(0.05) ? 250 : 1));
  r.rtt_direct = milliseconds(base + rng.uniform() * 4);
  r.added_latency = milliseconds(rng.uniform() * 0.2);
}

}  // namespace

trial::Plan synthetic_plan(SyntheticShape shape) {
  trial::Plan plan;
  constexpr const char* kNames[] = {"synthetic-classic", "synthetic-rfc4787", "synthetic-population",
                                    "synthetic-access", "synthetic-agents"};
  plan.name = kNames[static_cast<std::size_t>(shape)];
  plan.title = "Invented numbers, for tests only";
  plan.scenario_path = "scenarios/" + plan.name + ".yaml";
  plan.scenario_text = "name: " + plan.name + "\ntitle: Invented numbers, for tests only\n";
  const Names nats = nats_of(shape);
  const Names policies = shape == SyntheticShape::access ? Names{"relay-first", "ice"} : Names{"relay-first"};
  const auto add = [&](const std::string& agent, std::size_t i, std::size_t j, const auto& policy, const auto& link) {
    trial::Cell cell = cell_of(agent + nats[i], agent + nats[j], policy, link);
    cell.index = static_cast<std::uint32_t>(plan.cells.size());
    cell.world = cell.index;
    cell.trials = trials_of(shape, i, j);
    if (cell.trials > 0) plan.cells.push_back(std::move(cell));
  };
  for (const auto& policy : policies)
    for (const auto& link : links_of(shape))
      for (const auto& agent : agents_of(shape))
        for (std::size_t i = 0; i < nats.size(); ++i)
          for (std::size_t j = 0; j < nats.size(); ++j) add(agent, i, j, policy, link);
  return plan;
}

TrialRecord synthetic_record(const trial::Plan& plan, const trial::Cell& cell, std::uint64_t trial) {
  SeededRng rng({.seed = plan.seed, .cell = cell.world, .trial = trial, .purpose = purpose_of("synthetic")});
  const std::uint32_t strict = strictness(cell.client.nat_name) + strictness(cell.connector.nat_name);
  const std::string& link = cell.client.access.name;
  const double loss = link == "loss-5" ? 0.05 : link == "loss-1" ? 0.01 : 0;
  const double base = 50 + 2.5 * strict + slowness(cell.client.nat_name) +
                      (link == "wifi"                   ? 12
                       : link == "congested-bottleneck" ? 90 * rng.uniform()
                                                        : 0);
  TrialRecord r;
  r.cell = cell.index;
  r.trial = trial;
  r.outcome = Outcome::relayed;
  r.rtt_relayed = milliseconds(base + 38 + rng.uniform() * 6);
  r.added_latency = milliseconds(38 + rng.uniform() * 6);
  r.time_to_first_byte = milliseconds(base * 1.4 + rng.uniform());
  r.reason = "mapping-varies";
  if (strict >= 9 && rng.chance(0.02)) {
    r.outcome = Outcome::failed;
    r.reason = "udp-blocked";
    r.time_to_first_byte = r.rtt_relayed = r.added_latency = std::nullopt;
  } else if (strict >= 9) {
    r.reason = "udp-blocked";
  } else if (strict < 5 && !rng.chance(loss)) {
    fill_direct(r, base, rng);
    r.reason.clear();
  }
  r.probes_sent = 20;
  r.probes_answered = r.outcome == Outcome::failed ? 0 : 20;
  r.packets_to_direct = static_cast<std::uint32_t>(24 + rng.below(9));
  r.bytes_to_direct = r.packets_to_direct * std::uint64_t{118};
  r.packets_to_others = strict >= 5 ? static_cast<std::uint32_t>(rng.below(12)) : 0;
  r.events = 400 + rng.below(90);
  r.trace_hash = rng.next();
  r.finished = std::chrono::seconds{2};
  return r;
}

Manifest synthetic_manifest(const trial::Plan& plan) {
  Manifest m;
  m.version = "0.1.0";
  m.commit = "0123456789abcdef0123456789abcdef01234567";
  m.scenario_name = plan.name;
  m.scenario_title = plan.title;
  m.scenario_path = plan.scenario_path;
  m.scenario_text = plan.scenario_text;
  m.scenario_sha256 = sha256_hex(plan.scenario_text);
  m.presets = plan.presets;
  m.seed = plan.seed;
  m.backend = "memory";
  m.host = "host";
  m.command = "punchlab run " + plan.scenario_path + " --seed 1 --backend memory";
  m.start = "2024-05-01T12:00:00Z";
  for (const trial::Cell& cell : plan.cells) m.planned += cell.trials;
  return m;
}

}  // namespace punchlab::results
