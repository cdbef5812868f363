// The same where both peers stand in one network, behind gateways that they share: their packets to each other turn
// back there (hairpinning), or stay inside where they have addresses on it. Each case has its counter-case.
#include "sim/explain/reason_cases_for_test.hpp"

namespace punchlab::explain {
namespace {

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

const Case kCases[] = {
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
    {"CarrierWhoseMappingVariesForBoth",
     ReasonCode::mapping_varies,
     {},
     [](Cell& c) {
       nats(c, translator(EI, EI), translator(EI, EI));
       share(c, {carrier(nat::Hairpinning::external_source)});
       c.shared->nats[0].mapping = APD;
       c.shared->nats[0].filtering = EI;
     },
     [](Cell& c) { c.shared->nats[0].mapping = EI; }},
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
};

class SharedReasons : public ReasonCases {};

TEST_P(SharedReasons, NamesWhatWasPutThere) { expect_named(); }

TEST_P(SharedReasons, IsDirectWithoutIt) { expect_direct_without_it(); }

INSTANTIATE_TEST_SUITE_P(ByHand, SharedReasons, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace punchlab::explain
