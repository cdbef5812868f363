#include "scenarios/loader/policy_section.hpp"

#include <fmt/format.h>

#include <set>

#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

int read_count(const Value& v, int low, int high) {
  return static_cast<int>(read_integer(v, static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(high)));
}

/// RFC 8445 section 14.2: Ta is never below 5 ms on the open Internet; 1 ms is the least that the agents keep.
Duration read_pacing(const Value& v) {
  const auto pacing = read_duration(v);
  if (pacing >= std::chrono::milliseconds{1} || !v.ok()) return pacing;
  v.fail(fmt::format("pacing {} is too fast; at least 1 ms", v.as_written()));
  return std::chrono::milliseconds{1};
}

void read_techniques(Policy& policy, const Value& value) {
  std::vector<std::string> known;
  for (const auto* technique : techniques()) known.emplace_back(technique->name());
  const auto items = value.items("techniques");
  if (items.size() > Policy::kMaxTechniques)
    return value.fail(fmt::format("{} techniques; at most {}", items.size(), Policy::kMaxTechniques));
  policy.techniques = {};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto name = items[i].text("a technique");
    policy.techniques[i] = find_technique(name);
    if (policy.techniques[i] == nullptr)
      items[i].fail(fmt::format("no technique named \"{}\"; {}", name, suggest(name, known)));
  }
}

constexpr Word<Transport> kTransports[] = {{"udp", Transport::udp}, {"tcp", Transport::tcp}, {"tls", Transport::tls}};

void read_relay_transports(Policy& policy, const Value& value) {
  RelayTransports transports;
  transports.count = 0;
  for (const auto& item : value.items("relay-transports")) {
    const auto transport = read_word<Transport>(item, "transport", kTransports);
    if (std::ranges::count(transports.in_order(), transport) > 0) return item.fail("this transport is named twice");
    transports.order[transports.count++] = transport;
  }
  if (transports.count > 0) policy.relay_transports = transports;
}

constexpr Field<Policy> kFields[] = {
    {"relay-first", [](Policy& p, const Value& v) { p.relay_first = read_switch(v); }},
    {"synchronised-start", [](Policy& p, const Value& v) { p.synchronised_start = read_switch(v); }},
    {"nominate-first-valid", [](Policy& p, const Value& v) { p.nominate_first_valid = read_switch(v); }},
    {"start-skew", [](Policy& p, const Value& v) { p.start_skew = read_duration(v); }},
    {"patience", [](Policy& p, const Value& v) { p.patience = read_positive_duration(v); }},
    {"acceptance-wait-reflexive", [](Policy& p, const Value& v) { p.acceptance_wait_reflexive = read_duration(v); }},
    {"relayed-check-delay", [](Policy& p, const Value& v) { p.relayed_check_delay = read_duration(v); }},
    {"acceptance-wait-relayed", [](Policy& p, const Value& v) { p.acceptance_wait_relayed = read_duration(v); }},
    {"pacing", [](Policy& p, const Value& v) { p.pacing = read_pacing(v); }},
    {"rto", [](Policy& p, const Value& v) { p.rto = read_positive_duration(v); }},
    {"linear-rto", [](Policy& p, const Value& v) { p.linear_rto = read_switch(v); }},
    {"max-transmissions", [](Policy& p, const Value& v) { p.max_transmissions = read_count(v, 1, 100); }},
    {"last-wait-factor", [](Policy& p, const Value& v) { p.last_wait_factor = read_count(v, 1, 1000); }},
    {"max-pairs", [](Policy& p, const Value& v) { p.max_pairs = read_count(v, 1, 1000); }},
    {"gather-rto", [](Policy& p, const Value& v) { p.gather_rto = read_positive_duration(v); }},
    {"relay-transports", read_relay_transports},
    {"relay-wait", [](Policy& p, const Value& v) { p.relay_wait = read_positive_duration(v); }},
    {"use-relay-candidates", [](Policy& p, const Value& v) { p.use_relay_candidates = read_switch(v); }},
    {"use-host-candidates", [](Policy& p, const Value& v) { p.use_host_candidates = read_switch(v); }},
    {"keepalive", [](Policy& p, const Value& v) { p.keepalive = read_positive_duration(v); }},
    {"consent-interval", [](Policy& p, const Value& v) { p.consent_interval = read_positive_duration(v); }},
    {"consent-timeout", [](Policy& p, const Value& v) { p.consent_timeout = read_positive_duration(v); }},
    {"techniques", read_techniques},
    {"opener-lead", [](Policy& p, const Value& v) { p.opener_lead = read_duration(v); }},
    {"opener-ttl",
     [](Policy& p, const Value& v) { p.opener_ttl = static_cast<std::uint8_t>(read_integer(v, 0, 255)); }},
};

Policy named_preset(const Value& value) {
  const auto name = value.text("a policy");
  if (const auto* preset = find_policy(name)) return *preset;
  value.fail(fmt::format("no policy named \"{}\"; {}", name, suggest(name, policy_names())));
  return {};
}

Policy read_policy(const Value& value) {
  if (!value.is_map()) return named_preset(value);
  const Section section{value, "a policy", keys_of(kFields, {"name", "base"})};
  Policy policy;
  if (const auto* base = section.require("base")) policy = named_preset(*base);
  if (const auto* name = section.require("name")) policy.name = read_name(*name, "policy name");
  read_fields(section, kFields, policy);
  return policy;
}

}  // namespace

std::vector<std::string> policy_names() {
  std::vector<std::string> names;
  for (const auto& preset : policy_presets()) names.push_back(preset.name);
  return names;
}

std::vector<Policy> read_policies(const Value& value) {
  std::vector<Policy> policies;
  std::set<std::string> seen;
  for (const auto& item : value.items("policy")) {
    policies.push_back(read_policy(item));
    if (!seen.insert(policies.back().name).second)
      item.fail(fmt::format("there are two policies named \"{}\"; give each its own name", policies.back().name));
  }
  return policies;
}

}  // namespace punchlab::loader
