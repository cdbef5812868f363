#include "sim/explain/recorder.hpp"

namespace punchlab::explain {
namespace {

void expire(Table& table, Time now) {
  const auto dead = [now](const auto& entry) { return entry.expires <= now; };
  std::erase_if(table.mappings, dead);
  std::erase_if(table.occupied, dead);
  for (auto& mapping : table.mappings) std::erase_if(mapping.contacts, dead);
}

std::size_t size_of(const Table& table) {
  std::size_t size =
      table.mappings.size() * sizeof table.mappings[0] + table.occupied.size() * sizeof table.occupied[0];
  for (const auto& mapping : table.mappings) size += mapping.contacts.size() * sizeof mapping.contacts[0];
  return size;
}

std::size_t size_of(const Event& event) {
  return sizeof event + event.packet.size() + (event.after ? size_of(*event.before) + size_of(*event.after) : 0);
}

}  // namespace

void Tables::put(Event& event, Table after) {
  Table& known = known_[{event.side, event.gateway}];
  expire(known, event.at);
  event.before = std::move(known);
  known = std::move(after);
  event.after = known;
}

void Recorder::on_packet(const trial::PacketEvent& event) {
  trial_.on_packet(event);
  auto& events = recording_.events;
  if (size_ >= most_) {
    ++recording_.left_out;
    return;
  }
  events.push_back({event.kind,
                    event.at,
                    event.side,
                    event.gateway,
                    event.reason,
                    {event.packet.begin(), event.packet.end()},
                    std::nullopt,
                    std::nullopt,
                    std::nullopt});
  if (event.mapped != nullptr) events.back().mapped = *event.mapped;
  if (event.box != nullptr) tables_.put(events.back(), {event.box->mappings(event.at), event.box->occupied(event.at)});
  size_ += size_of(events.back());
}

}  // namespace punchlab::explain
