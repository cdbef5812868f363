// Client and broker through pipes.
//  1. A peer registers with one challenge and learns its mapped address and round trip; it renews for ever.
//  2. A message reaches a registered peer, and is reported to have come from the sender's id.
//  3. The early side's message waits for the late side; a message forwarded before the own registration waits for that.
//  4. Under loss and duplication every message still arrives; without loss it arrives exactly once.
//  5. A wrong password ends in Unavailable 401 and nothing more is sent; unauthenticated requests change nothing.
//  6. A relay that does not answer is Unavailable 0, and the client finds it again when it comes back.
//  7. A peer that moves to another mapping, or whose registration the relay lost, registers again; messages follow.
//  8. An id belongs to its user: to the reserved one, else to the first.
//  9. Full tables are refused with their codes; what expires makes room.
// 10. Forged and malformed messages are counted and change nothing.
#include <gmock/gmock.h>

#include "protocol/rendezvous/world_for_test.hpp"

namespace punchlab::rendezvous {
namespace {

using testing::SizeIs;

TEST(Rendezvous, RegistersAndRenews) {
  World world;
  auto& peer = world.add("client", "alice", milliseconds{20});
  world.start(peer);
  world.run_for(seconds{1});
  ASSERT_THAT(peer.registered, SizeIs(1));
  EXPECT_EQ(peer.registered[0].mapped, peer.flow.remote);
  EXPECT_EQ(peer.registered[0].round_trip, milliseconds{40});
  EXPECT_EQ(peer.sent, 2) << "a challenge and its answer";
  EXPECT_EQ(world.unauthenticated, 1);
  world.run_for(std::chrono::hours{3});
  EXPECT_EQ(world.broker.registrations(), 1u);
  EXPECT_THAT(peer.registered, SizeIs(1));
  EXPECT_THAT(peer.unavailable, SizeIs(0));
  EXPECT_GT(world.unauthenticated, 2) << "nonces went stale on the way and were replaced";
}

TEST(Rendezvous, PassesMessagesOn) {
  World world;
  auto& a = world.add("a");
  auto& b = world.add("b", "bob", milliseconds{35});
  world.start(a);
  world.start(b);
  world.run_for(seconds{1});
  const Time sent = world.now;
  EXPECT_TRUE(a.forward(octets("sealed"), b.id_));
  world.run_for(seconds{1});
  ASSERT_THAT(b.delivered, SizeIs(1));
  EXPECT_EQ(b.delivered[0].from, a.id_);
  EXPECT_EQ(b.delivered[0].payload, octets("sealed"));
  EXPECT_EQ(b.delivered[0].at, sent + milliseconds{55});
  EXPECT_THAT(a.starts, SizeIs(0)) << "nobody asked for timing";
}

TEST(Rendezvous, EarlyMessagesWait) {
  World world;
  auto& early = world.add("early");
  auto& late = world.add("late", "bob");
  world.start(early);
  EXPECT_TRUE(early.forward(octets("before my registration"), late.id_)) << "waits for the own registration";
  world.run_for(seconds{1});
  EXPECT_EQ(world.broker.pending(), 1u);
  EXPECT_TRUE(early.forward(octets("newer"), late.id_));
  world.run_for(seconds{1});
  EXPECT_EQ(world.broker.pending(), 1u) << "the newer message takes the place of the older";
  world.start(late);
  world.run_for(seconds{1});
  ASSERT_THAT(late.delivered, SizeIs(1));
  EXPECT_EQ(late.delivered[0].payload, octets("newer"));
  EXPECT_EQ(world.broker.pending(), 0u);
}

TEST(Rendezvous, LossAndDuplicationLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    World world;
    SeededRng rng({.seed = seed, .purpose = purpose_of("pipe")});
    auto& a = world.add("a");
    auto& b = world.add("b", "bob");
    world.lost = [&] { return rng.chance(0.2); };
    world.duplicated = [&] { return rng.chance(0.2); };
    world.start(a);
    world.start(b);
    int sent = 0;
    for (int i = 0; i < 200; ++i) {
      if (sent < 20 && a.forward({static_cast<std::uint8_t>(sent)}, b.id_)) ++sent;
      world.run_for(seconds{1});
    }
    std::vector<bool> arrived(20);
    for (const auto& message : b.delivered) arrived.at(message.payload[0]) = true;
    const auto delivered = std::ranges::count(arrived, true);
    // The first ones may be replaced while they wait for b; an indication that is lost is the caller's to repeat.
    EXPECT_GE(delivered, 12) << "seed " << seed;
    EXPECT_EQ(sent, 20) << "seed " << seed;
    EXPECT_THAT(a.failed, SizeIs(0)) << "seed " << seed;
    EXPECT_TRUE(a.client.registered() && b.client.registered()) << "seed " << seed;
  }
}

TEST(Rendezvous, RepeatingUntilAnsweredAlwaysDelivers) {
  World world;
  SeededRng rng({.seed = 9, .purpose = purpose_of("pipe")});
  auto& a = world.add("a");
  auto& b = world.add("b", "bob");
  world.lost = [&] { return rng.chance(0.4); };
  world.start(a);
  world.start(b);
  int rounds = 0;
  while (b.delivered.empty() && ++rounds < 60) {
    a.forward(octets("message 1"), b.id_);
    world.run_for(seconds{2});
  }
  EXPECT_LT(rounds, 60);
}

TEST(Rendezvous, WrongPasswordIsFinal) {
  World world;
  auto& peer = world.add("client", "alice", milliseconds{20}, "wrong");
  world.start(peer);
  EXPECT_TRUE(peer.forward(octets("x"), peer_named("b")));
  world.run_for(std::chrono::minutes{10});
  ASSERT_THAT(peer.unavailable, SizeIs(1));
  EXPECT_EQ(peer.unavailable[0].code, 401);
  ASSERT_THAT(peer.failed, SizeIs(1));
  EXPECT_EQ(peer.failed[0].code, 401);
  EXPECT_EQ(peer.sent, 2);
  EXPECT_EQ(world.broker.registrations(), 0u);
  EXPECT_EQ(world.broker.pending(), 0u);
  EXPECT_FALSE(peer.forward(octets("x"), peer_named("b")));
}

TEST(Rendezvous, SilentRelayIsFoundAgain) {
  World world;
  auto& peer = world.add("client");
  world.lost = [] { return true; };
  world.start(peer);
  world.run_for(seconds{60});
  ASSERT_GE(peer.unavailable.size(), 1u);
  EXPECT_EQ(peer.unavailable[0].code, 0);
  world.lost = [] { return false; };
  world.run_for(seconds{60});
  EXPECT_THAT(peer.registered, SizeIs(1));
  world.lost = [] { return true; };
  world.run_for(seconds{200});
  EXPECT_EQ(world.broker.registrations(), 0u) << "expired";
  EXPECT_FALSE(peer.client.registered());
  world.lost = [] { return false; };
  world.run_for(seconds{60});
  EXPECT_THAT(peer.registered, SizeIs(2));
}

TEST(Rendezvous, MovedPeersAreFollowed) {
  World world;
  auto& a = world.add("a");
  auto& b = world.add("b", "bob");
  world.start(a);
  world.start(b);
  world.run_for(seconds{1});
  world.move(a);
  EXPECT_TRUE(a.forward(octets("from my new mapping"), b.id_)) << "437, a new registration, and again";
  world.run_for(seconds{2});
  EXPECT_THAT(b.delivered, SizeIs(1));
  EXPECT_THAT(a.failed, SizeIs(0));
  ASSERT_THAT(a.registered, SizeIs(2));
  EXPECT_EQ(a.registered[1].mapped, a.flow.remote);
  EXPECT_EQ(world.broker.registrations(), 2u);
  world.move(b);
  world.run_for(seconds{20});  // b renews within its keepalive
  EXPECT_TRUE(a.forward(octets("to your new mapping"), b.id_));
  world.run_for(seconds{2});
  EXPECT_THAT(b.delivered, SizeIs(2));
  EXPECT_EQ(world.broker.registrations(), 2u);
}

TEST(Rendezvous, IdsBelongToTheirUsers) {
  World world({}, {{peer_named("reserved"), 1}});
  auto& thief = world.add("reserved", "alice");
  auto& owner = world.add("reserved", "bob");
  auto& first = world.add("free", "alice");
  world.start(thief);
  world.run_for(seconds{1});
  ASSERT_THAT(thief.unavailable, SizeIs(1));
  EXPECT_EQ(thief.unavailable[0].code, 403);
  world.start(owner);
  world.start(first);
  world.run_for(seconds{1});
  EXPECT_THAT(owner.registered, SizeIs(1));
  EXPECT_THAT(first.registered, SizeIs(1));
  auto& second = world.add("free", "bob");
  world.start(second);
  world.run_for(seconds{1});
  ASSERT_THAT(second.unavailable, SizeIs(1));
  EXPECT_EQ(second.unavailable[0].code, 403);
  EXPECT_EQ(world.broker.registrations(), 2u);
}

TEST(Rendezvous, TablesAreBounded) {
  World world({.registrations = 3, .pending = 2, .pending_per_user = 2});
  std::vector<World::Peer*> peers;
  for (const char* name : {"a", "b", "c", "d"}) peers.push_back(&world.add(name, name[0] < 'c' ? "alice" : "bob"));
  for (auto* peer : peers) world.start(*peer);
  world.run_for(seconds{1});
  EXPECT_EQ(world.broker.registrations(), 3u);
  ASSERT_THAT(peers[3]->unavailable, SizeIs(1));
  EXPECT_EQ(peers[3]->unavailable[0].code, 508);
  peers[0]->forward(octets("1"), peer_named("x"));
  peers[1]->forward(octets("2"), peer_named("x"));
  world.run_for(seconds{1});
  ASSERT_THAT(peers[1]->failed, SizeIs(1));
  EXPECT_EQ(peers[1]->failed[0].code, 486) << "another peer's message waits there";
  peers[1]->forward(octets("3"), peer_named("y"));
  world.run_for(seconds{1});
  EXPECT_EQ(world.broker.pending(), 2u);
  peers[2]->forward(octets("4"), peer_named("z"));
  world.run_for(seconds{1});
  ASSERT_THAT(peers[2]->failed, SizeIs(1));
  EXPECT_EQ(peers[2]->failed[0].code, 508);
  world.run_for(seconds{31});
  EXPECT_EQ(world.broker.pending(), 0u) << "expired";
  EXPECT_EQ(world.broker.overflows(), 0u);
}

TEST(Rendezvous, OneUserCannotFillTheWaitingMessages) {
  World world({.pending = 4, .pending_per_user = 2});
  auto& greedy = world.add("greedy", "alice");
  auto& modest = world.add("modest", "bob");
  world.start(greedy);
  world.start(modest);
  for (const char* name : {"x", "y", "z"}) greedy.forward(octets("for later"), peer_named(name));
  world.run_for(seconds{1});
  ASSERT_THAT(greedy.failed, SizeIs(1));
  EXPECT_EQ(greedy.failed[0].code, 486);
  modest.forward(octets("for later"), peer_named("w"));
  world.run_for(seconds{1});
  EXPECT_THAT(modest.failed, SizeIs(0));
  EXPECT_EQ(world.broker.pending(), 3u);
}

TEST(Rendezvous, ClientLimitsItsForwards) {
  World world;
  auto& a = world.add("a");
  EXPECT_FALSE(a.forward({}, peer_named("b")));
  EXPECT_FALSE(a.forward(Octets(Client::kMaxPayload + 1), peer_named("b")));
  for (std::size_t i = 0; i < Client::kMaxForwards; ++i) EXPECT_TRUE(a.forward(Octets(1100), peer_named("b")));
  EXPECT_FALSE(a.forward(octets("one too many"), peer_named("b")));
  world.start(a);
  world.run_for(seconds{1});
  EXPECT_TRUE(a.forward(octets("room again"), peer_named("b")));
}

TEST(Rendezvous, ForgeriesChangeNothing) {
  World world;
  auto& a = world.add("a");
  auto& b = world.add("b", "bob");
  world.start(a);
  world.start(b);
  world.run_for(seconds{1});
  a.forward(octets("genuine"), b.id_);
  world.run_for(seconds{1});
  const auto genuine = std::ranges::find_if(world.seen, [](const Octets& datagram) {
    const auto message = stun::MessageView::parse(datagram);
    return message && message->is(stun::Class::indication, stun::Method::rendezvous_deliver);
  });
  ASSERT_NE(genuine, world.seen.end());
  const Octets copy = *genuine;
  for (std::size_t bit = 0; bit < copy.size() * 8; ++bit) {
    Octets changed = copy;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const auto message = stun::MessageView::parse(changed);
    if (message) b.client.handle_message(world.now, *message);
    world.drain(b);
  }
  // Only FINGERPRINT stands outside the integrity: its type may become one that is ignored, and nothing else changes.
  EXPECT_LE(b.delivered.size(), 1u + 16u);
  for (const auto& message : b.delivered) {
    EXPECT_EQ(message.payload, octets("genuine"));
    EXPECT_EQ(message.from, a.id_);
  }
  b.delivered.clear();
  // Without FINGERPRINT the integrity must catch it.
  std::array<std::uint8_t, 500> buffer;
  stun::MessageWriter writer(buffer, stun::Class::indication, stun::Method::rendezvous_deliver, {});
  writer.attribute(stun::Attribute::peer_id, a.id_.bytes);
  writer.attribute(stun::Attribute::data, octets("forged"));
  writer.message_integrity(stun::IntegrityKey::long_term("bob", "punchlab", "guess"));
  b.client.handle_message(world.now, *stun::MessageView::parse(Bytes{buffer}.first(writer.finish())));
  world.drain(b);
  EXPECT_THAT(b.delivered, SizeIs(0));
  EXPECT_GE(b.client.rejected(), 1u);
  const std::size_t registrations = world.broker.registrations();
  world.send_to_relay(a, Octets(copy));
  world.run_for(seconds{1});
  EXPECT_EQ(world.broker.registrations(), registrations);
}

}  // namespace
}  // namespace punchlab::rendezvous
