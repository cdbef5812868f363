// What an explanation is made of:
//  1. Recording a trial changes nothing about it.
//  2. Tables: empty before the first packet; each is the one before it, plus what the packet did, less what has
//  expired.
//  3. What packets say: the messages of docs/protocol.md, of STUN, TURN and ICE are told apart, and junk is not
//  misread.
//  4. The sentence names the two addresses of a mapping that varies; a direct trial's says so; each reason has another.
//  5. The capture is well-formed pcapng, has every event once, and carries the verdicts.
//  6. The diagram is well-formed, draws each packet but data, and hostile names cannot break out of it.
//  7. The listing shows the packets' verdicts and what changed in tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocol/stun/message.hpp"
#include "sim/explain/diagram.hpp"
#include "sim/explain/listing.hpp"
#include "sim/explain/meaning.hpp"
#include "sim/explain/pcapng.hpp"
#include "sim/explain/sentence.hpp"
#include "sim/explain/words.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::explain {
namespace {

using nat::Dependence;
using results::Outcome;
using testing::HasSubstr;
using trial::HostId;
using Kind = trial::PacketEvent::Kind;

trial::Cell cell(Dependence connector_mapping) {
  trial::Cell c;
  nat::Profile p;
  p.name = "home";
  p.port_allocation = nat::PortAllocation::random;
  c.client.nats = c.connector.nats = {p};
  c.connector.nats[0].mapping = connector_mapping;
  c.client.access.latency = link::Distribution::constant(0.030);
  c.connector.access.latency = link::Distribution::constant(0.040);
  c.policy = *find_policy("relay-first");
  c.session = false;
  return c;
}
const trial::Cell kDirect = cell(Dependence::endpoint_independent);
const trial::Cell kVaries = cell(Dependence::address_and_port_dependent);

Recording recorded(const trial::Cell& c, std::uint64_t seed = 1) {
  const auto world = memory::make_memory_world();
  return record(*world, c, trial::Identities(seed), seed, 0);
}

results::TrialRecord plain(const trial::Cell& c, std::uint64_t seed = 1) {
  const auto world = memory::make_memory_world();
  const trial::Identities identities(seed);
  const auto topology = trial::draw_topology(c, seed, 0);
  trial::Trial trial(c, topology, identities, seed, 0);
  return trial.record(world->run(topology, trial, trial.until(), {}));
}

TEST(Recording, ChangesNothing) {  // case 1
  EXPECT_EQ(recorded(kDirect).record, plain(kDirect));
  EXPECT_EQ(recorded(kVaries).record, plain(kVaries));
  EXPECT_EQ(recorded(kVaries).record.outcome, Outcome::relayed) << "or the two cells show nothing";
  EXPECT_NE(recorded(kVaries).record, recorded(kDirect).record);
}

TEST(Tables, FollowThePackets) {  // case 2
  const auto r = recorded(kVaries);
  std::set<std::pair<HostId, std::uint8_t>> seen;
  std::map<std::pair<HostId, std::uint8_t>, Table> last;
  std::size_t changed = 0;
  for (const auto& event : r.events) {
    if (event.kind != Kind::translated && event.kind != Kind::dropped_by_gateway) {
      EXPECT_FALSE(event.after);
      continue;
    }
    ASSERT_TRUE(event.before && event.after);
    const std::pair place{event.side, event.gateway};
    seen.insert(place);
    for (const auto& change : changes(last[place], *event.before))
      EXPECT_EQ(change[0], '-') << "by time alone: " << change;
    changed += !changes(*event.before, *event.after).empty();
    if (event.reason == nat::Reason::mapping_created) {
      ASSERT_EQ(event.after->mappings.size(), event.before->mappings.size() + 1);
      const auto view = packet::parse(event.packet);
      EXPECT_EQ(event.after->mappings.back().external, view->source);
    }
    last[place] = *event.after;
  }
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_GE(changed, 3U);
  EXPECT_GE((last[{HostId::connector, 0}].mappings.size()), 2U) << "one for the relay, one for the peer";
}

TEST(Meaning, TellsMessagesApart) {  // case 3
  std::string all;
  for (const auto& journey : journeys(recorded(kVaries))) all += journey.meaning + "\n";
  for (const char* word :
       {"Register request", "Register success, you are", "Register error 401", "Forward request: Noise IK message 1",
        "Deliver indication", "Noise IK message 2", "Allocate success", "relayed address", "CreatePermission request",
        "check, controlling", "check, controlled", "application data", "start in"})
    EXPECT_THAT(all, HasSubstr(word));
  const std::vector<std::uint8_t> junk{0xFF, 1, 2};
  EXPECT_EQ(payload_meaning(junk), "3 bytes");
  EXPECT_EQ(meaning(junk), "malformed packet");
  std::array<std::uint8_t, 64> buffer;
  stun::MessageWriter writer(buffer, stun::Class::indication, stun::Method::binding, {});
  EXPECT_EQ(payload_meaning(Bytes{buffer}.first(writer.finish())), "keepalive (Binding indication)");
}

TEST(Sentence, SaysWhy) {  // case 4
  const auto r = recorded(kVaries);
  EXPECT_THAT(sentence(r), testing::StartsWith("Relayed, because the connector's NAT mapping varies"));
  EXPECT_THAT(sentence(r), HasSubstr(r.finding.observed.to_string()));
  EXPECT_THAT(sentence(r), HasSubstr(r.finding.expected.to_string()));
  EXPECT_THAT(sentence(recorded(kDirect)), testing::StartsWith("Direct after "));
  std::set<std::string> different;
  for (std::size_t code = 1; code < trial::kReasonNames.size(); ++code) {
    auto other = r;
    other.finding.code = static_cast<trial::ReasonCode>(code);
    EXPECT_TRUE(different.insert(sentence(other)).second) << trial::kReasonNames[code];
  }
}

/// A block of a capture as any reader sees it.
struct Block {
  std::uint32_t type;
  std::string text;  ///< its bytes
};

std::vector<Block> read_blocks(const std::vector<std::uint8_t>& bytes) {
  const auto u32 = [&](std::size_t at) {
    return std::uint32_t{bytes[at]} | (std::uint32_t{bytes[at + 1]} << 8) | (std::uint32_t{bytes[at + 2]} << 16) |
           (std::uint32_t{bytes[at + 3]} << 24);
  };
  std::vector<Block> blocks;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = u32(at + 4);
    if (size % 4 != 0 || size < 12 || at + size > bytes.size() || u32(at + size - 4) != size) {
      ADD_FAILURE() << "broken block at " << at;
      return blocks;
    }
    blocks.push_back(
        {u32(at),
         {bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + size)}});
    at += size;
  }
  return blocks;
}

TEST(Pcapng, IsWellFormedAndWhole) {  // case 5
  const auto r = recorded(kVaries);
  const auto blocks = read_blocks(pcapng(r, journeys(r)));
  ASSERT_FALSE(blocks.empty());
  EXPECT_EQ(blocks[0].type, 0x0A0D0D0AU);
  EXPECT_EQ(std::count_if(blocks.begin(), blocks.end(), [](const auto& b) { return b.type == 1; }), 3 + 2 + 2 + 1);
  std::vector<std::string> packets;
  for (const auto& block : blocks)
    if (block.type == 6) packets.push_back(block.text);
  ASSERT_EQ(packets.size(), r.events.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    EXPECT_THAT(packets[i], HasSubstr(std::string(r.events[i].packet.begin(), r.events[i].packet.end())));
    EXPECT_THAT(packets[i], HasSubstr(verdict(r, r.events[i])));
  }
}

/// Whether tags nest; enough of a check for what is written here.
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != xml.npos; at = xml.find('<', at + 1)) {
    const auto end = xml.find('>', at);
    if (end == xml.npos) return false;
    const auto tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

TEST(Diagram, IsWellFormedAndWhole) {  // case 6
  auto c = kVaries;
  c.client.nats[0].name = "<script>alert(1)</script>&\"";
  const auto r = recorded(c);
  const auto all = journeys(r);
  const auto svg = diagram_svg(r, all);
  EXPECT_TRUE(well_formed(svg));
  EXPECT_EQ(svg.find("<script>"), svg.npos);
  std::size_t drawn = 0;
  for (auto at = svg.find("<g><title>"); at != svg.npos; at = svg.find("<g><title>", at + 1)) ++drawn;
  EXPECT_EQ(drawn,
            static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& j) { return !j.data; })));
  EXPECT_GT(drawn, 20U);
  EXPECT_FALSE(well_formed("<a><b></a>")) << "the check checks";
  const auto page = diagram_html(r, all, "<title>", "punchlab explain");
  EXPECT_THAT(page, HasSubstr("&lt;title&gt;"));
  EXPECT_EQ(page.find("http://"), page.find("http://www.w3.org/2000/svg")) << "nothing is loaded from elsewhere";
}

TEST(Listing, ShowsVerdictsAndTables) {  // case 7
  const auto r = recorded(kVaries);
  const auto text = listing(r, journeys(r), {});
  for (const char* words : {"behind home: mapping address-and-port-dependent", "connector's NAT: mapping-created", "+ ",
                            "has sent to", "dropped by client's NAT: filtered-by-port", "packets of application data",
                            "sends over the relay from now on", "table of connector's NAT"})
    EXPECT_THAT(text, HasSubstr(words));
  const auto longer = listing(r, journeys(r), {.all = true});
  EXPECT_GT(longer.size(), text.size());
  EXPECT_EQ(longer.find("packets of application data"), longer.npos);
}

}  // namespace
}  // namespace punchlab::explain
