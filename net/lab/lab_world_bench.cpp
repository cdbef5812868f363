// The lab as a forwarder: datagrams of 200 bytes from a program in the client's host, behind a NAT and links of 10 and
// 5 ms, to a program in the relay's. The lab has one processor, both programs share another. Counters:
//   sent/s      what the sender's stack took
//   lost        datagrams that never came out of the receiver's socket
//   core %      processor time of the lab by wall time; packets/core-s is how many would fill a core
//   late p50, p99   microseconds from when a packet is due to when it enters the receiver's stack
//   added p50, p99  microseconds from one program to the other, beyond the links' time
#include <benchmark/benchmark.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "net/lab/lab_world.hpp"
#include "net/lab/program.hpp"
#include "net/lab/socket_address.hpp"

namespace punchlab::lab {
namespace {

using trial::HostId;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSending{4};
constexpr std::chrono::milliseconds kLinks{15};
constexpr std::uint16_t kPort = 9;

/// Processor `n`, where there are so many.
void stay_on(unsigned n) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(n, &set);
  sched_setaffinity(0, sizeof set, &set);
}

FileDescriptor open_udp(const TransportAddress& local) {
  FileDescriptor file(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int room = 4 << 20;
  setsockopt(file.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  const auto address = to_sockaddr(local);
  if (bind(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw_errno("bind");
  return file;
}

/// Sends at a steady rate, each datagram with its time, and tells how many the stack took.
int send_steadily(const TransportAddress& to, double rate, int report) {
  stay_on(1);
  const FileDescriptor file(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto address = to_sockaddr(to);
  std::array<char, 200> datagram{};
  const auto start = Clock::now();
  std::uint64_t sent = 0;
  for (auto now = start; now - start < kSending; now = Clock::now()) {
    const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - start).count() * rate);
    for (auto taken = sent; taken < due; ++taken) {
      const auto at = Clock::now().time_since_epoch().count();
      std::memcpy(datagram.data(), &at, sizeof at);
      if (sendto(file.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) > 0)
        ++sent;
    }
    usleep(100);
  }
  return write(report, &sent, sizeof sent) == sizeof sent ? 0 : 1;
}

struct Received {
  std::uint64_t count = 0;
  double p50 = 0;  ///< microseconds beyond the links' time
  double p99 = 0;
};

/// Receives until nothing has come for a second.
int receive_all(const TransportAddress& local, int report) {
  stay_on(1);
  const auto file = open_udp(local);
  const timeval patience{1, 0};
  std::array<char, 256> datagram;
  std::vector<double> delays;
  for (;;) {
    if (delays.size() == 1) setsockopt(file.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (recv(file.get(), datagram.data(), datagram.size(), 0) <= 0) break;
    Clock::rep at = 0;
    std::memcpy(&at, datagram.data(), sizeof at);
    const auto taken = Clock::now() - Clock::time_point(Clock::duration(at)) - kLinks;
    delays.push_back(std::chrono::duration<double, std::micro>(taken).count());
  }
  std::sort(delays.begin(), delays.end());
  const Received received{delays.size(), delays[delays.size() / 2], delays[delays.size() * 99 / 100]};
  return write(report, &received, sizeof received) == sizeof received ? 0 : 1;
}

/// Carries packets until the receiver has ended.
class UntilEnded final : public trial::Application {
 public:
  explicit UntilEnded(Program& program) : program_(program) {}
  void start(Time now, trial::Network& network) override {
    network_ = &network;
    network.set_timer(HostId::client, now);
  }
  void on_datagram(Time, HostId, const TransportAddress&, const TransportAddress&, Bytes) override {}
  void on_packet(const trial::PacketEvent&) override {}
  void on_timer(Time now, HostId host) override {
    ended_ = program_.ended().has_value();
    network_->set_timer(host, now + std::chrono::milliseconds{50});
  }
  bool finished() const override { return ended_; }

 private:
  Program& program_;
  trial::Network* network_ = nullptr;
  bool ended_ = false;
};

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

trial::Topology topology() {
  trial::Cell cell;
  cell.client.nats = {nat::Profile{}};
  cell.client.access.latency = link::Distribution::constant(0.010);
  cell.relay.latency = link::Distribution::constant(0.005);
  return trial::draw_topology(cell, 1, 0);
}

void Forward(benchmark::State& state, DeviceKind kind) {
  auto made = make_lab_world({.device = kind, .queue = 4096});
  if (const auto* error = std::get_if<std::string>(&made)) return state.SkipWithError(error->c_str());
  auto& world = *std::get<0>(made);
  for (const auto host : {HostId::client, HostId::connector, HostId::relay}) world.leave_to_others(host);
  const auto where = topology();
  world.assign_addresses(where);
  const TransportAddress target{where.host(HostId::relay).addresses.front(), kPort};
  for (auto _ : state) {
    int receiver_pipe[2], sender_pipe[2];
    if (pipe(receiver_pipe) != 0 || pipe(sender_pipe) != 0) throw_errno("pipe");
    Program receiver(world.network_namespace(HostId::relay), [&] { return receive_all(target, receiver_pipe[1]); });
    Program sender(world.network_namespace(HostId::client), [&] {
      return send_steadily(target, static_cast<double>(state.range(0)), sender_pipe[1]);
    });
    stay_on(0);
    UntilEnded application(receiver);
    const double before = processor_seconds();
    world.run(where, application, kTimeOrigin + std::chrono::seconds{30}, {});
    const double used = processor_seconds() - before;
    Received received;
    std::uint64_t sent = 0;
    if (read(receiver_pipe[0], &received, sizeof received) < 0 || read(sender_pipe[0], &sent, sizeof sent) < 0)
      throw_errno("read");
    for (const int fd : {receiver_pipe[0], receiver_pipe[1], sender_pipe[0], sender_pipe[1]}) close(fd);
    const auto micro = [](Duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
    const double seconds = std::chrono::duration<double>(kSending).count();
    state.counters["sent/s"] = static_cast<double>(sent) / seconds;
    state.counters["lost"] = static_cast<double>(sent) - static_cast<double>(received.count);
    state.counters["core %"] = 100 * used / seconds;
    state.counters["packets/core-s"] = static_cast<double>(received.count) / used;
    state.counters["late p50"] = micro(world.lateness().median);
    state.counters["late p99"] = micro(world.lateness().p99);
    state.counters["added p50"] = received.p50;
    state.counters["added p99"] = received.p99;
  }
}

void Rates(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10'000)->Arg(50'000)->Arg(70'000)->Iterations(1)->Unit(benchmark::kSecond);
}

BENCHMARK_CAPTURE(Forward, tun, DeviceKind::tun)->Apply(Rates);
BENCHMARK_CAPTURE(Forward, veth, DeviceKind::veth)->Apply(Rates);

}  // namespace
}  // namespace punchlab::lab
