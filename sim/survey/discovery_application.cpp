#include "sim/survey/discovery_application.hpp"

namespace punchlab::survey {
namespace {

discovery::ServerAddresses server_of(const trial::Topology& topology) {
  const auto& addresses = topology.host(trial::HostId::relay).addresses;
  return {{addresses.at(0), addresses.at(1)}, {trial::kRelayPort, trial::kRelayPort + 1}};
}

discovery::ClientOptions options_for(const trial::Topology& topology, Duration longest_timer) {
  discovery::ClientOptions options;
  options.server = server_of(topology).at(0);
  options.local = topology.host(trial::HostId::client).addresses.front();
  options.longest_timer = longest_timer;
  return options;
}

}  // namespace

DiscoveryApplication::DiscoveryApplication(const trial::Topology& topology, std::uint64_t seed, Duration longest_timer)
    : rng_({seed, 0, 0, purpose_of("discovery")}),
      server_(server_of(topology)),
      client_(options_for(topology, longest_timer), rng_) {}

void DiscoveryApplication::start(Time now, trial::Network& network) {
  network_ = &network;
  drain(now);
}

void DiscoveryApplication::on_datagram(Time now, trial::HostId host, const TransportAddress& source,
                                       const TransportAddress& destination, Bytes payload) {
  if (host == trial::HostId::relay) return answer(source, destination, payload);
  for (std::uint32_t i = 0; i < sockets_.size(); ++i)
    if (sockets_[i] == destination) client_.handle_datagram(now, {SocketId{i}, source, payload});
  drain(now);
}

void DiscoveryApplication::on_timer(Time now, trial::HostId) {
  client_.handle_timeout(now);
  drain(now);
}

void DiscoveryApplication::answer(const TransportAddress& source, const TransportAddress& destination, Bytes request) {
  const auto message = stun::MessageView::parse(request);
  if (!message) return;
  std::array<std::uint8_t, kMaxDatagram> out;
  const auto answer = discovery::respond(server_, destination, source, *message, out);
  if (answer.size > 0)
    network_->send(trial::HostId::relay, server_.at(answer.from), answer.destination, 0,
                   Bytes{out}.first(answer.size));
}

void DiscoveryApplication::drain(Time now) {
  const auto deadline = punchlab::drain(client_, now, buffer_, [&](const Output& output, Bytes bytes) {
    if (const auto* open = std::get_if<OpenSocket>(&output)) {
      if (open->socket.value >= sockets_.size()) sockets_.resize(open->socket.value + 1);
      sockets_[open->socket.value] = open->local;
    } else if (const auto* send = std::get_if<Transmit>(&output)) {
      network_->send(trial::HostId::client, sockets_[send->socket.value], send->destination, send->ttl,
                     bytes.first(send->size));
    }
  });
  network_->set_timer(trial::HostId::client, deadline.at);
}

}  // namespace punchlab::survey
