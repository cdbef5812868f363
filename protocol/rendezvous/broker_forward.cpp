// Broker: passing sealed messages on, keeping one for a peer that comes late, and timing simultaneous starts.
#include <algorithm>

#include "protocol/rendezvous/broker_request.hpp"
#include "protocol/rendezvous/wire.hpp"

namespace punchlab::rendezvous {

using stun::Attribute;
using stun::MessageWriter;

namespace {

/// FNV-1a: tells a repetition of a message from another message. Its sender could only fool itself.
std::uint64_t digest_of(Bytes payload) {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const auto byte : payload) h = (h ^ byte) * 0x100000001B3ULL;
  return h;
}

/// From when a message sent now arrives, half a round trip away, until `start`.
Duration delay_until(Time start, Time now, Duration round_trip) {
  return std::max(Duration{0}, start - (now + round_trip / 2));
}

}  // namespace

int Broker::handle_forward(const Request& request) {
  const auto to_id = request.peer_id();
  const auto data = request.message.find(Attribute::data);
  if (!to_id || !data || data->value.empty() || data->value.size() > kMaxPayload) return kBadRequest;
  const Registration* from = find(request.flow);
  if (from == nullptr || from->user != request.sender.user) return kNotRegistered;
  Registration* to = find(*to_id);
  if (to == nullptr) return keep_pending(request, from->id, *to_id, data->value);
  const bool timed = request.message.has(Attribute::start_delay);
  const auto start = timed ? time_start(request.now, *from, *to, data->value) : std::nullopt;
  const auto delay_for = [&](const Registration& peer) {
    return start ? std::optional{delay_until(*start, request.now, peer.round_trip)} : std::nullopt;
  };
  deliver(*to, from->id, data->value, delay_for(*to));
  respond_forwarded(request, delay_for(*from));
  return 0;
}

/// The moment both sides start: as soon as word can have reached the farther one. A repetition keeps its moment. Nothing
/// when a side was never measured.
std::optional<Time> Broker::time_start(Time now, const Registration& from, Registration& to, Bytes payload) const {
  if (from.round_trip >= kMaxRoundTrip || to.round_trip >= kMaxRoundTrip) return std::nullopt;
  const std::uint64_t digest = digest_of(payload);
  if (to.timing.from != from.id || to.timing.digest != digest)
    to.timing = {from.id, digest, now + std::max(from.round_trip, to.round_trip) / 2};
  return to.timing.at;
}

void Broker::deliver(const Registration& to, const PeerId& from, Bytes payload, std::optional<Duration> delay) {
  const MutableBytes out = new_message(to.socket, to.flow);
  if (out.empty()) return;
  stun::TransactionId id{};  // nothing answers an indication; the number is for whoever reads a capture
  store_u64(id.data() + 4, ++deliveries_);
  MessageWriter writer(out, stun::Class::indication, stun::Method::rendezvous_deliver, id);
  writer.attribute(Attribute::peer_id, from.bytes);
  writer.attribute(Attribute::data, payload);
  if (delay) writer.u64(Attribute::start_delay, static_cast<std::uint64_t>(delay->count()));
  finish_message(writer, *to.key, to.sha256);
}

void Broker::respond_forwarded(const Request& request, std::optional<Duration> delay) {
  const MutableBytes out = new_message(request.socket, request.flow);
  if (out.empty()) return;
  MessageWriter writer(out, stun::Class::success, request.message.method(), request.message.transaction_id());
  if (delay) writer.u64(Attribute::start_delay, static_cast<std::uint64_t>(delay->count()));
  finish_message(writer, *request.sender.key, request.sender.sha256);
}

int Broker::keep_pending(const Request& request, const PeerId& from, const PeerId& to, Bytes payload) {
  int code = 0;
  Pending* pending = pending_slot(request, from, to, code);
  if (pending == nullptr) return code;
  if (pending->size == 0) ++pending_count_;
  *pending = {to, from, request.sender.user, request.now + limits_.pending_lifetime, payload.size()};
  next_expiry_ = std::min(next_expiry_, pending->expiry);
  const auto slot = static_cast<std::size_t>(pending - pending_.data());
  std::ranges::copy(payload, pending_bytes_.get() + slot * kMaxPayload);
  respond_forwarded(request, std::nullopt);
  return 0;
}

/// The slot of the message that `from` already left for `to`, or a free one; null with the error code otherwise.
Broker::Pending* Broker::pending_slot(const Request& request, const PeerId& from, const PeerId& to, int& code) {
  Pending* free = nullptr;
  std::size_t of_user = 0;
  for (auto& pending : pending_) {
    if (pending.size == 0) {
      free = free == nullptr ? &pending : free;
      continue;
    }
    if (pending.to == to && pending.from == from) return &pending;
    if (pending.to == to) code = kOccupied;
    if (pending.user == request.sender.user) ++of_user;
  }
  if (code == 0 && of_user >= limits_.pending_per_user) code = kOccupied;
  if (code == 0 && free == nullptr) code = kNoCapacity;
  return code == 0 ? free : nullptr;
}

void Broker::deliver_pending(Registration& to) {
  for (std::size_t slot = 0; slot < pending_.size(); ++slot) {
    Pending& pending = pending_[slot];
    if (pending.size == 0 || pending.to != to.id) continue;
    deliver(to, pending.from, {pending_bytes_.get() + slot * kMaxPayload, pending.size}, std::nullopt);
    release(pending);
  }
}

void Broker::release(Pending& pending) {
  pending.size = 0;
  --pending_count_;
}

}  // namespace punchlab::rendezvous
