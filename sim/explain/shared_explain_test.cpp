// Explanations of trials in which both peers stand in one network:
// 1. The sentence says which gateway does not hairpin, or with which address it sends packets back.
// 2. The diagram draws each shared gateway once, and a packet that turns back goes both ways. The listing and the
// capture have
//    the shared gateway by its name.
// 3. What would cure it: hairpinning, as one change of one step, found for none and for internal-source; the router
// away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "sim/explain/diagram.hpp"
#include "sim/explain/listing.hpp"
#include "sim/explain/pcapng.hpp"
#include "sim/explain/sentence.hpp"
#include "sim/explain/what_if.hpp"
#include "sim/explain/words.hpp"
#include "sim/memory/memory_world.hpp"

namespace punchlab::explain {
namespace {

using nat::Hairpinning;
using results::Outcome;
using testing::HasSubstr;

/// Two homes of one carrier.
trial::Cell homes(Hairpinning hairpinning) {
  trial::Cell c;
  nat::Profile home, carrier;
  home.name = "home";
  carrier.name = "carrier";
  carrier.hairpinning = hairpinning;
  c.client.nats = c.connector.nats = {home};
  c.shared = trial::Shared{"carrier", {carrier}, {}};
  c.client.access.latency = link::Distribution::constant(0.003);
  c.connector.access.latency = link::Distribution::constant(0.004);
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}

Recording recorded(const trial::Cell& c, std::uint64_t seed = 1) {
  const auto world = memory::make_memory_world();
  return record(*world, c, trial::Identities(seed), seed, 0);
}

TEST(SharedSentence, SaysWhoDoesNotHairpin) {  // case 1
  const auto none = recorded(homes(Hairpinning::none));
  EXPECT_EQ(none.record.reason, "hairpin-missing");
  EXPECT_THAT(sentence(none),
              HasSubstr("the shared NAT does not send what is for its own public address 203.0.113.1:"));
  const auto inside = recorded(homes(Hairpinning::internal_source));
  EXPECT_EQ(inside.record.reason, "hairpin-missing");
  EXPECT_THAT(sentence(inside), HasSubstr("sends packets back inside with their inside address 100.96.0."));
  EXPECT_THAT(sentence(inside), HasSubstr(" instead of 203.0.113.1:"));
  EXPECT_THAT(sentence(recorded(homes(Hairpinning::external_source))), HasSubstr("Direct after"));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(SharedDiagram, DrawsTheSharedGatewayOnce) {  // case 2
  const auto r = recorded(homes(Hairpinning::external_source));
  const auto all = journeys(r);
  const auto svg = diagram_svg(r, all);
  EXPECT_EQ(count(svg, ">shared NAT</text>"), 1U);
  EXPECT_EQ(count(svg, ">carrier</text>"), 1U);
  EXPECT_TRUE(std::regex_search(svg, std::regex("class=\"way\" d=\"M[0-9]+ [0-9]+H[0-9]+H[0-9]+\""))) << "a turn";
  const auto text = listing(r, all, {});
  EXPECT_THAT(text, HasSubstr("both peers stand in one network\n"));
  EXPECT_THAT(text, HasSubstr("behind carrier: mapping endpoint-independent"));
  EXPECT_THAT(text, HasSubstr("table of shared NAT after its last packet"));
  const auto capture = pcapng(r, all);
  const std::string bytes(capture.begin(), capture.end());
  EXPECT_EQ(count(bytes, "shared network's access link"), 1U);
  EXPECT_THAT(bytes, HasSubstr("shared NAT: "));
}

std::vector<std::string> cures(const trial::Cell& cell) {
  const auto world = memory::make_memory_world();
  const trial::Identities identities(1);
  const auto answer = what_if({*world, cell, identities, 1, 0});
  std::vector<std::string> names;
  for (const auto& set : answer.smallest)
    if (set.size() == 1) names.push_back(name_of(set.front()));
  return names;
}

TEST(SharedWhatIf, HairpinningIsOneChange) {  // case 3
  EXPECT_THAT(cures(homes(Hairpinning::none)), testing::ElementsAre("shared gateway 1: hairpinning external-source"));
  EXPECT_THAT(cures(homes(Hairpinning::internal_source)),
              testing::Contains("shared gateway 1: hairpinning external-source"));
  auto alone = homes(Hairpinning::none);
  alone.client.nats = {};
  EXPECT_EQ(recorded(alone).record.outcome, Outcome::direct);
  auto lossy = homes(Hairpinning::external_source);
  lossy.shared->access.loss = 0.97;
  const auto all = changes_of(lossy);
  const auto loss = std::find_if(all.begin(), all.end(), [](const auto& c) { return c.kind == Change::Kind::no_loss; });
  ASSERT_NE(loss, all.end());
  EXPECT_EQ(with(lossy, *loss).shared->access.loss, 0);
}

}  // namespace
}  // namespace punchlab::explain
