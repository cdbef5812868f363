#pragma once
// A TURN client with one allocation (RFC 8656), sans-I/O. It builds and reads the messages between one host and one
// server; the caller owns the socket. Requests are authenticated by a credential shared with the host's other clients
// of the same server. Permissions and channels may be asked for before the allocation stands: they follow it at once.
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "protocol/policy/policy.hpp"
#include "protocol/stun/long_term_client.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/stun/retransmission.hpp"
#include "protocol/turn/constants.hpp"

namespace punchlab::turn {

/// The first `size` bytes of the poll buffer go to the server.
struct Send {
  std::size_t size = 0;
};
/// The relayed and the server-reflexive transport address. `lifetime` is what the server granted; refreshes are
/// automatic.
struct Allocated {
  TransportAddress relayed;
  TransportAddress mapped;
  Duration lifetime{0};
};
/// The peer's datagrams now pass the relay, from any of its ports.
struct PermissionReady {
  IpAddress address;
};
/// `wrap` now uses ChannelData towards `peer`.
struct ChannelReady {
  TransportAddress peer;
};
/// A permission (port 0) or channel was refused with `code`; 0: the server did not answer. The peer is forgotten.
struct PeerRefused {
  TransportAddress peer;
  int code = 0;
};
/// No allocation stands any more, and permissions and channels went with it. `code` is the server's error code, or 0
/// when it did not answer. `start` may be called again; after 486 and 508 not within a minute (RFC 8656 section 7.4).
struct AllocationLost {
  int code = 0;
  std::optional<TransportAddress> alternate;  ///< with 300 Try Alternate
};
using Event = std::variant<Deadline, Send, Allocated, PermissionReady, ChannelReady, PeerRefused, AllocationLost>;

/// Relayed application data and the peer it came from. A view into the message.
struct Payload {
  TransportAddress peer;
  Bytes data;
};

class Client {
 public:
  /// Permissions and channels together.
  static constexpr std::size_t kMaxPeers = 32;

  /// `credentials` and `rng` must outlive the client. `family` is the one of the relayed address.
  Client(const Policy& policy, stun::LongTermClient& credentials, const TransportAddress& server, Transport transport,
         Rng& rng, Family family = Family::ipv4);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Allocates; without credentials when no challenge came yet. No effect while an allocation stands or is asked for.
  void start(Time now);
  /// Gives the allocation back (Refresh with lifetime 0). Nothing is reported afterwards.
  void close(Time now);
  /// Refreshes now, so that an allocation which the server has forgotten is reported. No effect without one.
  void refresh(Time now);
  /// The family of the relayed address that the next `start` asks for.
  void ask_for(Family family) { family_ = family; }
  Family family() const { return family_; }
  /// Goes on over another transport; what was asked for over the last one is abandoned. No effect when it is the same
  /// one.
  void use(Transport transport);
  /// The flow to the server is gone, and everything with it: forgets it without a word. `start` may be called again.
  void abandon();
  /// Installs a permission and keeps it. False when the table is full. Repeating it for a peer has no effect.
  bool permit(Time now, const IpAddress& peer);
  /// Binds the next free channel to `peer` and keeps it; this installs the peer's permission too. False when full.
  bool bind_channel(Time now, const TransportAddress& peer);
  /// A permission for this address was asked for. Without one the relay drops what goes there (RFC 8656 section 11.2).
  bool knows(const IpAddress& peer) const;
  /// True once it is bound: `wrap` then makes ChannelData.
  bool has_channel(const TransportAddress& peer) const { return find_channel(peer) != nullptr; }

  /// Takes a response; false when it belongs to none of the transactions, or its integrity is wrong.
  bool handle_message(Time now, const stun::MessageView& message);
  /// Application data out of a ChannelData message or a Data indication that came from the server.
  std::optional<Payload> unwrap(Bytes message) const;
  std::optional<Payload> unwrap(const stun::MessageView& indication) const;
  /// Makes the message that carries `payload` to `peer`: ChannelData on a bound channel, else a Send indication. Its
  /// size; 0 without an allocation or when it does not fit.
  std::size_t wrap(const TransportAddress& peer, Bytes payload, MutableBytes out);

  void handle_timeout(Time now);
  /// To be drained until Deadline after each call above.
  Event poll(Time now, MutableBytes out);

  bool allocated() const { return state_ == State::allocated; }
  const TransportAddress& server() const { return server_; }
  const TransportAddress& relayed() const { return relayed_; }  ///< while allocated
  Transport transport() const { return transport_; }

 private:
  enum class State : std::uint8_t { idle, allocating, allocated, closing };
  enum class Kind : std::uint8_t { allocation, permission, channel };
  enum class Step : std::uint8_t { idle, first_send, waiting, resend };
  enum class Goal : std::uint8_t {
    allocate,
    refresh,
    release,
    release_then_allocate
  };  ///< of the allocation's transaction

  /// One thing the server is asked for and then keeps for us; at most one transaction at a time. Permissions that are
  /// due together share one request (RFC 8656 section 10): its id, and the timer of the first of them.
  struct Task {
    explicit Task(const stun::RetransmissionConstants& constants) : timer(constants) {}
    Kind kind = Kind::allocation;
    Step step = Step::idle;
    bool used = false;            ///< the slot holds a peer
    bool alone = false;           ///< was refused together with others: is asked for by itself
    bool ready = false;           ///< the server has it
    bool announce = false;        ///< `ready` or `refused` is still to be reported
    bool authenticated = false;   ///< the request in flight carries credentials
    std::uint8_t challenges = 0;  ///< answers 401 and 438 in a row
    std::uint16_t channel = 0;
    std::optional<int> refused;
    TransportAddress peer;
    stun::TransactionId id{};
    stun::Retransmission timer;
    Time renew_at = kNever;

    bool waits_for(const stun::TransactionId& request) const {
      return (step == Step::waiting || step == Step::resend) && id == request;
    }
  };

  Task& allocation() { return tasks_.front(); }
  Task* find(Kind kind, const TransportAddress& peer);
  const Task* find_channel(const TransportAddress& peer) const;
  Task* add(Kind kind, const TransportAddress& peer);
  void forget(Task& task);
  void forget_peers();

  /// Calls `use` for every task that waits for the answer to request `id`.
  template <class Use>
  void for_each_waiting(stun::TransactionId id, Use&& use);
  void gather_permissions(const Task& first);
  void begin(Task& task);
  void stop(Task& task);
  void advance(Time now, Task& task);

  void on_success(Time now, Task& task, const stun::MessageView& message);
  void on_allocated(Time now, const stun::MessageView& message);
  void on_refreshed(Time now, const stun::MessageView& message);
  void on_released(Time now);
  void on_error(Time now, Task& task, const stun::MessageView& message);
  void on_mismatch(Time now, Task& task);
  void refuse(Task& task, int code);
  void give_up(Task& task, int code);  ///< its whole request
  void fail(Task& task, int code);
  void lose(int code);
  void set_lifetime(Time now, Duration lifetime);

  std::optional<Event> poll_task(Time now, Task& task, MutableBytes out);
  std::optional<Event> report(Task& task);
  std::size_t write(Time now, Task& task, MutableBytes out);
  void write_allocation(stun::MessageWriter& message) const;
  stun::Method method_of(const Task& task) const;
  Time wake() const;

  const Policy* policy_;
  stun::RetransmissionConstants constants_;
  stun::LongTermClient& credentials_;
  Rng& rng_;
  TransportAddress server_;
  Transport transport_;
  Family family_;
  State state_ = State::idle;
  Goal goal_ = Goal::allocate;
  bool mismatch_handled_ = false;  ///< one 437 was answered by releasing what an earlier run left
  bool pending_ = false;           ///< some task may have something to send or to report
  std::uint16_t next_channel_ = kFirstChannel;
  TransportAddress relayed_;
  std::optional<Event> event_;  ///< of the allocation
  Time expires_ = kNever;
  Time wake_ = kNever;
  std::vector<Task> tasks_;  ///< the allocation, then peers; never grows past its first capacity
};

template <class Use>
void Client::for_each_waiting(stun::TransactionId id, Use&& use) {
  // A lost allocation takes the peers along.
  for (std::size_t i = 0; i < tasks_.size(); ++i)
    if (tasks_[i].waits_for(id)) use(tasks_[i]);
}

}  // namespace punchlab::turn
