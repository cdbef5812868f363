// What the relay costs: making one, resetting one, a whole client set-up, and one relayed datagram each way.
#include <benchmark/benchmark.h>

#include "protocol/relay/server.hpp"
#include "protocol/turn/client.hpp"

namespace punchlab::relay {
namespace {

const TransportAddress kRelay{IpAddress::v4(203, 0, 113, 1), 3478};
const TransportAddress kClient{IpAddress::v4(192, 0, 2, 1), 1000};
const TransportAddress kPeer{IpAddress::v4(198, 51, 100, 7), 5000};

/// As a simulated trial would choose it: two users, few allocations.
Config small_config() {
  Config config;
  config.users = {{"client", "secret"}, {"connector", "other"}};
  config.turn.relayed_v4 = kRelay.address;
  config.turn.max_allocations = 4;
  config.max_streams = 2;
  config.max_queued = 16;
  config.broker = {.registrations = 2, .pending = 4};
  return config;
}

struct Session {
  explicit Session(Server& server, Rng& rng) : relay(server), client(policy, credentials, kRelay, Transport::udp, rng) {
    client.start(now);
    client.permit(now, kPeer.address);
    client.bind_channel(now, kPeer);
    pump();
  }
  void pump() {
    for (;;) {
      const auto event = client.poll(now, buffer);
      if (std::holds_alternative<Deadline>(event)) return;
      const auto* send = std::get_if<turn::Send>(&event);
      if (send == nullptr) continue;
      relay.handle_datagram(now, {SocketId{1}, kClient, Bytes{buffer}.first(send->size)});
      drain(relay, now, answer, [&](const Output& output, Bytes bytes) {
        if (const auto* open = std::get_if<OpenSocket>(&output)) socket = open->socket;
        if (const auto* t = std::get_if<Transmit>(&output))
          client.handle_message(now, stun::MessageView::parse(bytes.first(t->size)).value());
      });
    }
  }
  Server& relay;
  Policy policy;
  stun::LongTermClient credentials{"client", "secret"};
  turn::Client client;
  Time now = kTimeOrigin;
  SocketId socket;
  std::array<std::uint8_t, kMaxDatagram> buffer, answer;
};

void make(benchmark::State& state) {
  SeededRng rng({1, 0, 0, 1});
  const auto config = small_config();
  for (auto _ : state) {
    Server relay(config, rng);
    relay.add_socket({1}, Transport::udp, kRelay);
    benchmark::DoNotOptimize(relay);
  }
}
BENCHMARK(make);

void reset(benchmark::State& state) {
  SeededRng rng({1, 0, 0, 1});
  Server relay(small_config(), rng);
  for (auto _ : state) relay.reset();
}
BENCHMARK(reset);

/// Reset; then Allocate with its challenge, CreatePermission and ChannelBind, client included.
void set_up(benchmark::State& state) {
  SeededRng rng({1, 0, 0, 1});
  Server relay(small_config(), rng);
  relay.add_socket({1}, Transport::udp, kRelay);
  for (auto _ : state) {
    relay.reset();
    Session session(relay, rng);
    if (!session.client.allocated()) state.SkipWithError("no allocation");
  }
}
BENCHMARK(set_up);

void relay_datagram(benchmark::State& state) {
  SeededRng rng({1, 0, 0, 1});
  Server relay(small_config(), rng);
  relay.add_socket({1}, Transport::udp, kRelay);
  Session session(relay, rng);
  const std::vector<std::uint8_t> payload(200);
  const auto size = session.client.wrap(kPeer, payload, session.buffer);
  const bool to_peer = state.range(0) == 1;
  const Datagram datagram = to_peer ? Datagram{SocketId{1}, kClient, Bytes{session.buffer}.first(size)}
                                    : Datagram{session.socket, kPeer, payload};
  int sent = 0;
  for (auto _ : state) {
    relay.handle_datagram(session.now, datagram);
    drain(relay, session.now, session.answer, [&](const Output&, Bytes) { ++sent; });
  }
  if (sent != static_cast<int>(state.iterations())) state.SkipWithError("datagrams were lost");
}
BENCHMARK(relay_datagram)->ArgName("to_peer")->Arg(0)->Arg(1);

}  // namespace
}  // namespace punchlab::relay
