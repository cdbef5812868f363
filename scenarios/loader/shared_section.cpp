#include "scenarios/loader/shared_section.hpp"

#include <fmt/format.h>

#include <set>

#include "scenarios/loader/link_section.hpp"
#include "scenarios/loader/nat_choices.hpp"

namespace punchlab::loader {
namespace {

constexpr std::size_t kMostShared = 1000;

void read_place(const Value& value, Presets& presets, std::vector<trial::Shared>& out) {
  const Section section{value, "shared", {"nat", "access"}};
  const auto* nat = section.require("nat");
  if (!nat) return;
  const auto nats = read_nats(*nat, presets);
  if (nats.population) nat->fail("a population is of sides; list the shared NATs");
  const auto* access = section.find("access");
  const auto links = access ? read_links(*access) : std::vector<trial::Link>(1);
  if (nats.nats.size() * links.size() > kMostShared)
    return value.fail(fmt::format("more than {} shared networks; shorten a list", kMostShared));
  for (const auto& link : links)
    for (const auto& choice : nats.nats) {
      if (choice.chain.empty())
        nat->fail(fmt::format("\"{}\" is no gateway; without one there is nothing to share, so leave \"shared\" away",
                              choice.label));
      out.push_back({choice.label, choice.chain, link});
    }
}

}  // namespace

std::vector<trial::Shared> read_shared(const Value& value, Presets& presets) {
  std::vector<trial::Shared> out;
  std::set<std::string> seen;
  for (const auto& place : value.items("shared")) {
    const auto before = out.size();
    read_place(place, presets, out);
    for (auto i = before; i < out.size(); ++i)
      if (!seen.insert(shared_labels(out[i]).back()).second)
        place.fail(fmt::format("\"{}\" stands twice in shared; rename a NAT or a link", out[i].nat_name));
  }
  return out;
}

std::vector<std::string> shared_labels(const trial::Shared& shared) {
  std::vector<std::string> labels{shared.nat_name};
  if (!shared.access.name.empty()) labels.push_back(shared.nat_name + "/" + shared.access.name);
  return labels;
}

}  // namespace punchlab::loader
