#include "results/record/wire.hpp"

#include <array>
#include <cassert>
#include <tuple>

namespace punchlab::results {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kAttachment = 0xA1;
constexpr std::size_t kLengthField = 4;

template <class Record>
auto optional_times(Record& r) {
  return std::array{&r.time_to_first_byte, &r.time_to_direct, &r.least_time_to_direct,
                    &r.rtt_direct,         &r.rtt_relayed,    &r.added_latency,
                    &r.late_p50,           &r.late_p99};
}

void write_body(const TrialRecord& r, ByteWriter& w) {
  const auto times = optional_times(r);
  std::uint8_t present = 0;
  for (std::size_t i = 0; i < times.size(); ++i)
    present = static_cast<std::uint8_t>(present | (*times[i] ? 1U << i : 0U));
  w.u8(kVersion);
  w.u8(static_cast<std::uint8_t>(r.outcome));
  w.u8(present);
  w.u8(static_cast<std::uint8_t>(r.reason.size()));
  w.bytes({reinterpret_cast<const std::uint8_t*>(r.reason.data()), r.reason.size()});
  w.u32(r.cell);
  w.u64(r.trial);
  for (const auto* time : times) {
    if (*time) w.u64(static_cast<std::uint64_t>((*time)->count()));
  }
  for (const std::uint32_t n : {r.probes_sent, r.probes_answered, r.probes_lost_by_network, r.packets_to_direct})
    w.u32(n);
  w.u64(r.bytes_to_direct);
  w.u32(r.packets_to_others);
  w.u64(r.events);
  w.u64(r.trace_hash);
  w.u64(static_cast<std::uint64_t>(r.finished.count()));
}

Duration read_time(ByteReader& r) { return Duration{static_cast<std::int64_t>(r.u64())}; }

std::variant<TrialRecord, Attachment, NeedMore, CorruptFrame> read_body(Bytes body) {
  ByteReader r(body);
  TrialRecord record;
  const std::uint8_t version = r.u8();
  if (version == kAttachment) return Attachment{{body.begin() + 1, body.end()}};
  if (version != kVersion) return CorruptFrame{"unknown version"};
  const std::uint8_t outcome = r.u8();
  if (outcome > static_cast<std::uint8_t>(Outcome::failed)) return CorruptFrame{"unknown outcome"};
  record.outcome = static_cast<Outcome>(outcome);
  const auto times = optional_times(record);
  const std::uint8_t present = r.u8();
  static_assert(std::tuple_size_v<decltype(times)> == 8, "every bit means a time");
  const Bytes reason = r.bytes(r.u8());
  record.reason.assign(reason.begin(), reason.end());
  record.cell = r.u32();
  record.trial = r.u64();
  for (std::size_t i = 0; i < times.size(); ++i) {
    if ((present >> i & 1U) != 0) *times[i] = read_time(r);
  }
  for (auto* n :
       {&record.probes_sent, &record.probes_answered, &record.probes_lost_by_network, &record.packets_to_direct})
    *n = r.u32();
  record.bytes_to_direct = r.u64();
  record.packets_to_others = r.u32();
  record.events = r.u64();
  record.trace_hash = r.u64();
  record.finished = read_time(r);
  if (!r.ok()) return CorruptFrame{"frame too short"};
  if (r.remaining() != 0) return CorruptFrame{"frame too long"};
  return record;
}

}  // namespace

void encode(const TrialRecord& record, std::vector<std::uint8_t>& out) {
  assert(record.reason.size() <= 255);
  std::array<std::uint8_t, kMaxFrame> frame;
  ByteWriter writer(MutableBytes{frame}.subspan(kLengthField));
  write_body(record, writer);
  assert(writer.ok());
  store_u32(frame.data(), static_cast<std::uint32_t>(writer.size()));
  out.insert(out.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(kLengthField + writer.size()));
}

void encode(const Attachment& attachment, std::vector<std::uint8_t>& out) {
  assert(attachment.bytes.size() < kMaxAttachment - kLengthField);
  std::array<std::uint8_t, kLengthField + 1> head{};
  store_u32(head.data(), static_cast<std::uint32_t>(attachment.bytes.size() + 1));
  head[kLengthField] = kAttachment;
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), attachment.bytes.begin(), attachment.bytes.end());
}

void FrameDecoder::feed(Bytes bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(position_));
  position_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::variant<TrialRecord, Attachment, NeedMore, CorruptFrame> FrameDecoder::next() {
  const Bytes rest = Bytes{buffer_}.subspan(position_);
  if (rest.size() < kLengthField) return NeedMore{};
  const std::size_t length = load_u32(rest.data());
  const bool attachment = rest.size() > kLengthField && rest[kLengthField] == kAttachment;
  const bool record = length <= kMaxFrame - kLengthField;
  if (length > kMaxAttachment - kLengthField) return CorruptFrame{"frame length out of range"};
  if (!record && rest.size() > kLengthField && !attachment) return CorruptFrame{"frame length out of range"};
  if (rest.size() < kLengthField + length) return NeedMore{};
  position_ += kLengthField + length;
  return read_body(rest.subspan(kLengthField, length));
}

}  // namespace punchlab::results
