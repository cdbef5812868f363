// A trial whose world was late (sim/trial/late_log.hpp):
//  1. A slow one says so, and by how much, where at least half of its excess was lateness; with less it says what the
//     network did.
//  2. One that is in time, or not direct, never does.
#include <gtest/gtest.h>

#include "sim/memory/memory_world.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::trial {
namespace {

using namespace std::chrono_literals;

/// A trial whose world claims that the first packet was late by `late`; it was not.
struct Claims final : Application {
  Claims(Trial& t, Duration l) : trial(t), late(l) {}
  void start(Time now, Network& network) override {
    trial.start(now, network);
    trial.on_late(now, now + late);
  }
  void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override {
    trial.on_datagram(now, host, source, destination, payload);
  }
  void on_timer(Time now, HostId host) override { trial.on_timer(now, host); }
  void on_packet(const PacketEvent& event) override { trial.on_packet(event); }
  bool finished() const override { return trial.finished(); }

  Trial& trial;
  Duration late;
};

struct Ending {
  results::TrialRecord record;
  Finding finding;
};

/// Seed 1 of a pair whose links lose so much.
Ending run(double loss, Duration late, bool blocked = false) {
  Cell c;
  nat::Profile p;
  p.udp_blocked = blocked;
  c.client.nats = c.connector.nats = {p};
  c.client.access.latency = c.connector.access.latency = c.relay.latency = link::Distribution::constant(0.02);
  c.client.access.loss = c.connector.access.loss = loss;
  c.policy = *find_policy("relay-first");
  c.session = false;
  const auto world = memory::make_memory_world();
  const Identities identities(1);
  const auto topology = draw_topology(c, 1, 0);
  Trial trial(c, topology, identities, 1, 0);
  Claims claims(trial, late);
  return {trial.record(world->run(topology, claims, trial.until(), {})), trial.finding()};
}

TEST(LateTrial, SaysThatTheMachineWasLate) {  // case 1
  const auto plain = run(0.2, 0ms);
  ASSERT_EQ(plain.record.outcome, results::Outcome::direct);
  ASSERT_EQ(plain.record.reason, "lost");
  EXPECT_EQ(plain.record.late_p50, Duration{0}) << "the packet that came in time";
  const auto excess = *plain.record.time_to_direct - *plain.record.least_time_to_direct;
  const auto late = run(0.2, excess / 2 + 1us);
  EXPECT_EQ(late.record.reason, "machine-late");
  EXPECT_EQ(late.finding.late, excess / 2 + 1us);
  EXPECT_EQ(late.record.late_p99, excess / 2 + 1us);
  EXPECT_EQ(run(0.2, excess / 2 - 1us).record.reason, "lost");
}

TEST(LateTrial, IsNotBlamedWithoutNeed) {  // case 2
  const auto in_time = run(0, 10s);
  EXPECT_EQ(in_time.record.outcome, results::Outcome::direct);
  EXPECT_EQ(in_time.record.reason, "");
  const auto blocked = run(0, 10s, true);
  EXPECT_NE(blocked.record.outcome, results::Outcome::direct);
  EXPECT_EQ(blocked.record.reason, "udp-blocked");
}

}  // namespace
}  // namespace punchlab::trial
