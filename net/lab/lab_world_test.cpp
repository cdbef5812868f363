// The world of real sockets. Needs user namespaces and /dev/net/tun; where they are forbidden every case fails with the
// words that say what to allow. Cases 1 and 2 run over both kinds of device.
// 1. Ping-pong: datagrams cross real stacks both ways and take the links' time. (How much longer: lab_world_bench.)
// 2. The published outcomes: symmetric with symmetric is relayed, port-restricted with port-restricted and symmetric
// with
//    full cone are direct, each three times in one world, which is as new for each trial.
// 3. A low TTL expires on the way, and the next datagram from the same socket does not.
// 4. A run ends at `until`, with an application that never does.
// 5. No way out: a host has its loopback and one TUN device, UDP and TCP to elsewhere enter that device and end in the
// core.
// 6. Nothing stays after SIGKILL: no process holds a namespace of the lab, and the machine has no interface of it.
// 7. Controls: the world of 5 does deliver to the relay; before SIGKILL the namespaces of 6 are there to be seen.
// 8. Media that are not wires are refused.
// 9. A capture holds each packet of its interface, and both ends of a lossless link the same number.
// 10. An interface that goes down in mid-run, or the relay's: that run's fault, by name; the next run has a host as
// new. A port that
//    another program has is a fault, too; once it is free the trial works.
// 11. Whether the machine can do all this is tried in a child: the asking process stays in its namespace.
#include "net/lab/lab_world.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "net/lab/abilities.hpp"
#include "net/lab/host_stack.hpp"
#include "net/lab/interface.hpp"
#include "net/lab/socket_address.hpp"
#include "tools/runner/run_trial.hpp"

namespace punchlab::lab {
namespace {

using nat::Dependence;
using results::Outcome;
using std::chrono::milliseconds;
using trial::HostId;
using trial::PacketEvent;

constexpr auto kIndependent = Dependence::endpoint_independent;
constexpr auto kPortDependent = Dependence::address_and_port_dependent;

std::unique_ptr<LabWorld> make_world(LabOptions options = {}) {
  auto made = make_lab_world(std::move(options));
  if (const auto* error = std::get_if<std::string>(&made)) throw std::runtime_error(*error);
  return std::move(std::get<0>(made));
}

nat::Profile translator(Dependence mapping, Dependence filtering) {
  nat::Profile p;
  p.mapping = mapping;
  p.filtering = filtering;
  if (mapping == kPortDependent) p.port_allocation = nat::PortAllocation::random;
  return p;
}

trial::Cell cell_of(const nat::Chain& client, const nat::Chain& connector) {
  trial::Cell cell;
  cell.client.nats = client;
  cell.connector.nats = connector;
  for (auto* link : {&cell.client.access, &cell.connector.access, &cell.relay})
    link->latency = link::Distribution::constant(0.005);
  cell.policy = *find_policy("relay-first");
  cell.traffic = {3, milliseconds{20}, 200};
  cell.timeout = std::chrono::seconds{5};
  return cell;
}

/// The client sends pings to `target`, the relay's host answers what it gets.
class Ping : public trial::Application {
 public:
  Ping(const trial::Topology& topology, const TransportAddress& target, int count)
      : client_{topology.host(HostId::client).addresses.front(), 40'000}, target_(target), count_(count) {}

  void start(Time now, trial::Network& network) override {
    network_ = &network;
    next(now);
  }
  void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override {
    if (host == HostId::relay) return network_->send(host, destination, source, 0, payload);
    EXPECT_EQ(destination, client_);
    EXPECT_EQ(source, target_);
    round_trips.push_back(now - sent_);
    next(now);
  }
  void on_timer(Time, HostId) override {}
  void on_packet(const PacketEvent& event) override { ++events[static_cast<std::size_t>(event.kind)]; }
  bool finished() const override { return static_cast<int>(round_trips.size()) == count_; }
  int count(PacketEvent::Kind kind) const { return events[static_cast<std::size_t>(kind)]; }

  std::uint8_t first_ttl = 0;
  std::vector<Duration> round_trips;
  std::array<int, PacketEvent::kKinds> events{};

 private:
  void next(Time now) {
    sent_ = now;
    static constexpr std::array<std::uint8_t, 4> kPayload{1, 2, 3, 4};
    if (first_ttl != 0)
      network_->send(HostId::client, client_, target_, std::exchange(first_ttl, std::uint8_t{0}), kPayload);
    network_->send(HostId::client, client_, target_, 0, kPayload);
  }
  TransportAddress client_, target_;
  int count_;
  trial::Network* network_ = nullptr;
  Time sent_;
};

TransportAddress relay_of(const trial::Topology& topology) {
  return {topology.host(HostId::relay).addresses.front(), trial::kRelayPort};
}

const trial::Cell& plain_cell() {
  static const auto cell = cell_of({translator(kIndependent, kPortDependent)}, {});
  return cell;
}

class EitherDevice : public testing::TestWithParam<DeviceKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EitherDevice, testing::Values(DeviceKind::tun, DeviceKind::veth),
                         [](const auto& kind) { return kind.param == DeviceKind::tun ? "tun" : "veth"; });

TEST_P(EitherDevice, PingPongTakesTheLinksTime) {
  const auto world = make_world({.device = GetParam()});
  const auto topology = trial::draw_topology(plain_cell(), 1, 0);
  Ping ping(topology, relay_of(topology), 50);
  EXPECT_GT(world->run(topology, ping, kTimeOrigin + std::chrono::seconds{10}, {}), 100U);
  ASSERT_EQ(ping.round_trips.size(), 50U);
  EXPECT_EQ(ping.count(PacketEvent::Kind::sent), 100);
  EXPECT_EQ(ping.count(PacketEvent::Kind::delivered), 100);
  std::sort(ping.round_trips.begin(), ping.round_trips.end());
  EXPECT_GE(ping.round_trips.front(), milliseconds{20}) << "four ways of 5 ms";
  RecordProperty("median_round_trip_us", static_cast<int>(ping.round_trips[25].count() / 1000));
  RecordProperty("median_late_us", static_cast<int>(world->lateness().median.count() / 1000));
  RecordProperty("p99_late_us", static_cast<int>(world->lateness().p99.count() / 1000));
  EXPECT_EQ(world->lateness().packets, 100U);
}

TEST_P(EitherDevice, TrialsComeOutAsPublished) {
  const auto world = make_world({.device = GetParam()});
  const trial::Identities identities(1);
  const auto full = translator(kIndependent, kIndependent);
  const auto restricted = translator(kIndependent, kPortDependent);
  const auto symmetric = translator(kPortDependent, kPortDependent);
  struct Case {
    nat::Profile client, connector;
    Outcome outcome;
  };
  const std::array cases{Case{symmetric, symmetric, Outcome::relayed}, Case{restricted, restricted, Outcome::direct},
                         Case{symmetric, full, Outcome::direct}, Case{symmetric, restricted, Outcome::relayed}};
  for (std::size_t i = 0; i < cases.size(); ++i)
    for (std::uint64_t number = 0; number < 3; ++number) {
      const auto cell = cell_of({cases[i].client}, {cases[i].connector});
      const auto record = runner::run_trial(*world, cell, identities, 1, number);
      EXPECT_EQ(record.outcome, cases[i].outcome) << "case " << i << ", trial " << number << ": " << record.reason;
    }
}

TEST(LabWorld, ALowTtlExpiresOnItsWay) {
  const auto world = make_world();
  const auto topology = trial::draw_topology(plain_cell(), 1, 0);
  Ping ping(topology, relay_of(topology), 3);
  ping.first_ttl = 2;
  world->run(topology, ping, kTimeOrigin + std::chrono::seconds{5}, {});
  EXPECT_EQ(ping.round_trips.size(), 3U);
  EXPECT_EQ(ping.count(PacketEvent::Kind::ttl_expired), 1) << "at the core, behind the gateway";
}

TEST(LabWorld, EndsAtItsLimitAndLetsNothingOut) {
  const auto world = make_world();
  const auto topology = trial::draw_topology(plain_cell(), 1, 0);
  Ping outside(topology, {IpAddress::v4(198, 51, 100, 7), 9}, 1);
  const auto start = std::chrono::steady_clock::now();
  world->run(topology, outside, kTimeOrigin + milliseconds{300}, {});
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, milliseconds{300});
  EXPECT_LE(took, milliseconds{20000});
  EXPECT_EQ(outside.count(PacketEvent::Kind::sent), 1);
  EXPECT_EQ(outside.count(PacketEvent::Kind::delivered), 0);
  Ping inside(topology, relay_of(topology), 1);
  world->run(topology, inside, kTimeOrigin + std::chrono::seconds{5}, {});
  EXPECT_EQ(inside.count(PacketEvent::Kind::delivered), 2);
}

std::set<std::string> interfaces() {
  std::ifstream file("/proc/thread-self/net/dev");
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);)
    if (const auto colon = line.find(':'); colon != std::string::npos)
      names.insert(line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' ')));
  return names;
}

TEST(HostStack, HasNoWayOutButItsDevice) {
  ASSERT_EQ(enter_lab(), std::nullopt);
  EXPECT_EQ(interfaces(), std::set<std::string>{"lo"}) << "the process itself";
  HostStack host(possible_device(), 256);
  const auto own = IpAddress::v4(192, 0, 2, 77);
  host.reset({own});
  host.network_namespace().inside([&] {
    EXPECT_EQ(interfaces(), (std::set<std::string>{"lo", "access"}));
    const FileDescriptor tcp(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto elsewhere = to_sockaddr({IpAddress::v4(198, 51, 100, 7), 80});
    EXPECT_EQ(connect(tcp.get(), reinterpret_cast<const sockaddr*>(&elsewhere), sizeof elsewhere), -1);
    EXPECT_EQ(errno, EINPROGRESS);
    const auto packet = host.read_packet();
    ASSERT_TRUE(packet) << "the SYN is in the device";
    EXPECT_EQ((*packet)[9], 6);
    EXPECT_EQ(load_u32(&(*packet)[16]), 0xC6336407U);
  });
}

/// Network namespaces that processes hold, by their descriptors and by being in them; of one process, or of all.
std::set<std::string> namespaces_held(const std::string& only = "") {
  std::set<std::string> held;
  std::error_code error;
  for (const auto& process : std::filesystem::directory_iterator("/proc", error)) {
    const auto name = process.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos || (!only.empty() && name != only)) continue;
    held.insert(std::filesystem::read_symlink(process.path() / "ns/net", error).string());
    for (std::filesystem::directory_iterator file(process.path() / "fd", error), end; !error && file != end;
         file.increment(error)) {
      std::error_code gone;
      if (const auto target = std::filesystem::read_symlink(file->path(), gone).string(); target.starts_with("net:"))
        held.insert(target);
    }
  }
  held.erase("");
  return held;
}

[[noreturn]] void run_until_killed(int ready) {
  auto made = make_lab_world();
  if (auto* world = std::get_if<0>(&made)) {
    const auto topology = trial::draw_topology(plain_cell(), 1, 0);
    Ping ping(topology, relay_of(topology), 1);
    (*world)->run(topology, ping, kTimeOrigin + std::chrono::seconds{5}, {});
    [[maybe_unused]] const auto n = write(ready, "r", 1);
    ping.round_trips.clear();
    (*world)->run(topology, ping, kTimeOrigin + std::chrono::seconds{1}, {});
    sleep(20);
  }
  _exit(1);
}

TEST(LabWorld, LeavesNothingAfterSigkill) {
  const auto before = namespaces_held();
  const auto devices = interfaces();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) run_until_killed(ends[1]);
  const FileDescriptor reader(ends[0]);
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(read(reader.get(), &byte, 1), 1) << "the lab could not be made";
  std::set<std::string> its_own;
  for (const auto& name : namespaces_held(std::to_string(child)))
    if (!before.contains(name)) its_own.insert(name);
  EXPECT_GE(its_own.size(), 3U) << "the hosts";
  kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  for (const auto& name : namespaces_held()) EXPECT_FALSE(its_own.contains(name)) << name;
  EXPECT_EQ(interfaces(), devices);
}

TEST(LabWorld, RefusesWhatItCannotModel) {
  const auto world = make_world();
  auto cell = plain_cell();
  EXPECT_EQ(world->cannot(cell), std::nullopt);
  cell.client.access.medium = trial::Medium::wifi;
  EXPECT_NE(world->cannot(cell), std::nullopt);
}

/// Number of packets in a capture; -1 when it is none.
int packets_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<std::uint32_t, 6> head{};
  if (!file.read(reinterpret_cast<char*>(head.data()), sizeof head) || head[0] != 0xA1B23C4D) return -1;
  int count = 0;
  for (std::array<std::uint32_t, 4> packet{}; file.read(reinterpret_cast<char*>(packet.data()), sizeof packet); ++count)
    file.ignore(packet[2]);
  return count;
}

TEST(LabWorld, CapturesEveryInterface) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("captures-" + std::to_string(getpid()));
  {
    const auto world = make_world();
    const auto topology = trial::draw_topology(plain_cell(), 1, 0);
    Ping ping(topology, relay_of(topology), 4);
    world->run(topology, ping, kTimeOrigin + std::chrono::seconds{5}, {folder});
  }
  for (const char* name : {"client-0-inner", "client-0-outer", "client-1-inner", "client-1-outer", "relay-0-inner"})
    EXPECT_EQ(packets_in(folder / (std::string(name) + ".pcap")), 8) << name;
  EXPECT_EQ(packets_in(folder / "connector-0-inner.pcap"), 0);
  std::filesystem::remove_all(folder);
}

/// Takes a host's interface down after a few pings.
class Saboteur final : public Ping {
 public:
  Saboteur(const trial::Topology& topology, LabWorld& world, HostId victim)
      : Ping(topology, relay_of(topology), 100), world_(world), victim_(victim) {}
  void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override {
    if (round_trips.size() == 3) world_.network_namespace(victim_).inside([] { take_down("access"); });
    Ping::on_datagram(now, host, source, destination, payload);
  }

 private:
  LabWorld& world_;
  HostId victim_;
};

std::string fault_of(LabWorld& world, const trial::Topology& topology, trial::Application& application) {
  try {
    world.run(topology, application, kTimeOrigin + milliseconds{700}, {});
    return "";
  } catch (const trial::WorldFault& fault) {
    return fault.what();
  }
}

TEST_P(EitherDevice, NamesAnInterfaceThatGoesDown) {
  for (const auto victim : {HostId::client, HostId::relay}) {
    const auto world = make_world({.device = GetParam()});
    const auto topology = trial::draw_topology(plain_cell(), 1, 0);
    Saboteur ping(topology, *world, victim);
    EXPECT_EQ(fault_of(*world, topology, ping),
              victim == HostId::client ? "client-interface-down" : "relay-interface-down");
    EXPECT_LT(ping.round_trips.size(), 6U);
    Ping next(topology, relay_of(topology), 3);
    EXPECT_EQ(fault_of(*world, topology, next), "");
    EXPECT_EQ(next.round_trips.size(), 3U);
  }
}

TEST_P(EitherDevice, NamesAPortThatIsInUse) {
  const auto world = make_world({.device = GetParam()});
  const auto topology = trial::draw_topology(plain_cell(), 1, 0);
  const trial::Identities identities(1);
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    world->assign_addresses(topology);
    const FileDescriptor taken(
        world->network_namespace(HostId::relay).inside([&] { return socket(AF_INET, type, 0); }));
    const auto address = to_sockaddr(relay_of(topology));
    ASSERT_EQ(bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto record = runner::run_trial(*world, plain_cell(), identities, 1, 0);
    EXPECT_EQ(record.outcome, Outcome::failed);
    EXPECT_EQ(record.reason, "relay-port-in-use");
  }
  EXPECT_EQ(runner::run_trial(*world, plain_cell(), identities, 1, 0).outcome, Outcome::direct);
}

TEST(Abilities, AreTriedInAChild) {
  const auto child = fork();
  if (child == 0) {  // the process of this test may be in the lab already
    std::error_code error;
    const auto before = std::filesystem::read_symlink("/proc/self/ns/net", error);
    const bool fine = !machine_lacks() && std::filesystem::read_symlink("/proc/self/ns/net", error) == before;
    _exit(fine ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace punchlab::lab
