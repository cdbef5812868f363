// From what happened to the row that is kept.
#include "sim/trial/added_latency.hpp"
#include "sim/trial/least_time.hpp"
#include "sim/trial/trial.hpp"

namespace punchlab::trial {

using results::Outcome;

std::optional<Duration> Trial::since_origin(Time t) const {
  if (t == kNever) return std::nullopt;
  return t - origin_;
}

/// Direct: both peers send directly and probes crossed directly both ways. Relayed: probes crossed some other way.
Outcome Trial::outcome() const {
  if (contradictions_ > 0) return Outcome::failed;
  if (direct_since_ != kNever && probes_.answered_over(PathKind::direct) > 0) return Outcome::direct;
  return probes_.answered_count() > 0 ? Outcome::relayed : Outcome::failed;
}

/// What a slow trial took more than the least; nothing when it was in time.
std::optional<Duration> Trial::excess() const {
  const auto least = least_time_to_direct(*cell_, *topology_, peers_[0].start, peers_[1].start);
  const auto taken = since_origin(direct_since_);
  if (!least || !taken || *taken * 100 <= *least * kSlowPercent) return std::nullopt;
  return *taken - *least;
}

Finding Trial::finding() const {
  if (contradictions_ > 0) return {.code = ReasonCode::claim_contradicts_world};
  if (outcome() != Outcome::direct) return witness_.finding();
  const auto excess = this->excess();
  if (!excess) return {};
  if (behind_at_direct_ * 100 >= *excess * kLatePercent)
    return {.code = ReasonCode::machine_late, .late = behind_at_direct_};
  return witness_.slow_finding();
}

results::TrialRecord Trial::record(std::uint64_t events) const {
  results::TrialRecord record;
  record.cell = cell_->index;
  record.trial = trial_;
  record.outcome = outcome();
  const bool direct = record.outcome == Outcome::direct;
  record.reason = name_of(finding().code);
  record.time_to_first_byte = since_origin(first_byte_);
  if (direct) record.time_to_direct = since_origin(direct_since_);
  record.least_time_to_direct = least_time_to_direct(*cell_, *topology_, peers_[0].start, peers_[1].start);
  record.rtt_direct = probes_.round_trip(PathKind::direct);
  record.rtt_relayed = probes_.round_trip(PathKind::relayed);
  const bool datagrams = peers_[0].streams_begun + peers_[1].streams_begun == 0;
  record.added_latency = added_latency(
      *cell_, *topology_, {direct ? record.rtt_direct : record.rtt_relayed, record.rtt_direct, direct, datagrams});
  record.late_p50 = late_.quantile(50);
  record.late_p99 = late_.quantile(99);
  record.probes_sent = probes_.sent_count();
  record.probes_answered = probes_.answered_count();
  record.probes_lost_by_network = witness_.lost_data();
  record.packets_to_direct = witness_.packets();
  record.bytes_to_direct = witness_.bytes();
  record.packets_to_others = witness_.packets_to_others();
  record.events = events;
  record.trace_hash = witness_.trace_hash();
  record.finished = (finished_ ? ended_ : until()) - kTimeOrigin;
  return record;
}

}  // namespace punchlab::trial
