#pragma once
// The few numbers of a cell that a baseline keeps, and how they come from its trials.
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/record/record.hpp"
#include "results/statistics/rate_difference.hpp"

namespace punchlab::results {

/// Which cell, by the names that results have; client and connector are empty for all cells of a policy and link
/// together.
struct CellKey {
  std::string client;
  std::string connector;
  std::string policy;
  std::string link;
  bool pooled() const { return client.empty(); }
  auto operator<=>(const CellKey&) const = default;
};

/// "symmetric,full-cone (relay-first, lossy)"; "all cells (relay-first)".
std::string describe(const CellKey& key);

/// Nanoseconds of median and 95 % quantile over all trials; nothing: infinite.
struct Marks {
  std::optional<std::int64_t> p50;
  std::optional<std::int64_t> p95;
  bool operator==(const Marks&) const = default;
};

/// What the time to direct is above the least that the message flow allows on the same links (docs/latency.md): what is
/// left is the policy's, and luck with loss and jitter. Nothing: infinite.
struct Excess {
  std::optional<std::int64_t> p25;
  std::optional<std::int64_t> p50;
  std::optional<std::int64_t> p95;
  bool operator==(const Excess&) const = default;
};

struct Figures {
  CellKey key;
  std::uint64_t trials = 0;
  std::uint64_t direct = 0;
  std::uint64_t relayed = 0;
  std::uint64_t failed = 0;
  Marks time_to_direct;
  std::optional<Excess> over_least;  ///< nothing: no trial became direct, or the least of one is not known
  Marks added_latency;
  Marks first_byte;
  std::optional<std::int64_t> packets;  ///< median until direct
  std::map<std::string, std::uint64_t> reasons;
  bool operator==(const Figures&) const = default;
};

/// The trials of a cell seen so far.
class Observed {
 public:
  void add(const TrialRecord& record);
  std::uint64_t trials() const { return seen_.size(); }
  Figures figures(const CellKey& key) const;
  std::uint64_t count(Outcome outcome) const;
  /// Trials whose first byte (time to direct, its excess over the least, added latency) is beyond `limit`; infinite
  /// ones are.
  std::uint64_t first_byte_later_than(std::int64_t limit) const { return beyond(&Seen::first_byte, limit); }
  std::uint64_t later_than(std::int64_t limit) const { return beyond(&Seen::time_to_direct, limit); }
  std::uint64_t over_least_than(std::int64_t limit) const { return beyond(&Seen::over_least, limit); }
  std::uint64_t longer_way_than(std::int64_t limit) const { return beyond(&Seen::added_latency, limit); }
  /// Of the trials before number `end`: the first that shows the outcome, the last to have its first byte, and the last
  /// to become direct (with the longest way); nothing without any.
  std::optional<std::uint64_t> example(Outcome outcome, std::uint64_t end) const;
  std::optional<std::uint64_t> last_first_byte(std::uint64_t end) const;
  std::optional<std::uint64_t> slowest(std::uint64_t end) const;

 private:
  struct Seen {
    std::uint64_t trial = 0;
    Outcome outcome = Outcome::failed;
    std::int64_t time_to_direct = 0;  ///< infinite: INT64_MAX, here and below
    std::int64_t over_least = 0;
    std::int64_t added_latency = 0;
    std::int64_t first_byte = 0;
    std::int64_t packets = 0;
  };
  std::uint64_t beyond(std::int64_t Seen::*value, std::int64_t limit) const;
  template <class Rank>
  std::optional<std::uint64_t> last_by(std::uint64_t end, Rank rank) const;

  std::vector<Seen> seen_;
  bool least_unknown_ = false;
  std::map<std::string, std::uint64_t> reasons_;
};

}  // namespace punchlab::results
