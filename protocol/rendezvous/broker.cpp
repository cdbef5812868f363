#include "protocol/rendezvous/broker.hpp"

#include <algorithm>

#include "protocol/rendezvous/broker_request.hpp"
#include "protocol/rendezvous/wire.hpp"
#include "protocol/stun/error_response.hpp"

namespace punchlab::rendezvous {

using stun::Attribute;
using stun::Class;
using stun::MessageWriter;
using stun::Method;

namespace {

constexpr std::array kKnown{Attribute::username,
                            Attribute::message_integrity,
                            Attribute::message_integrity_sha256,
                            Attribute::realm,
                            Attribute::nonce,
                            Attribute::password_algorithm,
                            Attribute::userhash,
                            Attribute::lifetime,
                            Attribute::data,
                            Attribute::peer_id};

}  // namespace

Broker::Broker(const BrokerLimits& limits, std::span<const Reservation> reservations)
    : limits_(limits),
      reservations_(reservations.begin(), reservations.end()),
      table_(limits.registrations),
      by_id_(limits.registrations),
      by_flow_(limits.registrations),
      pending_(limits.pending),
      pending_bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(limits.pending * kMaxPayload)),
      outgoing_bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kOutgoing * kMaxDatagram)) {
  free_.reserve(table_.size());
  for (std::size_t i = table_.size(); i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

bool Broker::serves(const stun::MessageView& message) {
  return message.is(Class::request, Method::rendezvous_register) ||
         message.is(Class::request, Method::rendezvous_forward);
}

void Broker::handle(Time now, const FiveTuple& flow, SocketId socket, const stun::MessageView& message,
                    const stun::LongTermServer::Authenticated& sender) {
  handle_timeout(now);
  const Request request{now, flow, socket, message, sender};
  if (std::array<std::uint16_t, 1> unknown{}; message.unknown_required(kKnown, unknown) > 0) {
    const MutableBytes out = new_message(socket, flow);
    if (!out.empty()) last_outgoing().size = stun::write_unknown_attributes(message, kKnown, out);
    return;
  }
  const bool registers = message.method() == Method::rendezvous_register;
  if (const int code = registers ? handle_register(request) : handle_forward(request); code != 0)
    respond_error(request, code);
}

Broker::Registration* Broker::find(const PeerId& id) {
  const auto slot = by_id_.find(hash_of(id), [&](std::uint32_t i) { return table_[i].id == id; });
  return slot ? &table_[*slot] : nullptr;
}

Broker::Registration* Broker::find(const FiveTuple& flow) {
  const auto slot = by_flow_.find(punchlab::hash_of(flow), [&](std::uint32_t i) { return table_[i].flow == flow; });
  return slot ? &table_[*slot] : nullptr;
}

MutableBytes Broker::new_message(SocketId socket, const FiveTuple& flow) {
  if (outgoing_count_ == kOutgoing) {
    ++overflows_;
    return {};
  }
  const std::size_t slot = (outgoing_head_ + outgoing_count_++) % kOutgoing;
  outgoing_[slot] = {socket, flow, 0};
  return {outgoing_bytes_.get() + slot * kMaxDatagram, kMaxDatagram};
}

/// Signs what `new_message` gave last, and lets it go.
void Broker::finish_message(MessageWriter& writer, const stun::IntegrityKey& key, bool sha256) {
  sha256 ? writer.message_integrity_sha256(key) : writer.message_integrity(key);
  writer.fingerprint();
  last_outgoing().size = writer.finish();
}

void Broker::respond_error(const Request& request, int code) {
  const MutableBytes out = new_message(request.socket, request.flow);
  if (out.empty()) return;
  MessageWriter writer(out, Class::error, request.message.method(), request.message.transaction_id());
  writer.error(code, stun::reason_phrase(code));
  finish_message(writer, *request.sender.key, request.sender.sha256);
}

void Broker::handle_timeout(Time now) {
  if (now < next_expiry_) return;
  for (auto& registration : table_)
    if (registration.used && registration.expiry <= now) remove(registration);
  for (auto& pending : pending_)
    if (pending.size > 0 && pending.expiry <= now) release(pending);
  next_expiry_ = kNever;
  for (const auto& registration : table_)
    if (registration.used) next_expiry_ = std::min(next_expiry_, registration.expiry);
  for (const auto& pending : pending_)
    if (pending.size > 0) next_expiry_ = std::min(next_expiry_, pending.expiry);
}

Broker::Output Broker::poll(Time now, MutableBytes out) {
  handle_timeout(now);
  while (outgoing_count_ > 0) {
    const Outgoing& next = outgoing_[outgoing_head_];
    const std::uint8_t* bytes = outgoing_bytes_.get() + outgoing_head_ * kMaxDatagram;
    outgoing_head_ = (outgoing_head_ + 1) % kOutgoing;
    --outgoing_count_;
    if (next.size == 0 || next.size > out.size()) continue;
    std::copy_n(bytes, next.size, out.begin());
    return BrokerSend{next.socket, next.flow, next.size};
  }
  return Deadline{next_expiry_, "rendezvous-expiry"};
}

}  // namespace punchlab::rendezvous
