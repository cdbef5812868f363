#pragma once
// The server's allocations with their permissions, channels, relayed ports and reservations, in tables whose size is
// fixed at construction. Knows the limits and lifetimes, nothing of messages. Things whose time has come count as gone
// at once, although an allocation's slot is only freed by `expire`.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "protocol/base/rng.hpp"
#include "protocol/base/slot_index.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/turn/server_config.hpp"

namespace punchlab::turn {

/// Ids of the sockets that the server asks for. Those that the caller names must lie below.
inline constexpr std::uint32_t kFirstRelaySocket = 0x4000'0000;
constexpr bool is_relay_socket(SocketId id) { return id.value >= kFirstRelaySocket; }

struct Permission {
  IpAddress address;
  Time expires;
};

struct Channel {
  TransportAddress peer;
  std::uint16_t number = 0;
  Time expires;
};

struct Allocation {
  /// Which of its socket's events the caller has still to take.
  enum class Socket : std::uint8_t { free, opening, open, abandoned, closing };

  Socket state = Socket::free;
  FiveTuple client;
  SocketId client_socket;  ///< the listening socket or the stream it came over
  SocketId socket;         ///< of the relayed transport address
  TransportAddress relayed;
  std::uint32_t user = 0;
  stun::TransactionId transaction{};   ///< of the Allocate request that made it
  std::optional<std::uint64_t> token;  ///< reservation that came with it
  Duration granted{0};                 ///< by that request
  Time expires = kNever;
  std::uint16_t permissions = 0;  ///< in use
  std::uint16_t channels = 0;

  bool live() const { return state == Socket::opening || state == Socket::open; }
};

/// What an Allocate request asks for, already checked for contradictions.
struct Wish {
  Family family = Family::ipv4;
  bool even_port = false;
  bool reserve_next = false;
  std::optional<std::uint64_t> token;
};

class AllocationTable {
 public:
  AllocationTable(const ServerConfig& config, Rng& rng);

  /// The live allocation of a flow, of a relay socket, or behind one of our relayed transport addresses; or null.
  Allocation* find(Time now, const FiveTuple& client);
  Allocation* find(Time now, SocketId socket);
  Allocation* find_relayed(Time now, const TransportAddress& relayed);
  std::uint32_t count_of(std::uint32_t user) const;
  std::uint32_t size() const { return live_; }
  /// True for an address on which relayed ports lie.
  bool is_relayed_address(const IpAddress& address) const;

  /// A new allocation without lifetime, or null when no slot or no fitting port is left (508).
  Allocation* create(Time now, const FiveTuple& client, SocketId client_socket, std::uint32_t user, const Wish& wish);
  void set_lifetime(Time now, Allocation& allocation, Duration lifetime);
  void remove(Allocation& allocation);
  /// Removes what ended at or before `now`.
  void expire(Time now);
  /// When `expire` has work again; kNever without allocations.
  Time next_expiry() const { return next_expiry_; }

  bool permitted(Time now, const Allocation& allocation, const IpAddress& peer) const;
  /// Installs or renews; false when the allocation's table is full.
  bool permit(Time now, Allocation& allocation, const IpAddress& peer);
  /// Permissions that could still be installed, expired ones being reused.
  std::size_t free_permissions(Time now, const Allocation& allocation) const;
  const Channel* find_channel(Time now, const Allocation& allocation, std::uint16_t number) const;
  const Channel* find_channel(Time now, const Allocation& allocation, const TransportAddress& peer) const;
  /// Binds or renews; false when the table is full. That number and peer do not contradict another channel is the
  /// caller's.
  bool bind(Time now, Allocation& allocation, std::uint16_t number, const TransportAddress& peer);

  /// The next socket to open, or to close. A socket that was never asked for is never closed.
  std::optional<OpenSocket> next_to_open();
  std::optional<CloseSocket> next_to_close();
  /// As newly made, without giving memory back.
  void reset();

 private:
  struct Reservation {
    std::uint64_t token = 0;
    TransportAddress relayed;
    Time expires{};
  };
  /// First in, first out, at most once per slot.
  class SlotQueue {
   public:
    explicit SlotQueue(std::size_t capacity) : slots_(capacity) {}
    bool empty() const { return count_ == 0; }
    void push(std::uint32_t slot) { slots_[(head_ + count_++) % slots_.size()] = slot; }
    void clear() { head_ = count_ = 0; }
    std::uint32_t pop() {
      const auto slot = slots_[head_];
      head_ = (head_ + 1) % slots_.size();
      --count_;
      return slot;
    }

   private:
    std::vector<std::uint32_t> slots_;
    std::size_t head_ = 0, count_ = 0;
  };

  std::uint32_t slot_of(const Allocation& allocation) const;
  std::span<Permission> permissions_of(const Allocation& allocation);
  std::span<const Permission> permissions_of(const Allocation& allocation) const;
  std::span<Channel> channels_of(const Allocation& allocation);
  std::span<const Channel> channels_of(const Allocation& allocation) const;
  std::optional<std::uint32_t> take_slot();
  void free_slot(std::uint32_t slot);
  std::optional<TransportAddress> choose_relayed(Time now, const Wish& wish);
  std::optional<TransportAddress> redeem(Time now, std::uint64_t token);
  bool is_free(Time now, const TransportAddress& relayed) const;
  Reservation* free_reservation(Time now);
  std::optional<std::uint64_t> reserve(Time now, const TransportAddress& relayed);

  const ServerConfig& config_;
  Rng& rng_;
  std::vector<Allocation> allocations_;
  std::vector<Permission> permissions_;
  std::vector<Channel> channels_;
  std::vector<Reservation> reservations_;
  std::vector<std::uint32_t> per_user_;  ///< grows with the highest user index seen, at `create` only
  std::vector<std::uint32_t> free_;
  std::uint32_t used_slots_ = 0;  ///< slots from here on were never used
  std::uint32_t live_ = 0;
  std::uint32_t generation_ = 0;
  SlotIndex by_client_, by_relayed_;
  SlotQueue to_open_, to_close_;
  Time next_expiry_ = kNever;
};

}  // namespace punchlab::turn
