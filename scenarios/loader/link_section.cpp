#include "scenarios/loader/link_section.hpp"

#include <fmt/format.h>

#include <set>

#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

using link::Distribution;
using trial::Link;
using trial::Medium;
using trial::RelayServer;

constexpr std::size_t kMostRelays = 100;

constexpr Word<Medium> kMedia[] = {{"wire", Medium::wire}, {"wifi", Medium::wifi}, {"bottleneck", Medium::bottleneck}};

constexpr Word<RelayServer> kServers[] = {{"punchlab", RelayServer::punchlab}, {"coturn", RelayServer::coturn}};

constexpr Field<Link> kFields[] = {
    {"name", [](Link& l, const Value& v) { l.name = read_name(v, "link name"); }},
    {"latency", [](Link& l, const Value& v) { l.latency = read_time(v); }},
    {"up-latency", [](Link& l, const Value& v) { l.up_latency = read_time(v); }},
    {"jitter", [](Link& l, const Value& v) { l.jitter = read_time(v); }},
    {"loss", [](Link& l, const Value& v) { l.loss = read_probability(v); }},
    {"bandwidth", [](Link& l, const Value& v) { l.bandwidth = read_rate(v); }},
    {"up-bandwidth", [](Link& l, const Value& v) { l.up_bandwidth = read_rate(v); }},
    {"queue", [](Link& l, const Value& v) { l.queue = static_cast<std::uint32_t>(read_integer(v, 1, 1'000'000)); }},
    {"medium", [](Link& l, const Value& v) { l.medium = read_word<Medium>(v, "medium", kMedia); }},
    {"cross-traffic", [](Link& l, const Value& v) { l.cross_traffic = read_rate(v); }},
};

/// What a bottleneck needs, and what only a bottleneck has.
void check_medium(const Section& section, const Link& link) {
  if (link.medium == Medium::bottleneck && !link.bandwidth)
    section.value().fail("a bottleneck has no \"bandwidth\"; add the rate of the narrow place");
  if (const auto* cross = section.find("cross-traffic"); cross && link.medium != Medium::bottleneck)
    cross->fail("cross-traffic needs medium: bottleneck");
}

Link read_link(const Section& section) {
  Link link;
  read_fields(section, kFields, link);
  check_medium(section, link);
  return link;
}

/// Links of a list need names to be told apart by.
void check_names(const std::vector<Value>& items, const std::vector<Link>& links) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < links.size() && links.size() > 1; ++i) {
    if (links[i].name.empty()) items[i].fail("a link in a list needs a \"name\"; add one");
    if (!seen.insert(links[i].name).second)
      items[i].fail(fmt::format("there are two links named \"{}\"; give each its own name", links[i].name));
  }
}

std::optional<Distribution> shifted(const Distribution& d, double seconds) {
  switch (d.kind) {
    case Distribution::Kind::constant:
    case Distribution::Kind::normal:
      return Distribution{d.kind, d.a + seconds, d.b};
    case Distribution::Kind::uniform:
      return Distribution{d.kind, d.a + seconds, d.b + seconds};
    case Distribution::Kind::exponential:
    case Distribution::Kind::pareto:
      break;
  }
  return seconds == 0 ? std::optional{d} : std::nullopt;
}

}  // namespace

std::vector<Link> read_links(const Value& value) {
  std::vector<Link> links;
  const auto items = value.items("access");
  for (const auto& item : items) links.push_back(read_link(Section{item, "access", keys_of(kFields)}));
  check_names(items, links);
  return links;
}

std::vector<RelayPlace> read_relays(const Value& value) {
  std::vector<RelayPlace> relays;
  std::vector<Link> links;
  const auto items = value.items("relay");
  if (items.size() > kMostRelays) value.fail(fmt::format("more than {} relays; shorten the list", kMostRelays));
  if (!value.ok()) return relays;
  for (const auto& item : items) {
    const Section section{item, "relay", keys_of(kFields, {"client-distance", "connector-distance", "server"})};
    RelayPlace relay{read_link(section)};
    if (const auto* server = section.find("server")) relay.server = read_word<RelayServer>(*server, "relay server", kServers);
    if (const auto* distance = section.find("client-distance")) relay.client_distance = read_seconds(*distance);
    if (const auto* distance = section.find("connector-distance")) relay.connector_distance = read_seconds(*distance);
    links.push_back(relay.link);
    relays.push_back(std::move(relay));
  }
  check_names(items, links);
  return relays;
}

std::optional<Link> farther(const Link& link, double seconds) {
  Link out = link;
  const auto latency = shifted(link.latency, seconds);
  if (!latency) return std::nullopt;
  out.latency = *latency;
  if (!link.up_latency) return out;
  out.up_latency = shifted(*link.up_latency, seconds);
  return out.up_latency ? std::optional{out} : std::nullopt;
}

}  // namespace punchlab::loader
