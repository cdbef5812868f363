#include "net/peer/peer.hpp"

#include <algorithm>
#include <cstring>

#include "net/host/resolve.hpp"

namespace punchlab::net {
namespace {

/// Packets that leave before the loop looks at what came in.
constexpr int kPacketsPerFlush = 256;
/// A goodbye may be lost.
constexpr int kGoodbyes = 3;
/// IPv6 first, so that of the host candidates its are preferred (RFC 8421 section 4).
constexpr std::array kFamilies{Family::ipv6, Family::ipv4};

SocketId nth_after(SocketId first, std::size_t n) { return {first.value + static_cast<std::uint32_t>(n)}; }

/// Stands for all the world where the relay has no address of the family; nothing is sent there (RFC 3849, RFC 5737).
TransportAddress somewhere(Family family) {
  if (family == Family::ipv4) return {IpAddress::v4(192, 0, 2, 1), 9};
  return {IpAddress::v6({0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 9};
}

}  // namespace

Peer::Peer(UdpHost& host, StreamSet& streams, const agent::Config& config, RelayWay way, SocketId socket, Rng& rng)
    : host_(host),
      streams_(streams),
      config_(config),
      way_(std::move(way)),
      socket_(socket),
      agent_(config, rng),
      driver_(host, agent_, &streams) {}

Peer::~Peer() {
  for (std::size_t i = 0; i < kFamilies.size(); ++i) host_.close(nth_after(socket_, i));
  if (stream_) streams_.close(*stream_);
}

std::optional<std::string> Peer::start() {
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    const auto why = open_socket(kFamilies[i], nth_after(socket_, i));
    if (why && kFamilies[i] == config_.relay.address.family()) return why;
  }
  agent_.connect(monotonic_now());
  drain();
  return std::nullopt;
}

/// At the address that the kernel would send from. Gives why it cannot.
std::optional<std::string> Peer::open_socket(Family family, SocketId socket) {
  const bool relays = family == config_.relay.address.family();
  const auto remote = relays ? config_.relay : config_.relay_other_family.value_or(somewhere(family));
  const auto local = source_address_for(remote);
  if (!local) return "there is no route to " + remote.to_string();
  const auto opened = host_.open(socket, {*local, 0});
  if (opened.error != 0) return "cannot open UDP " + local->to_string() + ": " + std::strerror(opened.error);
  agent_.add_socket(socket, opened.local);
  return std::nullopt;
}

void Peer::drain() { driver_.drain(sink_); }

void Peer::turn(Time limit) {
  driver_.turn(std::min({limit, next(), streams_.next()}), sink_);
  const auto now = monotonic_now();
  streams_.handle(now, driver_.woken(), *this);
  if (tunnel_) tunnel_->handle_timeout(now);
  if (tunnel_) watch_silence(now);
  status_.concluded = agent_.concluded();
}

/// The tunnel's pings make sure that a peer is heard whenever a path stands.
void Peer::watch_silence(Time now) {
  doubt_at_ = std::max(doubt_at_, tunnel_->last_heard() + kSilence);
  if (now < doubt_at_) return;
  doubt_at_ = now + kSilence;
  agent_.doubt_allocation(now);
  drain();
}

Time Peer::next() const { return tunnel_ && status_.kind != PathKind::none ? tunnel_->next(monotonic_now()) : kNever; }

void Peer::flush() {
  if (!tunnel_) return;
  std::array<std::uint8_t, tunnel::kMaxPacket> plain;
  std::array<std::uint8_t, kMaxDatagram> sealed;
  for (int i = 0; i < kPacketsPerFlush && status_.kind != PathKind::none; ++i) {
    const auto now = monotonic_now();
    const auto size = tunnel_->poll(now, plain);
    if (size == 0) break;
    if (const auto transmit = agent_.seal(now, Bytes{plain}.first(size), sealed))
      driver_.send(*transmit, Bytes{sealed}.first(transmit->size));
  }
  drain();
}

void Peer::take(const Output& output, Bytes bytes) {
  if (const auto* open = std::get_if<OpenSocket>(&output)) {
    stream_ = open->socket;
    streams_.connect(open->socket, way_.address, way_.tls);
  } else if (const auto* received = std::get_if<Received>(&output)) {
    begin_tunnel();
    tunnel_->handle_packet(monotonic_now(), bytes.first(received->size));
  } else if (const auto* path = std::get_if<PathChanged>(&output)) {
    status_.kind = path->kind;
    status_.remote = path->remote;
    if (path->kind != PathKind::none) failure_ = nullptr;
    if (tunnel_) tunnel_->path_changed();
  } else if (std::holds_alternative<Connected>(output)) {
    begin_tunnel();
  } else if (const auto* failed = std::get_if<ConnectionFailed>(&output)) {
    failure_ = failed->reason;
  }
}

void Peer::begin_tunnel() {
  const auto side = config_.role == agent::Role::initiator ? tunnel::Side::initiator : tunnel::Side::responder;
  if (!tunnel_) tunnel_.emplace(side, monotonic_now());
}

PathStatus Peer::status() const { return status_; }

/// Only who holds the peer's credential can make the relay deliver another first message in its name, and an old one
/// would do: so a connection on which the peer is heard does not end by it.
bool Peer::gone(Time now) const {
  if (!tunnel_) return false;
  const auto silence = now - tunnel_->last_heard();
  const bool begins_anew = agent_.session().count(session::Verdict::unexpected) > 0;
  return silence > kGoneAfter || (begins_anew && silence > kDoubtAfter);
}

void Peer::say_goodbye() {
  if (!tunnel_) return;
  tunnel_->end();
  std::array<std::uint8_t, tunnel::kMaxPacket> plain;
  std::array<std::uint8_t, kMaxDatagram> sealed;
  for (int i = 0; i < kGoodbyes; ++i) {
    const auto now = monotonic_now();
    const auto size = tunnel_->poll(now, plain);
    if (const auto transmit = agent_.seal(now, Bytes{plain}.first(size), sealed))
      driver_.send(*transmit, Bytes{sealed}.first(transmit->size));
  }
}

void Peer::on_stream_opened(SocketId stream) {
  agent_.handle_stream_opened(monotonic_now(), stream);
  drain();
}

void Peer::on_stream_bytes(SocketId stream, Bytes bytes) {
  while (!bytes.empty() && streams_.owns(stream)) {
    const auto taken = agent_.handle_stream(monotonic_now(), stream, bytes);
    drain();
    if (taken == 0) return;
    bytes = bytes.subspan(taken);
  }
}

void Peer::on_stream_closed(SocketId stream, const std::string&) {
  agent_.handle_stream_closed(monotonic_now(), stream);
  drain();
}

}  // namespace punchlab::net
