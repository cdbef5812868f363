#pragma once
// One gateway as the RFCs describe it, over symbols instead of addresses: equal or different is all that counts.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sim/nat/profile.hpp"
#include "sim/oracle/choices.hpp"
#include "sim/oracle/oracle.hpp"

namespace punchlab::oracle {

/// A transport address as two symbols.
struct Endpoint {
  int address = 0;
  int port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// What a run shares: never-used symbols, and the answers to what chance decides.
struct Run {
  Choices& choices;
  int last_symbol = 0;
  int fresh() { return ++last_symbol; }
};

class Gate {
 public:
  Gate(const nat::Profile& profile, Run& run);

  /// What the outside sees as the source of a packet from `inside` to `remote`; nothing when it is dropped.
  std::optional<Endpoint> outbound(Endpoint inside, Endpoint remote, Run& run);
  /// Where a packet from `remote` to `outside` goes on the inside; nothing when it is dropped.
  std::optional<Endpoint> inbound(Endpoint remote, Endpoint outside, Run& run);

  /// What became of a packet from `inside` to one of this gateway's own endpoints (RFC 4787 section 6).
  struct Turned {
    Endpoint source, destination;  ///< as it goes back inside
    Endpoint outside;              ///< the sender's endpoint, whichever `source` is
  };
  std::optional<Turned> turn_back(Endpoint inside, Endpoint own, Run& run);
  bool owns(int address) const {
    return profile_->translates && std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  }
  bool translates() const { return profile_->translates; }

  /// Why packets were dropped since `forget_drops`; the strictest reason.
  Obstacle drops() const { return drops_; }
  void forget_drops() { drops_ = Obstacle::none; }

 private:
  static constexpr int kNoAddress = 0;  ///< no symbol
  struct Mapping {
    Endpoint inside, remote, outside;
  };
  using Contact = std::pair<Endpoint, Endpoint>;  ///< (outside, remote)

  std::optional<Endpoint> map(Endpoint inside, Endpoint remote, Run& run);
  std::optional<Endpoint> remap(Endpoint inside, Endpoint remote, Run& run);
  std::optional<Endpoint> allocate(Endpoint inside, Endpoint remote, Run& run);
  std::optional<Endpoint> track(Endpoint inside, Run& run);
  bool has_room(std::size_t used, std::size_t capacity, std::size_t others, Run& run);
  bool lease(int inside_address, int outside_address, Run& run);
  int choose_address(Endpoint inside, Run& run);
  int choose_port(Endpoint inside, int outside_address, Run& run);
  const Mapping* find(Endpoint inside, Endpoint remote) const;
  bool taken(Endpoint outside, Endpoint remote) const;
  bool passes(Endpoint outside, Endpoint remote) const;
  std::optional<Endpoint> owner(Endpoint outside, Endpoint remote, Run& run) const;
  void drop(Obstacle reason);
  std::optional<Endpoint> no_port();
  void drop_by_filter();

  const nat::Profile* profile_;
  std::vector<int> addresses_;  ///< external ones; at most three, as more make no new pattern
  bool preserves_ = false;
  std::vector<Mapping> mappings_;
  std::vector<Endpoint> tracked_;            ///< inside endpoints that a firewall knows
  std::vector<Mapping> remapped_;            ///< for one remote only, after a clash
  std::optional<int> address_beside_;        ///< of these, once a clash has asked
  std::vector<Contact> contacted_;           ///< what filters remember
  std::vector<Contact> claimed_;             ///< by unsolicited packets, for the gateway itself
  std::vector<std::pair<int, int>> leases_;  ///< (inside, outside address) that have a block of ports
  std::vector<std::pair<int, int>> paired_;  ///< inside address, outside address
  Obstacle drops_ = Obstacle::none;
};

}  // namespace punchlab::oracle
