// The server's data path (RFC 8656 sections 11 and 12):
// 1. Send indications and ChannelData reach the peer from the relayed address, with the payload untouched.
// 2. A peer's datagram reaches the client as ChannelData when bound, else as a Data indication; padded on a stream.
// 3. Nothing passes without an allocation, a permission or a channel, and each drop is counted.
// 4. Two clients of the same server reach each other without leaving it; other ports of the relayed address are closed.
// 5. What no longer fits a datagram once wrapped is dropped and counted.
// 6. The data path allocates no memory: `operator new` is counted.
#include <gmock/gmock.h>

#include "protocol/base/count_of_news.hpp"
#include "protocol/turn/server_fixture.hpp"

namespace punchlab::turn {
namespace {

constexpr std::array<std::uint8_t, 5> kHello{'h', 'e', 'l', 'l', 'o'};

class ServerData : public ServerFixture {
 protected:
  Bytes sent(const Transmit& t) const { return Bytes{out}.first(t.size); }
};

TEST_F(ServerData, ReachesThePeer) {
  allocate(flow_of(1000));
  const auto socket = take_opened().at(0).socket;
  EXPECT_EQ(permit(flow_of(1000), kPeer.address), 0);
  const auto indication = send(flow_of(1000), kPeer, kHello).value();
  EXPECT_EQ(indication.socket, socket);
  EXPECT_EQ(indication.destination, kPeer);
  EXPECT_THAT(sent(indication), testing::ElementsAreArray(kHello));
  EXPECT_EQ(bind(flow_of(1000), 0x4000, kPeer), 0);
  const auto channel = send_on_channel(flow_of(1000), 0x4000, kHello).value();
  EXPECT_EQ(channel.destination, kPeer);
  EXPECT_THAT(sent(channel), testing::ElementsAreArray(kHello));
  EXPECT_EQ(server.counters().to_peer, 2u);
}

TEST_F(ServerData, ReachesTheClient) {
  for (const auto transport : {Transport::udp, Transport::tcp}) {
    const auto flow = flow_of(1000, transport);
    allocate(flow);
    const auto socket = take_opened().at(0).socket;
    EXPECT_EQ(permit(flow, kPeer.address), 0);
    const TransportAddress other_port{kPeer.address, 6000};  // a permission is for the address, any port
    const auto indication = server.handle_peer_datagram(now, socket, other_port, kHello, out).value();
    EXPECT_EQ(indication.destination, flow.remote);
    const auto view = stun::MessageView::parse(sent(indication)).value();
    EXPECT_TRUE(view.is(stun::Class::indication, Method::data));
    EXPECT_EQ(view.address(Attribute::xor_peer_address), other_port);
    EXPECT_THAT(view.find(Attribute::data).value().value, testing::ElementsAreArray(kHello));
    EXPECT_EQ(bind(flow, 0x4000, kPeer), 0);
    const auto channel = server.handle_peer_datagram(now, socket, kPeer, kHello, out).value();
    EXPECT_EQ(channel.size, is_stream(transport) ? 12u : 9u);
    EXPECT_THAT(parse_channel_data(sent(channel)).value().payload, testing::ElementsAreArray(kHello));
  }
}

TEST_F(ServerData, PassesNothingUninvited) {
  EXPECT_FALSE(send(flow_of(1000), kPeer, kHello));
  EXPECT_FALSE(send_on_channel(flow_of(1000), 0x4000, kHello));
  EXPECT_FALSE(server.handle_peer_datagram(now, SocketId{kFirstRelaySocket}, kPeer, kHello, out));
  EXPECT_EQ(server.counters().no_allocation, 3u);
  allocate(flow_of(1000));
  const auto socket = take_opened().at(0).socket;
  EXPECT_FALSE(send(flow_of(1000), kPeer, kHello));
  EXPECT_FALSE(server.handle_peer_datagram(now, socket, kPeer, kHello, out));
  EXPECT_EQ(server.counters().no_permission, 2u);
  EXPECT_FALSE(send_on_channel(flow_of(1000), 0x4000, kHello));
  EXPECT_EQ(server.counters().no_channel, 1u);
  EXPECT_FALSE(server.handle_channel_data(now, flow_of(1000), Bytes{kHello}.first(3), out));
  EXPECT_EQ(server.counters().malformed, 1u);
  EXPECT_EQ(server.counters().to_peer + server.counters().to_client, 0u);
}

TEST_F(ServerData, JoinsTwoClientsInside) {
  const auto a = allocate(flow_of(1000), 0);
  const auto b = allocate(flow_of(2000));
  EXPECT_EQ(permit(flow_of(1000), kRelayedV4), 0);
  EXPECT_FALSE(send(flow_of(1000), b, kHello)) << "the other side has not permitted";
  EXPECT_EQ(bind(flow_of(2000), 0x4000, a), 0);
  const auto to_b = send(flow_of(1000), b, kHello).value();
  EXPECT_EQ(to_b.destination, flow_of(2000).remote);
  EXPECT_EQ(parse_channel_data(sent(to_b)).value().channel, 0x4000);
  const auto to_a = send_on_channel(flow_of(2000), 0x4000, kHello).value();
  EXPECT_EQ(to_a.destination, flow_of(1000).remote);
  EXPECT_EQ(stun::MessageView::parse(sent(to_a)).value().address(Attribute::xor_peer_address), b);
  EXPECT_FALSE(send(flow_of(1000), kServer, kHello)) << "the relay's own listening port is no peer";
}

TEST_F(ServerData, DropsWhatDoesNotFit) {
  allocate(flow_of(1000));
  const auto socket = take_opened().at(0).socket;
  EXPECT_EQ(permit(flow_of(1000), kPeer.address), 0);
  const std::vector<std::uint8_t> large(kMaxDatagram - 20);
  EXPECT_FALSE(server.handle_peer_datagram(now, socket, kPeer, large, out));
  EXPECT_EQ(server.counters().too_large, 1u);
  EXPECT_EQ(bind(flow_of(1000), 0x4000, kPeer), 0);
  EXPECT_TRUE(server.handle_peer_datagram(now, socket, kPeer, large, out));
}

TEST_F(ServerData, AllocatesNoMemory) {
  const auto b = allocate(flow_of(2000));
  allocate(flow_of(1000));
  const auto socket = take_opened().at(1).socket;
  EXPECT_EQ(permit(flow_of(1000), kPeer.address), 0);
  EXPECT_EQ(permit(flow_of(1000), kRelayedV4), 0);
  EXPECT_EQ(permit(flow_of(2000), kRelayedV4), 0);
  EXPECT_EQ(bind(flow_of(1000), 0x4000, kPeer), 0);
  const auto before = count_of_news();
  int passed = 0;
  for (int i = 0; i < 100; ++i) {
    passed += send(flow_of(1000), kPeer, kHello).has_value();
    passed += send(flow_of(1000), b, kHello).has_value();
    passed += send_on_channel(flow_of(1000), 0x4000, kHello).has_value();
    passed += server.handle_peer_datagram(now, socket, kPeer, kHello, out).has_value();
    passed += server.handle_peer_datagram(now, socket, {kPeer.address, 1}, kHello, out).has_value();
    passed += send(flow_of(9), kPeer, kHello).has_value();  // a stranger's
  }
  const auto after = count_of_news();
  ::operator delete(::operator new(1));
  const auto control = count_of_news();
  EXPECT_EQ(passed, 500);
  EXPECT_EQ(after, before);
  EXPECT_EQ(control, after + 1) << "the counter does not count";
}

}  // namespace
}  // namespace punchlab::turn
