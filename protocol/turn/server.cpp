// Requests on an existing allocation (RFC 8656 sections 7.3, 8.2, 10.2, 12.2). Allocate itself is in server_allocate.cpp.
#include "protocol/turn/server.hpp"

#include <algorithm>

#include "protocol/stun/error_response.hpp"
#include "protocol/turn/server_request.hpp"

namespace punchlab::turn {
namespace {

using stun::Attribute;
using stun::Method;

/// Without DONT-FRAGMENT: the hosts behind this interface cannot set the DF bit, and RFC 8656 section 7.2 has such a
/// server treat the attribute as unknown.
constexpr std::array kKnown{
    Attribute::username,         Attribute::userhash,
    Attribute::realm,            Attribute::nonce,
    Attribute::message_integrity, Attribute::message_integrity_sha256,
    Attribute::password_algorithm, Attribute::requested_transport,
    Attribute::requested_address_family, Attribute::even_port,
    Attribute::reservation_token, Attribute::lifetime,
    Attribute::channel_number,   Attribute::xor_peer_address,
    Attribute::data,
};

}  // namespace

Server::Server(const ServerConfig& config, Rng& rng) : config_(config), rng_(rng), table_(config_, rng_) {}

bool Server::serves(const stun::MessageView& message) {
  if (message.message_class() != stun::Class::request) return false;
  const auto method = message.method();
  return method == Method::allocate || method == Method::refresh || method == Method::create_permission ||
         method == Method::channel_bind;
}

std::size_t Server::handle_request(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& message,
                                   const stun::LongTermServer::Authenticated& user, MutableBytes out) {
  const Request request{now, flow, socket, message, user, out};
  std::array<std::uint16_t, 1> unknown{};
  if (message.unknown_required(kKnown, unknown) != 0) return refuse(request, 420);
  if (message.method() == Method::allocate) return allocate(request);
  auto* allocation = table_.find(now, flow);
  if (allocation == nullptr) return refuse(request, 437);
  if (allocation->user != user.user) return refuse(request, 441);
  switch (message.method()) {
    case Method::refresh: return refresh(request, *allocation);
    case Method::create_permission: return create_permission(request, *allocation);
    case Method::channel_bind: return bind_channel(request, *allocation);
    default: return 0;
  }
}

std::size_t Server::refuse(const Request& request, int code) {
  ++counters_.refused;
  auto writer = request.reply(stun::Class::error);
  writer.error(code, stun::reason_phrase(code));
  if (code == 420) {
    std::array<std::uint16_t, 16> unknown{};
    const auto count = request.message.unknown_required(kKnown, unknown);
    writer.unknown_attributes(std::span(unknown).first(count));
  }
  return request.finish(writer);
}

/// What is granted for the LIFETIME asked for (RFC 8656 sections 7.2 and 8.2). Nothing when it is malformed.
std::optional<Duration> Server::lifetime_for(const stun::MessageView& request) const {
  if (!request.has(Attribute::lifetime)) return std::min(kDefaultLifetime, config_.max_lifetime);
  const auto seconds = request.u32(Attribute::lifetime);
  if (!seconds) return std::nullopt;
  return std::min<Duration>(std::max<Duration>(std::chrono::seconds{*seconds}, kDefaultLifetime), config_.max_lifetime);
}

std::size_t Server::refresh(const Request& request, Allocation& allocation) {
  if (request.message.has(Attribute::requested_address_family)) {
    const auto family = request.message.u32(Attribute::requested_address_family);
    const auto ours = allocation.relayed.address.is_v4() ? kFamilyIpv4 : kFamilyIpv6;
    if (!family || *family >> 24 != ours) return refuse(request, 443);
  }
  auto lifetime = lifetime_for(request.message);
  if (!lifetime) return refuse(request, 400);
  if (request.message.u32(Attribute::lifetime) == 0u) lifetime = Duration{0};
  if (lifetime == Duration{0}) {
    table_.remove(allocation);
  } else {
    table_.set_lifetime(request.now, allocation, *lifetime);
  }
  auto writer = request.reply(stun::Class::success);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*lifetime).count();
  writer.u32(Attribute::lifetime, static_cast<std::uint32_t>(seconds));
  return request.finish(writer);
}

/// 0, or the code that refuses `peer`.
int Server::check_peer(const Allocation& allocation, const IpAddress& peer) const {
  if (peer.family() != allocation.relayed.address.family()) return 443;
  return std::ranges::any_of(config_.denied, [&](const Prefix& p) { return p.contains(peer); }) ? 403 : 0;
}

/// All addresses are checked before the first is installed, so that a refused request changes nothing.
std::size_t Server::create_permission(const Request& request, Allocation& allocation) {
  const auto id = request.message.transaction_id();
  std::size_t addresses = 0, missing = 0;
  int code = 0;
  const auto peers = [&](auto&& use) {
    request.message.for_each([&](const stun::AttributeView& a) {
      if (a.type == static_cast<std::uint16_t>(Attribute::xor_peer_address)) use(stun::decode_address(a.value, true, id));
    });
  };
  peers([&](const std::optional<TransportAddress>& peer) {
    ++addresses;
    if (code != 0) return;
    code = peer ? check_peer(allocation, peer->address) : 400;
    if (code == 0 && !table_.permitted(request.now, allocation, peer->address)) ++missing;
  });
  if (addresses == 0) code = 400;
  if (code == 0 && missing > table_.free_permissions(request.now, allocation)) code = 508;
  if (code != 0) return refuse(request, code);
  peers([&](const std::optional<TransportAddress>& peer) { table_.permit(request.now, allocation, peer->address); });
  return request.succeed();
}

std::size_t Server::bind_channel(const Request& request, Allocation& allocation) {
  const auto peer = request.message.address(Attribute::xor_peer_address);
  const auto value = request.message.u32(Attribute::channel_number);
  if (!peer || !value || !is_channel(*value >> 16)) return refuse(request, 400);
  const auto number = static_cast<std::uint16_t>(*value >> 16);
  const auto* by_number = table_.find_channel(request.now, allocation, number);
  if (by_number != table_.find_channel(request.now, allocation, *peer)) return refuse(request, 400);
  if (const auto code = check_peer(allocation, peer->address); code != 0) return refuse(request, code);
  const bool room = table_.permitted(request.now, allocation, peer->address) ||
                    table_.free_permissions(request.now, allocation) > 0;
  if (!room || !table_.bind(request.now, allocation, number, *peer)) return refuse(request, 508);
  table_.permit(request.now, allocation, peer->address);
  return request.succeed();
}

void Server::close_flow(Time now, const FiveTuple& flow) {
  if (auto* allocation = table_.find(now, flow)) table_.remove(*allocation);
}

void Server::close_relay_socket(Time now, SocketId socket) {
  if (auto* allocation = table_.find(now, socket)) table_.remove(*allocation);
}

void Server::reset() {
  table_.reset();
  counters_ = {};
}

}  // namespace punchlab::turn
