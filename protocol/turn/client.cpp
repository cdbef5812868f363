// The client's verbs, its table of tasks and the requests it writes.
#include "protocol/turn/client.hpp"

#include <algorithm>
#include <utility>

namespace punchlab::turn {
namespace {

/// Over a stream nothing is sent twice; a request fails after Ti (RFC 8489 section 6.2.2).
constexpr Duration kStreamTimeout = std::chrono::milliseconds{39'500};

/// Keeps a request within 600 bytes, whatever the realm and the family.
constexpr std::size_t kMaxPeersOfRequest = 8;

stun::RetransmissionConstants constants_of(const Policy& policy, Transport transport) {
  if (is_stream(transport)) return {kStreamTimeout, 1, 1, false};
  return {policy.gather_rto, policy.max_transmissions, policy.last_wait_factor, policy.linear_rto};
}

}  // namespace

Client::Client(const Policy& policy, stun::LongTermClient& credentials, const TransportAddress& server,
               Transport transport, Rng& rng, Family family)
    : policy_(&policy),
      constants_(constants_of(policy, transport)),
      credentials_(credentials),
      rng_(rng),
      server_(server),
      transport_(transport),
      family_(family) {
  tasks_.reserve(1 + kMaxPeers);
  tasks_.emplace_back(constants_);
}

void Client::start(Time) {
  if (state_ != State::idle) return;
  state_ = State::allocating;
  goal_ = Goal::allocate;
  mismatch_handled_ = false;
  allocation().challenges = 0;
  begin(allocation());
}

void Client::close(Time) {
  forget_peers();
  event_.reset();
  expires_ = kNever;
  const bool unsent = allocation().step == Step::first_send && goal_ == Goal::allocate;
  if (state_ == State::idle || (state_ == State::allocating && unsent)) {
    stop(allocation());
    state_ = State::idle;
    return;
  }
  // An Allocate in flight may have made an allocation already: its answer decides what there is to release.
  if (state_ == State::allocated) {
    goal_ = Goal::release;
    begin(allocation());
  }
  state_ = State::closing;
  pending_ = true;
}

void Client::refresh(Time) {
  if (state_ == State::allocated && allocation().step == Step::idle) begin(allocation());
}

void Client::use(Transport transport) {
  if (transport == transport_) return;
  abandon();
  transport_ = transport;
  constants_ = constants_of(*policy_, transport);
}

void Client::abandon() {
  stop(allocation());
  forget_peers();
  event_.reset();
  state_ = State::idle;
  expires_ = kNever;
}

bool Client::permit(Time, const IpAddress& peer) { return add(Kind::permission, {peer, 0}) != nullptr; }

bool Client::bind_channel(Time, const TransportAddress& peer) {
  if (find(Kind::channel, peer) != nullptr) return true;
  if (next_channel_ > kLastChannel) return false;
  auto* task = add(Kind::channel, peer);
  if (task == nullptr) return false;
  task->channel = next_channel_++;
  return true;
}

void Client::handle_timeout(Time now) {
  pending_ = true;
  for (std::size_t i = 0; i < tasks_.size(); ++i) advance(now, tasks_[i]);  // a lost allocation takes the rest along
  if (now >= expires_) lose(0);
}

void Client::advance(Time now, Task& task) {
  if (task.step == Step::idle) {
    if (now >= task.renew_at) begin(task);
    return;
  }
  switch (task.timer.due(now)) {
    case stun::Retransmission::Due::nothing: break;
    case stun::Retransmission::Due::send: task.step = Step::resend; break;
    case stun::Retransmission::Due::failed: give_up(task, 0); break;
  }
}

Event Client::poll(Time now, MutableBytes out) {
  if (now >= wake_) handle_timeout(now);
  if (!pending_) return Deadline{wake_, "turn"};
  if (event_) return *std::exchange(event_, std::nullopt);
  for (auto& task : tasks_)
    if (auto event = poll_task(now, task, out)) return *event;
  pending_ = false;
  wake_ = wake();
  return Deadline{wake_, "turn"};
}

std::optional<Event> Client::poll_task(Time now, Task& task, MutableBytes out) {
  if (task.announce) return report(task);
  if (task.step != Step::first_send && task.step != Step::resend) return std::nullopt;
  if (task.kind != Kind::allocation && state_ != State::allocated) return std::nullopt;
  const auto size = write(now, task, out);
  if (size == 0) return std::nullopt;
  return Send{size};
}

std::optional<Event> Client::report(Task& task) {
  task.announce = false;
  const auto peer = task.peer;
  if (const auto code = task.refused) {
    forget(task);
    return PeerRefused{peer, *code};
  }
  if (task.kind == Kind::permission) return PermissionReady{peer.address};
  return ChannelReady{peer};
}

Time Client::wake() const {
  Time first = expires_;
  for (const auto& task : tasks_) first = std::min({first, task.timer.next(), task.renew_at});
  return first;
}

std::size_t Client::write(Time now, Task& task, MutableBytes out) {
  if (task.step == Step::first_send) {
    task.authenticated = credentials_.ready();
    task.timer.start(now);
    if (task.kind == Kind::permission && !task.alone) gather_permissions(task);
  }
  task.step = Step::waiting;
  stun::MessageWriter message(out, stun::Class::request, method_of(task), task.id);
  if (task.kind == Kind::allocation) write_allocation(message);
  if (task.kind == Kind::channel) message.u32(stun::Attribute::channel_number, std::uint32_t{task.channel} << 16);
  if (task.kind == Kind::channel) message.address(stun::Attribute::xor_peer_address, task.peer);
  if (task.kind == Kind::permission)
    for_each_waiting(task.id, [&](const Task& t) { message.address(stun::Attribute::xor_peer_address, t.peer); });
  if (task.authenticated) credentials_.authenticate(message);
  return message.finish();
}

/// Those that are to be asked for now as well join the request of `first`.
void Client::gather_permissions(const Task& first) {
  std::size_t room = kMaxPeersOfRequest - 1;
  for (auto& task : tasks_) {
    const bool joins = task.kind == Kind::permission && task.step == Step::first_send && !task.alone && &task != &first;
    if (!joins || room == 0) continue;
    --room;
    task.step = Step::waiting;
    task.id = first.id;
    task.authenticated = first.authenticated;
  }
}

void Client::write_allocation(stun::MessageWriter& message) const {
  if (goal_ == Goal::allocate) {
    message.u32(stun::Attribute::requested_transport, std::uint32_t{kProtocolUdp} << 24);
    if (family_ == Family::ipv6)
      message.u32(stun::Attribute::requested_address_family, std::uint32_t{kFamilyIpv6} << 24);
    return;
  }
  const auto lifetime = goal_ == Goal::refresh ? kDefaultLifetime : Duration{0};
  message.u32(stun::Attribute::lifetime,
              static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count()));
}

stun::Method Client::method_of(const Task& task) const {
  if (task.kind == Kind::permission) return stun::Method::create_permission;
  if (task.kind == Kind::channel) return stun::Method::channel_bind;
  return goal_ == Goal::allocate ? stun::Method::allocate : stun::Method::refresh;
}

void Client::begin(Task& task) {
  task.id = stun::random_transaction_id(rng_);
  task.timer.stop();
  task.step = Step::first_send;
  task.renew_at = kNever;
  pending_ = true;
}

void Client::stop(Task& task) {
  task.timer.stop();
  task.step = Step::idle;
  task.renew_at = kNever;
  pending_ = true;
}

Client::Task* Client::find(Kind kind, const TransportAddress& peer) {
  const auto same = [&](const Task& t) { return t.used && !t.refused && t.kind == kind && t.peer == peer; };
  const auto it = std::ranges::find_if(tasks_, same);
  return it == tasks_.end() ? nullptr : &*it;
}

Client::Task* Client::add(Kind kind, const TransportAddress& peer) {
  if (auto* known = find(kind, peer)) return known;
  auto slot = std::find_if(tasks_.begin() + 1, tasks_.end(), [](const Task& t) { return !t.used; });
  if (slot == tasks_.end()) {
    if (tasks_.size() == 1 + kMaxPeers) return nullptr;
    slot = tasks_.emplace(tasks_.end(), constants_);
  }
  slot->used = true;
  slot->kind = kind;
  slot->peer = peer;
  begin(*slot);
  return &*slot;
}

void Client::forget(Task& task) { task = Task(constants_); }

void Client::forget_peers() {
  tasks_.erase(tasks_.begin() + 1, tasks_.end());
  next_channel_ = kFirstChannel;
}

}  // namespace punchlab::turn
