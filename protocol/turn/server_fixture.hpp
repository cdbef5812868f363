#pragma once
// For tests: a TURN server with two users, and requests to it as bytes that passed authentication already.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <vector>

#include "protocol/turn/channel_data.hpp"
#include "protocol/turn/server.hpp"

namespace punchlab::turn {

using namespace std::chrono_literals;
using stun::Attribute;
using stun::Method;

inline const IpAddress kRelayedV4 = IpAddress::v4(203, 0, 113, 1);
inline const TransportAddress kServer{IpAddress::v4(203, 0, 113, 1), 3478};
inline const TransportAddress kPeer{IpAddress::v4(198, 51, 100, 7), 5000};

inline ServerConfig small_config() {
  ServerConfig config;
  config.relayed_v4 = kRelayedV4;
  config.first_port = 50000;
  config.last_port = 50099;
  config.max_allocations = 8;
  config.max_allocations_per_user = 4;
  config.max_permissions = 4;
  config.max_channels = 3;
  config.max_reservations = 2;
  return config;
}

inline FiveTuple flow_of(std::uint16_t client, Transport transport = Transport::udp) {
  return {transport, kServer, {IpAddress::v4(192, 0, 2, 1), client}};
}

class ServerFixture : public testing::Test {
 protected:
  using Write = std::function<void(stun::MessageWriter&)>;

  explicit ServerFixture(const ServerConfig& config = small_config()) : server(config, rng) {}

  /// One request; its response is checked for the user's integrity and kept in `out`.
  stun::MessageView ask(const FiveTuple& flow, Method method, const Write& write, std::uint32_t user = 0,
                        std::optional<stun::TransactionId> id = std::nullopt) {
    std::array<std::uint8_t, kMaxDatagram> request;
    stun::MessageWriter writer(request, stun::Class::request, method, id ? *id : stun::random_transaction_id(rng));
    write(writer);
    const auto view = stun::MessageView::parse(Bytes{request}.first(writer.finish()));
    const auto size = server.handle_request(now, flow, SocketId{1}, view.value(), {user, &key}, out);
    const auto response = stun::MessageView::parse(Bytes{out}.first(size));
    EXPECT_EQ(check_integrity(response.value(), key), stun::IntegrityResult::valid);
    return *response;
  }
  /// 0 for success.
  int code_of(const FiveTuple& flow, Method method, const Write& write, std::uint32_t user = 0) {
    const auto response = ask(flow, method, write, user);
    return response.message_class() == stun::Class::success ? 0 : response.error().value().code;
  }
  static void udp(stun::MessageWriter& w) { w.u32(Attribute::requested_transport, 17u << 24); }
  TransportAddress allocate(const FiveTuple& flow, std::uint32_t user = 0) {
    const auto relayed = ask(flow, Method::allocate, udp, user).address(Attribute::xor_relayed_address);
    EXPECT_TRUE(relayed);
    return relayed.value_or(TransportAddress{});
  }
  int permit(const FiveTuple& flow, const IpAddress& peer) {
    return code_of(flow, Method::create_permission,
                   [&](auto& w) { w.address(Attribute::xor_peer_address, {peer, 0}); });
  }
  int bind(const FiveTuple& flow, std::uint32_t number, const TransportAddress& peer) {
    return code_of(flow, Method::channel_bind, [&](auto& w) {
      w.u32(Attribute::channel_number, number << 16);
      w.address(Attribute::xor_peer_address, peer);
    });
  }
  int refresh(const FiveTuple& flow, std::uint32_t seconds) {
    return code_of(flow, Method::refresh, [&](auto& w) { w.u32(Attribute::lifetime, seconds); });
  }
  std::optional<Transmit> send(const FiveTuple& flow, const TransportAddress& peer, Bytes payload) {
    std::array<std::uint8_t, kMaxDatagram> message;
    stun::MessageWriter writer(message, stun::Class::indication, Method::send, stun::random_transaction_id(rng));
    writer.address(Attribute::xor_peer_address, peer);
    writer.attribute(Attribute::data, payload);
    return server.handle_send(now, flow, stun::MessageView::parse(Bytes{message}.first(writer.finish())).value(), out);
  }
  std::optional<Transmit> send_on_channel(const FiveTuple& flow, std::uint16_t number, Bytes payload) {
    std::array<std::uint8_t, kMaxDatagram> message;
    const auto size = write_channel_data(number, payload, Transport::udp, message);
    return server.handle_channel_data(now, flow, Bytes{message}.first(size), out);
  }
  std::vector<OpenSocket> take_opened() {
    std::vector<OpenSocket> all;
    while (const auto open = server.next_to_open()) all.push_back(*open);
    return all;
  }
  std::vector<CloseSocket> take_closed() {
    std::vector<CloseSocket> all;
    while (const auto close = server.next_to_close()) all.push_back(*close);
    return all;
  }

  SeededRng rng{{1, 0, 0, purpose_of("turn-server-test")}};
  stun::IntegrityKey key = stun::IntegrityKey::long_term("alice", "punchlab", "secret");
  Server server;
  Time now = kTimeOrigin;
  std::array<std::uint8_t, kMaxDatagram> out{};
};

}  // namespace punchlab::turn
