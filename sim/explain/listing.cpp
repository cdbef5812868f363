#include "sim/explain/listing.hpp"

#include <fmt/format.h>

#include <map>

#include "sim/explain/words.hpp"

namespace punchlab::explain {
namespace {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

std::string who_is_who(const Recording& r) {
  std::string text;
  for (const auto id : {HostId::client, HostId::connector, HostId::relay}) {
    const auto& host = r.topology.host(id);
    text += fmt::format("{:<10} {}", name_of(id), host.addresses.front().to_string());
    for (std::size_t g = 0; g < host.gateways.size(); ++g)
      text += fmt::format("\n{:<10}   behind {}", "", description(host.gateways[g]));
    text += "\n";
  }
  if (!r.topology.shared) return text;
  text += "both peers stand in one network";
  for (const auto& gateway : r.topology.shared->gateways)
    text += fmt::format("\n{:<10}   behind {}", "", description(gateway));
  return text + "\n";
}

/// The verdicts of the gateways on the packet's way, and what it did to their tables.
std::string way(const Recording& r, const Journey& journey) {
  std::string text;
  for (const auto& hop : journey.hops) {
    const auto& event = r.events[hop.event];
    if (event.kind != Kind::translated && event.kind != Kind::dropped_by_gateway && !event.after) continue;
    text += fmt::format("{:>26}{}\n", "", verdict(r, event));
    if (!event.after) continue;
    for (const auto& line : changes(*event.before, *event.after)) text += fmt::format("{:>28}{}\n", "", line);
  }
  return text;
}

std::string end(const Recording& r, const Journey& journey) {
  const auto& last = r.events[journey.hops.back().event];
  if (journey.hops.size() == 1 || last.kind == Kind::translated) return "under way when the trial ended";
  return fmt::format("{} at {}", verdict(r, last), milliseconds(r, last.at));
}

std::string packet(const Recording& r, const Journey& journey) {
  const auto& first = journey.hops.front();
  const auto& event = r.events[first.event];
  const auto from = event.kind == Kind::sent ? name_of(event.side) : name_of(r, event.side, event.gateway);
  return fmt::format("{:>11}  {:<10}  {} -> {}  {}; {}\n{}", milliseconds(r, event.at), from, first.source.to_string(),
                     first.destination.to_string(), journey.meaning, end(r, journey), way(r, journey));
}

std::string change(const Recording& r, const trial::Trial::PathChange& c) {
  const char* what = c.path == PathKind::direct    ? "sends directly from now on"
                     : c.path == PathKind::relayed ? "sends over the relay from now on"
                                                   : "has no path any more";
  return fmt::format("{:>11}  {:<10}  *** {}\n", milliseconds(r, c.at), name_of(c.host), what);
}

std::string left_out(std::size_t packets, std::size_t delivered) {
  return packets == 0 ? ""
                      : fmt::format("{:>11}  ({} packet{} of application data, {} delivered)\n", "...", packets,
                                    packets == 1 ? "" : "s", delivered);
}

std::string sequence(const Recording& r, const std::vector<Journey>& all, const ListingOptions& options) {
  std::string text = "         ms  from        packet\n";
  std::size_t change_at = 0, hidden = 0, delivered = 0;
  const auto note_hidden = [&] {
    text += left_out(hidden, delivered);
    hidden = delivered = 0;
  };
  for (const auto& journey : all) {
    const auto at = r.events[journey.hops.front().event].at;
    while (change_at < r.path_changes.size() && r.path_changes[change_at].at <= at) {
      note_hidden();
      text += change(r, r.path_changes[change_at++]);
    }
    if (journey.data && !options.all) {
      ++hidden;
      delivered += end_of(journey, r) == Kind::delivered;
      continue;
    }
    note_hidden();
    text += packet(r, journey);
  }
  note_hidden();
  while (change_at < r.path_changes.size()) text += change(r, r.path_changes[change_at++]);
  return text;
}

std::string tables(const Recording& r) {
  std::map<std::pair<HostId, std::uint8_t>, const Table*> last;  // null: it hides its table
  for (const auto& event : r.events)
    if (event.after || event.kind == Kind::translated || event.kind == Kind::dropped_by_gateway)
      last[{event.side, event.gateway}] = event.after ? &*event.after : nullptr;
  std::string text;
  for (const auto& [place, table] : last) {
    const auto name = name_of(r, place.first, place.second);
    if (table == nullptr) {
      text += fmt::format(
          "table of {}: the Linux kernel's own, which does not show it; verdicts are what it let through\n", name);
      continue;
    }
    text += fmt::format("table of {} after its last packet (empty before its first):\n", name);
    for (const auto& line : lines(*table)) text += "  " + line + "\n";
  }
  if (r.left_out > 0) text += fmt::format("{} later events were not kept\n", r.left_out);
  return text;
}

}  // namespace

std::string listing(const Recording& recording, const std::vector<Journey>& journeys, const ListingOptions& options) {
  return who_is_who(recording) + "\n" + sequence(recording, journeys, options) + "\n" + tables(recording);
}

}  // namespace punchlab::explain
