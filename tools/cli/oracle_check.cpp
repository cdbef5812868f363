#include "tools/cli/oracle_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/oracle/oracle.hpp"

namespace punchlab::cli {
namespace {

using results::Outcome;
using results::Prediction;

bool lossless(const trial::Link& link) {
  return link.loss == 0 && link.medium == trial::Medium::wire && link.cross_traffic == 0;
}

bool lossless(const trial::Cell& cell) {
  return lossless(cell.client.access) && lossless(cell.connector.access) && lossless(cell.relay) &&
         (!cell.shared || lossless(cell.shared->access));
}

/// The oracle knows no luck: where a technique guesses, "cannot" becomes "may".
bool guesses(const Policy& policy) {
  const TransportAddress any{IpAddress::v4(192, 0, 2, 1), 1024};
  std::array<TransportAddress, Technique::kMaxGuesses> out;
  return std::any_of(policy.techniques.begin(), policy.techniques.end(), [&](const Technique* technique) {
    return technique != nullptr && technique->guess(any, out) > 0;
  });
}

/// What the oracle's word allows and the measurement is not; empty when they agree.
std::string contradiction(const trial::Cell& cell, const results::CellSummary& measured) {
  if (!measured.oracle) return {};
  const auto& tally = measured.tally;
  const auto direct = tally.rate(Outcome::direct).count;
  const auto relayed = tally.rate(Outcome::relayed).count;
  switch (*measured.oracle) {
    case Prediction::may:
      return {};
    case Prediction::direct:
      if (direct == 0 || (lossless(cell) && direct < tally.trials))
        return fmt::format("must be direct, {} of {} were", direct, tally.trials);
      return {};
    case Prediction::relayed:
      if (direct != 0) return fmt::format("cannot be direct, {} of {} were", direct, tally.trials);
      if (lossless(cell) && relayed < tally.trials)
        return fmt::format("must be relayed, {} of {} were", relayed, tally.trials);
      return {};
    case Prediction::failed:
      return direct + relayed == 0 ? "" : fmt::format("cannot connect, {} of {} did", direct + relayed, tally.trials);
  }
  return {};
}

oracle::Ways ways_of(const Policy& policy) {
  const auto tries = [&](Transport t) { return std::ranges::count(policy.relay_transports.in_order(), t) > 0; };
  return {tries(Transport::udp), tries(Transport::tcp), tries(Transport::tls), policy.use_host_candidates};
}

Prediction predict(const trial::Cell& cell) {
  const nat::Chain none;
  return oracle::predict(cell.client.nats, cell.connector.nats, cell.shared ? cell.shared->nats : none,
                         ways_of(cell.policy))
      .prediction;
}

}  // namespace

std::map<std::uint32_t, Prediction> predictions(const trial::Plan& plan) {
  std::map<std::uint32_t, Prediction> all;
  for (const auto& cell : plan.cells) {
    auto prediction = predict(cell);
    if (prediction == Prediction::relayed && guesses(cell.policy)) prediction = Prediction::may;
    all.emplace(cell.index, prediction);
  }
  return all;
}

Contradictions contradictions_of(const trial::Plan& plan, const results::Summary& summary) {
  Contradictions found;
  std::size_t compared = 0;
  for (const auto& cell : plan.cells) {
    const auto* measured = summary.find(cell.index);
    if (measured == nullptr) continue;
    ++compared;
    const auto text = contradiction(cell, *measured);
    if (text.empty()) continue;
    ++found.count;
    found.text += fmt::format("oracle contradicted in {},{} ({}): {}\n", measured->client, measured->connector,
                              measured->policy, text);
  }
  found.text +=
      fmt::format("oracle: {} of {} cells agree with what their NATs allow\n", compared - found.count, compared);
  return found;
}

}  // namespace punchlab::cli
