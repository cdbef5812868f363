#include "sim/trial/trial.hpp"

#include <algorithm>

namespace punchlab::trial {
namespace {

constexpr std::uint16_t kPeerPort = 40'000;  ///< local port of both peers' sockets
/// Of the connector's where both stand in one network: hosts choose their ports independently, and a shared gateway
/// that keeps ports would otherwise always see a collision.
constexpr std::uint16_t kOtherPeerPort = 50'000;
constexpr SocketId kPeerSocket{1};

session::KeyPair key_pair(std::uint64_t seed, const char* name) {
  SeededRng rng({seed, 0, 0, purpose_of(name)});
  return session::KeyPair::generate(rng);
}

}  // namespace

Identities::Identities(std::uint64_t seed)
    : client(key_pair(seed, "client/identity")), connector(key_pair(seed, "connector/identity")) {
  [[maybe_unused]] const bool fine = client.remember(connector.public_key()) && connector.remember(client.public_key());
  assert(fine && "fresh keys are never of low order");
}

Trial::Trial(const Cell& cell, const Topology& topology, const Identities& identities, std::uint64_t seed,
             std::uint64_t trial, RelayHost* relay)
    : cell_(&cell),
      topology_(&topology),
      trial_(trial),
      key_{seed, cell.world, trial, 0},
      relay_host_(relay),
      witness_(topology),
      probes_(cell.traffic) {
  set_up_peer(HostId::client, identities.client, identities.connector);
  set_up_peer(HostId::connector, identities.connector, identities.client);
  origin_ = std::max(peers_[0].start, peers_[1].start);
  late_.begin(origin_);
}

void Trial::set_up_peer(HostId host, const session::Identity& self, const session::Identity& other) {
  const bool client = host == HostId::client;
  auto& p = peer(host);
  auto key = key_;
  key.purpose = purpose_of(client ? "client/agent" : "connector/agent");
  p.rng = std::make_unique<SeededRng>(key);
  agent::Config config;
  config.role = client ? agent::Role::initiator : agent::Role::responder;
  config.policy = &cell_->policy;
  config.relay = {topology_->host(HostId::relay).addresses.front(), kRelayPort};
  config.relay_tcp = config.relay;
  config.relay_tls = {config.relay.address, kRelayTlsPort};
  config.username = client ? "client" : "connector";
  config.password = client ? "client-password" : "connector-password";
  config.identity = &self;
  config.peer = other.public_key();
  config.session = cell_->session;
  p.agent = std::make_unique<agent::Agent>(config, *p.rng);
  p.socket = {topology_->host(host).addresses.front(), topology_->shared && !client ? kOtherPeerPort : kPeerPort};
  p.agent->add_socket(kPeerSocket, p.socket);
  key.purpose = purpose_of(client ? "client/start" : "connector/start");
  SeededRng start(key);
  p.start = kTimeOrigin + (client ? cell_->client : cell_->connector).start.sample(start);
}

void Trial::start(Time now, Network& network) {
  network_ = &network;
  set_up_relay(now);
  for (const auto host : {HostId::client, HostId::connector}) {
    if (peer(host).start <= now) start_peer(now, host);
    set_timer(host);
  }
}

void Trial::start_peer(Time now, HostId host) {
  peer(host).started = true;
  peer(host).agent->connect(now);
  drain_peer(now, host);
}

void Trial::on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                        Bytes payload) {
  witness_.on_delivery(now, host, source, destination, payload);
  if (host == HostId::relay) {
    for (const auto& socket : relay_sockets_)
      if (socket.local == destination) {
        relay_->handle_datagram(now, {socket.id, source, payload});
        break;
      }
    return drain_relay(now);
  }
  auto& p = peer(host);
  if (!p.started || destination != p.socket) return;
  p.arriving = witness_.path_of(source);
  p.agent->handle_datagram(now, {kPeerSocket, source, payload});
  drain_peer(now, host);
}

void Trial::on_timer(Time now, HostId host) {
  late_.add(host == HostId::relay ? relay_deadline_ : peer(host).timer, now);
  if (host == HostId::relay) {
    relay_->handle_timeout(now);
    return drain_relay(now);
  }
  auto& p = peer(host);
  p.timer = kNever;
  if (!p.started && now >= p.start) return start_peer(now, host);
  if (host == HostId::client && now >= probes_.next()) send_probe(now);
  if (now >= p.deadline) p.agent->handle_timeout(now);
  drain_peer(now, host);
}

void Trial::drain_peer(Time now, HostId host) {
  auto& p = peer(host);
  p.deadline =
      drain(*p.agent, now, buffer_, [&](const Output& output, Bytes buffer) { handle(now, host, output, buffer); }).at;
  update_progress(now);
  set_timer(host);
}

void Trial::handle(Time now, HostId host, const Output& output, Bytes buffer) {
  if (const auto* out = std::get_if<Transmit>(&output)) return transmit(host, *out, buffer);
  if (const auto* data = std::get_if<Received>(&output))
    return on_data(now, host, data->kind, buffer.first(data->size));
  if (const auto* path = std::get_if<PathChanged>(&output)) return on_path(now, host, path->kind);
  if (const auto* open = std::get_if<OpenSocket>(&output)) return open_stream(now, host, *open);
  if (const auto* close = std::get_if<CloseSocket>(&output)) return close_stream(host, close->socket);
  if (std::holds_alternative<ConnectionFailed>(output)) peer(host).failed = true;
}

void Trial::transmit(HostId host, const Transmit& out, Bytes buffer) {
  witness_.on_send(host, out.destination, out.size);
  if (out.socket != kPeerSocket) {
    send_on_stream(host, out.socket, buffer.first(out.size));
    return;
  }
  network_->send(host, peer(host).socket, out.destination, out.ttl, buffer.first(out.size));
}

void Trial::on_path(Time now, HostId host, PathKind kind) {
  peer(host).path = kind;
  if (change_count_ < kMostChanges) changes_[change_count_++] = {now, host, kind};
  if (kind != PathKind::none) peer(host).failed = false;
  const bool both = peers_[0].path == PathKind::direct && peers_[1].path == PathKind::direct;
  if (!both) direct_since_ = kNever;
  if (both && direct_since_ == kNever) {
    direct_since_ = now;
    behind_at_direct_ = late_.behind();
    witness_.freeze();
  }
}

void Trial::on_data(Time now, HostId host, PathKind claimed, Bytes data) {
  const auto seen = peer(host).arriving;
  if (claimed != seen) ++contradictions_;
  first_byte_ = std::min(first_byte_, now);
  const auto probe = Probe::parse(data);
  if (!probe) return;
  if (probe->kind == Probe::Kind::echo && host == HostId::client) probes_.answered(now, *probe, seen);
  if (probe->kind == Probe::Kind::probe && host == HostId::connector) {
    std::array<std::uint8_t, agent::Agent::kMaxPayload> echo;
    const MutableBytes bytes{echo.data(), data.size()};
    Probe::write(bytes, Probe::Kind::echo, seen, probe->sequence);
    // The echo goes back as the probe came, so that the round trip over the relay is one also where direct takes over.
    const auto relayed = seen == PathKind::relayed ? peer(host).agent->seal_relayed(now, bytes, sealed_) : std::nullopt;
    if (relayed) return transmit(host, *relayed, sealed_);
    send_data(now, host, bytes);
  }
}

void Trial::send_probe(Time now) {
  std::array<std::uint8_t, agent::Agent::kMaxPayload> bytes;
  const MutableBytes data{bytes.data(), cell_->traffic.size};
  Probe::write(data, Probe::Kind::probe, PathKind::none, probes_.sent(now));
  send_data(now, HostId::client, data);
}

void Trial::send_data(Time now, HostId host, Bytes data) {
  if (const auto out = peer(host).agent->seal(now, data, sealed_)) transmit(host, *out, sealed_);
}

void Trial::update_progress(Time now) {
  const auto& client = peers_[0];
  if (client.path != PathKind::none) probes_.begin(now);
  const bool concluded = peers_[0].agent->concluded() && peers_[1].agent->concluded();
  if (direct_since_ != kNever)
    probes_.set_final(now, PathKind::direct);
  else if (concluded && client.path == PathKind::relayed)
    probes_.set_final(now, PathKind::relayed);
  const bool hopeless = client.failed && peers_[1].failed;
  if (!finished_ && (hopeless || probes_.complete(now))) {
    finished_ = true;
    ended_ = now;
  }
}

void Trial::set_timer(HostId host) {
  auto& p = peer(host);
  Time at = p.started ? p.deadline : p.start;
  if (host == HostId::client && p.started) at = std::min({at, probes_.next(), probes_.give_up()});
  if (at == p.timer) return;
  p.timer = at;
  network_->set_timer(host, at);
}

}  // namespace punchlab::trial
