#include "sim/trial/scenario_text.hpp"

#include <array>
#include <charconv>

namespace punchlab::trial {
namespace {

using nat::Profile;

constexpr const char* kDependence[] = {"endpoint-independent", "address-dependent", "address-and-port-dependent"};
constexpr const char* kAllocation[] = {"preserve", "sequential", "random", "block"};
constexpr const char* kCollision[] = {"next", "random", "overload", "drop", "conntrack"};
constexpr const char* kPooling[] = {"paired", "arbitrary"};
constexpr const char* kHairpinning[] = {"none", "internal-source", "external-source"};
constexpr const char* kRefresh[] = {"outbound", "inbound", "both"};
constexpr const char* kUnsolicited[] = {"drop", "icmp", "reset"};
constexpr const char* kTcp[] = {"allowed", "port-443", "blocked"};
constexpr const char* kTransport[] = {"udp", "tcp", "tls"};
constexpr const char* kMedium[] = {"wire", "wifi", "bottleneck"};

template <std::size_t N, class Enum>
const char* word(const char* const (&words)[N], Enum value) {
  return words[static_cast<std::size_t>(value)];
}

/// The shortest decimals that mean exactly this number.
std::string exact(double value) {
  std::array<char, 400> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

std::string seconds(double value) { return exact(value) + " s"; }
/// Exact, whatever a double makes of it.
std::string seconds(Duration d) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto ns = d.count() < 0 ? -d.count() : d.count();
  std::string text = (d.count() < 0 ? "-" : "") + std::to_string(ns / kSecond);
  if (ns % kSecond == 0) return text + " s";
  auto decimals = std::to_string(kSecond + ns % kSecond).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return text + "." + decimals + " s";
}

std::string time(const link::Distribution& d) {
  using Kind = link::Distribution::Kind;
  switch (d.kind) {
    case Kind::constant:
      return seconds(d.a);
    case Kind::uniform:
      return "{uniform: [" + seconds(d.a) + ", " + seconds(d.b) + "]}";
    case Kind::normal:
      return "{normal: [" + seconds(d.a) + ", " + seconds(d.b) + "]}";
    case Kind::exponential:
      return "{exponential: [" + seconds(d.a) + "]}";
    case Kind::pareto:
      return "{pareto: [" + seconds(d.a) + ", " + exact(d.b) + "]}";
  }
  return {};
}

/// Collects "key: value" of what is not as usual.
class Fields {
 public:
  void add(const char* key, const std::string& value) { text_ += (text_.empty() ? "" : ", ") + (key + (": " + value)); }
  template <class T>
  void add_unless(bool usual, const char* key, const T& value) {
    if (!usual) add(key, value);
  }
  std::string in_braces() const { return "{" + text_ + "}"; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

std::string timers(const nat::Timers& t) {
  const nat::Timers usual;
  Fields f;
  f.add_unless(t.udp_unreplied == usual.udp_unreplied, "udp-unreplied", seconds(t.udp_unreplied));
  f.add_unless(t.udp_replied == usual.udp_replied, "udp-replied", seconds(t.udp_replied));
  f.add_unless(t.udp_assured_after == usual.udp_assured_after, "udp-assured-after", seconds(t.udp_assured_after));
  f.add_unless(t.tcp_transitory == usual.tcp_transitory, "tcp-transitory", seconds(t.tcp_transitory));
  f.add_unless(t.tcp_established == usual.tcp_established, "tcp-established", seconds(t.tcp_established));
  f.add_unless(t.icmp_query == usual.icmp_query, "icmp-query", seconds(t.icmp_query));
  return f.in_braces();
}

void add_ports(Fields& f, const Profile& p, const Profile& usual) {
  f.add_unless(p.port_allocation == usual.port_allocation, "port-allocation", word(kAllocation, p.port_allocation));
  f.add_unless(p.on_collision == usual.on_collision, "on-collision", word(kCollision, p.on_collision));
  f.add_unless(p.ports == usual.ports, "ports",
               "[" + std::to_string(p.ports.first) + ", " + std::to_string(p.ports.last) + "]");
  f.add_unless(p.block_size == usual.block_size, "block-size", std::to_string(p.block_size));
  f.add_unless(p.port_parity == usual.port_parity, "port-parity", p.port_parity ? "on" : "off");
  f.add_unless(p.pooling == usual.pooling, "pooling", word(kPooling, p.pooling));
  f.add_unless(p.addresses == usual.addresses, "addresses", std::to_string(p.addresses));
}

std::string gateway(const Profile& p, const std::string& name) {
  const Profile usual;
  Fields f;
  f.add("name", name);
  f.add_unless(p.translates, "gateway", "firewall");
  f.add_unless(!p.udp_blocked, "udp", "blocked");
  f.add_unless(p.tcp == usual.tcp, "tcp", word(kTcp, p.tcp));
  f.add("mapping", word_of(p.mapping));
  f.add("filtering", word_of(p.filtering));
  add_ports(f, p, usual);
  f.add_unless(p.hairpinning == usual.hairpinning, "hairpinning", word(kHairpinning, p.hairpinning));
  f.add_unless(p.timers == usual.timers, "timers", timers(p.timers));
  f.add_unless(p.refresh == usual.refresh, "refresh", word(kRefresh, p.refresh));
  f.add_unless(p.unsolicited == usual.unsolicited, "unsolicited", word(kUnsolicited, p.unsolicited));
  f.add_unless(!p.unsolicited_creates_state, "unsolicited-creates-state", "on");
  f.add_unless(p.max_mappings == usual.max_mappings, "max-mappings", std::to_string(p.max_mappings));
  f.add_unless(p.max_mappings_per_host == usual.max_mappings_per_host, "max-mappings-per-host",
               std::to_string(p.max_mappings_per_host));
  return f.in_braces();
}

std::string link(const Link& l) {
  Fields f;
  f.add("latency", time(l.latency));
  if (l.up_latency) f.add("up-latency", time(*l.up_latency));
  f.add_unless(l.jitter.is_constant() && l.jitter.a == 0, "jitter", time(l.jitter));
  f.add_unless(l.loss == 0, "loss", exact(l.loss));
  if (l.bandwidth) f.add("bandwidth", std::to_string(*l.bandwidth) + " bit/s");
  if (l.up_bandwidth) f.add("up-bandwidth", std::to_string(*l.up_bandwidth) + " bit/s");
  f.add_unless(l.queue == Link{}.queue, "queue", std::to_string(l.queue));
  f.add_unless(l.medium == Medium::wire, "medium", word(kMedium, l.medium));
  f.add_unless(l.cross_traffic == 0, "cross-traffic", std::to_string(l.cross_traffic) + " bit/s");
  return f.in_braces();
}

std::string place(const char* key, char letter, const nat::Chain& nats, const Link& access) {
  std::string text = std::string(key) + ":\n";
  if (nats.empty()) text += "  nat: open\n";
  if (!nats.empty()) text += "  nat:\n    chain:\n";
  for (std::size_t i = 0; i < nats.size(); ++i)
    text += "      - " + gateway(nats[i], letter + std::to_string(i + 1)) + "\n";
  return text + "  access: " + link(access) + "\n";
}

std::string side(const char* key, char letter, const Side& s) {
  const auto text = place(key, letter, s.nats, s.access);
  return s.start.is_constant() && s.start.a == 0 ? text : text + "  start: " + time(s.start) + "\n";
}

std::string policy(const Policy& p) {
  const auto* preset = find_policy(p.name);
  Fields f;
  f.add("base", p.name);
  f.add("name", "changed");
  if (preset == nullptr || p.start_skew != preset->start_skew) f.add("start-skew", seconds(p.start_skew));
  std::string names;
  for (const auto* technique : p.techniques)
    if (technique != nullptr) names += (names.empty() ? "" : ", ") + std::string(technique->name());
  std::string ways;
  for (const auto transport : p.relay_transports.in_order())
    ways += (ways.empty() ? "" : ", ") + std::string(word(kTransport, transport));
  if (preset == nullptr || p.relay_transports != preset->relay_transports) f.add("relay-transports", "[" + ways + "]");
  if (preset == nullptr || p.relay_wait != preset->relay_wait) f.add("relay-wait", seconds(p.relay_wait));
  if (preset == nullptr || p.techniques != preset->techniques) f.add("techniques", "[" + names + "]");
  return preset != nullptr && *preset == p ? "[" + p.name + "]" : "[" + f.in_braces() + "]";
}

std::string traffic(const Traffic& t) {
  const Traffic usual;
  Fields f;
  f.add_unless(t.probes == usual.probes, "probes", std::to_string(t.probes));
  f.add_unless(t.interval == usual.interval, "interval", seconds(t.interval));
  f.add_unless(t.size == usual.size, "size", std::to_string(t.size) + " B");
  return f.empty() ? "" : "traffic: " + f.in_braces() + "\n";
}

}  // namespace

const char* word_of(nat::Dependence dependence) { return word(kDependence, dependence); }

std::string scenario_text(const Cell& cell, const std::string& name, std::uint64_t seed, std::uint64_t trials) {
  return "name: " + name + "\nseed: " + std::to_string(seed) + "\ntrials: " + std::to_string(trials) +
         "\ntimeout: " + seconds(cell.timeout) + "\n" + (cell.session ? "" : "session: off\n") +
         "policy: " + policy(cell.policy) + "\nrelay: " + link(cell.relay) + "\n" + side("client", 'c', cell.client) +
         side("connector", 'k', cell.connector) +
         (cell.shared ? place("shared", 's', cell.shared->nats, cell.shared->access) : "") + traffic(cell.traffic);
}

}  // namespace punchlab::trial
