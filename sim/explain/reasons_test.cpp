// Whole trials made by hand so that one thing stands in the way, each with its counter-case, in which that one thing is
// otherwise. For each:
// 1. The trial is not direct (or is slow), and the reason names what was put there, and the side.
// 2. The counter-case is direct and, unless only lateness was at stake, in time.
// 3. The oracle agrees: where gateways are the reason it says that direct cannot or need not work; where links or
// clocks
//    are, that the NATs do not stand in the way.
#include <gtest/gtest.h>

#include <optional>

#include "sim/memory/memory_world.hpp"
#include "sim/oracle/oracle.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::explain {
namespace {

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

nat::Profile translator(Dependence mapping, Dependence filtering) {
  nat::Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  p.port_allocation = nat::PortAllocation::random;
  p.on_collision = nat::OnCollision::random;
  return p;
}

nat::Profile firewall(Dependence filtering) {
  auto p = translator(EI, filtering);
  p.translates = false;
  return p;
}

nat::Profile blocked() {
  auto p = translator(EI, APD);
  p.udp_blocked = true;
  return p;
}

/// A Linux router whose INPUT chain lets unsolicited packets in.
nat::Profile unfiltered_linux() {
  nat::Profile p;
  p.on_collision = nat::OnCollision::random;
  p.unsolicited = nat::Unsolicited::icmp;
  p.unsolicited_creates_state = true;
  return p;
}

Cell cell() {
  Cell c;
  c.client.nats = c.connector.nats = {translator(EI, APD)};
  c.client.access.latency = link::Distribution::constant(0.020);
  c.connector.access.latency = link::Distribution::constant(0.030);
  c.relay.latency = link::Distribution::constant(0.010);
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}

link::Distribution seconds(double s) { return link::Distribution::constant(s); }

struct Case {
  const char* name;
  ReasonCode code;
  std::optional<HostId> side;  ///< nothing: either, both do the same
  void (*make)(Cell&);
  void (*mend)(Cell&);  ///< after `make`
  std::uint64_t seed = 1;
  bool late_anyway = false;  ///< the counter-case is direct, but slow for another reason
};

constexpr auto kClient = HostId::client;
constexpr auto kConnector = HostId::connector;
constexpr auto kShared = HostId::shared;

void nats(Cell& c, const nat::Profile& client, const nat::Profile& connector) {
  c.client.nats = {client};
  c.connector.nats = {connector};
}

nat::Profile carrier(nat::Hairpinning hairpinning) {
  auto p = translator(EI, APD);
  p.hairpinning = hairpinning;
  return p;
}

/// Both sides, as they are, stand behind `chain`.
void share(Cell& c, const nat::Chain& chain) {
  c.shared = trial::Shared{"shared", chain, {}};
  c.shared->access.latency = link::Distribution::constant(0.005);
}

/// The client can have one mapping only, and its NAT makes one for each destination.
void one_mapping(Cell& c, HostId side, void (*limit)(nat::Profile&)) {
  auto p = translator(APD, APD);
  limit(p);
  if (side == kClient) nats(c, p, translator(EI, EI));
  if (side == kConnector) nats(c, translator(EI, EI), p);
}
void unlimited(Cell& c) {
  for (auto* side : {&c.client, &c.connector})
    if (side->nats[0].mapping == APD) side->nats[0] = translator(APD, APD);
}

const Case kCases[] = {
    // Mappings that depend on the destination, against filters that depend on the port.
    {"ApdmAdfConnector", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) { nats(c, translator(EI, APD), translator(APD, AD)); },
     [](Cell& c) { c.connector.nats[0].mapping = EI; }},
    {"ApdmApdfConnector", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) { nats(c, translator(EI, APD), translator(APD, APD)); },
     [](Cell& c) { c.client.nats[0].filtering = AD; }},
    {"AdmAdfConnector", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) { nats(c, translator(EI, APD), translator(AD, AD)); },
     [](Cell& c) { c.client.nats[0].filtering = EI; }},
    {"AdmApdfConnector", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) { nats(c, translator(EI, APD), translator(AD, APD)); },
     [](Cell& c) { c.client.nats[0].filtering = EI; }},
    {"ApdmAdfClient", ReasonCode::mapping_varies, kClient,
     [](Cell& c) { nats(c, translator(APD, AD), translator(EI, APD)); },
     [](Cell& c) { c.client.nats[0].mapping = EI; }},
    {"ApdmApdfClient", ReasonCode::mapping_varies, kClient,
     [](Cell& c) { nats(c, translator(APD, APD), translator(EI, APD)); },
     [](Cell& c) { c.connector.nats[0].filtering = AD; }},
    {"AdmAdfClient", ReasonCode::mapping_varies, kClient,
     [](Cell& c) { nats(c, translator(AD, AD), translator(EI, APD)); },
     [](Cell& c) { c.connector.nats[0].filtering = AD; }},
    {"AdmApdfClient", ReasonCode::mapping_varies, kClient,
     [](Cell& c) { nats(c, translator(AD, APD), translator(EI, APD)); },
     [](Cell& c) { c.connector.nats[0].filtering = EI; }},
    {"BothApdmApdf",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { nats(c, translator(APD, APD), translator(APD, APD)); },
     [](Cell& c) { c.client.nats[0] = translator(EI, AD); }},
    {"BothApdmAdf",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { nats(c, translator(APD, AD), translator(APD, AD)); },
     [](Cell& c) { c.connector.nats[0] = translator(EI, AD); }},
    {"BothAdmApdf",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { nats(c, translator(AD, APD), translator(AD, APD)); },
     [](Cell& c) { c.connector.nats[0] = translator(EI, AD); }},
    {"AdmAgainstApdm",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { nats(c, translator(AD, AD), translator(APD, APD)); },
     [](Cell& c) { c.client.nats[0] = translator(EI, AD); }},
    // The same further out, further in, and behind what does not translate.
    {"SymmetricCarrierOfConnector", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) {
       c.connector.nats = {translator(EI, EI), translator(APD, APD)};
     },
     [](Cell& c) { c.connector.nats[1] = translator(EI, APD); }},
    {"SymmetricCarrierOfClient", ReasonCode::mapping_varies, kClient,
     [](Cell& c) {
       c.client.nats = {translator(EI, APD), translator(APD, APD)};
     },
     [](Cell& c) { c.client.nats.pop_back(); }},
    {"SymmetricHomeOfConnector", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) {
       c.connector.nats = {translator(APD, APD), translator(EI, APD)};
     },
     [](Cell& c) { c.connector.nats[0].mapping = EI; }},
    {"SymmetricHomeOfClient", ReasonCode::mapping_varies, kClient,
     [](Cell& c) {
       c.client.nats = {translator(APD, APD), translator(EI, EI)};
     },
     [](Cell& c) { c.client.nats[0].mapping = EI; }},
    {"FirewallAgainstSymmetric", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) { nats(c, firewall(APD), translator(APD, APD)); }, [](Cell& c) { c.client.nats[0].filtering = AD; }},
    {"SymmetricAgainstFirewall", ReasonCode::mapping_varies, kClient,
     [](Cell& c) { nats(c, translator(APD, APD), firewall(APD)); }, [](Cell& c) { c.connector.nats.clear(); }},
    {"FirewallBehindNat", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) {
       c.client.nats = {firewall(APD), translator(EI, EI)};
       c.connector.nats = {translator(APD, APD)};
     },
     [](Cell& c) { c.client.nats[0].filtering = EI; }},
    // Limits.
    {"OneMappingClient", ReasonCode::port_exhausted, kClient,
     [](Cell& c) { one_mapping(c, kClient, [](nat::Profile& p) { p.max_mappings = 1; }); }, unlimited},
    {"OneMappingConnector", ReasonCode::port_exhausted, kConnector,
     [](Cell& c) { one_mapping(c, kConnector, [](nat::Profile& p) { p.max_mappings = 1; }); }, unlimited},
    {"OneMappingPerHostClient", ReasonCode::port_exhausted, kClient,
     [](Cell& c) { one_mapping(c, kClient, [](nat::Profile& p) { p.max_mappings_per_host = 1; }); }, unlimited},
    {"OneMappingPerHostConnector", ReasonCode::port_exhausted, kConnector,
     [](Cell& c) { one_mapping(c, kConnector, [](nat::Profile& p) { p.max_mappings_per_host = 1; }); }, unlimited},
    {"OnePortClient", ReasonCode::port_exhausted, kClient,
     [](Cell& c) { one_mapping(c, kClient, [](nat::Profile& p) {
                     p.ports = {5000, 5000};
                   }); }, unlimited},
    {"OnePortConnector", ReasonCode::port_exhausted, kConnector,
     [](Cell& c) { one_mapping(c, kConnector, [](nat::Profile& p) {
                     p.ports = {5000, 5000};
                   }); }, unlimited},
    {"BlockOfOneClient", ReasonCode::port_exhausted, kClient,
     [](Cell& c) {
       one_mapping(c, kClient, [](nat::Profile& p) {
         p.port_allocation = nat::PortAllocation::block;
         p.block_size = 1;
       });
     },
     unlimited},
    {"BlockOfOneConnector", ReasonCode::port_exhausted, kConnector,
     [](Cell& c) {
       one_mapping(c, kConnector, [](nat::Profile& p) {
         p.port_allocation = nat::PortAllocation::block;
         p.block_size = 1;
       });
     },
     unlimited},
    {"TakenPortIsDroppedClient", ReasonCode::port_exhausted, kClient,
     [](Cell& c) {
       one_mapping(c, kClient, [](nat::Profile& p) {
         p.port_allocation = nat::PortAllocation::preserve;
         p.on_collision = nat::OnCollision::drop;
       });
     },
     unlimited},
    // Blocked UDP.
    {"BlockedClient", ReasonCode::udp_blocked, kClient, [](Cell& c) { c.client.nats = {blocked()}; },
     [](Cell& c) { c.client.nats[0].udp_blocked = false; }},
    {"BlockedConnector", ReasonCode::udp_blocked, kConnector, [](Cell& c) { c.connector.nats = {blocked()}; },
     [](Cell& c) { c.connector.nats[0].udp_blocked = false; }},
    {"BlockedBoth",
     ReasonCode::udp_blocked,
     {},
     [](Cell& c) { nats(c, blocked(), blocked()); },
     [](Cell& c) { nats(c, translator(EI, APD), translator(EI, APD)); }},
    {"BlockedByTheCarrier", ReasonCode::udp_blocked, kClient,
     [](Cell& c) {
       c.client.nats = {translator(EI, EI), blocked()};
     },
     [](Cell& c) { c.client.nats.pop_back(); }},
    {"BlockedByAFirewall", ReasonCode::udp_blocked, kConnector,
     [](Cell& c) {
       c.connector.nats = {firewall(APD)};
       c.connector.nats[0].udp_blocked = true;
     },
     [](Cell& c) { c.connector.nats.clear(); }},
    // Linux connection tracking without an INPUT drop: the peer's check comes before the own one.
    {"ClashOfClient", ReasonCode::clash, kClient,
     [](Cell& c) {
       c.client.nats = {unfiltered_linux()};
       c.policy.start_skew = 200ms;
     },
     [](Cell& c) { c.client.nats[0].unsolicited_creates_state = false; }, 1, true},
    {"ClashIsHealedByAnEarlierCheck", ReasonCode::clash, kClient,
     [](Cell& c) {
       c.client.nats = {unfiltered_linux()};
       c.policy.start_skew = 200ms;
     },
     [](Cell& c) { c.policy.start_skew = 0ms; }},
    {"ClashAgainstAFilterOfAddresses", ReasonCode::clash, kClient,
     [](Cell& c) {
       c.client.nats = {unfiltered_linux()};
       c.policy.start_skew = 200ms;
     },
     [](Cell& c) { c.connector.nats[0].filtering = AD; }, 1, true},
    {"ClashBehindACarrier", ReasonCode::clash, kClient,
     [](Cell& c) {
       c.client.nats = {unfiltered_linux(), translator(EI, EI)};
       c.policy.start_skew = 200ms;
     },
     [](Cell& c) { c.policy.start_skew = 0ms; }},
    // One carrier's NAT, or one home's, before both.
    {"CarrierWithoutHairpinning", ReasonCode::hairpin_missing, kShared,
     [](Cell& c) { share(c, {carrier(nat::Hairpinning::none)}); },
     [](Cell& c) { c.shared->nats[0].hairpinning = nat::Hairpinning::external_source; }},
    {"CarrierThatHairpinsWithInsideSources", ReasonCode::hairpin_missing, kShared,
     [](Cell& c) { share(c, {carrier(nat::Hairpinning::internal_source)}); },
     [](Cell& c) { c.shared->nats[0].hairpinning = nat::Hairpinning::external_source; }},
    {"InsideSourcesAndHomesThatFilterByAddress", ReasonCode::hairpin_missing, kShared,
     [](Cell& c) {
       nats(c, translator(EI, AD), translator(EI, AD));
       share(c, {carrier(nat::Hairpinning::internal_source)});
     },
     [](Cell& c) { nats(c, translator(EI, EI), translator(EI, EI)); }},
    {"TwoCarriersInARow", ReasonCode::hairpin_missing, kShared,
     [](Cell& c) {
       share(c, {carrier(nat::Hairpinning::external_source), carrier(nat::Hairpinning::none)});
     },
     [](Cell& c) { c.shared->nats[1].hairpinning = nat::Hairpinning::external_source; }},
    {"OneHomeWithoutHostCandidates", ReasonCode::hairpin_missing, kShared,
     [](Cell& c) {
       c.client.nats = c.connector.nats = {};
       share(c, {carrier(nat::Hairpinning::none)});
       c.policy.use_host_candidates = false;
     },
     [](Cell& c) { c.policy.use_host_candidates = true; }},
    {"OneHomeDividedByARouterWithoutHairpinning", ReasonCode::hairpin_missing, kShared,
     [](Cell& c) {
       c.connector.nats = {};
       c.client.nats = {translator(EI, EI)};
       share(c, {carrier(nat::Hairpinning::none)});
       c.policy.use_host_candidates = false;
     },
     [](Cell& c) { c.policy.use_host_candidates = true; }},
    {"SymmetricCarrierBeforeBoth",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { share(c, {translator(APD, APD)}); },
     [](Cell& c) { c.shared->nats[0].mapping = EI; }},
    {"SymmetricHomeBehindASharedCarrier", ReasonCode::mapping_varies, kConnector,
     [](Cell& c) {
       c.connector.nats = {translator(APD, APD)};
       share(c, {translator(EI, EI)});
     },
     [](Cell& c) { c.connector.nats[0].mapping = EI; }},
    {"SharedCarrierWithoutUdp", ReasonCode::udp_blocked, kShared, [](Cell& c) { share(c, {blocked()}); },
     [](Cell& c) { c.shared->nats[0].udp_blocked = false; }},
    {"HomesOfOneCarrierThatHasNoPortLeft", ReasonCode::port_exhausted, kShared,
     [](Cell& c) {
       auto p = translator(APD, EI);
       p.max_mappings_per_host = 1;
       share(c, {p});
     },
     [](Cell& c) {
       c.shared->nats[0].max_mappings_per_host = 4096;
       c.shared->nats[0].mapping = EI;
     }},
    // Time and links: the NATs would let them.
    {"ClientNeverChecks", ReasonCode::filtered_by_address, kClient, [](Cell& c) { c.policy.start_skew = 60s; },
     [](Cell& c) { c.policy.start_skew = 0s; }},
    {"TooShort",
     ReasonCode::too_late,
     {},
     [](Cell& c) {
       nats(c, translator(EI, EI), translator(EI, EI));
       c.timeout = 250ms;
     },
     [](Cell& c) { c.timeout = 15s; }},
    {"MuchTooShort", ReasonCode::too_late, {}, [](Cell& c) { c.timeout = 50ms; }, [](Cell& c) { c.timeout = 15s; }},
    {"ClientLosesHalf",
     ReasonCode::lost,
     {},
     [](Cell& c) {
       c.client.access.loss = 0.6;
       c.timeout = 3s;
     },
     [](Cell& c) { c.client.access.loss = 0; }},
    {"ConnectorLosesHalf",
     ReasonCode::lost,
     {},
     [](Cell& c) {
       c.connector.access.loss = 0.6;
       c.timeout = 3s;
     },
     [](Cell& c) { c.connector.access.loss = 0; }},
    {"RelayLosesNearlyAll",
     ReasonCode::lost,
     {},
     [](Cell& c) { c.relay.loss = 0.95; },
     [](Cell& c) { c.relay.loss = 0; }},
    {"ClientsMappingExpires", ReasonCode::mapping_expired, kClient,
     [](Cell& c) {
       c.client.nats[0].timers.udp_unreplied = c.client.nats[0].timers.udp_replied = 2s;
       c.connector.start = seconds(10);
       c.timeout = 4s;
     },
     [](Cell& c) { c.client.nats[0].timers = {}; }},
    {"ConnectorsMappingExpires", ReasonCode::mapping_expired, kConnector,
     [](Cell& c) {
       c.connector.nats[0].timers.udp_unreplied = c.connector.nats[0].timers.udp_replied = 2s;
       c.client.start = seconds(10);
       c.timeout = 4s;
     },
     [](Cell& c) { c.connector.start = seconds(10); }},
    // Direct, but late.
    {"SlowByLoss",
     ReasonCode::lost,
     {},
     [](Cell& c) { c.client.access.loss = 0.25; },
     [](Cell& c) { c.client.access.loss = 0; },
     3},
    {"SlowByAFilter", ReasonCode::filtered_by_address, kClient, [](Cell& c) { c.policy.start_skew = 200ms; },
     [](Cell& c) { c.policy.start_skew = 0s; }},
    {"SlowByWaiting",
     ReasonCode::waited,
     {},
     [](Cell& c) {
       nats(c, translator(EI, EI), translator(EI, EI));
       c.client.access.jitter = {link::Distribution::Kind::uniform, 0, 0.2};
     },
     [](Cell& c) { c.client.access.jitter = seconds(0); }},
};

class Reasons : public testing::TestWithParam<Case> {
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
};

TEST_P(Reasons, NamesWhatWasPutThere) {
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
  if (of_gateways(test.code))
    EXPECT_NE(predict(c), Prediction::direct);
  else
    EXPECT_EQ(predict(c), Prediction::direct);
}

TEST_P(Reasons, IsDirectWithoutIt) {
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

INSTANTIATE_TEST_SUITE_P(ByHand, Reasons, testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace punchlab::explain
