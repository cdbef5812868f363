#include "protocol/agent/relay_choice.hpp"

#include <algorithm>
#include <cassert>

namespace punchlab::agent {

void RelayChoice::add(Transport transport) {
  assert(count_ < attempts_.size() && find(transport) == nullptr);
  attempts_[count_++] = {transport, State::untried};
}

void RelayChoice::start(Time now) {
  if (count_ == 1) choose(attempts_.front().transport);
  at_ = now;
}

std::optional<Transport> RelayChoice::due(Time now) {
  if (now < at_) return std::nullopt;
  auto* attempt = first_untried();
  if (attempt == nullptr) {
    at_ = kNever;
    return std::nullopt;
  }
  attempt->state = State::under_way;
  at_ = first_untried() == nullptr ? kNever : now + wait_;
  return attempt->transport;
}

bool RelayChoice::failed(Time now, Transport transport) {
  auto* attempt = find(transport);
  if (attempt == nullptr || chosen_) return false;
  attempt->state = State::failed;
  if (first_untried() != nullptr) {
    at_ = now;
    return false;
  }
  return std::none_of(attempts_.begin(), attempts_.begin() + static_cast<std::ptrdiff_t>(count_), [](const Attempt& a) {
    return is_stream(a.transport) && a.state == State::under_way;
  });
}

bool RelayChoice::choose(Transport transport) {
  if (chosen_) return *chosen_ == transport;
  chosen_ = transport;
  at_ = kNever;
  for (auto& attempt : attempts_)
    if (attempt.state == State::untried && attempt.transport != transport) attempt.state = State::failed;
  return true;
}

void RelayChoice::retry(Time now) {
  for (auto& attempt : attempts_)
    if (chosen_ ? attempt.transport == chosen_ : attempt.state == State::failed) attempt.state = State::untried;
  at_ = now;
}

bool RelayChoice::under_way(Transport transport) const {
  const auto waits = [&](const Attempt& a) { return a.transport == transport && a.state == State::under_way; };
  const auto end = attempts_.begin() + static_cast<std::ptrdiff_t>(count_);
  return transport != chosen_ && std::any_of(attempts_.begin(), end, waits);
}

RelayChoice::Attempt* RelayChoice::first_untried() {
  const auto end = attempts_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::find_if(attempts_.begin(), end, [](const Attempt& a) { return a.state == State::untried; });
  return found == end ? nullptr : &*found;
}

RelayChoice::Attempt* RelayChoice::find(Transport transport) {
  const auto end = attempts_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::find_if(attempts_.begin(), end, [&](const Attempt& a) { return a.transport == transport; });
  return found == end ? nullptr : &*found;
}

}  // namespace punchlab::agent
