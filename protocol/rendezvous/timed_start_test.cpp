// The start that the relay times.
//  1. Both sides are told the same moment, to the nanosecond, whatever their latencies; it is the earliest possible one.
//  2. A retransmitted or repeated request gets the same moment; another message gets a moment of its own.
//  3. A loss in the registration does not spoil the measurement: it is taken again.
//  4. A credential made ready by another protocol long before does not spoil it either.
//  5. Nor do later renewals, whose nonces are old.
//  6. To a peer that is not registered there is no timing, and the sender starts at once.
#include <gmock/gmock.h>

#include "protocol/rendezvous/world_for_test.hpp"

namespace punchlab::rendezvous {
namespace {

using testing::SizeIs;

struct Timed {
  World world;
  World::Peer& initiator;
  World::Peer& responder;
  Timed(Duration a, Duration b) : initiator(world.add("i", "alice", a)), responder(world.add("r", "bob", b)) {}
  void register_both() {
    world.start(initiator);
    world.start(responder);
    world.run_for(seconds{3});
  }
};

TEST(TimedStart, IsTheSameMomentOnBothSides) {
  const Duration latencies[] = {milliseconds{1}, milliseconds{20}, std::chrono::microseconds{33'333}, milliseconds{140},
                                Duration{7'654'321}};
  for (const Duration a : latencies) {
    for (const Duration b : latencies) {
      Timed t(a, b);
      t.register_both();
      const Time sent = t.world.now;
      t.responder.forward(octets("message 2"), t.initiator.id_, true);
      t.world.run_for(seconds{2});
      ASSERT_THAT(t.initiator.starts, SizeIs(1));
      ASSERT_THAT(t.responder.starts, SizeIs(1));
      EXPECT_EQ(t.initiator.starts[0].at, t.responder.starts[0].at) << a.count() << " " << b.count();
      EXPECT_EQ(t.initiator.starts[0].at, sent + b + std::max(a, b)) << "as soon as word can be with the farther one";
      EXPECT_EQ(t.initiator.starts[0].peer, t.responder.id_);
      EXPECT_EQ(t.initiator.starts[0].at - t.initiator.starts[0].delay, t.initiator.delivered[0].at);
    }
  }
}

TEST(TimedStart, RepetitionsKeepTheMoment) {
  Timed t(milliseconds{150}, milliseconds{10});
  t.register_both();
  t.responder.forward(octets("message 2"), t.initiator.id_, true);
  t.world.run_for(milliseconds{15});
  t.responder.forward(octets("message 2"), t.initiator.id_, true);
  t.world.run_for(seconds{1});
  ASSERT_THAT(t.responder.starts, SizeIs(2));
  ASSERT_THAT(t.initiator.starts, SizeIs(2));
  EXPECT_EQ(t.responder.starts[1].at, t.responder.starts[0].at);
  EXPECT_EQ(t.initiator.starts[0].at, t.responder.starts[0].at);
  t.responder.forward(octets("message 2"), t.initiator.id_, true);
  t.world.run_for(seconds{1});
  EXPECT_EQ(t.responder.starts[2].delay, Duration{0}) << "its moment has passed";
  const Time sent = t.world.now;
  t.responder.forward(octets("another"), t.initiator.id_, true);
  t.world.run_for(seconds{1});
  EXPECT_EQ(t.responder.starts[3].at, sent + milliseconds{160});
  EXPECT_EQ(t.initiator.starts[3].at, sent + milliseconds{160});
}

TEST(TimedStart, LossDoesNotSpoilTheMeasurement) {
  for (int first_lost = 0; first_lost < 6; ++first_lost) {
    Timed t(milliseconds{30}, milliseconds{50});
    int packet = 0;
    t.world.lost = [&] { return packet++ == first_lost; };
    t.register_both();
    t.responder.forward(octets("message 2"), t.initiator.id_, true);
    t.world.run_for(seconds{2});
    ASSERT_THAT(t.initiator.starts, SizeIs(1));
    ASSERT_THAT(t.responder.starts, SizeIs(1));
    EXPECT_EQ(t.initiator.starts[0].at, t.responder.starts[0].at) << "packet " << first_lost << " was lost";
  }
}

TEST(TimedStart, AnOldNonceDoesNotSpoilTheMeasurement) {
  Timed t(milliseconds{30}, milliseconds{50});
  // Another protocol of the initiator was challenged 700 ms ago.
  const Octets request = [] {
    Octets out(100);
    stun::MessageWriter writer(out, stun::Class::request, stun::Method::allocate, {});
    out.resize(writer.finish());
    return out;
  }();
  Octets refusal(kMaxDatagram);
  refusal.resize(t.world.server.refuse(t.world.now, t.initiator.flow, *stun::MessageView::parse(request), {401}, refusal));
  ASSERT_TRUE(t.initiator.credential.handle_challenge(*stun::MessageView::parse(refusal), false));
  t.world.run_for(milliseconds{700});
  t.register_both();
  t.responder.forward(octets("message 2"), t.initiator.id_, true);
  t.world.run_for(seconds{2});
  ASSERT_THAT(t.initiator.starts, SizeIs(1));
  EXPECT_EQ(t.initiator.starts[0].at, t.responder.starts[0].at);
}

TEST(TimedStart, RenewalsDoNotSpoilTheMeasurement) {
  for (const int after : {16, 31, 46}) {
    Timed t(milliseconds{30}, milliseconds{50});
    t.register_both();
    t.world.run_for(seconds{after});
    const Time sent = t.world.now;
    t.responder.forward(octets("message 2"), t.initiator.id_, true);
    t.world.run_for(seconds{2});
    ASSERT_THAT(t.initiator.starts, SizeIs(1));
    EXPECT_EQ(t.initiator.starts[0].at, sent + milliseconds{100});
    EXPECT_EQ(t.responder.starts[0].at, sent + milliseconds{100});
  }
}

TEST(TimedStart, NeedsBothPeers) {
  Timed t(milliseconds{30}, milliseconds{50});
  t.world.start(t.responder);
  t.world.run_for(seconds{1});
  t.responder.forward(octets("message 2"), t.initiator.id_, true);
  t.world.run_for(seconds{1});
  ASSERT_THAT(t.responder.starts, SizeIs(1));
  EXPECT_EQ(t.responder.starts[0].delay, Duration{0});
  t.world.start(t.initiator);
  t.world.run_for(seconds{1});
  EXPECT_THAT(t.initiator.delivered, SizeIs(1));
  EXPECT_THAT(t.initiator.starts, SizeIs(0));
}

}  // namespace
}  // namespace punchlab::rendezvous
