// punchlab relay: STUN, behaviour discovery, TURN and the broker on real sockets.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "net/host/system_rng.hpp"
#include "protocol/relay/server.hpp"
#include "tools/cli/interrupt.hpp"
#include "tools/cli/relay_options.hpp"
#include "tools/cli/socket_options.hpp"

namespace punchlab::cli {
namespace {

/// Ids of the sockets at each --listen: UDP (the four of RFC 5780 section 6 at the first), TCP, TLS.
constexpr std::uint32_t kTcpListener = 4, kTlsListener = 5, kIdsOfListen = 6;

/// The listening sockets: the primary one, and with an alternate address the four of RFC 5780 section 6.
std::vector<TransportAddress> open_listeners(net::UdpHost& host, const RelayOptions& options) {
  const auto& first = options.listen.front();
  std::vector<TransportAddress> opened{open_or_fail(host, SocketId{0}, first)};
  if (!options.alternate) return opened;
  opened.push_back(open_or_fail(host, SocketId{1}, *options.alternate));
  opened.push_back(open_or_fail(host, SocketId{2}, {first.address, opened[1].port}));
  opened.push_back(open_or_fail(host, SocketId{3}, {options.alternate->address, opened[0].port}));
  return opened;
}

/// One relay on its sockets.
class RelayProgram final : public net::StreamUser {
 public:
  RelayProgram(net::UdpHost& host, net::StreamSet& streams, relay::Server& server)
      : host_(host), streams_(streams), server_(server), driver_(host, server, &streams) {}

  /// Until it is interrupted. Every change of the number of peers and allocations is a line on stderr.
  void serve() {
    drain();
    while (interrupted == 0) {
      driver_.turn(std::min(net::monotonic_now() + kInterruptCheck, streams_.next()), sink_);
      streams_.handle(net::monotonic_now(), driver_.woken(), *this);
      report();
    }
  }

  void on_stream_accepted(SocketId listener, SocketId stream, const TransportAddress& remote) override {
    server_.handle_stream_opened(net::monotonic_now(), listener, stream, remote);
    drain();
  }
  void on_stream_opened(SocketId) override {}
  void on_stream_bytes(SocketId stream, Bytes bytes) override {
    while (!bytes.empty() && streams_.owns(stream)) {
      bytes = bytes.subspan(server_.handle_stream(net::monotonic_now(), stream, bytes));
      drain();
    }
  }
  void on_stream_closed(SocketId stream, const std::string&) override {
    server_.handle_stream_closed(net::monotonic_now(), stream);
    drain();
  }

 private:
  void drain() { driver_.drain(sink_); }

  void open(const Output& output) {
    const auto* wanted = std::get_if<OpenSocket>(&output);
    if (wanted == nullptr) return;
    if (const auto opened = host_.open(wanted->socket, wanted->local); opened.error != 0) {
      fmt::print(stderr, "cannot open relayed {}: {}\n", wanted->local.to_string(), std::strerror(opened.error));
      server_.handle_open_failed(net::monotonic_now(), wanted->socket);
    }
  }

  void report() {
    if (server_.registrations() == registrations_ && server_.allocations() == allocations_) return;
    registrations_ = server_.registrations();
    allocations_ = server_.allocations();
    fmt::print(stderr, "peers registered: {}, allocations: {}\n", registrations_, allocations_);
  }

  struct Sink {
    RelayProgram& program;
    void operator()(const Output& output, Bytes) const { program.open(output); }
  };

  net::UdpHost& host_;
  net::StreamSet& streams_;
  relay::Server& server_;
  net::Driver<relay::Server> driver_;
  Sink sink_{*this};
  std::size_t registrations_ = 0;
  std::uint32_t allocations_ = 0;
};

/// TCP and TLS beside the UDP socket at `udp`, with ids from `first_id` on. Says what is open.
void listen_for_streams(net::StreamSet& streams, relay::Server& server, const RelayOptions& options,
                        const TransportAddress& udp, std::uint32_t first_id) {
  if (options.tcp) {
    const SocketId id{first_id + kTcpListener};
    server.add_socket(id, Transport::tcp, listen_or_fail(streams, id, udp, nullptr));
  }
  std::string also;
  if (!options.certificate.empty()) {
    const SocketId id{first_id + kTlsListener};
    const auto tls = tls_or_fail(options.certificate, options.key);
    const auto local = listen_or_fail(streams, id, {udp.address, options.tls_port}, tls);
    server.add_socket(id, Transport::tls, local);
    also = fmt::format(", TLS on port {}", local.port);
  }
  fmt::print(stderr, "listening on {}{}{}\n", udp.to_string(), options.tcp ? " (UDP, TCP)" : " (UDP)", also);
}

}  // namespace

int relay_command(const Arguments& arguments) {
  auto options = read_relay_options(arguments);
  if (!options) return kFine;
  net::SystemRng rng;
  rng.fill(options->config.nonce_secret);
  net::UdpHost host;
  net::StreamSet streams(host);
  listen_for_interrupts();
  const auto udp = open_listeners(host, *options);
  if (options->alternate) options->config.discovery = {{udp[0].address, udp[1].address}, {udp[0].port, udp[1].port}};
  relay::Server server(options->config, rng);
  for (std::size_t i = 0; i < udp.size(); ++i)
    server.add_socket(SocketId{static_cast<std::uint32_t>(i)}, Transport::udp, udp[i]);
  listen_for_streams(streams, server, *options, udp.front(), 0);
  if (options->listen.size() == 2) {
    const SocketId other{kIdsOfListen};
    const auto local = open_or_fail(host, other, options->listen[1]);
    server.add_socket(other, Transport::udp, local);
    listen_for_streams(streams, server, *options, local, kIdsOfListen);
  }
  RelayProgram(host, streams, server).serve();
  fmt::print(stderr, "stopped\n");
  return kFine;
}

}  // namespace punchlab::cli
