// Whole trials made by hand so that one thing stands in the way, each with its counter-case, in which that one thing is
// otherwise. For each:
// 1. The trial is not direct (or is slow), and the reason names what was put there, and the side.
// 2. The counter-case is direct and, unless only lateness was at stake, in time.
// 3. The oracle agrees: where gateways are the reason it says that direct cannot or need not work; where links or
// clocks
//    are, that the NATs do not stand in the way.
#include <map>

#include "sim/explain/reason_cases_for_test.hpp"

namespace punchlab::explain {
namespace {

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

/// Endpoints that were not sent to for 2 s are forgotten, while the relay keeps the mappings alive.
void forgetful(Cell& c, const Technique* technique) {
  for (auto* side : {&c.client, &c.connector})
    side->nats[0].timers.udp_unreplied = side->nats[0].timers.udp_replied = 2s;
  c.policy.start_skew = 5s;
  c.policy.techniques[0] = technique;
  c.traffic = {.probes = 100, .interval = 100ms, .size = 200};
}
void remember(Cell& c) {
  for (auto* side : {&c.client, &c.connector}) side->nats[0].timers = {};
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
    // Nothing filters, everything arrives, and no answer comes from where its packet went.
    {"BothApdmOpen",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { nats(c, translator(APD, EI), translator(APD, EI)); },
     [](Cell& c) { c.connector.nats[0].mapping = AD; }},
    {"BothApdmOpenOnOneSideOnly",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) { nats(c, translator(APD, EI), translator(APD, EI)); },
     [](Cell& c) { c.client.nats[0].mapping = EI; }},
    {"TooShortForAnswersOfMappingsByAddress",
     ReasonCode::too_late,
     {},
     [](Cell& c) {
       nats(c, translator(AD, EI), translator(AD, EI));
       c.timeout = 250ms;
     },
     [](Cell& c) { c.timeout = 15s; }},
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
    // Time and links: the NATs would let them.
    {"ClientNeverChecks", ReasonCode::filtered_by_address, kClient, [](Cell& c) { c.policy.start_skew = 60s; },
     [](Cell& c) { c.policy.start_skew = 0s; }},
    // Filters that have forgotten: the connector checks at once and gives up, the client comes 5 s later.
    {"FilterHasForgottenTheAddress", ReasonCode::filtered_by_address, kConnector,
     [](Cell& c) { forgetful(c, nullptr); }, remember, 1, false, true},
    {"FilterHasForgottenThePortAndKnowsGuesses", ReasonCode::filtered_by_port, kConnector,
     [](Cell& c) { forgetful(c, find_technique("port-prediction")); }, remember, 1, false, true},
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

class Reasons : public ReasonCases {};

TEST_P(Reasons, NamesWhatWasPutThere) { expect_named(); }

TEST_P(Reasons, IsDirectWithoutIt) { expect_direct_without_it(); }

TEST(ReasonsInTime, AreTooLateWherePatienceHelps) {
  const auto world = memory::make_memory_world();
  const trial::Identities identities(1);
  std::map<std::string, int> reasons;
  for (const auto& [client, connector] : {std::pair{AD, AD}, std::pair{APD, EI}, std::pair{APD, AD}})
    for (Duration timeout = 60ms; timeout < 600ms; timeout += 3ms) {
      Cell c = cell();
      nats(c, translator(client, EI), translator(connector, EI));
      c.timeout = timeout;
      const auto topology = trial::draw_topology(c, 1, 0);
      trial::Trial trial(c, topology, identities, 1, 0);
      ++reasons[trial.record(world->run(topology, trial, trial.until(), {})).reason];
    }
  EXPECT_GT(reasons["too-late"], 50);
  EXPECT_EQ(reasons["mapping-varies"], 0);
}

INSTANTIATE_TEST_SUITE_P(ByHand, Reasons, testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace punchlab::explain
