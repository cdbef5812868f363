#include "sim/trial/relay_host.hpp"

#include "sim/trial/topology.hpp"

namespace punchlab::trial {
namespace {

/// Room for one pair, with some to spare: a trial needs two allocations.
relay::Config relay_config(const IpAddress& address) {
  relay::Config config;
  config.users = {{"client", "client-password"}, {"connector", "connector-password"}};
  config.turn.relayed_v4 = address;
  config.turn.max_allocations = 4;
  config.turn.max_permissions = 8;
  config.turn.max_channels = 8;
  config.turn.max_reservations = 1;
  config.broker.registrations = 4;
  config.broker.pending = 4;
  config.max_streams = 4;  // TCP and TLS at once from both
  return config;
}

}  // namespace

relay::Server& RelayHost::begin(const IpAddress& address, const RngKey& key) {
  rng_ = SeededRng(key);
  if (server_ && address == address_) {
    server_->reset();
    return *server_;
  }
  address_ = address;
  server_.emplace(relay_config(address), rng_);
  server_->add_socket(kUdp, Transport::udp, {address, kRelayPort});
  server_->add_socket(kTcp, Transport::tcp, {address, kRelayPort});
  server_->add_socket(kTls, Transport::tls, {address, kRelayTlsPort});
  return *server_;
}

}  // namespace punchlab::trial
