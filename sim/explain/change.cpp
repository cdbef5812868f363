#include "sim/explain/change.hpp"

#include <algorithm>

#include "sim/trial/scenario_text.hpp"

namespace punchlab::explain {
namespace {

using Kind = Change::Kind;
using trial::HostId;

constexpr Duration kLongTimer = std::chrono::minutes{30};
constexpr int kLongTimeout = 4;  ///< times the cell's

std::uint8_t rank(nat::Dependence d) { return static_cast<std::uint8_t>(d); }

/// Every step below the dependence that there is, the next one first.
void add_steps(std::vector<Change>& out, Change change, nat::Dependence now) {
  for (int steps = 1; steps <= rank(now); ++steps) {
    change.value = static_cast<std::uint8_t>(rank(now) - steps);
    change.steps = steps;
    out.push_back(change);
  }
}

bool has_limits(const nat::Profile& p) {
  const nat::Profile usual;
  return p.max_mappings < usual.max_mappings || p.max_mappings_per_host < usual.max_mappings_per_host ||
         p.ports != usual.ports || p.on_collision == nat::OnCollision::drop ||
         p.port_allocation == nat::PortAllocation::block || p.port_parity;
}

void lift_limits(nat::Profile& p) {
  const nat::Profile usual;
  p.max_mappings = std::max(p.max_mappings, usual.max_mappings);
  p.max_mappings_per_host = std::max(p.max_mappings_per_host, usual.max_mappings_per_host);
  p.ports = usual.ports;
  p.port_parity = false;
  if (p.on_collision == nat::OnCollision::drop) p.on_collision = nat::OnCollision::next;
  if (p.port_allocation == nat::PortAllocation::block) p.port_allocation = nat::PortAllocation::random;
}

void add_gateway(std::vector<Change>& out, HostId side, std::uint8_t number, const nat::Profile& p) {
  const auto add = [&](Kind kind, bool when) {
    if (when) out.push_back({kind, side, number, 0, 1});
  };
  add(Kind::udp_allowed, p.udp_blocked);
  if (p.translates) add_steps(out, {Kind::mapping, side, number, 0, 1}, p.mapping);
  add_steps(out, {Kind::filtering, side, number, 0, 1}, p.filtering);
  add(Kind::port_kept, p.translates && p.port_allocation != nat::PortAllocation::preserve);
  add(Kind::one_address, p.translates && p.addresses > 1 && p.pooling == nat::Pooling::arbitrary);
  add(Kind::limits_lifted, p.translates && has_limits(p));
  add(Kind::hairpinning,
      p.translates && (p.hairpinning == nat::Hairpinning::none ||
                       (side == HostId::shared && p.hairpinning == nat::Hairpinning::internal_source)));
  add(Kind::longer_timers, p.timers.udp_unreplied < kLongTimer || p.timers.udp_replied < kLongTimer);
  add(Kind::input_dropped, p.unsolicited_creates_state);
}

bool zero(const link::Distribution& d) { return d.is_constant() && d.a == 0; }

void add_policies(std::vector<Change>& out, const Policy& now) {
  const auto presets = policy_presets();
  for (std::size_t i = 0; i < presets.size(); ++i)
    if (presets[i].name != now.name) out.push_back({Kind::policy, HostId::client, 0, static_cast<std::uint8_t>(i), 1});
  const auto all = techniques();
  const bool full = std::count(now.techniques.begin(), now.techniques.end(), nullptr) == 0;
  for (std::size_t i = 0; i < all.size() && !full; ++i)
    if (std::find(now.techniques.begin(), now.techniques.end(), all[i]) == now.techniques.end())
      out.push_back({Kind::technique, HostId::client, 0, static_cast<std::uint8_t>(i), 1});
}

void apply(nat::Profile& p, const Change& change) {
  switch (change.kind) {
    case Kind::udp_allowed:
      p.udp_blocked = false;
      break;
    case Kind::mapping:
      p.mapping = static_cast<nat::Dependence>(change.value);
      break;
    case Kind::filtering:
      p.filtering = static_cast<nat::Dependence>(change.value);
      break;
    case Kind::port_kept:
      p.port_allocation = nat::PortAllocation::preserve;
      break;
    case Kind::one_address:
      p.pooling = nat::Pooling::paired;
      p.addresses = 1;
      break;
    case Kind::limits_lifted:
      lift_limits(p);
      break;
    case Kind::hairpinning:
      p.hairpinning = nat::Hairpinning::external_source;
      break;
    case Kind::longer_timers:
      p.timers.udp_unreplied = std::max(p.timers.udp_unreplied, kLongTimer);
      p.timers.udp_replied = std::max(p.timers.udp_replied, kLongTimer);
      break;
    case Kind::input_dropped:
      p.unsolicited_creates_state = false;
      break;
    default:
      break;
  }
}

void add_technique(Policy& policy, const Technique* technique) {
  const auto free = std::find(policy.techniques.begin(), policy.techniques.end(), nullptr);
  if (free != policy.techniques.end()) *free = technique;
}

void no_start_skew(trial::Cell& cell) {
  cell.client.start = cell.connector.start = link::Distribution::constant(0);
  cell.policy.start_skew = Duration{0};
  cell.policy.synchronised_start = true;
}

template <class Cell>
auto& chain_of(Cell& cell, HostId place) {
  if (place == HostId::shared) return cell.shared->nats;
  return (place == HostId::client ? cell.client : cell.connector).nats;
}

const char* place_of(HostId place) {
  return place == HostId::client ? "client" : place == HostId::connector ? "connector" : "shared";
}

bool of_a_gateway(Kind kind) { return kind <= Kind::input_dropped; }

std::string gateway_change(const Change& change) {
  switch (change.kind) {
    case Kind::udp_allowed:
      return "lets UDP through";
    case Kind::mapping:
      return std::string("mapping ") + trial::word_of(static_cast<nat::Dependence>(change.value));
    case Kind::filtering:
      return std::string("filtering ") + trial::word_of(static_cast<nat::Dependence>(change.value));
    case Kind::port_kept:
      return "port allocation preserve";
    case Kind::one_address:
      return "one paired address";
    case Kind::limits_lifted:
      return "no limits on ports and mappings";
    case Kind::hairpinning:
      return "hairpinning external-source";
    case Kind::longer_timers:
      return "UDP timers of 30 min";
    case Kind::input_dropped:
      return "an INPUT drop rule: unsolicited packets leave no state";
    default:
      return {};
  }
}

}  // namespace

std::vector<Change> changes_of(const trial::Cell& cell) {
  std::vector<Change> out;
  for (const auto side : {HostId::client, HostId::connector, HostId::shared}) {
    if (side == HostId::shared && !cell.shared) continue;
    const auto& nats = chain_of(cell, side);
    for (std::size_t g = 0; g < nats.size(); ++g) add_gateway(out, side, static_cast<std::uint8_t>(g), nats[g]);
  }
  const auto add = [&](Kind kind, bool when) {
    if (when) out.push_back({kind, HostId::client, 0, 0, 1});
  };
  add(Kind::no_start_skew, !zero(cell.client.start) || !zero(cell.connector.start) ||
                               cell.policy.start_skew != Duration{0} || !cell.policy.synchronised_start);
  add(Kind::no_loss, cell.client.access.loss > 0 || cell.connector.access.loss > 0 || cell.relay.loss > 0 ||
                         (cell.shared && cell.shared->access.loss > 0));
  add(Kind::longer_timeout, true);
  add_policies(out, cell.policy);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.steps < b.steps; });
  return out;
}

trial::Cell with(trial::Cell cell, const Change& change) {
  if (of_a_gateway(change.kind)) {
    apply(chain_of(cell, change.side)[change.gateway], change);
    return cell;
  }
  if (change.kind == Kind::no_start_skew) no_start_skew(cell);
  if (change.kind == Kind::no_loss) cell.client.access.loss = cell.connector.access.loss = cell.relay.loss = 0;
  if (change.kind == Kind::no_loss && cell.shared) cell.shared->access.loss = 0;
  if (change.kind == Kind::longer_timeout) cell.timeout *= kLongTimeout;
  if (change.kind == Kind::policy) cell.policy = policy_presets()[change.value];
  if (change.kind == Kind::technique) add_technique(cell.policy, techniques()[change.value]);
  return cell;
}

std::string name_of(const Change& change) {
  if (of_a_gateway(change.kind))
    return std::string(place_of(change.side)) + " gateway " + std::to_string(change.gateway + 1) + ": " +
           gateway_change(change);
  switch (change.kind) {
    case Kind::no_start_skew:
      return "both sides start and check at the same moment";
    case Kind::no_loss:
      return "no loss on any link";
    case Kind::longer_timeout:
      return "four times the timeout";
    case Kind::policy:
      return "policy " + policy_presets()[change.value].name;
    case Kind::technique:
      return "technique " + std::string(techniques()[change.value]->name()) + " on";
    default:
      return {};
  }
}

}  // namespace punchlab::explain
