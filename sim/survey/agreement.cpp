#include "sim/survey/agreement.hpp"

#include <optional>

namespace punchlab::survey {
namespace {

std::string word(const std::string& s) { return s; }

/// Compares one axis by its words; nothing on either side means that it is not to be told.
class Comparison {
 public:
  explicit Comparison(std::vector<std::string>& out) : out_(out) {}
  void compare(const char* axis, const std::optional<std::string>& declared, const std::optional<std::string>& found) {
    if (declared == found) return;
    out_.push_back(std::string(axis) + ": declared " + declared.value_or("nothing to be found") + ", found " +
                   found.value_or("nothing"));
  }

 private:
  std::vector<std::string>& out_;
};

template <class T>
std::optional<std::string> name(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return word(discovery::name_of(*value));
}

std::optional<std::string> in_seconds(const std::optional<Duration>& value) {
  if (!value) return std::nullopt;
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(*value).count()) + " s";
}

/// A timer as discovery can find it: no longer than was waited for. An assured mapping's timer counts from the start of
/// the settled traffic, which discovery provides.
std::optional<Duration> findable(Duration timer, Duration longest) {
  if (timer > longest) return std::nullopt;
  return timer;
}

/// Sharing ports between flows makes every mapping look like the endpoint-independent one of the wanted port.
nat::Dependence apparent_mapping(const nat::Profile& p) {
  const bool shares = nat::shares_ports(p.on_collision) && p.port_allocation == nat::PortAllocation::preserve;
  return p.translates && !shares ? p.mapping : nat::Dependence::endpoint_independent;
}

void compare_translation(const nat::Profile& p, const discovery::Findings& f, Comparison& c) {
  c.compare("port-allocation", word(name_of(p.port_allocation)), name(f.allocation));
  c.compare("pooling", word(name_of(p.addresses > 1 ? p.pooling : nat::Pooling::paired)), name(f.pooling));
  if (p.port_allocation != nat::PortAllocation::preserve) {
    c.compare("port-parity", word(p.port_parity ? "on" : "off"),
              f.parity ? std::optional(word(*f.parity ? "on" : "off")) : std::nullopt);
  }
  const bool told = hairpinning_can_be_told(p);
  c.compare("hairpinning", told ? std::optional(word(name_of(p.hairpinning))) : std::nullopt, name(f.hairpinning));
}

}  // namespace

bool hairpinning_can_be_told(const nat::Profile& p) {
  return apparent_mapping(p) == nat::Dependence::endpoint_independent ||
         p.filtering == nat::Dependence::endpoint_independent;
}

std::vector<std::string> disagreements(const nat::Profile& p, const discovery::Findings& f, Duration longest) {
  std::vector<std::string> out;
  Comparison c(out);
  c.compare("udp", word(p.udp_blocked ? "blocked" : "allowed"), word(f.reachable ? "allowed" : "blocked"));
  if (p.udp_blocked || !f.reachable) return out;
  c.compare("gateway", word(p.translates ? "nat" : "firewall"), word(f.translates ? "nat" : "firewall"));
  c.compare("mapping", word(name_of(apparent_mapping(p))), name(f.mapping));
  c.compare("filtering", word(name_of(p.filtering)), name(f.filtering));
  if (p.translates) compare_translation(p, f, c);
  c.compare("udp-unreplied", in_seconds(findable(p.timers.udp_unreplied, longest)), in_seconds(f.unreplied));
  const auto replied = findable(p.timers.udp_replied, longest);
  c.compare("udp-replied", in_seconds(replied), in_seconds(f.replied));
  c.compare("refresh", replied ? std::optional(word(name_of(p.refresh))) : std::nullopt, name(f.refresh));
  return out;
}

std::vector<std::string> not_found(const nat::Profile& p, const discovery::Findings& f) {
  std::vector<std::string> keys;
  if (p.udp_blocked) return keys;
  const auto note = [&](const char* key, bool applies, bool found) {
    if (applies && !found) keys.emplace_back(key);
  };
  note("mapping", p.translates, f.mapping.has_value());
  note("filtering", true, f.filtering.has_value());
  note("port_allocation", p.translates, f.allocation.has_value());
  note("pooling", p.translates, f.pooling.has_value());
  note("hairpinning", p.translates, f.hairpinning.has_value());
  note("timers", true, f.unreplied && f.replied);
  return keys;
}

const char* name_of(nat::Dependence d) {
  switch (d) {
    case nat::Dependence::endpoint_independent:
      return "endpoint-independent";
    case nat::Dependence::address_dependent:
      return "address-dependent";
    case nat::Dependence::address_and_port_dependent:
      return "address-and-port-dependent";
  }
  return "";
}

const char* name_of(nat::PortAllocation a) {
  switch (a) {
    case nat::PortAllocation::preserve:
      return "preserve";
    case nat::PortAllocation::sequential:
      return "sequential";
    case nat::PortAllocation::random:
      return "random";
    case nat::PortAllocation::block:
      return "block";
  }
  return "";
}

const char* name_of(nat::Pooling p) { return p == nat::Pooling::paired ? "paired" : "arbitrary"; }

const char* name_of(nat::Hairpinning h) {
  switch (h) {
    case nat::Hairpinning::none:
      return "none";
    case nat::Hairpinning::internal_source:
      return "internal-source";
    case nat::Hairpinning::external_source:
      return "external-source";
  }
  return "";
}

const char* name_of(nat::Refresh r) {
  switch (r) {
    case nat::Refresh::outbound:
      return "outbound";
    case nat::Refresh::inbound:
      return "inbound";
    case nat::Refresh::both:
      return "both";
  }
  return "";
}

}  // namespace punchlab::survey
