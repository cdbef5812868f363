#pragma once
// For tests: one random pair from the whole space of NATs, links, starts and policies, and what must hold of its
// trials.
#include <algorithm>
#include <array>
#include <string>

#include "protocol/base/rng.hpp"
#include "results/record/record.hpp"
#include "sim/oracle/oracle.hpp"
#include "sim/trial/plan.hpp"

namespace punchlab::memory {

/// Draws the parts of a case. What a trial cannot outlive is left out: timers are 30 s and more.
class SwarmDice {
 public:
  explicit SwarmDice(const RngKey& key) : rng_(key) {}

  trial::Cell cell() {
    trial::Cell cell;
    cell.client = side("client");
    cell.connector = side("connector");
    cell.relay = link(1, 30);
    const bool connector_later = rng_.chance(0.5);
    (connector_later ? cell.connector : cell.client).start =
        link::Distribution::constant(rng_.chance(0.3) ? 0 : rng_.uniform() * 2);
    cell.policy = policy();
    cell.timeout = std::chrono::seconds{cell.policy.relay_first ? 15 : 60};
    cell.session = rng_.chance(0.1);
    return cell;
  }

  /// Both in one network, behind one or two gateways.
  trial::Cell shared_cell() {
    auto c = cell();
    trial::Shared shared{"shared", {profile()}, link(1, 30)};
    if (rng_.chance(0.3)) shared.nats.push_back(profile());
    make_room(shared.nats);
    if (std::ranges::any_of(shared.nats, &nat::Profile::udp_blocked))
      for (auto* side : {&c.client, &c.connector}) make_room(side->nats);
    c.shared = std::move(shared);
    return c;
  }

 private:
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(rng_.below(values.size())));
  }
  template <class Enum>
  Enum any(std::uint64_t count) {
    return static_cast<Enum>(rng_.below(count));
  }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + rng_.below(high - low + 1); }
  Duration seconds(std::uint64_t low, std::uint64_t high) {
    return std::chrono::seconds{static_cast<std::int64_t>(between(low, high))};
  }

  Policy policy() {
    static constexpr const char* kOthers[] = {"ice", "libwebrtc", "libnice", "libjuice", "pion"};
    return *find_policy(rng_.chance(0.8) ? "relay-first" : kOthers[rng_.below(std::size(kOthers))]);
  }

  trial::Side side(const char* name) {
    trial::Side side;
    side.nat_name = name;
    const auto gateways = one_of<std::size_t>({0, 1, 1, 1, 1, 2});
    for (std::size_t i = 0; i < gateways; ++i) side.nats.push_back(profile());
    if (std::ranges::any_of(side.nats, &nat::Profile::udp_blocked)) make_room(side.nats);
    side.access = link(1, 100);
    return side;
  }

  trial::Link link(std::uint64_t low_ms, std::uint64_t high_ms) {
    const auto milliseconds = [&](std::uint64_t low, std::uint64_t high) {
      return link::Distribution::constant(static_cast<double>(between(low * 1000, high * 1000)) * 1e-6);
    };
    trial::Link link;
    link.latency = milliseconds(low_ms, high_ms);
    if (rng_.chance(0.5)) link.up_latency = milliseconds(low_ms, high_ms);
    if (rng_.chance(0.3)) link.jitter = {link::Distribution::Kind::uniform, 0, rng_.uniform() * 0.010};
    if (rng_.chance(0.3)) link.loss = rng_.uniform() * 0.03;
    if (rng_.chance(0.2)) link.bandwidth = between(1, 100) * 1'000'000;
    return link;
  }

  /// Whether streams that are tried one after another find ports and mappings left is chance, which the oracle leaves
  /// out.
  static void make_room(nat::Chain& chain) {
    for (auto& profile : chain) {
      const nat::Profile plain;
      profile.ports = plain.ports;
      profile.block_size = plain.block_size;
      profile.max_mappings = plain.max_mappings;
      profile.max_mappings_per_host = plain.max_mappings_per_host;
    }
  }

  nat::PortRange ports() {
    if (rng_.chance(0.7)) return {};
    if (rng_.chance(0.5)) return {32768, 60999};
    const auto first = static_cast<std::uint16_t>(between(1024, 50'000));
    return {first, static_cast<std::uint16_t>(first + between(0, 63))};
  }

  nat::Profile profile() {
    nat::Profile p;
    p.translates = rng_.chance(0.85);
    p.udp_blocked = rng_.chance(0.04);
    if (p.udp_blocked) p.tcp = any<nat::TcpPassage>(3);
    p.mapping = any<nat::Dependence>(3);
    p.filtering = any<nat::Dependence>(3);
    p.port_allocation = any<nat::PortAllocation>(4);
    p.on_collision = any<nat::OnCollision>(4);
    p.ports = ports();
    const auto in_range = static_cast<std::uint16_t>(std::min(p.ports.last - p.ports.first + 1, 512));
    p.block_size = std::min(one_of<std::uint16_t>({1, 4, 16, 64, 512}), in_range);  // as scenarios have it
    const bool one_port = p.ports.first == p.ports.last || p.block_size == 1;  // of the wrong parity: no port at all
    p.port_parity = rng_.chance(0.2) && !one_port;
    p.pooling = any<nat::Pooling>(2);
    p.addresses = one_of<std::uint8_t>({1, 1, 2, 3, 4});
    p.hairpinning = any<nat::Hairpinning>(3);
    p.timers.udp_unreplied = seconds(30, 120);
    p.timers.udp_replied = p.timers.udp_unreplied + seconds(0, 180);
    p.timers.udp_assured_after = seconds(0, 3);
    p.refresh = any<nat::Refresh>(3);
    p.unsolicited = any<nat::Unsolicited>(3);
    p.unsolicited_creates_state = rng_.chance(0.2);
    if (rng_.chance(0.15)) p.max_mappings = static_cast<std::uint32_t>(between(1, 8));
    if (rng_.chance(0.15)) p.max_mappings_per_host = static_cast<std::uint32_t>(between(1, 8));
    return p;
  }

  SeededRng rng_;
};

/// True when packets can vanish on their way.
inline bool lossy(const trial::Cell& cell) {
  return cell.client.access.loss > 0 || cell.connector.access.loss > 0 || cell.relay.loss > 0 ||
         (cell.shared && cell.shared->access.loss > 0);
}

/// True when every packet takes as long as its latency says: then the relay's measurement of round trips is exact.
inline bool regular(const trial::Cell& cell) {
  const auto plain = [](const trial::Link& link) { return link.loss == 0 && link.jitter.b == 0 && !link.bandwidth; };
  return plain(cell.client.access) && plain(cell.connector.access) && plain(cell.relay) &&
         (!cell.shared || plain(cell.shared->access));
}

constexpr std::array kOutcomes{"direct", "relayed", "failed"};
constexpr std::array kPredictions{"direct", "may", "relayed", "failed"};

inline bool agrees(results::Prediction prediction, results::Outcome outcome, bool lossy) {
  using results::Outcome;
  using results::Prediction;
  switch (prediction) {
    case Prediction::direct:
      return outcome == Outcome::direct || (lossy && outcome == Outcome::relayed);
    case Prediction::may:
      return outcome != Outcome::failed;
    case Prediction::relayed:
      return outcome == Outcome::relayed;
    case Prediction::failed:
      return outcome == Outcome::failed;
  }
  return false;
}

inline oracle::Verdict predict(const trial::Cell& cell) {
  const nat::Chain none;
  return oracle::predict(cell.client.nats, cell.connector.nats, cell.shared ? cell.shared->nats : none,
                         {.host_candidates = cell.policy.use_host_candidates});
}

/// What must never be, of a trial of `cell`; empty when all is well.
inline std::string violation(const trial::Cell& cell, const results::TrialRecord& record) {
  const auto prediction = predict(cell).prediction;
  if (record.reason == "claim-contradicts-world") return "an agent's claim contradicts the world";
  if (!agrees(prediction, record.outcome, lossy(cell)))
    return std::string("the oracle says ") + kPredictions[static_cast<std::size_t>(prediction)] + ", the trial ended " +
           kOutcomes[static_cast<std::size_t>(record.outcome)] + " (" + record.reason + ")";
  if (record.outcome != results::Outcome::direct && record.reason.empty()) return "it is not direct, for no reason";
  const bool hindered = prediction == results::Prediction::relayed || prediction == results::Prediction::failed;
  const bool of_gateways = record.reason != "lost" && record.reason != "too-late";
  if (hindered && !lossy(cell) && !of_gateways)
    return "the oracle says that gateways are in the way, the reason is " + record.reason;
  const Duration least = record.least_time_to_direct.value_or(Duration{0});
  if (regular(cell) && record.time_to_direct.value_or(least) < least)
    return "it was direct sooner than messages can travel";
  return {};
}

}  // namespace punchlab::memory
