#include "protocol/agent/gatherer.hpp"

namespace punchlab::agent {

using stun::Attribute;

Gatherer::Gatherer(const Policy& policy, Rng& rng)
    : constants_{policy.gather_rto, policy.max_transmissions, policy.last_wait_factor, policy.linear_rto},
      id_(stun::random_transaction_id(rng)) {}

void Gatherer::start(Time now) {
  timer_.start(now);
  send_ = true;
}

bool Gatherer::handle_response(const stun::MessageView& response) {
  if (done_ || response.method() != stun::Method::binding || response.transaction_id() != id_) return false;
  if (response.message_class() == stun::Class::success) mapped_ = response.address(Attribute::xor_mapped_address);
  done_ = true;
  send_ = false;
  timer_.stop();
  return true;
}

void Gatherer::handle_timeout(Time now) {
  switch (timer_.due(now)) {
    case stun::Retransmission::Due::nothing: break;
    case stun::Retransmission::Due::send: send_ = true; break;
    case stun::Retransmission::Due::failed: done_ = true; break;
  }
}

std::size_t Gatherer::poll(MutableBytes out) {
  if (!send_) return 0;
  send_ = false;
  stun::MessageWriter request(out, stun::Class::request, stun::Method::binding, id_);
  request.fingerprint();
  return request.finish();
}

}  // namespace punchlab::agent
