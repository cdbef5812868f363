// What the server's answers do to the client (RFC 8656 sections 7.3, 7.4, 8.3, 10.3, 12.3; RFC 8489 section 9.2.5).
#include <algorithm>

#include "protocol/turn/client.hpp"

namespace punchlab::turn {
namespace {

/// Challenges in a row before a request counts as refused: one for the realm, the rest for nonces that went stale.
constexpr std::uint8_t kMaxChallenges = 4;
/// Refreshed this long before the end, which leaves a whole transaction of the default constants (39.5 s).
constexpr Duration kRefreshMargin = std::chrono::seconds{60};

/// These may come unsigned: the server could not check the request's credentials (RFC 8489 section 9.2.4).
bool may_be_unsigned(const stun::MessageView& message) {
  const auto error = message.error();
  return error && (error->code == 400 || error->code == 401 || error->code == 438);
}

}  // namespace

bool Client::handle_message(Time now, const stun::MessageView& message) {
  const auto kind = message.message_class();
  if (kind != stun::Class::success && kind != stun::Class::error) return false;
  const auto id = message.transaction_id();
  const auto task = std::ranges::find_if(tasks_, [&](const Task& t) { return t.waits_for(id); });
  if (task == tasks_.end() || message.method() != method_of(*task)) return false;
  const bool trusted = !task->authenticated || (kind == stun::Class::error && may_be_unsigned(message));
  if (!trusted && !credentials_.verify(message)) return false;
  pending_ = true;
  if (kind == stun::Class::success) {
    for_each_waiting(id, [&](Task& t) { on_success(now, t, message); });
  } else {
    on_error(now, *task, message);
  }
  return true;
}

void Client::on_success(Time now, Task& task, const stun::MessageView& message) {
  task.challenges = 0;
  if (task.kind != Kind::allocation) {
    stop(task);
    task.alone = false;
    task.announce = !task.ready;
    task.ready = true;
    // A channel's permission is the shorter of the two and is renewed with it.
    task.renew_at = now + kPermissionLifetime - kRefreshMargin;
    return;
  }
  switch (goal_) {
    case Goal::allocate: return on_allocated(now, message);
    case Goal::refresh: return on_refreshed(now, message);
    case Goal::release:
    case Goal::release_then_allocate: return on_released(now);
  }
}

void Client::on_allocated(Time now, const stun::MessageView& message) {
  const auto relayed = message.address(stun::Attribute::xor_relayed_address);
  const auto mapped = message.address(stun::Attribute::xor_mapped_address);
  const auto lifetime = message.u32(stun::Attribute::lifetime);
  if (!relayed || !mapped || !lifetime || *lifetime == 0) return;  // as if it had not come
  stop(allocation());
  if (state_ == State::closing) {
    goal_ = Goal::release;
    begin(allocation());
    return;
  }
  state_ = State::allocated;
  relayed_ = *relayed;
  set_lifetime(now, std::chrono::seconds{*lifetime});
  event_ = Allocated{*relayed, *mapped, std::chrono::seconds{*lifetime}};
  goal_ = Goal::refresh;
}

void Client::on_refreshed(Time now, const stun::MessageView& message) {
  const auto lifetime = message.u32(stun::Attribute::lifetime);
  if (!lifetime || *lifetime == 0) return lose(0);
  stop(allocation());
  set_lifetime(now, std::chrono::seconds{*lifetime});
}

void Client::set_lifetime(Time now, Duration lifetime) {
  expires_ = now + lifetime;
  allocation().renew_at = expires_ - std::min(kRefreshMargin, lifetime / 2);
}

void Client::on_released(Time) {
  stop(allocation());
  if (state_ == State::closing) {
    state_ = State::idle;
    return;
  }
  goal_ = Goal::allocate;
  begin(allocation());
}

void Client::on_error(Time now, Task& task, const stun::MessageView& message) {
  const auto error = message.error();
  if (!error) return;
  // After `close` an error says that there is nothing to release, unless it only asks for credentials again.
  const bool challenge = error->code == 401 || error->code == 438;
  if (state_ == State::closing && !(challenge && goal_ == Goal::release)) return lose(error->code);
  if (challenge) {
    const bool again = credentials_.handle_challenge(message, task.authenticated) && task.challenges < kMaxChallenges;
    return again ? for_each_waiting(task.id, [&](Task& t) { ++t.challenges, begin(t); }) : give_up(task, error->code);
  }
  if (error->code == 437) return on_mismatch(now, task);
  if (error->code == 300 && task.kind == Kind::allocation) {
    lose(300);
    event_ = AllocationLost{300, message.address(stun::Attribute::alternate_server)};
    return;
  }
  refuse(task, error->code);
}

/// 437 to an Allocate: an allocation of an earlier life of this 5-tuple is still there. It is released once; a client
/// that cannot choose another port has no other way (RFC 8656 section 7.4).
void Client::on_mismatch(Time now, Task& task) {
  if (task.kind == Kind::allocation && goal_ == Goal::allocate && !mismatch_handled_) {
    mismatch_handled_ = true;
    goal_ = Goal::release_then_allocate;
    begin(task);
  } else if (task.kind == Kind::allocation && goal_ == Goal::release_then_allocate) {
    on_released(now);
  } else {
    lose(437);
  }
}

/// One peer is enough to have all of a request refused (RFC 8656 section 10.2): then each is asked for by itself.
void Client::refuse(Task& task, int code) {
  const bool shared = std::ranges::count_if(tasks_, [&](const Task& t) { return t.waits_for(task.id); }) > 1;
  if (!shared) return fail(task, code);
  for_each_waiting(task.id, [&](Task& t) { t.alone = true, begin(t); });
}

void Client::give_up(Task& task, int code) {
  for_each_waiting(task.id, [&](Task& t) { fail(t, code); });
}

void Client::fail(Task& task, int code) {
  if (task.kind == Kind::allocation) return lose(goal_ == Goal::release_then_allocate && code != 0 ? 437 : code);
  stop(task);
  task.announce = true;
  task.refused = code;
}

void Client::lose(int code) {
  const bool silent = state_ == State::closing;
  stop(allocation());
  forget_peers();
  state_ = State::idle;
  expires_ = kNever;
  if (!silent) event_ = AllocationLost{code, std::nullopt};
}

}  // namespace punchlab::turn
