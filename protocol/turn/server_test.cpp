// The TURN server, request by request (RFC 8656):
//  1. Allocate gives a relayed address in the port range, opens its socket, tells the mapped address, and a retransmission
//     gets the same bytes while another request on the 5-tuple gets 437.
//  2. Contradictory or unsupported Allocates: 400 without or with malformed attributes, 442 for TCP, 440 for IPv6 without
//     an IPv6 address, 420 for DONT-FRAGMENT with the attribute named.
//  3. Quota 486 per user, capacity 508 in allocations and in ports; both come back when an allocation ends.
//  4. EVEN-PORT gives an even port; with R the next one is kept for the token for 30 s and for nobody else.
//  5. Without allocation 437, with another user's credentials 441, other family 443.
//  6. Denied peers 403, a full permission or channel table 508, and a refused request installs nothing.
//  7. A channel number or a peer bound otherwise: 400; numbers outside the range: 400.
//  8. Lifetimes: allocation 600 s, permission 300 s, channel 600 s, to the nanosecond; Refresh extends, 0 deletes.
//  9. A socket is closed after use; one that was never opened is neither opened nor closed; its port stays taken until then.
// 10. IPv6 relayed addresses.
#include "protocol/turn/server_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace punchlab::turn {
namespace {

using ServerTest = ServerFixture;

TEST_F(ServerTest, AllocatesAndRepeatsItself) {
  const stun::TransactionId id{1, 2, 3};
  const auto first = ask(flow_of(1000), Method::allocate, udp, 0, id);
  const std::vector<std::uint8_t> bytes(first.bytes().begin(), first.bytes().end());
  const auto relayed = first.address(Attribute::xor_relayed_address).value();
  EXPECT_EQ(relayed.address, kRelayedV4);
  EXPECT_GE(relayed.port, 50000);
  EXPECT_LE(relayed.port, 50099);
  EXPECT_EQ(first.address(Attribute::xor_mapped_address), flow_of(1000).remote);
  EXPECT_EQ(first.u32(Attribute::lifetime), 600u);
  const auto opened = take_opened();
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].local, relayed);
  now += 1s;
  const auto again = ask(flow_of(1000), Method::allocate, udp, 0, id);
  EXPECT_THAT(again.bytes(), testing::ElementsAreArray(bytes));
  EXPECT_EQ(code_of(flow_of(1000), Method::allocate, udp), 437);
  EXPECT_EQ(server.allocations(), 1u);
}

TEST_F(ServerTest, RefusesContradictoryAllocates) {
  const auto code = [&](const Write& write) { return code_of(flow_of(1000), Method::allocate, write); };
  EXPECT_EQ(code([](auto&) {}), 400);
  EXPECT_EQ(code([](auto& w) { w.text(Attribute::requested_transport, "ab"); }), 400);
  EXPECT_EQ(code([](auto& w) { w.u32(Attribute::requested_transport, 6u << 24); }), 442);
  EXPECT_EQ(code([](auto& w) { udp(w), w.u32(Attribute::requested_address_family, 2u << 24); }), 440);
  EXPECT_EQ(code([](auto& w) { udp(w), w.u32(Attribute::requested_address_family, 9u << 24); }), 440);
  EXPECT_EQ(code([](auto& w) { udp(w), w.text(Attribute::requested_address_family, "x"); }), 400);
  EXPECT_EQ(code([](auto& w) { udp(w), w.u64(Attribute::reservation_token, 1), w.text(Attribute::even_port, "\x01"); }), 400);
  EXPECT_EQ(code([](auto& w) {
              udp(w), w.u64(Attribute::reservation_token, 1), w.u32(Attribute::requested_address_family, 1u << 24);
            }), 400);
  EXPECT_EQ(code([](auto& w) { udp(w), w.u64(Attribute::reservation_token, 1); }), 508);
  EXPECT_EQ(code([](auto& w) { udp(w), w.text(Attribute::lifetime, "x"); }), 400);
  EXPECT_EQ(server.allocations(), 0u);
  EXPECT_EQ(server.counters().refused, 10u);
}

TEST_F(ServerTest, TreatsDontFragmentAsUnknown) {
  const auto response =
      ask(flow_of(1000), Method::allocate, [](auto& w) { udp(w), w.flag(Attribute::dont_fragment); });
  EXPECT_EQ(response.error().value().code, 420);
  const auto list = response.find(Attribute::unknown_attributes).value().value;
  ASSERT_GE(list.size(), 2u);
  EXPECT_EQ(load_u16(list.data()), 0x001A);
}

TEST_F(ServerTest, KeepsQuotaAndCapacity) {
  for (std::uint16_t i = 0; i < 4; ++i) allocate(flow_of(1000 + i), 0);
  EXPECT_EQ(code_of(flow_of(1010), Method::allocate, udp, 0), 486);
  for (std::uint16_t i = 0; i < 4; ++i) allocate(flow_of(2000 + i), 1);
  EXPECT_EQ(code_of(flow_of(2010), Method::allocate, udp, 2), 508);
  take_opened();
  EXPECT_EQ(refresh(flow_of(1000), 0), 0);
  EXPECT_EQ(take_closed().size(), 1u);
  allocate(flow_of(1010), 0);
}

TEST_F(ServerTest, GivesPlacesBackWhenAllocationsExpire) {
  for (std::uint16_t i = 0; i < 4; ++i) allocate(flow_of(1000 + i), 0);
  take_opened();
  now += 600s;  // without any timeout being handled
  allocate(flow_of(1000), 0);
  EXPECT_EQ(take_closed().size(), 4u);
  EXPECT_EQ(server.allocations(), 1u);
}

class FewPorts : public ServerFixture {
 protected:
  static ServerConfig config() {
    auto c = small_config();
    c.first_port = 50000;
    c.last_port = 50003;
    return c;
  }
  FewPorts() : ServerFixture(config()) {}
  stun::MessageView allocate_even(const FiveTuple& flow, std::uint8_t flag) {
    return ask(flow, Method::allocate, [&](auto& w) { udp(w), w.attribute(Attribute::even_port, {&flag, 1}); });
  }
};

TEST_F(FewPorts, GivesEachPortOnceAndThen508) {
  std::set<std::uint16_t> ports;
  for (std::uint16_t i = 0; i < 4; ++i) ports.insert(allocate(flow_of(1000 + i), i).port);
  EXPECT_THAT(ports, testing::ElementsAre(50000, 50001, 50002, 50003));
  EXPECT_EQ(code_of(flow_of(1010), Method::allocate, udp, 5), 508);
}

TEST_F(FewPorts, ReservesTheNextPortForTheToken) {
  const auto response = allocate_even(flow_of(1000), 0x80);
  const auto port = response.address(Attribute::xor_relayed_address).value().port;
  const auto token = response.u64(Attribute::reservation_token).value();
  EXPECT_EQ(port % 2, 0);
  std::set<std::uint16_t> others{allocate(flow_of(1001), 1).port, allocate(flow_of(1002), 1).port};
  EXPECT_FALSE(others.contains(static_cast<std::uint16_t>(port + 1)));
  EXPECT_EQ(code_of(flow_of(1003), Method::allocate, udp, 1), 508);
  const auto redeem = [&](auto& w) { udp(w), w.u64(Attribute::reservation_token, token); };
  EXPECT_EQ(ask(flow_of(1004), Method::allocate, redeem).address(Attribute::xor_relayed_address).value().port, port + 1);
  EXPECT_EQ(code_of(flow_of(1005), Method::allocate, redeem), 508);
}

TEST_F(FewPorts, DropsAReservationAfter30Seconds) {
  const auto token = allocate_even(flow_of(1000), 0x80).u64(Attribute::reservation_token).value();
  now += 30s;
  EXPECT_EQ(code_of(flow_of(1001), Method::allocate,
                    [&](auto& w) { udp(w), w.u64(Attribute::reservation_token, token); }), 508);
  for (std::uint16_t i = 1; i < 4; ++i) allocate(flow_of(1000 + i), 1);
}

TEST_F(FewPorts, GivesEvenPortsOnly) {
  EXPECT_EQ(allocate_even(flow_of(1000), 0).address(Attribute::xor_relayed_address).value().port % 2, 0);
  EXPECT_EQ(allocate_even(flow_of(1001), 0).address(Attribute::xor_relayed_address).value().port % 2, 0);
  EXPECT_EQ(allocate_even(flow_of(1002), 0).error().value().code, 508);
}

TEST_F(ServerTest, ChecksWhoseAllocationItIs) {
  EXPECT_EQ(refresh(flow_of(1000), 600), 437);
  EXPECT_EQ(permit(flow_of(1000), kPeer.address), 437);
  EXPECT_EQ(bind(flow_of(1000), 0x4000, kPeer), 437);
  allocate(flow_of(1000), 0);
  const auto peer = [](auto& w) { w.address(Attribute::xor_peer_address, kPeer); };
  EXPECT_EQ(code_of(flow_of(1000), Method::create_permission, peer, 1), 441);
  EXPECT_EQ(code_of(flow_of(1000), Method::refresh, [](auto&) {}, 1), 441);
  EXPECT_EQ(code_of(flow_of(1000), Method::refresh,
                    [](auto& w) { w.u32(Attribute::requested_address_family, 2u << 24); }), 443);
  EXPECT_EQ(permit(flow_of(1000), IpAddress::v6({0x20, 0x01})), 443);
  EXPECT_EQ(bind(flow_of(1000), 0x4000, {IpAddress::v6({0x20, 0x01}), 1}), 443);
}

TEST_F(ServerTest, RefusesDeniedPeersAndFullTables) {
  allocate(flow_of(1000));
  for (const auto* text : {"127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "239.255.255.255", "255.255.255.255"}) {
    EXPECT_EQ(permit(flow_of(1000), IpAddress::parse(text).value()), 403) << text;
    EXPECT_EQ(bind(flow_of(1000), 0x4000, {IpAddress::parse(text).value(), 1}), 403) << text;
  }
  for (std::uint8_t i = 1; i <= 3; ++i) EXPECT_EQ(permit(flow_of(1000), IpAddress::v4(198, 51, 100, i)), 0);
  const auto two = [](auto& w) {
    w.address(Attribute::xor_peer_address, {IpAddress::v4(198, 51, 100, 11), 0});
    w.address(Attribute::xor_peer_address, {IpAddress::v4(198, 51, 100, 12), 0});
  };
  EXPECT_EQ(code_of(flow_of(1000), Method::create_permission, two), 508);
  EXPECT_FALSE(send(flow_of(1000), {IpAddress::v4(198, 51, 100, 11), 9}, {})) << "a refused request installed a permission";
  EXPECT_EQ(permit(flow_of(1000), IpAddress::v4(198, 51, 100, 11)), 0);
  EXPECT_EQ(permit(flow_of(1000), IpAddress::v4(198, 51, 100, 1)), 0) << "renewing needs no room";
  EXPECT_EQ(bind(flow_of(1000), 0x4000, {IpAddress::v4(198, 51, 100, 13), 1}), 508);
  EXPECT_EQ(code_of(flow_of(1000), Method::create_permission, [](auto&) {}), 400);
  EXPECT_EQ(code_of(flow_of(1000), Method::create_permission,
                    [](auto& w) { w.text(Attribute::xor_peer_address, "?"); }), 400);
  now += 300s;  // expired permissions make room
  EXPECT_EQ(code_of(flow_of(1000), Method::create_permission, two), 0);
}

TEST_F(ServerTest, KeepsChannelsUnambiguous) {
  allocate(flow_of(1000));
  const TransportAddress other{kPeer.address, 5001};
  EXPECT_EQ(bind(flow_of(1000), 0x4001, kPeer), 0);
  EXPECT_EQ(bind(flow_of(1000), 0x4001, kPeer), 0);
  EXPECT_EQ(bind(flow_of(1000), 0x4002, kPeer), 400);
  EXPECT_EQ(bind(flow_of(1000), 0x4001, other), 400);
  EXPECT_EQ(bind(flow_of(1000), 0x3FFF, other), 400);
  EXPECT_EQ(bind(flow_of(1000), 0x5000, other), 400);
  EXPECT_EQ(bind(flow_of(1000), 0x4FFF, other), 0);
  EXPECT_EQ(bind(flow_of(1000), 0x4003, {kPeer.address, 5002}), 0);
  EXPECT_EQ(bind(flow_of(1000), 0x4004, {kPeer.address, 5003}), 508);
}

TEST_F(ServerTest, EndsThingsOnTime) {
  const auto relayed = allocate(flow_of(1000));
  const auto socket = take_opened().at(0).socket;
  const auto start = now;
  EXPECT_EQ(refresh(flow_of(1000), 3600), 0);
  EXPECT_EQ(bind(flow_of(1000), 0x4000, kPeer), 0);
  now = start + 300s - 1ns;
  EXPECT_TRUE(send(flow_of(1000), kPeer, {}));
  EXPECT_TRUE(server.handle_peer_datagram(now, socket, kPeer, {}, out));
  now = start + 300s;
  EXPECT_FALSE(send(flow_of(1000), kPeer, {}));
  EXPECT_FALSE(server.handle_peer_datagram(now, socket, kPeer, {}, out));
  EXPECT_EQ(server.counters().no_permission, 2u);
  now = start + 600s - 1ns;
  EXPECT_TRUE(send_on_channel(flow_of(1000), 0x4000, {}));
  now = start + 600s;
  EXPECT_FALSE(send_on_channel(flow_of(1000), 0x4000, {}));
  EXPECT_EQ(server.counters().no_channel, 1u);
  EXPECT_EQ(bind(flow_of(1000), 0x4001, kPeer), 0) << "the peer is free for another channel again";
  server.handle_timeout(now);
  EXPECT_EQ(server.deadline(), start + 3600s);
  now = start + 3600s;
  EXPECT_EQ(refresh(flow_of(1000), 600), 437);
  server.handle_timeout(now);
  EXPECT_EQ(take_closed().size(), 1u);
  EXPECT_EQ(server.deadline(), kNever);
  EXPECT_NE(relayed.port, 0);
}

TEST_F(ServerTest, GrantsLifetimesWithinBounds) {
  const auto granted = [&](std::uint32_t seconds) {
    return ask(flow_of(1000), Method::refresh, [&](auto& w) { w.u32(Attribute::lifetime, seconds); })
        .u32(Attribute::lifetime);
  };
  allocate(flow_of(1000));
  EXPECT_EQ(granted(1), 600u);
  EXPECT_EQ(granted(1000), 1000u);
  EXPECT_EQ(granted(0xFFFFFFFF), 3600u);
  EXPECT_EQ(granted(0), 0u);
  EXPECT_EQ(server.allocations(), 0u);
}

TEST_F(ServerTest, ClosesExactlyTheSocketsItOpened) {
  allocate(flow_of(1000));
  EXPECT_EQ(refresh(flow_of(1000), 0), 0);
  EXPECT_TRUE(take_opened().empty());
  EXPECT_TRUE(take_closed().empty());
  allocate(flow_of(1001));
  const auto opened = take_opened();
  server.close_flow(now, flow_of(1001));
  const auto closed = take_closed();
  ASSERT_EQ(opened.size(), 1u);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(opened[0].socket, closed[0].socket);
}

TEST_F(FewPorts, KeepsAPortUntilItsSocketIsClosed) {
  for (std::uint16_t i = 0; i < 4; ++i) allocate(flow_of(1000 + i), 0);
  take_opened();
  EXPECT_EQ(refresh(flow_of(1000), 0), 0);
  EXPECT_EQ(code_of(flow_of(1009), Method::allocate, udp, 1), 508);
  EXPECT_EQ(take_closed().size(), 1u);
  allocate(flow_of(1009), 1);
}

TEST_F(FewPorts, EndsTheAllocationWhoseSocketCannotBeOpened) {
  allocate(flow_of(1000));
  server.close_relay_socket(now, take_opened().at(0).socket);
  EXPECT_EQ(refresh(flow_of(1000), 600), 437);
}

TEST_F(ServerTest, StartsAfreshOnReset) {
  for (std::uint16_t i = 0; i < 4; ++i) allocate(flow_of(1000 + i), 0);
  server.reset();
  EXPECT_EQ(server.allocations(), 0u);
  EXPECT_TRUE(take_opened().empty());
  EXPECT_EQ(refresh(flow_of(1000), 600), 437);
  for (std::uint16_t i = 0; i < 4; ++i) allocate(flow_of(1000 + i), 0);
}

class SixServer : public ServerFixture {
 protected:
  static ServerConfig config() {
    auto c = small_config();
    c.relayed_v6 = IpAddress::parse("2001:db8::1");
    return c;
  }
  SixServer() : ServerFixture(config()) {}
};

TEST_F(SixServer, RelaysIpv6) {
  const auto response = ask(flow_of(1000), Method::allocate,
                            [](auto& w) { udp(w), w.u32(Attribute::requested_address_family, 2u << 24); });
  EXPECT_EQ(response.address(Attribute::xor_relayed_address).value().address, IpAddress::parse("2001:db8::1"));
  const TransportAddress peer{IpAddress::parse("2001:db8::99").value(), 7};
  EXPECT_EQ(permit(flow_of(1000), peer.address), 0);
  EXPECT_EQ(permit(flow_of(1000), kPeer.address), 443);
  EXPECT_EQ(permit(flow_of(1000), IpAddress::parse("fe80::1").value()), 403);
  EXPECT_EQ(permit(flow_of(1000), IpAddress::parse("::ffff:127.0.0.1").value_or(IpAddress::parse("::1").value())), 403);
  EXPECT_EQ(send(flow_of(1000), peer, {}).value().destination, peer);
}

}  // namespace
}  // namespace punchlab::turn
