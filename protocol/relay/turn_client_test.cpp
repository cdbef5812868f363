// The TURN client against the relay over an in-memory network, 10 ms each way (RFC 8656):
//  1. Unauthenticated Allocate, 401, Allocate: relayed and mapped address after two round trips, three requests in all
//     with a permission and a channel that were asked for at once and stand one round trip later. Permissions that are due
//     together share a request, also when they are renewed and when it is lost.
//  2. Data both ways, by indication and by channel, and between two clients of the relay.
//  3. With a realm and nonce known, one round trip is enough.
//  4. Refused: 401 wrong password, 486 quota, 508 capacity, 440 family; 403 for one peer only, the others of its request
//     are asked for again; 300 names the alternate server.
//  5. 437: an allocation of an earlier life is released first; another user's is reported.
//  6. Two hours of virtual time: allocation, permission and channel live on, also when every nonce goes stale after a minute.
//  7. Close gives the port back; also when the Allocate was still under way.
//  8. A relay that forgot everything, or is silent, is reported as lost: after 7 requests and 39.5 s.
//     A refresh that is asked for hears of it at once; `abandon` says nothing to anybody, and `start` works after it.
//  9. Responses with wrong integrity or of other transactions are ignored.
// 10. Loss, duplication and reordering of datagrams (seeded): the same result, one allocation.
// 11. The client's table is bounded.
#include <gmock/gmock.h>

#include "protocol/relay/relay_lab.hpp"

namespace punchlab::relay {
namespace {

const std::vector<std::uint8_t> kHello{'h', 'e', 'l', 'l', 'o'};

void start_with_peer(Lab& lab, ClientHost& host) {
  host.client.start(lab.now);
  EXPECT_TRUE(host.client.permit(lab.now, kPeer.address));
  EXPECT_TRUE(host.client.bind_channel(lab.now, kPeer));
}

int lost_code(const ClientHost& host) {
  const auto lost = host.all<turn::AllocationLost>();
  return lost.size() == 1 ? lost[0].code : -1;
}

TEST(TurnClient, AllocatesAndThenPermitsAndBindsAtOnce) {
  Lab lab;
  auto& host = lab.add_client(1000);
  start_with_peer(lab, host);
  lab.run_for(41ms);
  const auto allocated = host.all<turn::Allocated>();
  ASSERT_EQ(allocated.size(), 1u);
  EXPECT_EQ(allocated[0].mapped, host.address);
  EXPECT_EQ(allocated[0].relayed.address, kRelay.address);
  EXPECT_EQ(allocated[0].lifetime, 600s);
  EXPECT_TRUE(host.all<turn::PermissionReady>().empty());
  lab.run_for(20ms);
  EXPECT_EQ(host.all<turn::PermissionReady>().size(), 1u);
  EXPECT_EQ(host.all<turn::ChannelReady>().size(), 1u);
  EXPECT_EQ(host.sent, 4);
  EXPECT_EQ(lab.relay.counters().challenged, 1u);
  EXPECT_EQ(lab.relay.counters().authenticated, 3u);
}

const auto nth_peer = [](std::uint8_t i) { return IpAddress::v4(198, 51, 100, i); };

TEST(TurnClient, AsksForPermissionsTogether) {
  Lab lab;
  auto& host = lab.add_client(1000);
  host.client.start(lab.now);
  for (std::uint8_t i = 1; i <= 10; ++i) host.client.permit(lab.now, nth_peer(i));
  lab.run_for(61ms);
  EXPECT_EQ(host.all<turn::PermissionReady>().size(), 10u);
  EXPECT_EQ(host.sent, 4) << "two to allocate, one for eight permissions, one for the rest";
  lab.run_for(280s);
  EXPECT_EQ(host.sent, 6) << "renewed together";
  for (std::uint8_t i = 1; i <= 10; ++i) lab.put({nth_peer(i), 9}, host.client.relayed(), kHello);
  lab.run_for(100ms);
  EXPECT_EQ(host.received.size(), 10u);
}

TEST(TurnClient, RepeatsALostRequestForAllItsPermissions) {
  Lab lab(1, {.loss = 0.5});
  auto& host = lab.add_client(1000);
  host.client.start(lab.now);
  for (std::uint8_t i = 1; i <= 6; ++i) host.client.permit(lab.now, nth_peer(i));
  lab.run_for(60s);
  EXPECT_EQ(host.all<turn::PermissionReady>().size(), 6u);
  EXPECT_TRUE(host.all<turn::PeerRefused>().empty());
}

TEST(TurnClient, CarriesDataBothWays) {
  Lab lab;
  auto& host = lab.add_client(1000);
  EXPECT_FALSE(lab.send(host, kPeer, kHello));
  start_with_peer(lab, host);
  lab.run_for(100ms);
  const TransportAddress other_port{kPeer.address, 1};
  EXPECT_TRUE(lab.send(host, kPeer, kHello));
  lab.put(kPeer, host.client.relayed(), kHello);
  lab.put(other_port, host.client.relayed(), kHello);
  lab.run_for(100ms);
  ASSERT_EQ(lab.peer_received.size(), 1u);
  EXPECT_EQ(lab.peer_received[0], std::pair(host.client.relayed(), kHello));
  EXPECT_THAT(host.received, testing::ElementsAre(std::pair(kPeer, kHello), std::pair(other_port, kHello)));
}

TEST(TurnClient, ReachesAnotherClientOfTheRelay) {
  Lab lab;
  auto& a = lab.add_client(1000);
  auto& b = lab.add_client(2000, "bob", "other");
  a.client.start(lab.now);
  b.client.start(lab.now);
  lab.run_for(100ms);
  a.client.permit(lab.now, b.client.relayed().address);
  b.client.bind_channel(lab.now, a.client.relayed());
  lab.run_for(100ms);
  EXPECT_TRUE(lab.send(a, b.client.relayed(), kHello));
  EXPECT_TRUE(lab.send(b, a.client.relayed(), kHello));
  lab.run_for(100ms);
  EXPECT_THAT(b.received, testing::ElementsAre(std::pair(a.client.relayed(), kHello)));
  EXPECT_THAT(a.received, testing::ElementsAre(std::pair(b.client.relayed(), kHello)));
}

TEST(TurnClient, NeedsOneRoundTripWithAKnownNonce) {
  Lab lab;
  auto& host = lab.add_client(1000);
  host.client.start(lab.now);
  lab.run_for(100ms);
  host.client.close(lab.now);
  lab.run_for(100ms);
  EXPECT_EQ(lab.relay.allocations(), 0u);
  EXPECT_TRUE(lab.relay_sockets.empty());
  EXPECT_TRUE(host.all<turn::AllocationLost>().empty());
  host.client.start(lab.now);
  lab.run_for(21ms);
  EXPECT_EQ(host.all<turn::Allocated>().size(), 2u);
  EXPECT_EQ(host.sent, 4);
}

TEST(TurnClient, ReportsRefusals) {
  auto config = lab_config();
  config.turn.max_allocations = 3;
  config.turn.max_allocations_per_user = 2;
  Lab lab(1, {}, config);
  auto& wrong = lab.add_client(900, "alice", "guess");
  auto& unknown = lab.add_client(901, "mallory", "secret");
  for (auto* host : {&wrong, &unknown}) host->client.start(lab.now);
  lab.run_for(1s);
  EXPECT_EQ(lost_code(wrong), 401);
  EXPECT_EQ(lost_code(unknown), 401);
  EXPECT_EQ(lab.relay.counters().wrong_credentials, 2u);
  for (std::uint16_t i = 0; i < 3; ++i) lab.add_client(1000 + i).client.start(lab.now);
  lab.run_for(1s);
  EXPECT_EQ(lost_code(*lab.clients[4]), 486);
  for (std::uint16_t i = 0; i < 2; ++i) lab.add_client(2000 + i, "bob", "other").client.start(lab.now);
  lab.run_for(1s);
  EXPECT_EQ(lost_code(*lab.clients[5]), -1);
  EXPECT_EQ(lost_code(*lab.clients[6]), 508);
}

TEST(TurnClient, ReportsARefusedPeerAndKeepsTheRest) {
  Lab lab;
  auto& host = lab.add_client(1000);
  start_with_peer(lab, host);
  host.client.permit(lab.now, IpAddress::v4(127, 0, 0, 1));
  host.client.permit(lab.now, IpAddress::v4(198, 51, 100, 9));
  lab.run_for(1s);
  const auto refused = host.all<turn::PeerRefused>();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].code, 403);
  EXPECT_EQ(refused[0].peer.address, IpAddress::v4(127, 0, 0, 1));
  EXPECT_EQ(host.all<turn::PermissionReady>().size(), 2u);
  EXPECT_EQ(host.sent, 7) << "two to allocate, one for the channel, one for all three permissions, then one each";
  EXPECT_TRUE(host.client.allocated());
}

TEST(TurnClient, ReleasesWhatAnEarlierLifeLeft) {
  Lab lab;
  auto& first = lab.add_client(1000);
  first.client.start(lab.now);
  lab.run_for(1s);
  const auto relayed = first.client.relayed();
  lab.clients.clear();  // it crashed; the next process gets the same port
  auto& second = lab.add_client(1000);
  start_with_peer(lab, second);
  lab.run_for(1s);
  ASSERT_TRUE(second.client.allocated());
  EXPECT_NE(second.client.relayed(), relayed);
  EXPECT_EQ(lab.relay.allocations(), 1u);
  EXPECT_EQ(second.all<turn::PermissionReady>().size(), 1u);
  lab.clients.clear();
  auto& stranger = lab.add_client(1000, "bob", "other");
  stranger.client.start(lab.now);
  lab.run_for(1s);
  EXPECT_EQ(lost_code(stranger), 437);
}

class LongLife : public testing::TestWithParam<Duration> {};

TEST_P(LongLife, KeepsEverythingForTwoHours) {
  auto config = lab_config();
  config.nonce_lifetime = GetParam();
  Lab lab(1, {}, config);
  auto& host = lab.add_client(1000);
  start_with_peer(lab, host);
  const auto unbound = IpAddress::v4(198, 51, 100, 8);
  host.client.permit(lab.now, unbound);
  lab.run_for(1s);
  for (int minute = 0; minute < 120; ++minute) {
    lab.run_for(60s);
    EXPECT_TRUE(lab.send(host, kPeer, kHello));
    lab.put({unbound, 9}, host.client.relayed(), kHello);
    lab.put(kPeer, host.client.relayed(), kHello);
  }
  lab.run_for(1s);
  EXPECT_EQ(lab.peer_received.size(), 120u);
  EXPECT_EQ(host.received.size(), 240u);
  EXPECT_EQ(host.events.size(), 4u) << "renewals are silent";
  EXPECT_EQ(lab.relay.counters().stale_nonces > 0, GetParam() == 60s);
  host.client.close(lab.now);
  lab.run_for(1s);
  EXPECT_EQ(lab.relay.allocations(), 0u);
}
INSTANTIATE_TEST_SUITE_P(Nonces, LongLife, testing::Values(Duration{60s}, Duration{10h}));

TEST(TurnClient, LetsGoOfAnAllocationThatWasUnderWay) {
  Lab lab;
  auto& host = lab.add_client(1000);
  host.client.start(lab.now);
  lab.run_for(25ms);  // the second Allocate has left
  host.client.close(lab.now);
  lab.run_for(1s);
  EXPECT_EQ(lab.relay.turn_counters().allocated, 1u);
  EXPECT_EQ(lab.relay.allocations(), 0u);
  EXPECT_TRUE(host.events.empty());
}

TEST(TurnClient, ReportsARelayThatForgot) {
  Lab lab;
  auto& host = lab.add_client(1000);
  start_with_peer(lab, host);
  lab.run_for(1s);
  lab.relay.reset();
  lab.relay_sockets.clear();
  lab.run_for(250s);  // the permission is renewed first
  EXPECT_EQ(lost_code(host), 437);
  EXPECT_FALSE(host.client.allocated());
  EXPECT_FALSE(lab.send(host, kPeer, kHello));
}

TEST(TurnClient, HearsAtOnceOfARelayThatForgotWhenItAsks) {
  Lab lab;
  auto& host = lab.add_client(1000);
  start_with_peer(lab, host);
  lab.run_for(1s);
  const auto sent = host.sent;
  host.client.refresh(lab.now);
  host.client.refresh(lab.now);
  lab.run_for(100ms);
  EXPECT_EQ(host.sent, sent + 1) << "one request for both";
  EXPECT_TRUE(host.client.allocated());
  lab.relay.reset();
  lab.relay_sockets.clear();
  host.client.refresh(lab.now);
  lab.run_for(100ms);
  EXPECT_EQ(lost_code(host), 437);
}

TEST(TurnClient, ForgetsWithoutAWord) {
  Lab lab;
  auto& host = lab.add_client(1000);
  start_with_peer(lab, host);
  lab.run_for(1s);
  const auto sent = host.sent;
  host.events.clear();
  host.client.abandon();
  lab.run_for(700s);
  EXPECT_EQ(host.sent, sent);
  EXPECT_TRUE(host.events.empty());
  EXPECT_FALSE(host.client.allocated());
  start_with_peer(lab, host);
  lab.run_for(1s);
  EXPECT_TRUE(host.client.allocated());
}

TEST(TurnClient, GivesUpOnSilence) {
  Lab lab(1, {.loss = 1});
  auto& host = lab.add_client(1000);
  host.client.start(lab.now);
  lab.run_for(39500ms - 1ns);
  EXPECT_EQ(host.sent, 7);
  EXPECT_TRUE(host.events.empty());
  lab.run_for(2ns);
  EXPECT_EQ(lost_code(host), 0);
  lab.run_for(100s);
  EXPECT_EQ(host.sent, 7);
}

/// What the relay would say, from an attacker or another server: the client's last request is answered by hand.
class ByHand : public testing::Test {
 protected:
  stun::MessageView last_request() {
    const auto event = client.poll(now, buffer);
    return stun::MessageView::parse(Bytes{buffer}.first(std::get<turn::Send>(event).size)).value();
  }
  template <class Write>
  bool answer(stun::Class kind, Method method, const stun::TransactionId& id, Write&& write) {
    std::array<std::uint8_t, 500> bytes;
    stun::MessageWriter writer(bytes, kind, method, id);
    write(writer);
    return client.handle_message(now, stun::MessageView::parse(Bytes{bytes}.first(writer.finish())).value());
  }
  SeededRng rng{{1, 0, 0, 1}};
  Policy policy;
  stun::LongTermClient credentials{"alice", "secret"};
  turn::Client client{policy, credentials, kRelay, Transport::udp, rng};
  Time now = kTimeOrigin;
  std::array<std::uint8_t, kMaxDatagram> buffer{};
};

TEST_F(ByHand, GoesWhereTryAlternatePoints) {
  client.start(now);
  const auto id = last_request().transaction_id();
  const TransportAddress other{IpAddress::v4(203, 0, 113, 99), 3478};
  EXPECT_TRUE(answer(stun::Class::error, Method::allocate, id, [&](auto& w) {
    w.error(300, "Try Alternate");
    w.address(Attribute::alternate_server, other);
  }));
  const auto lost = std::get<turn::AllocationLost>(client.poll(now, buffer));
  EXPECT_EQ(lost.code, 300);
  EXPECT_EQ(lost.alternate, other);
}

TEST_F(ByHand, IgnoresForgeries) {
  client.start(now);
  auto id = last_request().transaction_id();
  const auto challenge = [](auto& w) {
    w.error(401, "");
    w.text(Attribute::realm, "punchlab");
    w.text(Attribute::nonce, "nonce");
  };
  EXPECT_FALSE(answer(stun::Class::error, Method::allocate, {9}, challenge));
  EXPECT_FALSE(answer(stun::Class::error, Method::refresh, id, challenge));
  EXPECT_TRUE(answer(stun::Class::error, Method::allocate, id, challenge));
  id = last_request().transaction_id();
  const auto success = [](auto& w) {
    w.address(Attribute::xor_relayed_address, kPeer);
    w.address(Attribute::xor_mapped_address, kPeer);
    w.u32(Attribute::lifetime, 600);
  };
  const auto key = [](std::string_view password) { return stun::IntegrityKey::long_term("alice", "punchlab", password); };
  EXPECT_FALSE(answer(stun::Class::success, Method::allocate, id, success));
  EXPECT_FALSE(answer(stun::Class::success, Method::allocate, id,
                      [&](auto& w) { success(w), w.message_integrity(key("guess")); }));
  EXPECT_FALSE(answer(stun::Class::error, Method::allocate, id, [](auto& w) { w.error(486, ""); }));
  EXPECT_FALSE(client.allocated());
  EXPECT_TRUE(answer(stun::Class::success, Method::allocate, id,
                     [&](auto& w) { success(w), w.message_integrity(key("secret")); }));
  EXPECT_TRUE(client.allocated());
}

TEST_F(ByHand, KeepsItsTableBounded) {
  client.start(now);
  for (std::uint8_t i = 0; i < turn::Client::kMaxPeers; ++i) EXPECT_TRUE(client.permit(now, IpAddress::v4(10, 0, 0, i)));
  EXPECT_TRUE(client.permit(now, IpAddress::v4(10, 0, 0, 0))) << "known already";
  EXPECT_FALSE(client.permit(now, IpAddress::v4(10, 0, 1, 0)));
  EXPECT_FALSE(client.bind_channel(now, kPeer));
}

TEST(TurnClient, SurvivesABadNetwork) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Lab lab(seed, {.loss = 0.2, .duplication = 0.2, .jitter = 300ms});
    auto& host = lab.add_client(1000);
    start_with_peer(lab, host);
    lab.run_for(60s);
    ASSERT_EQ(host.all<turn::Allocated>().size(), 1u);
    EXPECT_EQ(host.all<turn::PermissionReady>().size(), 1u);
    EXPECT_EQ(host.all<turn::ChannelReady>().size(), 1u);
    EXPECT_EQ(lab.relay.turn_counters().allocated, 1u);
    for (std::uint8_t i = 0; i < 20; ++i) lab.send(host, kPeer, std::array<std::uint8_t, 1>{i});
    lab.run_for(10s);
    EXPECT_GT(lab.peer_received.size(), 3u);
    for (const auto& [from, payload] : lab.peer_received) EXPECT_EQ(from, host.client.relayed());
    lab.run_for(1200s);  // two renewals
    EXPECT_TRUE(host.client.allocated());
    host.client.close(lab.now);
    lab.run_for(60s);
    EXPECT_EQ(lab.relay.allocations(), 0u);
    EXPECT_TRUE(lab.relay_sockets.empty());
  }
}

}  // namespace
}  // namespace punchlab::relay
