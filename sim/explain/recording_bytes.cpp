#include "sim/explain/recording_bytes.hpp"

#include "results/record/wire.hpp"
#include "sim/explain/recorder.hpp"

namespace punchlab::explain {
namespace {

constexpr std::uint8_t kVersion = 3;
// What an event has, as bits.
constexpr std::uint8_t kHasTable = 1;
constexpr std::uint8_t kHasMapped = 2;
constexpr std::size_t kMostOfAKind = 1'000'000;  ///< entries of one list; more can only come from a broken file

class Writer {
 public:
  void number(std::uint64_t v, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(v >> shift));
  }
  template <class Enum>
  void code(Enum e) {
    number(static_cast<std::uint8_t>(e), 1);
  }
  void time(Time t) { number(static_cast<std::uint64_t>(t.time_since_epoch().count()), 8); }
  void count(std::size_t n) { number(n, 4); }
  void bytes(Bytes b) {
    count(b.size());
    out_.insert(out_.end(), b.begin(), b.end());
  }
  void address(const TransportAddress& a) {
    bytes(a.address.bytes());
    number(a.port, 2);
  }
  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  std::vector<std::uint8_t> out_;
};

/// As ByteReader, with what a recording is made of. What cannot be read leaves `ok` false.
class Reader {
 public:
  explicit Reader(Bytes bytes) : reader_(bytes) {}

  std::uint64_t number(int bytes) {
    std::uint64_t v = 0;
    for (int i = 0; i < bytes; ++i) v = v << 8 | reader_.u8();
    return v;
  }
  /// One of the codes up to `last`.
  template <class Enum>
  Enum code(Enum last) {
    const auto v = reader_.u8();
    if (v > static_cast<std::uint8_t>(last)) good_ = false;
    return good_ ? static_cast<Enum>(v) : Enum{};
  }
  Time time() { return Time{Duration{static_cast<std::int64_t>(number(8))}}; }
  std::size_t count() {
    const auto n = static_cast<std::size_t>(number(4));
    if (n > kMostOfAKind) good_ = false;
    return good() ? n : 0;
  }
  Bytes bytes() { return reader_.bytes(count()); }
  TransportAddress address() {
    const auto address = IpAddress::from_bytes(bytes());
    if (!address) good_ = false;
    const auto port = static_cast<std::uint16_t>(number(2));
    return {address.value_or(IpAddress{}), port};
  }
  bool good() const { return good_ && reader_.ok(); }
  bool at_end() const { return reader_.remaining() == 0; }

 private:
  ByteReader reader_;
  bool good_ = true;
};

void write(Writer& w, const trial::Finding& f) {
  w.code(f.code);
  w.code(f.side);
  w.number(f.gateway, 1);
  for (const auto* address : {&f.observed, &f.expected, &f.source, &f.destination}) w.address(*address);
  w.time(f.at);
  w.number(f.packets, 4);
  w.code(f.dropped_by);
  w.number(static_cast<std::uint64_t>(f.late.count()), 8);
}

trial::Finding read_finding(Reader& r) {
  trial::Finding f;
  f.code = r.code(trial::ReasonCode::waited);
  f.side = r.code(trial::HostId::shared);
  f.gateway = static_cast<std::uint8_t>(r.number(1));
  for (auto* address : {&f.observed, &f.expected, &f.source, &f.destination}) *address = r.address();
  f.at = r.time();
  f.packets = static_cast<std::uint32_t>(r.number(4));
  f.dropped_by = r.code(trial::HostId::shared);
  f.late = Duration{static_cast<std::int64_t>(r.number(8))};
  return f;
}

void write(Writer& w, const Table& table) {
  w.count(table.mappings.size());
  for (const auto& m : table.mappings) {
    w.number(m.protocol, 1);
    for (const auto* address : {&m.internal, &m.external, &m.remote}) w.address(*address);
    w.time(m.expires);
    w.count(m.contacts.size());
    for (const auto& contact : m.contacts) {
      w.address(contact.remote);
      w.time(contact.expires);
    }
  }
  w.count(table.occupied.size());
  for (const auto& o : table.occupied) {
    w.address(o.external);
    w.address(o.remote);
    w.time(o.expires);
  }
}

Table read_table(Reader& r) {
  Table table;
  for (auto n = r.count(); n > 0 && r.good(); --n) {
    auto& m = table.mappings.emplace_back();
    m.protocol = static_cast<std::uint8_t>(r.number(1));
    for (auto* address : {&m.internal, &m.external, &m.remote}) *address = r.address();
    m.expires = r.time();
    for (auto contacts = r.count(); contacts > 0 && r.good(); --contacts) {
      const auto remote = r.address();
      m.contacts.push_back({remote, r.time()});
    }
  }
  for (auto n = r.count(); n > 0 && r.good(); --n) {
    auto& o = table.occupied.emplace_back();
    o.external = r.address();
    o.remote = r.address();
    o.expires = r.time();
  }
  return table;
}

void write(Writer& w, const Event& event) {
  w.code(event.kind);
  w.code(event.side);
  w.number(event.gateway, 1);
  w.code(event.reason);
  w.time(event.at);
  w.bytes(event.packet);
  w.number((event.after ? kHasTable : 0U) | (event.mapped ? kHasMapped : 0U), 1);
  if (event.mapped) w.address(event.mapped->inside);
  if (event.mapped) w.address(event.mapped->outside);
  if (event.mapped) w.address(event.mapped->to);
  if (event.after) write(w, *event.after);
}

/// With `before` as the tables so far have it.
Event read_event(Reader& r, Tables& tables) {
  Event event;
  event.kind = r.code(static_cast<trial::PacketEvent::Kind>(trial::PacketEvent::kKinds - 1));
  event.side = r.code(trial::HostId::shared);
  event.gateway = static_cast<std::uint8_t>(r.number(1));
  event.reason = r.code(nat::Reason::ttl_expired);
  event.at = r.time();
  const auto packet = r.bytes();
  event.packet.assign(packet.begin(), packet.end());
  const auto has = r.number(1);
  if (has & kHasMapped) {
    event.mapped.emplace();
    for (auto* address : {&event.mapped->inside, &event.mapped->outside, &event.mapped->to}) *address = r.address();
  }
  if ((has & kHasTable) != 0 && r.good()) tables.put(event, read_table(r));
  return event;
}

/// The row that the recording was made with.
std::optional<results::TrialRecord> read_row(Bytes frame) {
  results::FrameDecoder decoder;
  decoder.feed(frame);
  auto row = decoder.next();
  if (!std::holds_alternative<results::TrialRecord>(row) || decoder.pending() > 0) return std::nullopt;
  return std::get<results::TrialRecord>(std::move(row));
}

/// The core counts as one more gateway.
bool has_place(const trial::Topology& topology, trial::HostId side, std::uint8_t gateway) {
  return topology.has(side) && gateway <= topology.host(side).gateways.size();
}

bool has_places(const Recording& recording) {
  const auto& finding = recording.finding;
  for (const auto& event : recording.events)
    if (!has_place(recording.topology, event.side, event.gateway)) return false;
  return recording.topology.has(finding.side) && has_place(recording.topology, finding.dropped_by, finding.gateway);
}

}  // namespace

std::vector<std::uint8_t> to_bytes(const Recording& recording) {
  Writer w;
  w.number(kVersion, 1);
  std::vector<std::uint8_t> row;
  results::encode(recording.record, row);
  w.bytes(row);
  write(w, recording.finding);
  w.time(recording.origin);
  w.number(recording.left_out, 8);
  w.count(recording.path_changes.size());
  for (const auto& change : recording.path_changes) {
    w.time(change.at);
    w.code(change.host);
    w.code(change.path);
  }
  w.count(recording.events.size());
  for (const auto& event : recording.events) write(w, event);
  return w.take();
}

std::optional<std::string> from_bytes(Bytes bytes, Recording& recording) {
  Reader r(bytes);
  if (r.number(1) != kVersion) return "it is of another version of punchlab";
  const auto row = read_row(r.bytes());
  if (!r.good() || !row) return "it is not whole";
  if (*row != recording.record) return "it is of another trial, or the trial's row was changed";
  recording.finding = read_finding(r);
  recording.origin = r.time();
  recording.left_out = r.number(8);
  for (auto n = r.count(); n > 0 && r.good(); --n) {
    const auto at = r.time();
    const auto host = r.code(trial::HostId::relay);
    recording.path_changes.push_back({at, host, r.code(PathKind::direct)});
  }
  Tables tables;
  for (auto n = r.count(); n > 0 && r.good(); --n) recording.events.push_back(read_event(r, tables));
  if (!r.good() || !r.at_end()) return "it is not whole";
  if (!has_places(recording)) return "it names gateways that the trial does not have";
  return std::nullopt;
}

}  // namespace punchlab::explain
