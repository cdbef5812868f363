#include "sim/memory/exchange.hpp"

namespace punchlab::memory {
namespace {

using trial::HostId;

constexpr std::size_t kHeader = 32;

std::size_t index_of(HostId host) { return static_cast<std::size_t>(host); }
HostId other(HostId host) { return host == HostId::client ? HostId::connector : HostId::client; }

/// FNV-1a.
std::uint64_t hash_of_bytes(Bytes bytes) {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const auto b : bytes) h = (h ^ b) * 0x100000001B3ULL;
  return h;
}

/// Address and port in the payload: family, port, address.
void store_address(std::uint8_t* p, const TransportAddress& a) {
  const Bytes bytes = a.address.bytes();
  p[0] = static_cast<std::uint8_t>(bytes.size());
  store_u16(p + 1, a.port);
  std::memcpy(p + 3, bytes.data(), bytes.size());
}
TransportAddress load_address(const std::uint8_t* p) {
  return {IpAddress::from_bytes({p + 3, p[0]}).value_or(IpAddress{}), load_u16(p + 1)};
}

}  // namespace

Exchange::Exchange(const trial::Topology& topology, const ExchangePlan& plan)
    : topology_(topology), plan_(plan), rng_(RngKey{plan.seed, 0, 0, purpose_of("exchange")}) {
  for (std::size_t i = 0; i < buffer_.size(); ++i) buffer_[i] = static_cast<std::uint8_t>(i);
}

void Exchange::start(Time now, trial::Network& network) {
  network_ = &network;
  network.set_timer(HostId::client, now + std::chrono::milliseconds{1});
  network.set_timer(HostId::connector, now + std::chrono::microseconds{1500});
}

TransportAddress Exchange::local(HostId host, std::uint8_t flow) const {
  return {topology_.host(host).addresses[0], static_cast<std::uint16_t>(40000 + flow)};
}

TransportAddress Exchange::relay() const { return {topology_.host(HostId::relay).addresses[0], trial::kRelayPort}; }

void Exchange::send(HostId from, const TransportAddress& source, const TransportAddress& destination, Type type,
                    std::uint8_t flow, std::uint8_t ttl) {
  buffer_[0] = static_cast<std::uint8_t>(type);
  buffer_[1] = static_cast<std::uint8_t>(from);
  buffer_[2] = flow;
  const auto size = plan_.smallest + rng_.below(plan_.largest - plan_.smallest + 1);
  network_->send(from, source, destination, ttl, Bytes{buffer_}.first(size));
}

void Exchange::send_round(HostId host, std::uint8_t flow) {
  const auto& peer = peer_of_[index_of(host)][flow];
  if (peer.port == 0) return send(host, local(host, flow), relay(), Type::reg, flow);
  for (std::uint32_t i = 0; i < plan_.burst; ++i) {
    const bool low = plan_.low_ttl > 0 && rng_.chance(plan_.low_ttl);
    send(host, local(host, flow), peer, Type::punch, flow,
         low ? static_cast<std::uint8_t>(1 + rng_.below(5)) : std::uint8_t{0});
  }
  if (plan_.to_private) send(host, local(host, flow), local(other(host), flow), Type::punch, flow);
  send(host, local(host, flow), relay(), Type::relayed, flow);
}

void Exchange::on_timer(Time now, HostId host) {
  auto& rounds = rounds_[index_of(host)];
  if (++rounds > plan_.rounds) {
    ++done_;
    return;
  }
  for (std::uint8_t flow = 0; flow < plan_.flows; ++flow) send_round(host, flow);
  network_->set_timer(host, now + plan_.interval);
}

void Exchange::on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                           Bytes payload) {
  ++delivered_;
  if (plan_.keep_trace)
    trace_.push_back(std::to_string(now.time_since_epoch().count()) + " datagram " + source.to_string() + " > " +
                     destination.to_string() + " " + std::to_string(payload.size()) + " " +
                     std::to_string(hash_of_bytes(payload)));
  if (payload.size() < kHeader) return;
  if (host == HostId::relay) return at_relay(payload, source);
  at_peer(host, payload, source, destination);
}

void Exchange::at_relay(Bytes payload, const TransportAddress& source) {
  const auto from = static_cast<HostId>(payload[1]);
  const auto flow = payload[2];
  if (index_of(from) > 1 || flow >= kFlows) return;
  seen_by_relay_[index_of(from)][flow] = source;
  if (seen_by_relay_[index_of(other(from))][flow].port == 0) return;
  if (payload[0] == static_cast<std::uint8_t>(Type::relayed))
    return send(HostId::relay, relay(), seen_by_relay_[index_of(other(from))][flow], Type::relayed, flow);
  send_peer_address(from, flow);
  send_peer_address(other(from), flow);
}

void Exchange::send_peer_address(HostId to, std::uint8_t flow) {
  store_address(&buffer_[8], seen_by_relay_[index_of(other(to))][flow]);
  send(HostId::relay, relay(), seen_by_relay_[index_of(to)][flow], Type::peer, flow);
}

void Exchange::at_peer(HostId host, Bytes payload, const TransportAddress& source,
                       const TransportAddress& destination) {
  const auto flow = payload[2];
  if (flow >= kFlows) return;
  if (payload[1] != static_cast<std::uint8_t>(HostId::relay)) ++direct_;
  if (payload[0] == static_cast<std::uint8_t>(Type::peer)) peer_of_[index_of(host)][flow] = load_address(&payload[8]);
  if (payload[0] == static_cast<std::uint8_t>(Type::punch)) send(host, destination, source, Type::answer, flow);
}

void Exchange::on_packet(const trial::PacketEvent& event) {
  ++counts_[static_cast<std::size_t>(event.kind)];
  if (!plan_.keep_trace) return;
  trace_.push_back(std::to_string(event.at.time_since_epoch().count()) + " packet kind " +
                   std::to_string(static_cast<int>(event.kind)) + " side " +
                   std::to_string(static_cast<int>(event.side)) + " gateway " + std::to_string(event.gateway) +
                   " reason " + std::to_string(static_cast<int>(event.reason)) + " size " +
                   std::to_string(event.packet.size()) + " " + std::to_string(hash_of_bytes(event.packet)));
}

namespace {

trial::LinkSpec wire(SeededRng& rng) {
  trial::LinkSpec link;
  link.up.latency = link.down.latency = Duration{5'000'000 + static_cast<std::int64_t>(rng.below(20'000'000))};
  link.up.key = {rng.next(), 0, 0, 1};
  link.down.key = {rng.next(), 0, 0, 2};
  return link;
}

trial::HostSpec peer(const nat::Chain& chain, std::uint32_t public_prefix, std::uint32_t private_prefix,
                     SeededRng& rng) {
  trial::HostSpec host;
  bool translated = false;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    bool further = false;
    for (std::size_t k = i + 1; k < chain.size(); ++k) further |= chain[k].translates;
    trial::GatewaySpec gateway{chain[i], {}, {rng.next(), 0, 0, i}};
    const auto shared = 0x64400000U + static_cast<std::uint32_t>(i << 8U);
    if (chain[i].translates)
      for (std::uint32_t n = 0; n < chain[i].addresses; ++n)
        gateway.addressing.external.push_back(IpAddress::v4((further ? shared + 2 : public_prefix + 1) + n));
    gateway.addressing.internal = IpAddress::v4(translated ? shared - 255 : private_prefix + 1);
    translated |= chain[i].translates;
    host.gateways.push_back(gateway);
  }
  host.addresses = {IpAddress::v4(translated ? private_prefix + 10 : public_prefix + 1)};
  host.access = wire(rng);
  return host;
}

}  // namespace

trial::Topology exchange_topology(const nat::Chain& client, const nat::Chain& connector, std::uint64_t seed) {
  SeededRng rng{RngKey{seed, 0, 0, purpose_of("topology")}};
  trial::Topology topology;
  topology.hosts[0] = peer(client, 0xCB007100, 0xC0A80100, rng);
  topology.hosts[1] = peer(connector, 0xC6336400, 0x0A000000, rng);
  topology.hosts[2].addresses = {IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 2)};
  topology.hosts[2].access = wire(rng);
  return topology;
}

/// Addresses as trials have them; links as every exchange's, and LANs of the shared network like those of the sides.
trial::Topology exchange_topology(const nat::Chain& client, const nat::Chain& connector, const nat::Chain& shared,
                                  std::uint64_t seed) {
  trial::Cell cell;
  cell.client.nats = client;
  cell.connector.nats = connector;
  cell.shared = trial::Shared{"shared", shared, {}};
  auto topology = trial::draw_topology(cell, seed, 0);
  SeededRng rng{RngKey{seed, 0, 0, purpose_of("shared topology")}};
  for (auto& host : topology.hosts) host.access = wire(rng);
  topology.shared->access = wire(rng);
  return topology;
}

}  // namespace punchlab::memory
