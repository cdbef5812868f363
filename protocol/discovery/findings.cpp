#include "protocol/discovery/findings.hpp"

namespace punchlab::discovery {
namespace {

void line(std::string& out, const char* key, const std::string& value) {
  out += std::string(key) + ": " + value + "\n";
}

template <class T>
void line(std::string& out, const char* key, const std::optional<T>& value) {
  if (value) line(out, key, std::string(name_of(*value)));
}

void timer(std::string& out, const char* key, const std::optional<Duration>& value) {
  if (value) line(out, key, std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*value).count()) + " s");
}

}  // namespace

std::string Findings::to_text() const {
  std::string out;
  line(out, "gateway", std::string(!reachable || translates ? "nat" : "firewall"));
  line(out, "udp", std::string(reachable ? "allowed" : "blocked"));
  if (!reachable) return out;
  line(out, "mapping", mapping);
  line(out, "filtering", filtering);
  line(out, "port-allocation", allocation);
  if (parity) line(out, "port-parity", std::string(*parity ? "on" : "off"));
  line(out, "pooling", pooling);
  if (addresses > 0) line(out, "addresses", std::to_string(addresses));
  line(out, "hairpinning", hairpinning);
  if (unreplied || replied) out += "timers:\n";
  timer(out, "  udp-unreplied", unreplied);
  timer(out, "  udp-replied", replied);
  line(out, "refresh", refresh);
  return out;
}

const char* name_of(Behaviour b) {
  switch (b) {
    case Behaviour::endpoint_independent:
      return "endpoint-independent";
    case Behaviour::address_dependent:
      return "address-dependent";
    case Behaviour::address_and_port_dependent:
      return "address-and-port-dependent";
  }
  return "";
}

const char* name_of(Allocation a) {
  switch (a) {
    case Allocation::preserve:
      return "preserve";
    case Allocation::sequential:
      return "sequential";
    case Allocation::random:
      return "random";
    case Allocation::block:
      return "block";
  }
  return "";
}

const char* name_of(Pooling p) { return p == Pooling::paired ? "paired" : "arbitrary"; }

const char* name_of(Hairpinning h) {
  switch (h) {
    case Hairpinning::none:
      return "none";
    case Hairpinning::internal_source:
      return "internal-source";
    case Hairpinning::external_source:
      return "external-source";
  }
  return "";
}

const char* name_of(Refresh r) {
  switch (r) {
    case Refresh::outbound:
      return "outbound";
    case Refresh::inbound:
      return "inbound";
    case Refresh::both:
      return "both";
    case Refresh::neither:
      return "neither";
  }
  return "";
}

}  // namespace punchlab::discovery
