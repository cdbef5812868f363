#include "net/lab/lab_world.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <utility>

#include "net/lab/abilities.hpp"
#include "net/lab/host_stack.hpp"
#include "net/lab/host_streams.hpp"
#include "net/lab/internet.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/world_fault.hpp"

namespace punchlab::lab {
namespace {

using trial::HostId;
using trial::PacketEvent;

/// Datagrams or packets taken from one descriptor before the others get their turn.
constexpr int kBatch = 64;
/// Latenesses kept per run, the first ones.
constexpr std::size_t kLatenesses = 100'000;

Duration monotonic() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

void refuse(const trial::Topology& topology) {
  for (const auto& host : topology.hosts)
    for (const auto& address : host.addresses)
      if (!address.is_v4()) throw std::invalid_argument("the sockets backend carries IPv4 only");
}

constexpr std::array kNames{"client", "connector", "relay"};

class SocketsWorld final : public LabWorld, public trial::Network, private InternetSink, private HostStreams::Owner {
 public:
  explicit SocketsWorld(LabOptions options);
  std::uint64_t run(const trial::Topology& topology, trial::Application& application, Time until,
                    const trial::WorldOptions& options) override;
  std::optional<std::string> cannot(const trial::Cell& cell) const override { return cannot_model(cell); }
  Lateness lateness() const override;
  void leave_to_others(HostId host) override { elsewhere_[static_cast<std::size_t>(host)] = true; }
  void assign_addresses(const trial::Topology& topology) override {
    for (std::size_t i = 0; i < trial::kHosts; ++i) spoilt_[i] |= !stacks_[i].is_up();
    mend();
    for (std::size_t i = 0; i < trial::kHosts; ++i) stacks_[i].reset(topology.hosts[i].addresses);
  }
  void demand_port(HostId host, const TransportAddress& local) override {
    guarded(host, [&](HostStack& stack) { stack.demand_port(local); });
  }
  const NetworkNamespace& network_namespace(HostId host) const override {
    return stacks_[static_cast<std::size_t>(host)].network_namespace();
  }

  void send(HostId from, const TransportAddress& source, const TransportAddress& destination, std::uint8_t ttl,
            Bytes payload) override;
  void set_timer(HostId host, Time at) override { timer_of(host) = at; }
  void listen(HostId host, const TransportAddress& local) override {
    if (elsewhere(host)) return;
    guarded(host, [&](HostStack& stack) { streams_.listen(host, stack.network_namespace(), local); });
  }
  trial::StreamId connect(HostId host, const TransportAddress& local, const TransportAddress& remote) override {
    return elsewhere(host) ? 0 : streams_.connect(host, network_namespace(host), local, remote);
  }
  bool send_stream(trial::StreamId stream, Bytes bytes) override { return streams_.send(stream, bytes); }
  void close_stream(trial::StreamId stream) override { streams_.close(stream); }

 private:
  /// What epoll says is ready: a host's device, one of its sockets, or a file of the streams.
  struct Source {
    static constexpr std::uint32_t kStreams = trial::kHosts;  ///< in place of a host
    std::uint32_t host = 0;
    std::uint32_t number = 0;  ///< 0 is the device, then the sockets

    std::uint64_t pack() const { return std::uint64_t{host} << 32 | number; }
    static Source unpack(std::uint64_t v) {
      return {static_cast<std::uint32_t>(v >> 32), static_cast<std::uint32_t>(v)};
    }
  };

  void on_arrival(Time due, HostId host, Bytes packet) override;
  void on_event(const PacketEvent& event) override { application_->on_packet(event); }
  Time time() const override { return now(); }
  trial::Application& application() override { return *application_; }
  void follow(int fd, std::uint32_t key, std::uint32_t events) override;

  bool elsewhere(HostId host) const { return elsewhere_[static_cast<std::size_t>(host)]; }
  Time now() const { return kTimeOrigin + (monotonic() - start_); }
  HostStack& stack_of(HostId host) { return stacks_[static_cast<std::size_t>(host)]; }
  Time& timer_of(HostId host) { return timers_[static_cast<std::size_t>(host)]; }
  std::optional<std::size_t> open(HostId host, const TransportAddress& local);
  void watch(int fd, Source source);
  HostStack make_stack() const { return {device_, queue_}; }
  void mend();
  void start_run(const trial::Topology& topology);
  /// Does something with a host's stack; what makes the host unusable ends the run.
  template <class Use>
  std::invoke_result_t<Use, HostStack&> guarded(HostId host, Use&& use) {
    try {
      return use(stack_of(host));
    } catch (const InterfaceDown&) {
      spoil(host, "-interface-down");
    } catch (const PortInUse&) {
      spoil(host, "-port-in-use");
    }
  }
  [[noreturn]] void spoil(HostId host, const char* what);
  void carry();
  void loop(Time until);
  void fire_timers();
  void wait(Time until);
  void read_device(HostId host);
  void read_socket(HostId host, std::size_t socket);
  void report(PacketEvent::Kind kind, HostId host, const TransportAddress& source, const TransportAddress& destination,
              Bytes payload);

  std::unique_ptr<GatewayMaker> maker_;
  DeviceKind device_;
  int queue_;
  std::array<HostStack, trial::kHosts> stacks_;
  std::array<bool, trial::kHosts> spoilt_{};  ///< hosts to be made anew before the next run
  std::array<bool, trial::kHosts> elsewhere_{};
  FileDescriptor epoll_;
  Internet internet_{*this, maker_.get()};
  HostStreams streams_{*this};
  trial::Application* application_ = nullptr;
  Duration start_{0};
  std::array<Time, trial::kHosts> timers_{};
  std::uint64_t events_ = 0;
  std::vector<Duration> late_;
  std::array<std::uint8_t, 2048> datagram_;  ///< in the application's hands
  std::array<std::uint8_t, 2048> packet_;
};

SocketsWorld::SocketsWorld(LabOptions options)
    : maker_(std::move(options.gateways)),
      device_(options.device ? *options.device : possible_device()),
      queue_(options.queue),
      stacks_{make_stack(), make_stack(), make_stack()},
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_.get() < 0) throw_errno("epoll_create1");
  for (std::uint32_t host = 0; host < trial::kHosts; ++host) watch(stacks_[host].device().descriptor(), {host, 0});
  prctl(PR_SET_TIMERSLACK, 1UL);  // sleeps end when asked to, not 50 microseconds later
  late_.reserve(kLatenesses);
}

/// Whoever broke a host left more behind in it than can be known.
void SocketsWorld::mend() {
  for (std::uint32_t host = 0; host < trial::kHosts; ++host) {
    if (!std::exchange(spoilt_[host], false)) continue;
    stacks_[host] = make_stack();
    watch(stacks_[host].device().descriptor(), {host, 0});
  }
}

void SocketsWorld::spoil(HostId host, const char* what) {
  spoilt_[static_cast<std::size_t>(host)] = true;
  throw trial::WorldFault(kNames[static_cast<std::size_t>(host)] + std::string(what));
}

std::uint64_t SocketsWorld::run(const trial::Topology& topology, trial::Application& application, Time until,
                                const trial::WorldOptions& options) {
  refuse(topology);
  std::optional<Captures> captures;
  if (options.pcap) captures.emplace(*options.pcap, topology);
  internet_.reset(topology, captures ? &*captures : nullptr);
  start_run(topology);
  timers_.fill(kNever);
  late_.clear();
  events_ = 0;
  application_ = &application;
  start_ = monotonic();
  application.start(kTimeOrigin, *this);
  loop(until);
  streams_.clear();
  for (std::size_t i = 0; i < trial::kHosts; ++i)
    guarded(static_cast<HostId>(i), [](HostStack& stack) {
      stack.close_sockets();
      if (!stack.is_up()) throw InterfaceDown();
    });
  return events_;
}

void SocketsWorld::start_run(const trial::Topology& topology) {
  streams_.clear();
  mend();
  for (std::size_t i = 0; i < trial::kHosts; ++i)
    if (!elsewhere_[i])  // else programs may have begun to send
      guarded(static_cast<HostId>(i), [&](HostStack& stack) { stack.reset(topology.hosts[i].addresses); });
}

void SocketsWorld::loop(Time until) {
  while (!application_->finished() && now() < until) {
    carry();
    fire_timers();
    streams_.settle();
    if (application_->finished()) return;
    wait(until);
  }
}

/// All that is due moves on, as far as it is due when it gets there.
void SocketsWorld::carry() {
  while (const auto count = internet_.advance(now())) events_ += count;
  for (std::size_t i = 0; i < trial::kHosts; ++i)
    guarded(static_cast<HostId>(i), [](HostStack& stack) { stack.device().flush(); });
}

void SocketsWorld::fire_timers() {
  for (std::size_t i = 0; i < trial::kHosts && !application_->finished(); ++i) {
    const Time at = now();
    if (timers_[i] > at) continue;
    timers_[i] = kNever;
    ++events_;
    application_->on_timer(at, static_cast<HostId>(i));
  }
}

void SocketsWorld::wait(Time until) {
  Time wake = std::min(until, internet_.next());
  for (const Time timer : timers_) wake = std::min(wake, timer);
  const auto left = std::max(wake - now(), Duration{0});
  const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  std::array<epoll_event, 64> ready;
  const int count = epoll_pwait2(epoll_.get(), ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
  for (int i = 0; i < count && !application_->finished(); ++i) {
    const auto source = Source::unpack(ready[static_cast<std::size_t>(i)].data.u64);
    const auto host = static_cast<HostId>(source.host);
    if (source.host == Source::kStreams)
      streams_.handle(source.number);
    else if (source.number == 0)
      read_device(host);
    else
      read_socket(host, source.number - 1);
  }
}

void SocketsWorld::read_device(HostId host) {
  for (int i = 0; i < kBatch; ++i) {
    const auto packet = guarded(host, [](HostStack& stack) { return stack.read_packet(); });
    if (!packet) return;
    internet_.enter(now(), host, *packet);
  }
}

void SocketsWorld::read_socket(HostId host, std::size_t socket) {
  HostStack& stack = stack_of(host);
  for (int i = 0; i < kBatch && !application_->finished(); ++i) {
    const auto received = stack.receive(socket, datagram_);
    if (!received) return;
    const Bytes payload = Bytes{datagram_}.first(received->size);
    const TransportAddress local = stack.local_of(socket);
    report(PacketEvent::Kind::delivered, host, received->source, local, payload);
    ++events_;
    application_->on_datagram(now(), host, received->source, local, payload);
  }
}

void SocketsWorld::on_arrival(Time due, HostId host, Bytes packet) {
  // Programs listen on every port that datagrams come to, as in the other worlds: the application sorts them out.
  const auto view = packet::parse(packet);
  const PacketEvent seen{PacketEvent::Kind::ignored, now(), host, 0, nat::Reason::translated, packet};
  if (!view || !stack_of(host).owns(view->destination.address)) return application_->on_packet(seen);
  if (view->protocol == packet::kUdp && !view->fragment) open(host, view->destination);
  guarded(host, [&](HostStack& stack) { stack.device().write(packet); });
  const Time at = now();
  if (late_.size() < kLatenesses) late_.push_back(at - due);
  application_->on_late(due, at);
  if (elsewhere(host) || view->protocol == packet::kTcp)  // else told when the socket gives it
    application_->on_packet({PacketEvent::Kind::delivered, now(), host, 0, nat::Reason::translated, packet});
  else if (view->protocol != packet::kUdp || stack_of(host).owns(view->source.address))
    application_->on_packet(seen);  // what programs never see; a stack takes nothing from itself out of its device
}

void SocketsWorld::send(HostId from, const TransportAddress& source, const TransportAddress& destination,
                        std::uint8_t ttl, Bytes payload) {
  const auto socket = open(from, source);
  if (!socket) return;
  if (stack_of(from).owns(destination.address)) {  // never reaches the device
    report(PacketEvent::Kind::sent, from, source, destination, payload);
    open(from, destination);
  }
  stack_of(from).send(*socket, destination, ttl, payload);
}

std::optional<std::size_t> SocketsWorld::open(HostId host, const TransportAddress& local) {
  if (elsewhere(host)) return std::nullopt;
  HostStack& stack = stack_of(host);
  const auto before = stack.socket_count();
  const auto socket = guarded(host, [&](HostStack& s) { return s.socket_at(local); });
  if (stack.socket_count() > before)
    watch(stack.fd_of(*socket), {static_cast<std::uint32_t>(host), static_cast<std::uint32_t>(*socket + 1)});
  return socket;
}

void SocketsWorld::watch(int fd, Source source) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = source.pack();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw_errno("epoll_ctl");
}

void SocketsWorld::follow(int fd, std::uint32_t key, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = Source{Source::kStreams, key}.pack();
  const int done = events == 0 ? epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr)
                               : epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  if (done != 0 && events != 0 && epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw_errno("epoll_ctl");
}

void SocketsWorld::report(PacketEvent::Kind kind, HostId host, const TransportAddress& source,
                          const TransportAddress& destination, Bytes payload) {
  const auto size = packet::write_udp(packet_, source, destination, packet::kDefaultTtl, payload);
  application_->on_packet({kind, now(), host, 0, nat::Reason::translated, Bytes{packet_}.first(size)});
}

Lateness SocketsWorld::lateness() const {
  if (late_.empty()) return {};
  auto sorted = late_;
  std::sort(sorted.begin(), sorted.end());
  return {sorted.size(), sorted[sorted.size() / 2], sorted[sorted.size() * 99 / 100]};
}

}  // namespace

std::variant<std::unique_ptr<LabWorld>, std::string> make_lab_world(LabOptions options) {
  if (auto error = enter_lab()) return *std::move(error);
  try {
    return std::make_unique<SocketsWorld>(std::move(options));
  } catch (const std::system_error& error) {
    return std::string(error.what());
  }
}

}  // namespace punchlab::lab
