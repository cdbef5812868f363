// The relay's host in a trial.
#include <algorithm>

#include "sim/trial/trial.hpp"

namespace punchlab::trial {

void Trial::set_up_relay(Time now) {
  const auto address = topology_->host(HostId::relay).addresses.front();
  auto key = key_;
  key.purpose = purpose_of("relay");
  if (relay_host_ == nullptr) relay_host_ = (own_relay_host_ = std::make_unique<RelayHost>()).get();
  relay_ = &relay_host_->begin(address, key);
  relay_sockets_.reserve(8);
  relay_sockets_.push_back({RelayHost::kUdp, {address, kRelayPort}});
  network_->listen(HostId::relay, {address, kRelayPort});
  network_->listen(HostId::relay, {address, kRelayTlsPort});
  drain_relay(now);
}

void Trial::drain_relay(Time now) {
  const auto deadline =
      drain(*relay_, now, buffer_, [&](const Output& output, Bytes buffer) { handle_relay(output, buffer); }).at;
  if (deadline == relay_deadline_) return;
  relay_deadline_ = deadline;
  network_->set_timer(HostId::relay, deadline);
}

void Trial::handle_relay(const Output& output, Bytes buffer) {
  if (const auto* out = std::get_if<Transmit>(&output)) {
    for (const auto& socket : relay_sockets_)
      if (socket.id == out->socket)
        return network_->send(HostId::relay, socket.local, out->destination, out->ttl, buffer.first(out->size));
    send_on_stream(HostId::relay, out->socket, buffer.first(out->size));
  }
  if (const auto* open = std::get_if<OpenSocket>(&output)) relay_sockets_.push_back({open->socket, open->local});
  if (const auto* close = std::get_if<CloseSocket>(&output)) {
    std::erase_if(relay_sockets_, [&](const auto& socket) { return socket.id == close->socket; });
    close_stream(HostId::relay, close->socket);
  }
}

}  // namespace punchlab::trial
