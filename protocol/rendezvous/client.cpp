#include "protocol/rendezvous/client.hpp"

#include <algorithm>

#include "protocol/rendezvous/wire.hpp"

namespace punchlab::rendezvous {

using stun::Attribute;
using stun::Class;
using stun::MessageView;
using stun::MessageWriter;
using stun::Method;

namespace {

constexpr Duration kRetryAfter = std::chrono::seconds{5};      ///< after the relay refused a registration
constexpr Duration kMaxStartDelay = std::chrono::seconds{10};  ///< a start that lies further away is not believed
constexpr int kMaxMeasurements = 3;
constexpr int kMaxAttempts = 3;

int code_of(const MessageView& error) {
  const auto code = error.error();
  return code ? code->code : 400;
}

bool is_challenge(int code) { return code == 401 || code == 438; }

}  // namespace

Client::Client(const Policy& policy, stun::LongTermClient& credential, const PeerId& self, Rng& rng)
    : constants_{.rto = policy.gather_rto},
      keepalive_(policy.keepalive),
      credential_(&credential),
      self_(self),
      rng_(&rng) {}

void Client::start(Time now) {
  quiet_ = false;
  measurements_left_ = kMaxMeasurements;
  send_register(now, credential_->ready(), false);
}

void Client::send_register(Time now, bool authenticated, bool answers_challenge) {
  register_authenticated_ = authenticated;
  answers_challenge_ = answers_challenge;
  renew_at_ = kNever;
  registration_.start(now, constants_, *rng_);
}

std::size_t Client::write_register(MutableBytes out) const {
  MessageWriter writer(out, Class::request, Method::rendezvous_register, registration_.id);
  writer.attribute(Attribute::peer_id, self_.bytes);
  if (register_authenticated_) credential_->authenticate(writer);
  writer.fingerprint();
  return writer.finish();
}

void Client::handle_register_response(Time now, const MessageView& message) {
  const int code = message.message_class() == Class::error ? code_of(message) : 0;
  if (is_challenge(code)) {
    if (credential_->handle_challenge(message, register_authenticated_)) return send_register(now, true, true);
    refused_ = true;
    registration_.stop();
    return end_registration(code);
  }
  // Everything else answers an authenticated request and is signed; what is not, somebody else sent.
  if (!register_authenticated_ || !credential_->verify(message)) {
    ++rejected_;
    return;
  }
  if (code == 0) return accept_registration(now, message);
  registration_.stop();
  end_registration(code);
  renew_at_ = now + kRetryAfter;
}

void Client::accept_registration(Time now, const MessageView& message) {
  const auto mapped = message.address(Attribute::xor_mapped_address);
  const auto lifetime = message.u32(Attribute::lifetime);
  if (!mapped || !lifetime || *lifetime == 0) {
    ++rejected_;
    return;
  }
  announce_ = announce_ || !registered_ || mapped_ != *mapped;
  registered_ = true;
  mapped_ = *mapped;
  round_trip_ = now - registration_.sent_at;
  const bool timed_by_relay = answers_challenge_ && registration_.timer->transmissions() == 1;
  registration_.stop();
  // Three quarters of the lifetime leave room for retransmissions; the keepalive keeps the mapping of the NAT.
  renew_at_ = now + std::min<Duration>(keepalive_, std::chrono::seconds{*lifetime} * 3 / 4);
  send_waiting_forwards(now);
  if (timed_by_relay) measurements_left_ = 0;
  // The relay times a peer by the age of the nonce that it answers with. One that was answered late, or sent again,
  // says too much, so a fresh challenge is asked for.
  if (measurements_left_ > 0) {
    --measurements_left_;
    send_register(now, false, false);
  }
}

void Client::end_registration(int code) {
  registered_ = announce_ = false;
  if (auto* event = events_.push()) *event = Unavailable{code};
  if (!refused_) return;
  renew_at_ = kNever;
  for (auto& forward : forwards_)
    if (forward.used) fail_forward(forward, code);
}

bool Client::forward(Time now, const PeerId& to, Bytes payload, bool timed) {
  if (refused_ || payload.empty() || payload.size() > kMaxPayload) return false;
  quiet_ = false;
  const auto free = std::ranges::find(forwards_, false, &Forward::used);
  if (free == forwards_.end()) return false;
  free->used = true;
  free->timed = timed;
  free->attempts = 0;
  free->to = to;
  free->size = payload.size();
  std::ranges::copy(payload, free->payload.begin());
  // Behind an authenticated Register on the same flow a forward need not wait for the answer: it arrives after it.
  if (registered_ || (registration_.running() && register_authenticated_)) send_forward(now, *free);
  return true;
}

void Client::send_forward(Time now, Forward& forward) {
  ++forward.attempts;
  forward.transaction.start(now, constants_, *rng_);
}

void Client::send_waiting_forwards(Time now) {
  for (auto& forward : forwards_)
    if (forward.used && !forward.transaction.running()) send_forward(now, forward);
}

std::size_t Client::write_forward(const Forward& forward, MutableBytes out) const {
  MessageWriter writer(out, Class::request, Method::rendezvous_forward, forward.transaction.id);
  writer.attribute(Attribute::peer_id, forward.to.bytes);
  writer.attribute(Attribute::data, Bytes{forward.payload}.first(forward.size));
  if (forward.timed) writer.u64(Attribute::start_delay, 0);
  credential_->authenticate(writer);
  writer.fingerprint();
  return writer.finish();
}

void Client::handle_forward_response(Time now, Forward& forward, const MessageView& message) {
  if (message.message_class() == Class::error) return mend_forward(now, forward, message);
  if (!credential_->verify(message)) {
    ++rejected_;
    return;
  }
  if (forward.timed) note_start(now, forward.to, message.u64(Attribute::start_delay));
  forward.transaction.stop();
  forward.used = false;
}

/// A stale nonce or a lost registration is mended and the message sent again; anything else is final.
void Client::mend_forward(Time now, Forward& forward, const MessageView& error) {
  const int code = code_of(error);
  if (!is_challenge(code) && !credential_->verify(error)) {
    ++rejected_;
    return;
  }
  if (forward.attempts >= kMaxAttempts) return fail_forward(forward, code);
  if (is_challenge(code)) {
    if (!credential_->handle_challenge(error, true)) return fail_forward(forward, code);
    return send_forward(now, forward);
  }
  if (code != kNotRegistered) return fail_forward(forward, code);
  forward.transaction.stop();  // it leaves again when the registration stands
  if (!registered_) return;
  registered_ = false;
  if (!registration_.running()) send_register(now, true, false);
}

void Client::fail_forward(Forward& forward, int code) {
  if (auto* event = events_.push()) *event = ForwardFailed{forward.to, code};
  forward.transaction.stop();
  forward.used = false;
}

void Client::handle_delivery(Time now, const MessageView& message) {
  const auto from = message.find(Attribute::peer_id);
  const auto data = message.find(Attribute::data);
  const auto id = from ? PeerId::from_bytes(from->value) : std::nullopt;
  const bool fine = id && data && !data->value.empty() && data->value.size() <= kMaxPayload;
  auto* delivery = fine && credential_->verify(message) ? deliveries_.push() : nullptr;
  if (delivery == nullptr) {
    ++rejected_;
    return;
  }
  delivery->from = *id;
  delivery->size = data->value.size();
  std::ranges::copy(data->value, delivery->payload.begin());
  if (message.has(Attribute::start_delay)) note_start(now, *id, message.u64(Attribute::start_delay));
}

/// Without a delay, or with one beyond belief, the start is now.
void Client::note_start(Time now, const PeerId& peer, std::optional<std::uint64_t> delay) {
  const bool believed = delay && *delay <= static_cast<std::uint64_t>(kMaxStartDelay.count());
  const Duration wait = believed ? Duration{static_cast<Duration::rep>(*delay)} : Duration{0};
  if (auto* event = events_.push()) *event = Start{peer, now + wait};
}

bool Client::handle_message(Time now, const MessageView& message) {
  quiet_ = false;
  if (message.is(Class::indication, Method::rendezvous_deliver)) {
    handle_delivery(now, message);
    return true;
  }
  if (message.message_class() != Class::success && message.message_class() != Class::error) return false;
  const auto id = message.transaction_id();
  if (message.method() == Method::rendezvous_register) {
    if (!registration_.is(id)) return false;
    handle_register_response(now, message);
    return true;
  }
  if (message.method() != Method::rendezvous_forward) return false;
  for (auto& forward : forwards_) {
    if (!forward.used || !forward.transaction.is(id)) continue;
    handle_forward_response(now, forward, message);
    return true;
  }
  return false;
}

void Client::handle_timeout(Time now) {
  quiet_ = false;
  if (now >= renew_at_) send_register(now, credential_->ready(), false);
  if (registration_.advance(now)) {
    end_registration(0);
    send_register(now, credential_->ready(), false);
  }
  for (auto& forward : forwards_)
    if (forward.used && forward.transaction.advance(now)) fail_forward(forward, 0);
}

Time Client::next_timeout() const {
  Time next = std::min(renew_at_, registration_.next());
  for (const auto& forward : forwards_)
    if (forward.used) next = std::min(next, forward.transaction.next());
  return next;
}

std::optional<Client::Output> Client::poll_send(MutableBytes out) {
  if (registration_.send_now) {
    registration_.send_now = false;
    return Send{write_register(out)};
  }
  for (auto& forward : forwards_) {
    if (!forward.used || !forward.transaction.send_now) continue;
    forward.transaction.send_now = false;
    return Send{write_forward(forward, out)};
  }
  return std::nullopt;
}

std::optional<Client::Output> Client::poll_delivery(MutableBytes out) {
  if (deliveries_.empty()) return std::nullopt;
  const Delivery& delivery = deliveries_.front();
  const Delivered delivered{delivery.from, std::min(delivery.size, out.size())};
  std::copy_n(delivery.payload.begin(), delivered.size, out.begin());
  deliveries_.pop();
  return delivered;
}

std::optional<Client::Output> Client::poll_event(Time now) {
  if (announce_) {
    announce_ = false;
    return Registered{mapped_, round_trip_};
  }
  if (events_.empty()) return std::nullopt;
  const auto event = events_.front();
  events_.pop();
  if (const auto* start = std::get_if<Start>(&event))
    return StartIn{start->peer, std::max(Duration{0}, start->at - now), start->at};
  if (const auto* unavailable = std::get_if<Unavailable>(&event)) return *unavailable;
  return std::get<ForwardFailed>(event);
}

Client::Output Client::poll(Time now, MutableBytes out) {
  if (quiet_ && now < next_.at) return next_;
  if (next_timeout() <= now) handle_timeout(now);
  if (const auto send = poll_send(out)) return *send;
  if (const auto delivery = poll_delivery(out)) return *delivery;
  if (const auto event = poll_event(now)) return *event;
  quiet_ = true;
  next_ = {next_timeout(), registration_.running() ? "rendezvous-transaction" : "rendezvous-renewal"};
  return next_;
}

}  // namespace punchlab::rendezvous
