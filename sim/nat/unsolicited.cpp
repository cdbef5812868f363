#include "sim/nat/unsolicited.hpp"

#include <algorithm>

namespace punchlab::nat {
namespace {

std::uint64_t tuple_hash(std::uint8_t protocol, const TransportAddress& external, const TransportAddress& remote) {
  return combine(combine(hash_of(external), hash_of(remote)), protocol);
}

}  // namespace

void UnsolicitedStates::prepare(std::uint32_t capacity) {
  states_.prepare(capacity);
  by_tuple_.prepare(capacity);
  earliest_expiry_ = kNever;
}

std::uint32_t UnsolicitedStates::find(std::uint8_t protocol, const TransportAddress& external,
                                      const TransportAddress& remote) const {
  return by_tuple_.find(states_, tuple_hash(protocol, external, remote), [&](const UnsolicitedEntry& s) {
    return s.remote == remote && s.external == external && s.protocol == protocol;
  });
}

void UnsolicitedStates::remember(Time now, std::uint8_t protocol, const TransportAddress& external,
                                 const TransportAddress& remote, Time expires) {
  std::uint32_t i = find(protocol, external, remote);
  if (i == kNone) {
    if (states_.live() == states_.capacity()) sweep(now);
    i = states_.take();
    if (i == kNone) return;
    states_[i].protocol = protocol;
    states_[i].external = external;
    states_[i].remote = remote;
    by_tuple_.insert(states_, i, tuple_hash(protocol, external, remote));
  }
  states_[i].expires = expires;
  earliest_expiry_ = std::min(earliest_expiry_, expires);
}

bool UnsolicitedStates::occupied(Time now, std::uint8_t protocol, const TransportAddress& external,
                                 const TransportAddress& remote) const {
  const std::uint32_t i = find(protocol, external, remote);
  return i != kNone && states_[i].expires > now;
}

void UnsolicitedStates::sweep(Time now) {
  if (now < earliest_expiry_) return;
  earliest_expiry_ = kNever;
  for (std::uint32_t i = 0; i < states_.used(); ++i) {
    if (!states_[i].live) continue;
    if (states_[i].expires > now) {
      earliest_expiry_ = std::min(earliest_expiry_, states_[i].expires);
    } else {
      by_tuple_.erase(states_, i);
      states_.give_back(i);
    }
  }
}

}  // namespace punchlab::nat
