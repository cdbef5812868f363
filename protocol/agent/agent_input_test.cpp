// What comes in, good and bad:
// 1. Malformed, unexpected, unauthentic input and unknown sockets are counted, each under its own name, and change
// nothing.
// 2. Datagrams mutated by a seed (bits, lengths, replays), thrown at a connecting agent among the real ones, never stop
// it.
// 3. Once connected, sealing, receiving and polling allocate nothing, direct and relayed.
#include <gmock/gmock.h>

#include "protocol/agent/agent_lab.hpp"
#include "protocol/base/count_of_news.hpp"

namespace punchlab::agent::lab {
namespace {

const TransportAddress kStranger{IpAddress::v4(203, 0, 113, 66), 6666};

TEST(AgentInput, CountsWhatItCannotUse) {
  Lab lab;
  lab.run(2s);
  auto& agent = lab.client();
  const auto give = [&](const TransportAddress& from, const Octets& bytes, SocketId socket = kSocket) {
    agent.handle_datagram(lab.now, {socket, from, bytes});
  };
  const auto before = agent.counters();
  give(kStranger, {0x80, 1, 2, 3});  // RTP
  give(kStranger, {});
  give(kRelay, {0x40, 0x00, 0x00, 0x09, 1});  // ChannelData that lies about its length
  EXPECT_EQ(agent.counters().malformed, before.malformed + 3);
  Octets data(60, 0);
  data[0] = 0xC2;
  give(kStranger, data);
  EXPECT_EQ(agent.counters().unauthentic, before.unauthentic + 1);
  data[0] = 0xC0;
  give(kStranger, data);
  EXPECT_EQ(agent.counters().unexpected, before.unexpected + 1);
  give(kStranger, data, SocketId{7});
  EXPECT_EQ(agent.counters().unknown_socket, before.unknown_socket + 1);
  EXPECT_EQ(agent.path(), PathKind::direct);
  lab.talk(10ms);
  lab.run(100ms);
  EXPECT_EQ(lab.hosts[1].received.size(), 10u);
}

void mutate(Octets& bytes, Rng& rng) {
  for (auto n = 1 + rng.below(4); n-- > 0 && !bytes.empty();) {
    auto& byte = bytes[rng.below(bytes.size())];
    byte = rng.chance(0.5) ? static_cast<std::uint8_t>(byte ^ (1U << rng.below(8)))
                           : static_cast<std::uint8_t>(rng.next());
  }
  if (rng.chance(0.2)) bytes.resize(rng.below(bytes.size() + 40));
}

TEST(AgentInput, SurvivesMutatedDatagrams) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Lab lab({.seed = seed});
    SeededRng rng({seed, 0, 0, purpose_of("agent-mutation")});
    lab.cut = [&](const auto& from, const auto& to, Bytes bytes) {
      Octets copy(bytes.begin(), bytes.end());
      if (rng.chance(0.8)) mutate(copy, rng);
      for (auto& host : lab.hosts)
        if (host.address == to && host.started)
          host.agent->handle_datagram(lab.now, {kSocket, rng.chance(0.8) ? from : kStranger, copy});
      return false;
    };
    lab.run(3s);
    for (auto& host : lab.hosts) EXPECT_NE(host.agent->path(), PathKind::none) << "seed " << seed;
  }
}

TEST(AgentInput, TheDataPathAllocatesNothing) {
  for (const bool direct : {true, false}) {
    Lab lab;
    lab.cut = [&](const auto& a, const auto& b, Bytes) { return !direct && Lab::between_peers(a, b); };
    lab.run(5s);
    lab.talk(20ms);
    lab.run(1s);
    ASSERT_EQ(lab.client().path(), direct ? PathKind::direct : PathKind::relayed);
    std::array<std::uint8_t, kMaxDatagram> out, buffer, forwarded;
    const Octets payload(1000, 1);
    const auto before = count_of_news();
    std::uint32_t received = 0;
    for (int i = 0; i < 1000; ++i) {
      const auto sent = lab.client().seal(lab.now, payload, out);
      ASSERT_TRUE(sent);
      Bytes arrives = Bytes{out}.first(sent->size);
      if (!direct) {
        const auto socket = sent->destination == kRelay ? kListener : lab.relayed_socket(sent->destination);
        ASSERT_TRUE(socket);
        lab.relay->handle_datagram(lab.now, {*socket, lab.hosts[0].address, arrives});
        drain(*lab.relay, lab.now, forwarded, [&](const Output& o, Bytes bytes) {
          if (const auto* t = std::get_if<Transmit>(&o)) arrives = bytes.first(t->size);
        });
      }
      lab.connector().handle_datagram(lab.now, {kSocket, direct ? lab.hosts[0].address : kRelay, arrives});
      for (auto* agent : {&lab.client(), &lab.connector()})
        drain(*agent, lab.now, buffer,
              [&](const Output& o, Bytes) { received += std::holds_alternative<Received>(o) ? 1 : 0; });
    }
    EXPECT_EQ(count_of_news(), before);
    EXPECT_EQ(received, 1000u);
  }
}

}  // namespace
}  // namespace punchlab::agent::lab
