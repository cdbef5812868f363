#pragma once
// For tests of reasons: a pair of which one thing at a time is spoilt and mended, and what must hold of its trial.
#include <gtest/gtest.h>

#include <optional>

#include "sim/explain/claims_for_test.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/oracle/oracle.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::explain {
using nat::Dependence;
using results::Outcome;
using results::Prediction;
using trial::Cell;
using trial::HostId;
using trial::ReasonCode;
using namespace std::chrono_literals;

constexpr auto EI = Dependence::endpoint_independent;
constexpr auto AD = Dependence::address_dependent;
constexpr auto APD = Dependence::address_and_port_dependent;

inline nat::Profile translator(Dependence mapping, Dependence filtering) {
  nat::Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = nat::PortAllocation::random;
  p.on_collision = nat::OnCollision::random;
  return p;
}

inline nat::Profile firewall(Dependence filtering) {
  auto p = translator(EI, filtering);
  p.translates = false;
  return p;
}

inline nat::Profile blocked() {
  auto p = translator(EI, APD);
  p.udp_blocked = true;
  return p;
}

/// A Linux router whose INPUT chain lets unsolicited packets in.
inline nat::Profile unfiltered_linux() {
  nat::Profile p;
  p.on_collision = nat::OnCollision::random;
  p.unsolicited = nat::Unsolicited::icmp;
  p.unsolicited_creates_state = true;
  return p;
}

inline Cell cell() {
  Cell c;
  c.client.nats = c.connector.nats = {translator(EI, APD)};
  c.client.access.latency = link::Distribution::constant(0.020);
  c.connector.access.latency = link::Distribution::constant(0.030);
  c.relay.latency = link::Distribution::constant(0.010);
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}

inline link::Distribution seconds(double s) { return link::Distribution::constant(s); }

struct Case {
  const char* name;
  ReasonCode code;
  std::optional<HostId> side;  ///< nothing: either, both do the same
  void (*make)(Cell&);
  void (*mend)(Cell&);  ///< after `make`
  std::uint64_t seed = 1;
  bool late_anyway = false;  ///< the counter-case is direct, but slow for another reason
  bool forgets = false;      ///< gateways forget so soon that the oracle does not promise anything
};

constexpr auto kClient = HostId::client;
constexpr auto kConnector = HostId::connector;
constexpr auto kShared = HostId::shared;

inline void nats(Cell& c, const nat::Profile& client, const nat::Profile& connector) {
  c.client.nats = {client};
  c.connector.nats = {connector};
}

/// The parameter is a case; `seed` and all else come from it.
class ReasonCases : public testing::TestWithParam<Case> {
 protected:
  struct Ending {
    results::TrialRecord record;
    trial::Finding finding;
  };
  static Ending run(const Cell& c) {
    const auto world = memory::make_memory_world();
    const trial::Identities identities(GetParam().seed);
    const auto topology = trial::draw_topology(c, GetParam().seed, 0);
    trial::Trial trial(c, topology, identities, GetParam().seed, 0);
    const auto events = world->run(topology, trial, trial.until(), {});
    return {trial.record(events), trial.finding()};
  }
  static Prediction predict(const Cell& c) {
    return oracle::predict(c.client.nats, c.connector.nats, c.shared ? c.shared->nats : nat::Chain{},
                           {.host_candidates = c.policy.use_host_candidates})
        .prediction;
  }
  static bool of_gateways(ReasonCode code) {
    return code == ReasonCode::udp_blocked || code == ReasonCode::hairpin_missing ||
           code == ReasonCode::port_exhausted || code == ReasonCode::clash || code == ReasonCode::mapping_varies ||
           code == ReasonCode::mapping_expired;
  }

  /// What the sentence about the trial claims is in its packets.
  static void expect_shown(const Cell& c) {
    const auto world = memory::make_memory_world();
    const auto recording = record(*world, c, trial::Identities(GetParam().seed), GetParam().seed, 0);
    Claims(recording).expect_shown();
  }

  /// The trial is not direct (or is slow), and the reason names what was put there, and the side; the oracle agrees.
  static void expect_named() {
    const Case& test = GetParam();
    Cell c = cell();
    test.make(c);
    const auto [record, finding] = run(c);
    EXPECT_EQ(record.reason, name_of(test.code));
    EXPECT_EQ(finding.code, test.code);
    const bool slow = std::string_view(test.name).starts_with("Slow");
    EXPECT_EQ(record.outcome == Outcome::direct, slow);
    if (test.side) {
      EXPECT_EQ(finding.side, *test.side);
    }
    if (finding.code == ReasonCode::mapping_varies || finding.code == ReasonCode::clash) {
      EXPECT_NE(finding.observed, finding.expected);
    }
    if (of_gateways(test.code) || test.forgets)
      EXPECT_NE(predict(c), Prediction::direct);
    else
      EXPECT_EQ(predict(c), Prediction::direct);
    expect_shown(c);
  }

  /// The counter-case is direct and, unless only lateness was at stake, in time.
  static void expect_direct_without_it() {
    const Case& test = GetParam();
    Cell c = cell();
    test.make(c);
    test.mend(c);
    const auto [record, finding] = run(c);
    EXPECT_EQ(record.outcome, Outcome::direct) << record.reason;
    EXPECT_EQ(record.reason.empty(), !test.late_anyway)
        << record.reason << ", taken " << record.time_to_direct.value_or(0s).count() << " ns, least "
        << record.least_time_to_direct.value_or(0s).count() << " ns";
    EXPECT_NE(predict(c), Prediction::relayed);
    EXPECT_NE(predict(c), Prediction::failed);
  }
};

}  // namespace punchlab::explain
