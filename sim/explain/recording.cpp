#include "sim/explain/recording.hpp"

#include <map>

namespace punchlab::explain {
namespace {

using trial::HostId;
using trial::PacketEvent;

/// Passes everything on to the trial and keeps what happens below the hosts.
class Recorder final : public trial::Application {
 public:
  Recorder(trial::Trial& trial, std::vector<Event>& events) : trial_(trial), events_(events) {}

  void start(Time now, trial::Network& network) override { trial_.start(now, network); }
  void on_datagram(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                   Bytes payload) override {
    trial_.on_datagram(now, host, source, destination, payload);
  }
  void on_timer(Time now, HostId host) override { trial_.on_timer(now, host); }
  bool finished() const override { return trial_.finished(); }
  void on_packet(const PacketEvent& event) override {
    trial_.on_packet(event);
    events_.push_back({event.kind,
                       event.at,
                       event.side,
                       event.gateway,
                       event.reason,
                       {event.packet.begin(), event.packet.end()},
                       std::nullopt,
                       std::nullopt,
                       std::nullopt});
    if (event.mapped != nullptr) events_.back().mapped = *event.mapped;
    if (event.box != nullptr) keep_tables(event);
  }

 private:
  /// Tables change by packets and by time only, and every packet is seen here: the table before is the last one, less
  /// what has expired since.
  void keep_tables(const PacketEvent& event) {
    Table& known = tables_[{event.side, event.gateway}];
    expire(known, event.at);
    events_.back().before = known;
    known = {event.box->mappings(event.at), event.box->occupied(event.at)};
    events_.back().after = known;
  }

  static void expire(Table& table, Time now) {
    const auto dead = [now](const auto& entry) { return entry.expires <= now; };
    std::erase_if(table.mappings, dead);
    std::erase_if(table.occupied, dead);
    for (auto& mapping : table.mappings) std::erase_if(mapping.contacts, dead);
  }

  trial::Trial& trial_;
  std::vector<Event>& events_;
  std::map<std::pair<HostId, std::uint8_t>, Table> tables_;
};

}  // namespace

Recording record(trial::World& world, const trial::Cell& cell, const trial::Identities& identities, std::uint64_t seed,
                 std::uint64_t index) {
  Recording recording;
  recording.cell = cell;
  recording.seed = seed;
  recording.topology = trial::draw_topology(cell, seed, index);
  trial::Trial trial(cell, recording.topology, identities, seed, index);
  Recorder recorder(trial, recording.events);
  recording.record = trial.record(world.run(recording.topology, recorder, trial.until(), {}));
  recording.finding = trial.finding();
  const auto changes = trial.path_changes();
  recording.path_changes.assign(changes.begin(), changes.end());
  recording.origin = trial.until() - cell.timeout;
  return recording;
}

}  // namespace punchlab::explain
