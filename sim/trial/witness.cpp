#include "sim/trial/witness.hpp"

#include <algorithm>
#include <bit>

#include "protocol/session/session.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/turn/channel_data.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::trial {
namespace {

std::uint64_t mix(std::uint64_t h, std::uint64_t v) { return std::rotl((h ^ v) * 0x9E3779B97F4A7C15ULL, 27); }

std::uint64_t word_at(const std::uint8_t* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Four words at a time, which do not wait for each other.
std::uint64_t mix_bytes(std::uint64_t h, Bytes bytes) {
  std::array lanes{h, ~h, std::rotl(h, 16), std::rotl(~h, 32)};
  const std::uint8_t* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 32; p += 32, n -= 32)
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = mix(lanes[i], word_at(p + 8 * i));
  for (const auto lane : lanes) h = mix(h, lane);
  for (; n >= 8; p += 8, n -= 8) h = mix(h, word_at(p));
  for (; n > 0; ++p, --n) h = mix(h, *p);
  return h;
}

/// What a relay carries: in ChannelData, or in a Send or Data indication.
Bytes relayed_payload(Bytes payload) {
  if (stun::looks_like_channel_data(payload)) {
    const auto data = turn::parse_channel_data(payload);
    return data ? data->payload : Bytes{};
  }
  const auto message = stun::looks_like_stun(payload) ? stun::MessageView::parse(payload) : std::nullopt;
  if (!message || message->message_class() != stun::Class::indication) return payload;
  const auto data = message->find(stun::Attribute::data);
  return data ? data->value : Bytes{};
}

/// Session data, bare or on its way through the relay: what the trial's own traffic looks like.
bool carries_data(Bytes payload) { return session::kind_of(relayed_payload(payload)) == session::Kind::data; }

IpAddress public_address(const HostSpec& host, std::size_t n) {
  for (auto gateway = host.gateways.rbegin(); gateway != host.gateways.rend(); ++gateway)
    if (gateway->profile.translates) return gateway->addressing.external[n];
  return host.addresses[n];
}

std::size_t public_count(const HostSpec& host) {
  for (auto gateway = host.gateways.rbegin(); gateway != host.gateways.rend(); ++gateway)
    if (gateway->profile.translates) return gateway->addressing.external.size();
  return host.addresses.size();
}

}  // namespace

Witness::Witness(const Topology& topology) : topology_(&topology) {
  for (std::size_t side = 0; side < 2; ++side)
    for (std::size_t n = 0; n < public_count(topology.hosts[side]); ++n)
      public_addresses_[side].push_back(public_address(topology.hosts[side], n));
}

bool Witness::is_of(HostId side, const IpAddress& address) const {
  const auto& all = public_addresses_[static_cast<std::size_t>(side)];
  return std::find(all.begin(), all.end(), address) != all.end();
}

PathKind Witness::path_of(const TransportAddress& source) const {
  const auto& relay = topology_->host(HostId::relay).addresses;
  const bool relayed = std::find(relay.begin(), relay.end(), source.address) != relay.end();
  return relayed ? PathKind::relayed : PathKind::direct;
}

void Witness::on_send(HostId from, const TransportAddress& destination, std::size_t size) {
  if (frozen_ || from == HostId::relay) return;
  ++packets_;
  bytes_ += size;
  const auto other = from == HostId::client ? HostId::connector : HostId::client;
  const auto& host = topology_->host(other).addresses;
  const bool at_host = std::find(host.begin(), host.end(), destination.address) != host.end();
  if (path_of(destination) == PathKind::direct && !is_of(other, destination.address) && !at_host) ++to_others_;
}

void Witness::on_delivery(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                          Bytes payload) {
  hash_ = mix(hash_, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  hash_ = mix(mix(hash_, hash_of(source)), hash_of(destination) + static_cast<std::uint64_t>(host));
  hash_ = mix_bytes(hash_, payload);
  if (host != HostId::relay) return;
  for (std::size_t side = 0; side < 2; ++side)
    if (known_at_relay_[side].port == 0 && is_of(static_cast<HostId>(side), source.address)) known_at_relay_[side] = source;
}

void Witness::on_packet(const PacketEvent& event) {
  switch (event.kind) {
    case PacketEvent::Kind::lost_on_link:
    case PacketEvent::Kind::queue_overflow: {
      ++lost_;
      const auto view = packet::parse(event.packet);
      if (view && carries_data(view->payload_of(event.packet))) ++lost_data_;
      break;
    }
    case PacketEvent::Kind::dropped_by_gateway:
      on_drop(event);
      [[fallthrough]];
    case PacketEvent::Kind::translated:
      if (event.reason == nat::Reason::mapping_clashed) on_clash(event);
      break;
    default: break;
  }
}

void Witness::on_clash(const PacketEvent& event) {
  const auto view = packet::parse(event.packet);
  const auto other = event.side == HostId::client ? HostId::connector : HostId::client;
  if (view && is_of(other, view->destination.address)) ++clashed_;
}

void Witness::on_drop(const PacketEvent& event) {
  using nat::Reason;
  if (event.reason == Reason::udp_blocked) ++blocked_;
  if (event.reason == Reason::ports_exhausted || event.reason == Reason::too_many_mappings ||
      event.reason == Reason::too_many_mappings_of_host)
    ++exhausted_;
  const auto view = packet::parse(event.packet);
  const auto other = event.side == HostId::client ? HostId::connector : HostId::client;
  if (!view || !is_of(other, view->source.address)) return;
  const auto& known = known_at_relay_[static_cast<std::size_t>(other)];
  if (known.port != 0 && view->source != known) ++dropped_varied_;
  if (event.reason == Reason::filtered_by_port) ++dropped_by_port_;
  if (event.reason == Reason::filtered_by_address) ++dropped_by_address_;
  if (event.reason == Reason::no_mapping) ++dropped_unmapped_;
}

const char* Witness::reason() const {
  if (blocked_ > 0) return "udp-blocked";
  if (exhausted_ > 0) return "port-exhausted";
  if (clashed_ > 0) return "clash";
  if (dropped_varied_ > 0) return "mapping-varies";
  if (dropped_by_port_ > 0) return "filtered-by-port";
  if (dropped_by_address_ > 0) return "filtered-by-address";
  if (dropped_unmapped_ > 0) return "mapping-expired";
  if (lost_ > 0) return "lost";
  return "too-late";
}

}  // namespace punchlab::trial
