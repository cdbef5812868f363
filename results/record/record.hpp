#pragma once
// What one trial leaves: the row that worlds produce, the store keeps and statistics read.
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/time.hpp"

namespace punchlab::results {

enum class Outcome : std::uint8_t { direct, relayed, failed };
/// What the oracle says of a cell: direct must, may or cannot work.
enum class Prediction : std::uint8_t { direct, may, relayed, failed };

struct TrialRecord {
  std::uint32_t cell = 0;   ///< index into the plan's cells
  std::uint64_t trial = 0;  ///< index within the cell
  Outcome outcome = Outcome::failed;
  std::string reason;  ///< a code of docs/reasons.md; empty when direct in time

  // From the start of the later side. Nothing: it never happened.
  std::optional<Duration> time_to_first_byte;    ///< first application byte delivered at either peer
  std::optional<Duration> time_to_direct;        ///< both peers send over a direct path
  std::optional<Duration> least_time_to_direct;  ///< what the message flow allows on these links (docs/latency.md)
  std::optional<Duration> rtt_direct;            ///< median of the probes that went direct both ways
  std::optional<Duration> rtt_relayed;           ///< median of the probes that were relayed both ways
  std::optional<Duration> added_latency;         ///< of the final path over the direct route of the same two hosts

  // How late the lab's machine brought packets to hosts, against the links' model (sim/trial/late_log.hpp). Nothing:
  // time was simulated.
  std::optional<Duration> late_p50;
  std::optional<Duration> late_p99;

  std::uint32_t probes_sent = 0;
  std::uint32_t probes_answered = 0;
  std::uint32_t probes_lost_by_network = 0;  ///< dropped by a link's loss model or queue, by the world's own record
  std::uint32_t packets_to_direct = 0;       ///< sent by both peers until direct (or until the end)
  std::uint64_t bytes_to_direct = 0;         ///< UDP payload of the same
  std::uint32_t packets_to_others = 0;  ///< sent to addresses that are neither the relay nor the peer's NATs or host
  std::uint64_t events = 0;             ///< simulator events, for the benchmarks
  std::uint64_t trace_hash = 0;  ///< over every datagram delivered (time, ends, bytes): equal means bit-identical
  Duration finished{0};          ///< virtual length of the trial
  friend bool operator==(const TrialRecord&, const TrialRecord&) = default;
};

}  // namespace punchlab::results
