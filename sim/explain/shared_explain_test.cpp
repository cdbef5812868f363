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
  EXPECT_TRUE(std::regex_search(svg, std::regex("class=\"way\" d=\"M[0-9]+ [0-9]+H[0-9]+v[1-9][0-9]*H[0-9]+\"")))
      << "a turn";
  const auto text = listing(r, all, {});
  EXPECT_THAT(text, HasSubstr("both peers stand in one network\n"));
  EXPECT_THAT(text, HasSubstr("behind carrier: mapping endpoint-independent"));
  EXPECT_THAT(text, HasSubstr("table of shared NAT after its last packet"));
  const auto capture = pcapng(r, all);
  const std::string bytes(capture.begin(), capture.end());
  EXPECT_EQ(count(bytes, "shared network's access link"), 1U);
  EXPECT_THAT(bytes, HasSubstr("shared NAT: "));
}

/// From a label's first letter to its last, in pixels, when letters are as wide as most are not.
std::pair<int, int> span(const std::smatch& text) {
  const int x = std::stoi(text[1]), width = 7 * static_cast<int>(text[3].length());
  return text[2] == "end" ? std::pair(x - width, x) : std::pair(x, x + width);
}

TEST(SharedDiagram, LabelsStayInsideAndSayTheirPacket) {  // case 2
  auto cell = homes(Hairpinning::external_source);
  cell.connector.nats = {};
  const auto r = recorded(cell);
  const auto svg = diagram_svg(r, journeys(r));
  const int width = std::stoi(svg.substr(svg.find(" width=\"") + 8));
  const std::regex label(
      "<text(?: class=\"faint[ a-z]*\")? x=\"([0-9]+)\" y=\"[0-9]+\" text-anchor=\"(start|end)\">([^<]*)<");
  std::size_t labels = 0;
  for (std::sregex_iterator at(svg.begin(), svg.end(), label), end; at != end; ++at, ++labels) {
    const auto [left, right] = span(*at);
    EXPECT_GE(left, 90) << at->str() << " covers the times";
    EXPECT_LE(right, width) << at->str() << " is cut";
  }
  EXPECT_GT(labels, 40U);
  EXPECT_THAT(svg, HasSubstr(", relayed address 192.0.2.1:")) << "shortened only where there is no room on either side";
}

TEST(SharedNames, FitAfterThe) {  // case 1
  auto cell = homes(Hairpinning::none);
  cell.shared->nats.push_back(cell.shared->nats.front());
  const auto r = recorded(cell);
  EXPECT_EQ(name_of(r, trial::HostId::shared, 0), "first shared NAT");
  EXPECT_EQ(name_of(r, trial::HostId::shared, 1), "second shared NAT");
  EXPECT_THAT(sentence(r), HasSubstr("the second shared NAT "));
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
