#include "scenarios/loader/side_section.hpp"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "scenarios/loader/link_section.hpp"
#include "scenarios/loader/nat_choices.hpp"
#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

/// Before anything is multiplied out, so that a list of a million costs nothing.
bool too_many(const Value& value, std::size_t nats, std::size_t links) {
  if (nats * links <= kMaxCells) return false;
  value.fail(fmt::format("{} NATs x {} links is more than {} sides; shorten a list", nats, links, kMaxCells));
  return true;
}

void append(const NatChoices& nats, const std::vector<trial::Link>& links, const link::Distribution& start,
            SideChoices& out) {
  for (const auto& link : links)
    for (std::size_t i = 0; i < nats.nats.size(); ++i)
      out.variants.push_back({{nats.nats[i].label, nats.nats[i].chain, link, start}, out.nats + i});
  out.nats += nats.nats.size();
  for (const auto& nat : nats.nats)
    if (nats.population) out.weights.push_back(nat.weight);
}

void read_place(const Value& value, std::string_view what, bool alone, Presets& presets, SideChoices& out) {
  const Section section{value, what, {"nat", "access", "start"}};
  const auto* nat = section.require("nat");
  if (!nat) return;
  const auto nats = read_nats(*nat, presets);
  if (nats.population && !alone) nat->fail(fmt::format("a population stands alone; give {} one mapping", what));
  const auto* access = section.find("access");
  const auto* start = section.find("start");
  const auto links = access ? read_links(*access) : std::vector<trial::Link>(1);
  if (too_many(value, nats.nats.size(), links.size())) return;
  append(nats, links, start ? read_time(*start) : link::Distribution{}, out);
}

}  // namespace

SideChoices read_side(const Value& value, std::string_view what, Presets& presets) {
  SideChoices out;
  const auto places = value.items(what);
  std::set<std::tuple<std::string, std::string>> seen;
  for (const auto& place : places) {
    const auto before = out.variants.size();
    read_place(place, what, places.size() == 1, presets, out);
    for (auto i = before; i < out.variants.size(); ++i)
      if (const auto& side = out.variants[i].side; !seen.emplace(side.nat_name, side.access.name).second)
        place.fail(fmt::format("\"{}\" stands twice in {}; rename a NAT or a link", side.nat_name, what));
  }
  return out;
}

}  // namespace punchlab::loader
