// Broker: who is registered, over which flow, for how long, and how far away.
#include <algorithm>

#include "protocol/rendezvous/broker_request.hpp"
#include "protocol/rendezvous/wire.hpp"

namespace punchlab::rendezvous {

using stun::Attribute;
using stun::MessageWriter;

int Broker::handle_register(const Request& request) {
  const auto id = request.peer_id();
  if (!id) return kBadRequest;
  if (const int code = admit(request, *id); code != 0) return code;
  const auto asked = request.message.u32(Attribute::lifetime);
  const Duration lifetime =
      asked ? std::min<Duration>(std::chrono::seconds{*asked}, limits_.max_lifetime) : limits_.max_lifetime;
  if (lifetime == Duration{0}) {
    if (auto* registration = find(*id)) remove(*registration);
    respond_registered(request, lifetime);
    return 0;
  }
  Registration* registration = place(request, *id);
  if (registration == nullptr) return kNoCapacity;
  update(request, *registration, lifetime);
  respond_registered(request, lifetime);
  deliver_pending(*registration);
  return 0;
}

/// Whether the sender may have this id on this flow: 0, or the error code.
int Broker::admit(const Request& request, const PeerId& id) {
  const auto reservation = std::ranges::find(reservations_, id, &Reservation::id);
  if (reservation != reservations_.end() && reservation->user != request.sender.user) return kForbidden;
  const Registration* holder = find(id);
  if (holder != nullptr && holder->user != request.sender.user) return kForbidden;
  const Registration* on_flow = find(request.flow);
  if (on_flow != nullptr && on_flow->user != request.sender.user) return kNotRegistered;
  return 0;
}

/// The registration of `id`, on the request's flow: the one there is, moved if need be, or a new one; null: no room.
Broker::Registration* Broker::place(const Request& request, const PeerId& id) {
  Registration* registration = find(id);
  Registration* on_flow = find(request.flow);
  if (registration != nullptr && registration == on_flow) return registration;
  if (on_flow != nullptr) remove(*on_flow);             // a flow has one peer: the user started another one there
  if (registration != nullptr) remove(*registration);   // the peer's NAT gave it another mapping, or it moved
  if (free_.empty()) return nullptr;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  table_[slot] = Registration{};
  table_[slot].used = true;
  table_[slot].id = id;
  table_[slot].flow = request.flow;
  by_id_.insert(hash_of(id), slot);
  by_flow_.insert(punchlab::hash_of(request.flow), slot);
  return &table_[slot];
}

void Broker::update(const Request& request, Registration& registration, Duration lifetime) {
  registration.socket = request.socket;
  registration.user = request.sender.user;
  registration.key = request.sender.key;
  registration.sha256 = request.sender.sha256;
  registration.expiry = request.now + lifetime;
  // A nonce is never answered sooner than one round trip after it was issued, so the smallest age comes nearest.
  registration.round_trip = std::min(registration.round_trip, request.sender.nonce_age);
  next_expiry_ = std::min(next_expiry_, registration.expiry);
}

void Broker::remove(Registration& registration) {
  const auto slot = static_cast<std::uint32_t>(&registration - table_.data());
  by_id_.erase(hash_of(registration.id), slot);
  by_flow_.erase(punchlab::hash_of(registration.flow), slot);
  registration.used = false;
  free_.push_back(slot);
}

void Broker::respond_registered(const Request& request, Duration lifetime) {
  const MutableBytes out = new_message(request.socket, request.flow);
  if (out.empty()) return;
  MessageWriter writer(out, stun::Class::success, request.message.method(), request.message.transaction_id());
  writer.address(Attribute::xor_mapped_address, request.flow.remote);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
  writer.u32(Attribute::lifetime, static_cast<std::uint32_t>(seconds));
  finish_message(writer, *request.sender.key, request.sender.sha256);
}

}  // namespace punchlab::rendezvous
