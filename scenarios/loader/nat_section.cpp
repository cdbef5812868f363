#include "scenarios/loader/nat_section.hpp"

#include <fmt/format.h>

#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

using namespace nat;  // the axes

constexpr Word<Dependence> kDependences[] = {{"endpoint-independent", Dependence::endpoint_independent},
                                             {"address-dependent", Dependence::address_dependent},
                                             {"address-and-port-dependent", Dependence::address_and_port_dependent}};
constexpr Word<PortAllocation> kAllocations[] = {{"preserve", PortAllocation::preserve},
                                                 {"sequential", PortAllocation::sequential},
                                                 {"random", PortAllocation::random},
                                                 {"block", PortAllocation::block}};
constexpr Word<OnCollision> kCollisions[] = {{"next", OnCollision::next},
                                             {"random", OnCollision::random},
                                             {"overload", OnCollision::overload},
                                             {"drop", OnCollision::drop},
                                             {"conntrack", OnCollision::conntrack}};
constexpr Word<Pooling> kPoolings[] = {{"paired", Pooling::paired}, {"arbitrary", Pooling::arbitrary}};
constexpr Word<Hairpinning> kHairpinnings[] = {{"none", Hairpinning::none},
                                               {"internal-source", Hairpinning::internal_source},
                                               {"external-source", Hairpinning::external_source}};
constexpr Word<Refresh> kRefreshes[] = {
    {"outbound", Refresh::outbound}, {"inbound", Refresh::inbound}, {"both", Refresh::both}};
constexpr Word<Unsolicited> kUnsolicited[] = {
    {"drop", Unsolicited::drop}, {"icmp", Unsolicited::icmp}, {"reset", Unsolicited::reset}};
constexpr Word<KernelRules> kKernelRules[] = {{"none", KernelRules::none},
                                              {"masquerade", KernelRules::masquerade},
                                              {"masquerade-random", KernelRules::masquerade_random},
                                              {"one-to-one", KernelRules::one_to_one},
                                              {"firewall", KernelRules::firewall},
                                              {"address-restricted", KernelRules::address_restricted},
                                              {"learned-full-cone", KernelRules::learned_full_cone},
                                              {"changed-ports", KernelRules::changed_ports},
                                              {"address-dependent", KernelRules::address_dependent}};
constexpr Word<TcpPassage> kTcp[] = {
    {"allowed", TcpPassage::allowed}, {"port-443", TcpPassage::port_443}, {"blocked", TcpPassage::blocked}};
constexpr Word<bool> kUdp[] = {{"allowed", false}, {"blocked", true}};

enum class Gateway : std::uint8_t { nat, firewall, none };
constexpr Word<Gateway> kGateways[] = {{"nat", Gateway::nat}, {"firewall", Gateway::firewall}, {"none", Gateway::none}};

PortRange read_ports(const Value& value) {
  const auto ends = value.exactly(2, "ports");
  if (ends.empty()) return {};
  const PortRange range{static_cast<std::uint16_t>(read_integer(ends[0], 1, 65535)),
                        static_cast<std::uint16_t>(read_integer(ends[1], 1, 65535))};
  if (range.first > range.last) ends[1].fail("the last port lies below the first; write [first, last]");
  return range;
}

constexpr Field<Timers> kTimers[] = {
    {"udp-unreplied", [](Timers& t, const Value& v) { t.udp_unreplied = read_positive_duration(v); }},
    {"udp-replied", [](Timers& t, const Value& v) { t.udp_replied = read_positive_duration(v); }},
    {"udp-assured-after", [](Timers& t, const Value& v) { t.udp_assured_after = read_duration(v); }},
    {"tcp-transitory", [](Timers& t, const Value& v) { t.tcp_transitory = read_positive_duration(v); }},
    {"tcp-established", [](Timers& t, const Value& v) { t.tcp_established = read_positive_duration(v); }},
    {"icmp-query", [](Timers& t, const Value& v) { t.icmp_query = read_positive_duration(v); }},
};

void read_timers(Profile& p, const Value& v) { read_fields(Section{v, "timers", keys_of(kTimers)}, kTimers, p.timers); }

std::uint32_t read_limit(const Value& v) { return static_cast<std::uint32_t>(read_integer(v, 1, 1'000'000)); }

constexpr Field<Profile> kFields[] = {
    {"title", [](Profile& p, const Value& v) { p.title = read_title(v); }},
    {"source", [](Profile& p, const Value& v) { p.source = read_title(v); }},
    {"kernel",
     [](Profile& p, const Value& v) { p.kernel = read_word<KernelRules>(v, "set of kernel rules", kKernelRules); }},
    {"udp", [](Profile& p, const Value& v) { p.udp_blocked = read_word<bool>(v, "word for udp", kUdp); }},
    {"tcp", [](Profile& p, const Value& v) { p.tcp = read_word<TcpPassage>(v, "word for tcp", kTcp); }},
    {"mapping", [](Profile& p, const Value& v) { p.mapping = read_word<Dependence>(v, "mapping", kDependences); }},
    {"filtering",
     [](Profile& p, const Value& v) { p.filtering = read_word<Dependence>(v, "filtering", kDependences); }},
    {"port-allocation",
     [](Profile& p, const Value& v) {
       p.port_allocation = read_word<PortAllocation>(v, "port allocation", kAllocations);
     }},
    {"on-collision",
     [](Profile& p, const Value& v) { p.on_collision = read_word<OnCollision>(v, "reaction", kCollisions); }},
    {"ports", [](Profile& p, const Value& v) { p.ports = read_ports(v); }},
    {"block-size",
     [](Profile& p, const Value& v) { p.block_size = static_cast<std::uint16_t>(read_integer(v, 1, 65535)); }},
    {"port-parity", [](Profile& p, const Value& v) { p.port_parity = read_switch(v); }},
    {"pooling", [](Profile& p, const Value& v) { p.pooling = read_word<Pooling>(v, "pooling", kPoolings); }},
    {"addresses", [](Profile& p, const Value& v) { p.addresses = static_cast<std::uint8_t>(read_integer(v, 1, 16)); }},
    {"hairpinning",
     [](Profile& p, const Value& v) { p.hairpinning = read_word<Hairpinning>(v, "hairpinning", kHairpinnings); }},
    {"timers", read_timers},
    {"refresh", [](Profile& p, const Value& v) { p.refresh = read_word<Refresh>(v, "refresh", kRefreshes); }},
    {"unsolicited",
     [](Profile& p, const Value& v) { p.unsolicited = read_word<Unsolicited>(v, "reaction", kUnsolicited); }},
    {"unsolicited-creates-state", [](Profile& p, const Value& v) { p.unsolicited_creates_state = read_switch(v); }},
    {"max-mappings", [](Profile& p, const Value& v) { p.max_mappings = read_limit(v); }},
    {"max-mappings-per-host", [](Profile& p, const Value& v) { p.max_mappings_per_host = read_limit(v); }},
};

void check_block(const Section& section, const Profile& p) {
  const unsigned ports = p.ports.last - p.ports.first + 1U;
  if (p.port_allocation != PortAllocation::block || p.block_size <= ports) return;
  const auto* place = section.find("block-size");
  (place ? *place : section.value())
      .fail(fmt::format("blocks of {} ports do not fit into {} ports", p.block_size, ports));
}

}  // namespace

std::vector<std::string> nat_keys() { return keys_of(kFields, {"name", "order", "gateway"}); }

void read_nat(const Section& section, NatDefinition& definition) {
  if (const auto* name = section.require("name")) definition.profile.name = read_name(*name, "NAT name");
  if (const auto* order = section.find("order"))
    definition.order = static_cast<std::uint32_t>(read_integer(*order, 0, 1'000'000));
  if (const auto* gateway = section.find("gateway")) {
    const auto kind = read_word<Gateway>(*gateway, "gateway", kGateways);
    definition.gateway = kind != Gateway::none;
    definition.profile.translates = kind == Gateway::nat;
  }
  read_fields(section, kFields, definition.profile);
  check_block(section, definition.profile);
}

}  // namespace punchlab::loader
