#pragma once
// One trial of two drivers in the lab: it starts them and the relay in their hosts, carries their signalling, ends
// them, and says from the lab's own record of packets what became of the pair.
#include <array>
#include <map>
#include <memory>
#include <string>

#include "net/agents/driver.hpp"
#include "net/agents/path_record.hpp"
#include "net/agents/post.hpp"
#include "net/agents/relay_program.hpp"
#include "net/agents/relay_stream.hpp"
#include "net/agents/work_directory.hpp"
#include "net/lab/lab_world.hpp"
#include "results/record/record.hpp"
#include "sim/explain/recording.hpp"
#include "sim/trial/late_log.hpp"
#include "sim/trial/witness.hpp"

namespace punchlab::agents {

/// Until both drivers are loaded and the relay answers, at most.
inline constexpr Duration kLoading = std::chrono::seconds{20};
/// A driver that has not reported so long after its timeout is killed.
inline constexpr Duration kOverrun = std::chrono::seconds{9};
/// Between the connection and the pings that count.
inline constexpr Duration kSettle = std::chrono::milliseconds{1000};
/// Datagrams that one driver's host may send in a trial; one that sends more floods.
inline constexpr std::uint64_t kMostPackets = 100'000;

class PairTrial final : public trial::Application {
 public:
  /// All references must outlive it; both sides of `cell` name an agent. `world`'s hosts are left to others.
  PairTrial(const trial::Cell& cell, const trial::Topology& topology, const Programs& programs, lab::LabWorld& world,
            std::uint64_t seed, std::uint64_t trial);

  void start(Time now, trial::Network& network) override;
  void on_datagram(Time, trial::HostId, const TransportAddress&, const TransportAddress&, Bytes) override {}
  void on_timer(Time now, trial::HostId host) override;
  void on_packet(const trial::PacketEvent& event) override;
  void on_late(Time due, Time now) override { late_.add_packet(due, now); }
  bool finished() const override { return stage_ == Stage::over; }

  /// The row of this trial; `events` is what `World::run` returned.
  results::TrialRecord record(std::uint64_t events) const;
  /// Why it is not direct, as far as the packets say; `none` when it is.
  trial::Finding finding() const;
  /// It ends by itself before this.
  Time until() const;
  /// When the later side began; the end, when it never did.
  Time origin() const;

 private:
  enum class Stage : std::uint8_t { loading, running, over };

  std::unique_ptr<Driver> start_driver(trial::HostId host);
  void load(Time now);
  void run(Time now);
  void conclude(Time now);
  void fail(Time now, std::string reason);
  bool check_drivers(Time now);
  void on_delivery(const trial::PacketEvent& event);
  void on_segment(const trial::PacketEvent& event, const packet::View& view);
  results::Outcome outcome() const;
  std::string reason() const;
  std::optional<Duration> since_start(Time at) const;

  const trial::Cell* cell_;
  const trial::Topology* topology_;
  const Programs* programs_;
  lab::LabWorld* world_;
  std::uint64_t trial_;
  std::array<Duration, 2> start_delays_;
  WorkDirectory directory_;
  std::array<std::unique_ptr<Driver>, 2> drivers_;
  std::unique_ptr<RelayProgram> relay_;
  Post post_;
  trial::Witness witness_;
  trial::LateLog late_;
  PathRecord paths_;
  std::array<std::map<std::uint16_t, RelayStream>, 2> streams_;  ///< of each peer, by its port
  trial::Network* network_ = nullptr;
  Stage stage_ = Stage::loading;
  std::array<Time, 2> go_{kNever, kNever};
  Time loaded_ = kNever, ended_ = kNever;
  std::array<std::uint64_t, 2> sent_{};
  std::array<std::optional<DriverReport>, 2> reports_;
  std::string fault_;  ///< a code of docs/reasons.md; empty: none
};

/// Runs one trial in `world`, whose hosts are left to others from then on.
results::TrialRecord run_pair(lab::LabWorld& world, const trial::Cell& cell, const Programs& programs,
                              std::uint64_t seed, std::uint64_t trial, const trial::WorldOptions& options = {});
/// The same, written down.
explain::Recording record_pair(lab::LabWorld& world, const trial::Cell& cell, const Programs& programs,
                               std::uint64_t seed, std::uint64_t trial, const explain::RecordOptions& options);

}  // namespace punchlab::agents
