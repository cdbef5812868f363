// The data path, both ways (RFC 8656 sections 11.2, 11.3, 12.6, 12.7). Nothing here allocates.
#include <cstring>

#include "protocol/turn/channel_data.hpp"
#include "protocol/turn/server.hpp"

namespace punchlab::turn {
namespace {

using stun::Attribute;

constexpr std::array kKnownInSend{Attribute::xor_peer_address, Attribute::data};

}  // namespace

std::optional<Transmit> Server::handle_send(Time now, const FiveTuple& flow, const stun::MessageView& indication,
                                            MutableBytes out) {
  const auto peer = indication.address(Attribute::xor_peer_address);
  const auto data = indication.find(Attribute::data);
  std::array<std::uint16_t, 1> unknown{};
  if (!peer || !data || indication.unknown_required(kKnownInSend, unknown) != 0) {
    ++counters_.malformed;
    return std::nullopt;
  }
  const auto* from = table_.find(now, flow);
  if (from == nullptr) {
    ++counters_.no_allocation;
    return std::nullopt;
  }
  if (!table_.permitted(now, *from, peer->address)) {
    ++counters_.no_permission;
    return std::nullopt;
  }
  return relay_to_peer(now, *from, *peer, data->value, out);
}

std::optional<Transmit> Server::handle_channel_data(Time now, const FiveTuple& flow, Bytes message, MutableBytes out) {
  const auto data = parse_channel_data(message);
  if (!data) {
    ++counters_.malformed;
    return std::nullopt;
  }
  const auto* from = table_.find(now, flow);
  if (from == nullptr) {
    ++counters_.no_allocation;
    return std::nullopt;
  }
  const auto* channel = table_.find_channel(now, *from, data->channel);
  if (channel == nullptr) {
    ++counters_.no_channel;
    return std::nullopt;
  }
  return relay_to_peer(now, *from, channel->peer, data->payload, out);
}

std::optional<Transmit> Server::handle_peer_datagram(Time now, SocketId socket, const TransportAddress& peer,
                                                     Bytes payload, MutableBytes out) {
  const auto* to = table_.find(now, socket);
  if (to == nullptr) {
    ++counters_.no_allocation;
    return std::nullopt;
  }
  return relay_to_client(now, *to, peer, payload, out);
}

/// A peer behind one of our own relayed addresses is served here: the datagram would only come back. Other ports of
/// those addresses are not reachable through the relay, so that no client can talk to the relay host from within.
std::optional<Transmit> Server::relay_to_peer(Time now, const Allocation& from, const TransportAddress& peer,
                                              Bytes payload, MutableBytes out) {
  if (table_.is_relayed_address(peer.address)) {
    const auto* to = table_.find_relayed(now, peer);
    if (to == nullptr) {
      ++counters_.no_allocation;
      return std::nullopt;
    }
    ++counters_.to_peer;
    return relay_to_client(now, *to, from.relayed, payload, out);
  }
  if (payload.size() > out.size()) {
    ++counters_.too_large;
    return std::nullopt;
  }
  if (!payload.empty()) std::memcpy(out.data(), payload.data(), payload.size());
  ++counters_.to_peer;
  return Transmit{from.socket, peer, payload.size()};
}

std::optional<Transmit> Server::relay_to_client(Time now, const Allocation& to, const TransportAddress& peer,
                                                Bytes payload, MutableBytes out) {
  if (!table_.permitted(now, to, peer.address)) {
    ++counters_.no_permission;
    return std::nullopt;
  }
  const auto size = write_for_client(now, to, peer, payload, out);
  if (size == 0) {
    ++counters_.too_large;
    return std::nullopt;
  }
  ++counters_.to_client;
  return Transmit{to.client_socket, to.client.remote, size};
}

std::size_t Server::write_for_client(Time now, const Allocation& to, const TransportAddress& peer, Bytes payload,
                                     MutableBytes out) {
  if (const auto* channel = table_.find_channel(now, to, peer))
    return write_channel_data(channel->number, payload, to.client.transport, out);
  stun::TransactionId id;
  rng_.fill(id);
  stun::MessageWriter message(out, stun::Class::indication, stun::Method::data, id);
  message.address(Attribute::xor_peer_address, peer);
  message.attribute(Attribute::data, payload);
  return message.finish();
}

}  // namespace punchlab::turn
