// Which packet an event belongs to, against the truth: a packet of the memory world stays in one place of memory from
// its start to its end, and so tells who it is.
// Twins apart: packets that are the same to the bit and under way at once, of which few are.
// 1. Over random cells of the whole space (chains, loss, jitter, ICMP, openers) every event belongs to one packet, and
// to the right one.
// 2. The same where peers share a network, and packets turn back there, some further out, so that they pass a gateway
// twice.
// 3. The same where streams carry what UDP may not, from both peers at once, whose segments look alike.
// 4. An event whose packet was never sent is a stray, and so is one where its packet cannot be.
#include "sim/explain/journeys.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include "sim/explain/words.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/memory/swarm_case.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::explain {
namespace {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;
using Packets = std::vector<std::vector<std::size_t>>;  ///< of each packet its events

/// A memory world that also tells where in memory each event's packet was.
class Watched final : public trial::World {
 public:
  std::uint64_t run(const trial::Topology& topology, trial::Application& application, Time until,
                    const trial::WorldOptions& options) override {
    Watcher watcher(application, places);
    return world_->run(topology, watcher, until, options);
  }
  std::optional<std::string> cannot(const trial::Cell& cell) const override { return world_->cannot(cell); }

  std::vector<const std::uint8_t*> places;

 private:
  struct Watcher final : trial::Application {
    Watcher(trial::Application& inner, std::vector<const std::uint8_t*>& seen) : application(inner), places(seen) {}
    void start(Time now, trial::Network& network) override { application.start(now, network); }
    void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                     Bytes payload) override {
      application.on_datagram(now, host, source, destination, payload);
    }
    void on_timer(Time now, HostId host) override { application.on_timer(now, host); }
    void on_stream_opened(Time now, HostId host, trial::StreamId stream, const TransportAddress& local,
                          const TransportAddress& remote) override {
      application.on_stream_opened(now, host, stream, local, remote);
    }
    void on_stream(Time now, HostId host, trial::StreamId stream, Bytes bytes) override {
      application.on_stream(now, host, stream, bytes);
    }
    void on_stream_closed(Time now, HostId host, trial::StreamId stream) override {
      application.on_stream_closed(now, host, stream);
    }
    void on_packet(const trial::PacketEvent& event) override {
      places.push_back(event.packet.data());
      application.on_packet(event);
    }
    bool finished() const override { return application.finished(); }

    trial::Application& application;
    std::vector<const std::uint8_t*>& places;
  };

  std::unique_ptr<trial::World> world_ = memory::make_memory_world();
};

struct Case {
  Recording recording;
  Packets truth;
};

Packets packets_of(const Recording& recording, const std::vector<const std::uint8_t*>& places) {
  Packets packets;
  std::map<const std::uint8_t*, std::size_t> at;
  for (std::size_t i = 0; i < recording.events.size(); ++i) {
    const auto kind = recording.events[i].kind;
    if (kind == Kind::sent || kind == Kind::originated) {
      at[places[i]] = packets.size();
      packets.emplace_back();
    }
    packets[at.at(places[i])].push_back(i);
  }
  return packets;
}

Case observed(const trial::Cell& cell) {
  Watched world;
  auto recording = record(world, cell, trial::Identities(3), 3, 0);
  auto truth = packets_of(recording, world.places);
  return {std::move(recording), std::move(truth)};
}

Packets packets_of(const std::vector<Journey>& journeys) {
  Packets packets;
  for (const auto& journey : journeys) {
    packets.emplace_back();
    for (const auto& hop : journey.hops) packets.back().push_back(hop.event);
  }
  return packets;
}

std::vector<Journey> without_strays(const Recording& r) {
  std::vector<std::size_t> strays;
  auto all = journeys(r, &strays);
  EXPECT_TRUE(strays.empty()) << strays.size() << " strays of " << r.events.size() << ", the first "
                              << verdict(r, r.events[strays.front()]);
  return all;
}

/// The same to the bit, and under way at once: nothing tells which of the two a link has lost.
bool twins(const Recording& r, const std::vector<std::size_t>& one, const std::vector<std::size_t>& other) {
  const auto first = [&](const auto& packet) { return r.events[packet.front()]; };
  const auto last = [&](const auto& packet) { return r.events[packet.back()]; };
  return first(one).packet == first(other).packet && first(one).at <= last(other).at && first(other).at <= last(one).at;
}

struct Difference {
  std::size_t wrong = 0;
  std::size_t twins = 0;  ///< packets that stand for a twin
};

Difference difference(const Recording& r, const Packets& found, const Packets& truth) {
  std::map<std::size_t, std::size_t> packet_of;  // by its last event
  for (std::size_t i = 0; i < truth.size(); ++i) packet_of[truth[i].back()] = i;
  Difference difference;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (found[i] == truth[i]) continue;
    const auto& other = truth[packet_of.contains(found[i].back()) ? packet_of[found[i].back()] : i];
    ++(&other != &truth[i] && twins(r, truth[i], other) ? difference.twins : difference.wrong);
  }
  return difference;
}

/// What must hold of `cell`'s trial. Counts of what it had to show are in `kinds` and `twice`.
struct Check {
  std::set<Kind> kinds;
  std::set<std::uint8_t> protocols;
  std::size_t packets = 0, twins = 0;
  std::size_t twice = 0;  ///< packets that passed the same shared gateway twice

  void operator()(const trial::Cell& cell, std::uint64_t number) {
    SCOPED_TRACE("case " + std::to_string(number));
    auto [recording, truth] = observed(cell);
    const auto found = without_strays(recording);
    ASSERT_EQ(found.size(), truth.size());
    const auto [wrong, exchanged] = difference(recording, packets_of(found), truth);
    EXPECT_EQ(wrong, 0U) << "packets taken for others, of " << truth.size();
    packets += truth.size();
    twins += exchanged;
    count(recording, found);
  }

  void expect_few_twins() const {
    std::cout << twins << " of " << packets << " packets stand for a twin\n";
    EXPECT_LT(twins * 1000, packets);
  }

  void count(const Recording& recording, const std::vector<Journey>& found) {
    for (const auto& event : recording.events) {
      kinds.insert(event.kind);
      if (const auto view = packet::parse(event.packet)) protocols.insert(view->protocol);
    }
    for (const auto& journey : found)
      twice += std::ranges::count_if(journey.hops, [&](const Hop& hop) {
                 const auto& event = recording.events[hop.event];
                 return event.side == HostId::shared && event.kind == Kind::translated && event.gateway == 0;
               }) > 1;
  }
};

constexpr std::uint64_t kCases = 400;

trial::Cell drawn(std::uint64_t number, bool shared) {
  memory::SwarmDice dice({3, 0, number, purpose_of(shared ? "shared swarm" : "swarm")});
  auto cell = shared ? dice.shared_cell() : dice.cell();
  cell.world = number;
  return cell;
}

TEST(Journeys, EveryEventBelongsToItsPacket) {  // case 1
  Check check;
  for (std::uint64_t i = 0; i < kCases && !HasFailure(); ++i) {
    auto cell = drawn(i, false);
    if (i % 3 == 0) cell.policy.techniques = {find_technique("low-ttl-opener")};
    check(cell, i);
  }
  check.expect_few_twins();
  EXPECT_GE(check.kinds.size(), 8U) << "the cells are too much alike to show anything";
}

TEST(Journeys, TurnBackInSharedNetworks) {  // case 2
  Check check;
  for (std::uint64_t i = 0; i < kCases && !HasFailure(); ++i) {
    auto cell = drawn(i, true);
    if (i % 3 == 0) cell.policy.techniques = {find_technique("low-ttl-opener")};
    check(cell, i);
  }
  check.expect_few_twins();
  EXPECT_GE(check.kinds.size(), 8U);
  EXPECT_GT(check.twice, 20U) << "nothing turned back further out";
}

/// Both peers begin at once, behind gateways that let no UDP through, over links that jitter.
void block_udp(trial::Cell& cell) {
  auto& chain = cell.shared ? cell.shared->nats : cell.client.nats;
  if (chain.empty()) chain.emplace_back();
  chain.front().udp_blocked = true;
  chain.front().translates = true;
  chain.front().max_mappings = chain.front().max_mappings_per_host = nat::Profile{}.max_mappings;
  chain.front().ports = {};
  cell.client.start = cell.connector.start = link::Distribution::constant(0);
  for (auto* side : {&cell.client, &cell.connector})
    side->access.jitter = {link::Distribution::Kind::uniform, 0, 0.030};
}

TEST(Journeys, OfStreamsAreToldApart) {  // case 3
  Check check;
  for (std::uint64_t i = 0; i < kCases && !HasFailure(); ++i) {
    auto cell = drawn(i, i % 2 == 0);
    block_udp(cell);
    check(cell, i);
  }
  check.expect_few_twins();
  EXPECT_TRUE(check.protocols.contains(packet::kTcp) && check.protocols.contains(packet::kIcmp));
}

TEST(Journeys, FindStrays) {  // case 4
  const auto whole = observed(drawn(1, false)).recording;
  ASSERT_GT(whole.events.size(), 10U);
  auto r = whole;
  const auto hops = journeys(r).front().hops;
  ASSERT_GT(hops.size(), 1U);
  r.events.erase(r.events.begin());
  std::vector<std::size_t> strays;
  journeys(r, &strays);
  EXPECT_EQ(strays.size(), hops.size() - 1);
  r = whole;
  r.events[hops.back().event].side = HostId::relay;
  r.events[hops.back().event].kind = Kind::dropped_by_gateway;
  strays.clear();
  journeys(r, &strays);
  EXPECT_EQ(strays, std::vector{hops.back().event});
}

}  // namespace
}  // namespace punchlab::explain
