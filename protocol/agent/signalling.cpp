#include "protocol/agent/signalling.hpp"

namespace punchlab::agent {

using rendezvous::Description;
using session::Kind;
using session::Session;
using session::Verdict;

namespace {

/// Evenly spaced, since a lost one is not answered by anybody: as many as patience holds, the peer's start included.
int offers(const Policy& policy) { return 2 + static_cast<int>(policy.patience / (policy.gather_rto * 2)); }

}  // namespace

Signalling::Signalling(const Policy& policy, rendezvous::Client& rendezvous, Session& session,
                       const rendezvous::PeerId& peer)
    : rendezvous_(&rendezvous),
      session_(&session),
      peer_(peer),
      offer_constants_{policy.gather_rto * 2, offers(policy), 1, true},
      update_constants_{policy.gather_rto * 2, kUpdates, 1, true} {}

void Signalling::offer(Time now, const Description& description) {
  std::array<std::uint8_t, Description::kMaxSize> encoded;
  std::array<std::uint8_t, Session::kMaxHandshake> message;
  if (session_->write_handshake({encoded.data(), description.write(encoded)}, message) == 0) return;
  offered_ = true;
  offer_timer_.start(now);
  send_handshake(now);
}

void Signalling::answer(Time now, const Description& description, bool timed) {
  std::array<std::uint8_t, Description::kMaxSize> encoded;
  std::array<std::uint8_t, Session::kMaxHandshake> message;
  timed_ = timed;
  if (session_->write_handshake({encoded.data(), description.write(encoded)}, message) == 0) return;
  answered_ = true;
  send_handshake(now);
}

/// The session gives the same message again, whatever the payload.
void Signalling::send_handshake(Time now) {
  std::array<std::uint8_t, Session::kMaxHandshake> message;
  const auto size = session_->write_handshake({}, message);
  handshake_waits_ = !rendezvous_->forward(now, peer_, {message.data(), size}, timed_);
  if (handshake_waits_) retry_later(now);
}

void Signalling::update(Time now, const Description& description, bool replaces, bool greeted) {
  replaces_ = replaces;
  update_size_ = description.write(update_);
  update_timer_.start(now);
  if (!greeted) send_update(now);
}

void Signalling::send_update(Time now) {
  std::array<std::uint8_t, Description::kMaxSize + Session::kOverhead> message;
  const auto size = session_->seal(Kind::signal, {update_.data(), update_size_}, message);
  update_waits_ = size > 0 && !rendezvous_->forward(now, peer_, {message.data(), size});
  if (update_waits_) retry_later(now);
}

void Signalling::stop() {
  offer_timer_.stop();
  update_timer_.stop();
  retry_at_ = kNever;
}

Signalling::Handled Signalling::handle(Time now, Bytes message) {
  const auto kind = session::kind_of(message);
  if (!kind) return {};
  if (*kind == Kind::initiation || *kind == Kind::response) return handle_handshake(now, message);
  return *kind == Kind::signal ? handle_signal(message) : Handled{};
}

Signalling::Handled Signalling::handle_handshake(Time now, Bytes message) {
  std::array<std::uint8_t, Session::kMaxHandshake> payload;
  const auto opened = session_->read_handshake(message, payload);
  Handled handled{opened.verdict, std::nullopt};
  if (opened.verdict == Verdict::duplicate && answered_) send_handshake(now);
  if (opened.verdict != Verdict::accepted) return handled;
  offer_timer_.stop();
  handshake_waits_ = false;
  handled.description = Description::parse({payload.data(), opened.size});
  return handled;
}

Signalling::Handled Signalling::handle_signal(Bytes message) {
  std::array<std::uint8_t, kMaxDatagram> payload;
  const auto opened = session_->open(message, payload);
  Handled handled{opened.verdict, std::nullopt};
  if (opened.verdict == Verdict::accepted) handled.description = Description::parse({payload.data(), opened.size});
  return handled;
}

void Signalling::handle_timeout(Time now) {
  const bool retry = now >= retry_at_;
  if (retry) retry_at_ = kNever;
  const bool repeat_offer = offer_timer_.due(now) == stun::Retransmission::Due::send;
  const bool repeat_update = update_timer_.due(now) == stun::Retransmission::Due::send;
  if (repeat_offer || (retry && handshake_waits_)) send_handshake(now);
  if (repeat_update || (retry && update_waits_)) send_update(now);
}

}  // namespace punchlab::agent
