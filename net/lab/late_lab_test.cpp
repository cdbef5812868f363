// How late the lab of real sockets is. Needs user namespaces and /dev/net/tun; both kinds of device.
// How late a datagram comes, beyond what the links' model asks, is told: an application that holds the world up finds
// it there, the receiver sees no less, and the model's own part stays what it is on a slow machine.
#include <gtest/gtest.h>

#include <thread>

#include "net/lab/lab_world.hpp"
#include "sim/trial/plan.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::lab {
namespace {

using std::chrono::milliseconds;
using trial::HostId;
using trial::PacketEvent;

trial::Cell plain_cell() {
  trial::Cell cell;
  for (auto* link : {&cell.client.access, &cell.connector.access, &cell.relay})
    link->latency = link::Distribution::constant(0.005);
  cell.policy = *find_policy("relay-first");
  return cell;
}

/// The client sends one datagram to the relay, and the world is held up as soon as it is under way.
class Sleeper : public trial::Application {
 public:
  static constexpr milliseconds kSleep{30};
  explicit Sleeper(const trial::Topology& topology)
      : client_{topology.host(HostId::client).addresses.front(), 40'000},
        relay_{topology.host(HostId::relay).addresses.front(), trial::kRelayPort} {}

  void start(Time, trial::Network& network) override {
    static constexpr std::array<std::uint8_t, 4> kPayload{1, 2, 3, 4};
    network.send(HostId::client, client_, relay_, 0, kPayload);
  }
  void on_timer(Time, HostId) override {}
  void on_datagram(Time now, HostId, const TransportAddress&, const TransportAddress&, Bytes) override { seen = now; }
  void on_late(Time when, Time now) override {
    due = when;
    late = now - when;
  }
  void on_packet(const PacketEvent& event) override {
    if (event.kind != PacketEvent::Kind::sent) return;
    sent = event.at;
    std::this_thread::sleep_for(kSleep);
  }
  bool finished() const override { return seen != kNever; }

  Time sent = kNever, due = kNever, seen = kNever;
  Duration late{0};

 private:
  TransportAddress client_, relay_;
};

class LateLab : public testing::TestWithParam<DeviceKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, LateLab, testing::Values(DeviceKind::tun, DeviceKind::veth),
                         [](const auto& kind) { return kind.param == DeviceKind::tun ? "tun" : "veth"; });

TEST_P(LateLab, SaysSo) {
  LabOptions options;
  options.device = GetParam();
  const auto made = make_lab_world(std::move(options));
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<LabWorld>>(made)) << std::get<std::string>(made);
  const auto& world = std::get<std::unique_ptr<LabWorld>>(made);
  const auto topology = trial::draw_topology(plain_cell(), 1, 0);
  Sleeper sleeper(topology);
  world->run(topology, sleeper, kTimeOrigin + std::chrono::seconds{10}, {});
  ASSERT_NE(sleeper.seen, kNever);
  const auto modelled = sleeper.due - sleeper.sent;
  EXPECT_GE(modelled, milliseconds{10}) << "two ways of 5 ms";
  EXPECT_LT(modelled, milliseconds{15}) << "and what a slow machine adds is none of it";
  EXPECT_GE(sleeper.late, Sleeper::kSleep - modelled);
  EXPECT_GE(sleeper.seen - sleeper.due, sleeper.late);
  EXPECT_EQ(world->lateness().median, sleeper.late);
}

}  // namespace
}  // namespace punchlab::lab
