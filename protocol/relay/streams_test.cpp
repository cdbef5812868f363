// The relay over TCP, through an in-memory byte pipe:
// 1. A TURN client allocates, binds and carries data both ways when every byte arrives alone, or all arrive at once.
// 2. Nothing is lost when more messages arrive at once than outputs fit: the rest is handed in again.
// 3. Closing the stream ends its allocation and its relay socket.
// 4. Bytes that are no message close the stream; so does a stream on which nobody authenticates for 30 s, and no other.
// 5. More streams than configured are closed at once.
#include <gmock/gmock.h>

#include "protocol/relay/relay_lab.hpp"
#include "protocol/stun/stream_framer.hpp"

namespace punchlab::relay {
namespace {

const std::vector<std::uint8_t> kHello{'h', 'e', 'l', 'l', 'o'};
constexpr SocketId kListener{2};
constexpr SocketId kStream{10};

class StreamsTest : public testing::TestWithParam<std::size_t> {
 protected:
  StreamsTest() {
    relay.add_socket(kListener, Transport::tcp, kRelay);
    relay.handle_stream_opened(now, kListener, kStream, kRemote);
  }
  /// Bytes from the client, in pieces of the parameter's size.
  void to_relay(Bytes bytes) {
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(GetParam(), bytes.size()));
      const auto taken = relay.handle_stream(now, kStream, piece);
      ASSERT_TRUE(taken > 0 || piece.empty());
      bytes = bytes.subspan(taken);
      from_relay();
    }
  }
  void from_relay() {
    drain(relay, now, buffer, [&](const Output& output, Bytes bytes) {
      if (const auto* open = std::get_if<OpenSocket>(&output)) relay_socket = open->socket;
      if (const auto* close = std::get_if<CloseSocket>(&output)) closed.push_back(close->socket);
      const auto* t = std::get_if<Transmit>(&output);
      if (t == nullptr) return;
      if (t->socket != kStream) return take_at_peer(bytes.first(t->size));
      for (const auto byte : bytes.first(t->size)) to_client(byte);
    });
  }
  void take_at_peer(Bytes payload) { peer_received.emplace_back(payload.begin(), payload.end()); }
  void to_client(std::uint8_t byte) {
    Bytes piece{&byte, 1};
    while (framer.next(piece) == stun::FrameStatus::complete) {
      if (const auto data = client.unwrap(framer.frame())) {
        received.emplace_back(data->peer, std::vector(data->data.begin(), data->data.end()));
      } else {
        EXPECT_TRUE(client.handle_message(now, stun::MessageView::parse(framer.frame()).value()));
      }
    }
  }
  void run() {
    std::array<std::uint8_t, kMaxDatagram> request;
    for (;;) {
      const auto event = client.poll(now, request);
      if (std::holds_alternative<Deadline>(event)) return;
      if (const auto* send = std::get_if<turn::Send>(&event)) to_relay(Bytes{request}.first(send->size));
    }
  }
  void set_up() {
    client.start(now);
    client.bind_channel(now, kPeer);
    run();
    ASSERT_TRUE(client.allocated());
  }

  const TransportAddress kRemote{IpAddress::v4(192, 0, 2, 1), 1000};
  SeededRng rng{{1, 0, 0, 6}};
  Server relay{lab_config(), rng};
  Policy policy;
  stun::LongTermClient credentials{"alice", "secret"};
  turn::Client client{policy, credentials, kRelay, Transport::tcp, rng};
  stun::StreamFramer framer;
  Time now = kTimeOrigin;
  std::array<std::uint8_t, kMaxDatagram> buffer{};
  SocketId relay_socket;
  std::vector<SocketId> closed;
  std::vector<std::vector<std::uint8_t>> peer_received;
  std::vector<std::pair<TransportAddress, std::vector<std::uint8_t>>> received;
};

TEST_P(StreamsTest, CarriesDataBothWays) {
  set_up();
  std::array<std::uint8_t, 100> message;
  for (const auto& peer : {kPeer, TransportAddress{kPeer.address, 1}}) {
    to_relay(Bytes{message}.first(client.wrap(peer, kHello, message)));
    relay.handle_datagram(now, {relay_socket, peer, kHello});
    from_relay();
  }
  EXPECT_THAT(peer_received, testing::ElementsAre(kHello, kHello));
  EXPECT_THAT(received, testing::ElementsAre(std::pair(kPeer, kHello), std::pair(TransportAddress{kPeer.address, 1}, kHello)));
  EXPECT_EQ(relay.counters().malformed, 0u);
}

TEST_P(StreamsTest, LosesNothingOfABurst) {
  set_up();
  std::vector<std::uint8_t> burst;
  std::array<std::uint8_t, 100> message;
  for (std::uint8_t i = 0; i < 200; ++i) {
    const auto size = client.wrap(kPeer, {&i, 1}, message);
    burst.insert(burst.end(), message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
  }
  to_relay(burst);
  ASSERT_EQ(peer_received.size(), 200u);
  for (std::uint8_t i = 0; i < 200; ++i) EXPECT_EQ(peer_received[i], std::vector{i});
  EXPECT_EQ(relay.counters().overflows, 0u);
}

TEST_P(StreamsTest, EndsTheAllocationWithTheStream) {
  set_up();
  relay.handle_stream_closed(now, kStream);
  from_relay();
  EXPECT_THAT(closed, testing::ElementsAre(relay_socket));
  EXPECT_EQ(relay.allocations(), 0u);
  EXPECT_EQ(relay.handle_stream(now, kStream, kHello), kHello.size());
  EXPECT_EQ(relay.counters().unknown_socket, 1u);
}

TEST_P(StreamsTest, ClosesAStreamOfGarbage) {
  set_up();
  to_relay(std::vector<std::uint8_t>(40, 0xFF));
  EXPECT_THAT(closed, testing::UnorderedElementsAre(relay_socket, kStream));
  EXPECT_EQ(relay.counters().streams_malformed, 1u);
}

TEST_P(StreamsTest, ClosesIdleStrangersOnly) {
  set_up();
  relay.handle_stream_opened(now + 1s, kListener, {11}, {kPeer.address, 1});
  now += 31s - 1ns;
  from_relay();
  EXPECT_TRUE(closed.empty());
  now += 1ns;
  from_relay();
  EXPECT_THAT(closed, testing::ElementsAre(SocketId{11}));
  EXPECT_EQ(relay.allocations(), 1u);
}

TEST_P(StreamsTest, BoundsTheStreams) {
  for (std::uint32_t i = 1; i <= 6; ++i) relay.handle_stream_opened(now, kListener, {10 + i}, {kPeer.address, 1});
  from_relay();
  EXPECT_THAT(closed, testing::UnorderedElementsAre(SocketId{14}, SocketId{15}, SocketId{16}));
  EXPECT_EQ(relay.counters().streams_refused, 3u);
  relay.handle_stream_closed(now, {12});
  relay.handle_stream_opened(now, kListener, {20}, {kPeer.address, 1});
  EXPECT_EQ(relay.counters().streams_refused, 3u);
}

INSTANTIATE_TEST_SUITE_P(Pieces, StreamsTest, testing::Values(1, 7, 100'000));

}  // namespace
}  // namespace punchlab::relay
