#pragma once
// The tables of local and remote candidates: redundancy, foundations, priorities (RFC 8445 section 5.1).
#include <optional>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/ice/candidate.hpp"

namespace punchlab::ice {

inline constexpr std::size_t kMaxLocalCandidates = 16;
inline constexpr std::size_t kMaxRemoteCandidates = 32;  ///< signalled ones; what checks teach has room of its own
inline constexpr std::size_t kMaxLearnedDirect = 16;      ///< known from checks between two sockets only
inline constexpr std::size_t kMaxLearnedRelayed = 8;      ///< known from checks over an allocation of either side only
inline constexpr std::size_t kMaxRelays = 4;              ///< hosts of relays that are known beforehand
/// A learned candidate keeps its place at least this long. It bounds the checks of two varying mappings, each of which
/// shows the other side another source.
inline constexpr Duration kLearnedLifetime = std::chrono::seconds{10};

/// What checks leave from: a socket or an allocation. Reflexive candidates are pruned to it when pairs are formed.
struct LocalBase {
  BaseId id;
  Family family = Family::ipv4;
  bool relayed = false;
  std::uint8_t foundation = 0;          ///< number of the pairing candidate's foundation
  std::uint16_t local_preference = 0;
  std::uint32_t priority = 0;           ///< of the pairing candidate: the host or relayed one, else the first reflexive
  /// The PRIORITY attribute of checks from here (RFC 8445 section 7.1.1). An allocation says "relayed" instead of
  /// "peer-reflexive", so that a peer that learns it from a check does not take it for a direct path (docs/ice.md).
  std::uint32_t check_priority() const {
    return priority_of(relayed ? CandidateType::relayed : CandidateType::peer_reflexive, local_preference);
  }
};

class LocalCandidates {
 public:
  LocalCandidates();
  /// Fills priority and foundation; nothing when redundant or over the limit. `server` is unspecified for hosts. A base has
  /// one relayed candidate: a later one takes the place of the earlier, whose allocation is gone.
  std::optional<Candidate> add(CandidateType type, BaseId base, const TransportAddress& address, const IpAddress& server);
  /// The type of the local candidate with this base and address as the peer sees it; an address that nobody gave us is
  /// peer-reflexive (RFC 8445 section 7.2.5.3.1). Whatever leaves an allocation is relayed.
  CandidateType type_of(BaseId base, const TransportAddress& mapped) const;
  const LocalBase* find(BaseId base) const;
  const std::vector<LocalBase>& bases() const { return bases_; }

 private:
  struct Entry {
    Candidate candidate;
    BaseId base;
    IpAddress base_address{};
    IpAddress server{};
    std::uint8_t foundation = 0;
  };
  bool redundant(BaseId base, const TransportAddress& address) const;
  Entry* relayed_on(BaseId base);
  TransportAddress address_of_base(BaseId base) const;
  std::uint8_t foundation_of(const Entry& entry) const;
  std::vector<Entry> entries_;
  std::vector<LocalBase> bases_;
};

struct RemoteCandidate {
  Candidate candidate;
  std::uint8_t foundation = 0;  ///< number: equal for candidates of equal foundation text
  bool signalled = false;       ///< false while known from a check only
  bool used = false;            ///< false: a place that another may take
  bool over_relay = false;      ///< while not signalled: its checks came over an allocation
  bool by_address = false;      ///< while not signalled: only its address says that it is relayed
  Time learned{};               ///< while not signalled
};

class RemoteCandidates {
 public:
  RemoteCandidates();
  /// The peer's allocation may be on this host. What checks teach from there is relayed, whatever they say of themselves,
  /// while the peer may still tell that allocation, and unless it has told another kind of candidate there.
  void know_relay(const IpAddress& host);
  void end() { ended_ = true; }
  /// Learned candidates are made peer-reflexive again which, by what the peer has told since, are no allocations. True when
  /// there were any.
  bool reconsider();
  enum class Added : std::uint8_t { ignored, created, upgraded };
  struct Result {
    Added added = Added::ignored;
    std::uint8_t index = 0;
  };
  /// A signalled candidate; one known from a check takes its type, priority and foundation.
  Result add(const Candidate& candidate);
  /// The candidate at `source`, made peer-reflexive with the check's PRIORITY when unknown (RFC 8445 section 7.3.1.3);
  /// nothing when the room for such candidates is full. `over_relay`: the check came to an allocation of ours.
  std::optional<std::uint8_t> learn(Time now, const TransportAddress& source, std::uint32_t priority, bool over_relay);
  /// The oldest candidate that another, at `source`, may replace: learned, in the same room, kLearnedLifetime ago, and
  /// `expendable(index)`.
  template <class F>
  std::optional<std::uint8_t> replaceable(Time now, const TransportAddress& source, std::uint32_t priority,
                                          bool over_relay, F&& expendable) const {
    const bool relay = relayed(priority, over_relay) || at_relay(source.address);
    std::optional<std::uint8_t> oldest;
    for (std::uint8_t i = 0; i < entries_.size(); ++i) {
      const auto& e = entries_[i];
      const bool same_room = e.used && !e.signalled && e.over_relay == relay;
      if (!same_room || now < e.learned + kLearnedLifetime) continue;
      if ((!oldest || e.learned < entries_[*oldest].learned) && expendable(i)) oldest = i;
    }
    return oldest;
  }
  /// Puts a newly learned candidate at `index`, in the place of another learned one.
  void put_learned(std::uint8_t index, Time now, const TransportAddress& source, std::uint32_t priority, bool over_relay);
  /// Frees the place of the candidate at this address, which the peer has given up, and gives its index.
  std::optional<std::uint8_t> withdraw(const TransportAddress& address);
  /// Of an address that is not known yet: what it would be taken for.
  bool is_relayed(const TransportAddress& address) const;
  /// How many the peer has told.
  std::size_t signalled() const;
  const RemoteCandidate& operator[](std::size_t index) const { return entries_[index]; }
  std::size_t size() const { return entries_.size(); }

 private:
  // RFC 8445 section 5.1.2.2 leaves 0 to relayed candidates alone; our checks from an allocation say so (docs/ice.md).
  static bool relayed(std::uint32_t priority, bool over_relay) { return over_relay || priority >> 24 == 0; }
  bool at_relay(const IpAddress& host) const;
  std::optional<std::uint8_t> find(const TransportAddress& address) const;
  std::uint8_t foundation_of(const Foundation& foundation) const;
  std::uint8_t unused_foundation() const;
  std::uint8_t free_place();
  std::vector<RemoteCandidate> entries_;
  std::vector<IpAddress> relays_;
  bool ended_ = false;
};

}  // namespace punchlab::ice
