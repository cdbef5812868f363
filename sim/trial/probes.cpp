#include "sim/trial/probes.hpp"

#include <algorithm>

namespace punchlab::trial {

void Probe::write(MutableBytes out, Kind kind, PathKind forward, std::uint32_t sequence) {
  std::fill(out.begin(), out.end(), std::uint8_t{0x5A});
  out[0] = static_cast<std::uint8_t>(kind);
  out[1] = static_cast<std::uint8_t>(forward);
  store_u16(&out[2], 0);
  store_u32(&out[4], sequence);
}

std::optional<Probe> Probe::parse(Bytes data) {
  if (data.size() < kHeader || (data[0] != 'P' && data[0] != 'R') || data[1] > 2) return std::nullopt;
  Probe probe;
  probe.kind = static_cast<Kind>(data[0]);
  probe.forward = static_cast<PathKind>(data[1]);
  probe.sequence = load_u32(&data[4]);
  return probe;
}

bool ProbeLog::enough_sent() const {
  if (probes_.size() < traffic_->probes) return false;
  return final_ != PathKind::none && answered_over(final_) >= std::min(kConfirmations, traffic_->probes);
}

std::uint32_t ProbeLog::sent(Time now) {
  probes_.push_back({now});
  next_ = waits_for_final() ? kNever : now + traffic_->interval;
  return sent_count() - 1;
}

void ProbeLog::set_final(Time now, PathKind kind) {
  if (final_ == kind) return;
  final_ = kind;
  if (probes_.empty()) return;
  if (enough_sent()) next_ = kNever;
  else if (next_ == kNever) next_ = std::max(now, probes_.back().sent + traffic_->interval);
}

void ProbeLog::answered(Time now, const Probe& echo, PathKind back) {
  if (echo.sequence >= probes_.size()) return;
  auto& entry = probes_[echo.sequence];
  if (entry.round_trip >= Duration{0}) return;
  entry.round_trip = now - entry.sent;
  entry.path = echo.forward == back ? back : PathKind::none;
  ++answered_;
  ++over_[static_cast<std::size_t>(entry.path)];
  if (enough_sent()) next_ = kNever;
}

Time ProbeLog::give_up() const {
  return next_ == kNever && !probes_.empty() && final_ != PathKind::none ? probes_.back().sent + kGrace : kNever;
}

bool ProbeLog::complete(Time now) const {
  if (!enough_sent()) return false;
  return answered_ == probes_.size() || now >= give_up();
}

std::optional<Duration> ProbeLog::round_trip(PathKind kind) const {
  std::vector<Duration> samples;
  for (const auto& entry : probes_)
    if (entry.path == kind) samples.push_back(entry.round_trip);
  if (samples.empty()) return std::nullopt;
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() - 1) / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

}  // namespace punchlab::trial
