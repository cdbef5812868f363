// The real kernel against NatBox, packet by packet: the same packets through both, in thousands of random orders. Ports
// that are drawn at random are different, and one packet in eight has no hop left; where one of them stands, its
// counterpart must stand. A game ends where the model ends (docs/nat-model.md): at a clash, when the filter looks at
// less than address and port.
// 1. Every shipped kernel profile, over both kinds of device: each packet is forwarded by both or by neither, to the
//    same place, from the same (corresponding) endpoint, for the same reason.
// 2. The same with two inside hosts that use the same ports, where the filter looks at address and port: else the model
//    ends where they first share one.
// 3. The comparison can fail: a profile with another filter, mapping, reaction to collisions, or without the clash
//    disagrees.
// 4. Two inside hosts share an outside port until they reach one destination; the later one then has a random port,
//    there and wherever it goes next.
// 5. A reset gateway has forgotten everything.
// 6. Timers that the kernel has of its own are those of the profiles: 30 s and 120 s.
// 7. An interface of the gateway that goes down is a fault of the world, and the gateway is not taken again.
// 8. The gateway has no IPv6, whose own packets could hold up a packet that is awaited.
// Needs user namespaces, /dev/net/tun and nftables in the kernel; where they are missing every case fails with words
// that say so.
#include <gtest/gtest.h>

#include <fstream>

#include "net/kernel/kernel_gateway.hpp"
#include "net/kernel/profiles_for_test.hpp"
#include "net/lab/interface.hpp"
#include "protocol/base/rng.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/trial/world_fault.hpp"

namespace punchlab::kernel {
namespace {

using nat::Action;
using nat::From;

const IpAddress kRemotes[] = {IpAddress::v4(198, 51, 100, 1), IpAddress::v4(192, 0, 2, 1)};
constexpr std::uint16_t kRemotePorts[] = {3478, 40'000};
constexpr std::uint16_t kHostPorts[] = {40'000, 40'001, 50'000};

trial::Topology topology_behind(const nat::Profile& profile) {
  return trial::draw_topology(cell_behind(profile), 1, 0);
}

/// Further hosts stand behind the first: 192.168.0.10, .11, ...
std::vector<IpAddress> inside_hosts(const trial::Topology& topology, std::uint8_t count) {
  const auto first = topology.hosts[0].addresses[0].to_string();
  const auto dot = first.rfind('.') + 1;
  std::vector<IpAddress> hosts;
  for (std::uint8_t i = 0; i < count; ++i)
    hosts.push_back(*IpAddress::parse(first.substr(0, dot) + std::to_string(std::stoi(first.substr(dot)) + i)));
  return hosts;
}

/// One gateway with what it does to a UDP packet.
struct Result {
  nat::Verdict verdict;
  TransportAddress source;
  TransportAddress destination;
  bool passed() const { return verdict.action == Action::forward; }
};

Result send(lab::Gateway& gateway, From from, const TransportAddress& source, const TransportAddress& destination,
            std::uint8_t ttl = 64) {
  std::array<std::uint8_t, 64> packet;
  std::array<std::uint8_t, packet::kLargestIcmpError> reply;
  static constexpr std::array<std::uint8_t, 8> kPayload{1, 2, 3, 4, 5, 6, 7, 8};
  const auto size = packet::write_udp(packet, source, destination, ttl, kPayload);
  Result result;
  const auto bytes = MutableBytes{packet}.first(size);
  result.verdict = gateway.route(kTimeOrigin, from, bytes, reply);
  const auto view = packet::parse(bytes);
  if (!view) return result;
  result.source = view->source;
  result.destination = view->destination;
  if (result.passed() && (view->ttl != ttl - 1 || !packet::checksums_valid(bytes))) ADD_FAILURE() << "TTL or checksum";
  return result;
}

/// The same flows through two gateways.
class Pair {
 public:
  Pair(const nat::Profile& real, const nat::Profile& model, std::uint8_t hosts = 1,
       lab::DeviceKind kind = lab::possible_device())
      : topology_(topology_behind(real)), hosts_(inside_hosts(topology_, hosts)) {
    if (const auto error = lab::enter_lab()) throw std::runtime_error(*error);
    const auto& host = topology_.hosts[0];
    kernel_ = std::make_unique<KernelGateway>(host.gateways[0], hosts_, kind);
    spec_ = host.gateways[0];
    spec_.profile = model;
    clash_ends_ = model.unsolicited_creates_state && model.filtering != nat::Dependence::address_and_port_dependent;
  }

  /// `count` random packets through both gateways as new; the first difference in words, or nothing.
  std::string play(std::uint64_t seed, int count) {
    kernel_->reset();
    model_ = lab::make_nat_box_gateway(spec_);
    endpoints_.clear();
    over_ = false;
    SeededRng rng({seed, 0, 0, purpose_of("kernel/packets")});
    for (int i = 0; i < count; ++i) {
      const TransportAddress remote{kRemotes[rng.below(2)], kRemotePorts[rng.below(2)]};
      const TransportAddress inside{hosts_[hosts_.size() == 1 ? 0 : rng.below(hosts_.size())],
                                    kHostPorts[rng.below(3)]};
      const bool out = endpoints_.empty() || rng.below(2) == 0;
      const std::uint8_t ttl = rng.below(8) == 0 ? 1 : 64;
      const auto difference = out ? leave(inside, remote, ttl) : enter(remote, rng.below(endpoints_.size()), ttl);
      if (!difference.empty())
        return difference + " (seed " + std::to_string(seed) + ", packet " + std::to_string(i) + ")";
      if (over_) break;
    }
    return "";
  }

  int coincidences = 0;  ///< games cut short because a random port was one in use

 private:
  struct Endpoint {
    TransportAddress model, kernel;
  };

  std::string leave(const TransportAddress& inside, const TransportAddress& remote, std::uint8_t ttl) {
    const auto model = send(*model_, From::inside, inside, remote, ttl);
    const auto kernel = send(*kernel_, From::inside, inside, remote, ttl);
    const auto what = "from " + inside.to_string() + " to " + remote.to_string();
    if (model.passed() && kernel.passed() && coincides(model, kernel, inside)) {
      ++coincidences;
      over_ = true;
      return "";
    }
    if (auto difference = compare(what, model, kernel); !difference.empty() || !model.passed()) return difference;
    over_ = clash_ends_ && model.verdict.reason == nat::Reason::mapping_clashed;
    if (over_) return "";
    for (const auto& known : endpoints_) {
      if ((known.model == model.source) != (known.kernel == kernel.source))
        return what + ": the model uses " + model.source.to_string() + ", the kernel " + kernel.source.to_string() +
               " where " + known.model.to_string() + " is " + known.kernel.to_string();
    }
    endpoints_.push_back({model.source, kernel.source});
    return "";
  }

  /// A random port may be one that another flow has, towards another remote. The two cannot be told apart from here,
  /// and what the kernel made is no longer seen as new.
  bool coincides(const Result& model, const Result& kernel, const TransportAddress& inside) const {
    if (model.verdict.reason == nat::Reason::translated) return false;
    return std::any_of(endpoints_.begin(), endpoints_.end(), [&](const Endpoint& known) {
      const bool same_model = known.model == model.source;
      const auto port = (same_model ? model : kernel).source.port;
      return same_model != (known.kernel == kernel.source) && port != inside.port;
    });
  }

  std::string enter(const TransportAddress& remote, std::size_t number, std::uint8_t ttl) {
    const Endpoint to = endpoints_[number];
    const auto model = send(*model_, From::outside, remote, to.model, ttl);
    const auto kernel = send(*kernel_, From::outside, remote, to.kernel, ttl);
    const auto what = "from " + remote.to_string() + " to " + to.kernel.to_string();
    if (auto difference = compare(what, model, kernel); !difference.empty() || !model.passed()) return difference;
    return model.destination == kernel.destination && model.source == kernel.source ? "" : what + ": another place";
  }

  static std::string compare(const std::string& what, const Result& model, const Result& kernel) {
    if (model.passed() == kernel.passed() && model.verdict.reason == kernel.verdict.reason) return "";
    return what + ": the model says " + name_of(model.verdict.reason) + ", the kernel " +
           name_of(kernel.verdict.reason) + (kernel.passed() ? " (passed)" : " (dropped)");
  }

  trial::Topology topology_;
  std::vector<IpAddress> hosts_;
  bool clash_ends_ = false;
  bool over_ = false;
  trial::GatewaySpec spec_;
  std::unique_ptr<KernelGateway> kernel_;
  std::unique_ptr<lab::Gateway> model_;
  std::vector<Endpoint> endpoints_;
};

void expect_equal(const nat::Profile& profile, std::uint8_t hosts, lab::DeviceKind kind) {
  Pair pair(profile, profile, hosts, kind);
  for (std::uint64_t seed = 0; seed < 50; ++seed) EXPECT_EQ(pair.play(seed, 60), "") << profile.name;
  EXPECT_LE(pair.coincidences, 5) << profile.name << ": games that end early prove nothing";
}

class EitherDevice : public testing::TestWithParam<lab::DeviceKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EitherDevice, testing::Values(lab::DeviceKind::tun, lab::DeviceKind::veth),
                         [](const auto& kind) { return kind.param == lab::DeviceKind::tun ? "tun" : "veth"; });

TEST_P(EitherDevice, EqualToModelForEveryProfile) {
  for (const auto& profile : kernel_profiles()) expect_equal(profile, 1, GetParam());
}

TEST_P(EitherDevice, EqualToModelForTwoHosts) {
  for (const auto& profile : kernel_profiles())
    if (profile.filtering == nat::Dependence::address_and_port_dependent) expect_equal(profile, 2, GetParam());
}

TEST(EqualToModel, SeesAnotherProfile) {
  const auto real = kernel_profile("linux-masquerade-unfiltered");
  const auto first_difference = [&](auto&& change) {
    auto model = real;
    change(model);
    Pair pair(real, model, 2);
    for (std::uint64_t seed = 0; seed < 50; ++seed)
      if (auto difference = pair.play(seed, 60); !difference.empty()) return difference;
    return std::string();
  };
  EXPECT_NE(first_difference([](auto& p) { p.filtering = nat::Dependence::address_dependent; }), "");
  EXPECT_NE(first_difference([](auto& p) { p.mapping = nat::Dependence::address_dependent; }), "");
  EXPECT_NE(first_difference([](auto& p) { p.unsolicited_creates_state = false; }), "");
  using enum nat::OnCollision;
  for (const auto reaction : {next, random, drop})
    EXPECT_NE(first_difference([&](auto& p) { p.on_collision = reaction; }), "");
}

TEST(EqualToModel, SeesThatTheNewestFlowIsFollowed) {
  const auto real = kernel_profile("linux-masquerade");  // whose INPUT rule leaves collisions between hosts alone
  auto model = real;
  model.on_collision = nat::OnCollision::overload;
  Pair pair(real, model, 2);
  std::string difference;
  for (std::uint64_t seed = 0; seed < 50 && difference.empty(); ++seed) difference = pair.play(seed, 60);
  EXPECT_NE(difference, "");
}

void expect_ports_are_shared(lab::Gateway& gateway, std::span<const IpAddress> hosts) {
  const TransportAddress a{hosts[0], 40'000}, b{hosts[1], 40'000};
  const auto port = [&](const TransportAddress& inside, const TransportAddress& remote) {
    return send(gateway, From::inside, inside, remote).source.port;
  };
  EXPECT_EQ(port(a, {kRemotes[1], 3478}), 40'000);
  EXPECT_EQ(port(b, {kRemotes[0], 5000}), 40'000) << "another destination: the same port";
  const auto apart = port(b, {kRemotes[1], 3478});
  EXPECT_NE(apart, 40'000);
  EXPECT_GE(apart, 1024);
  EXPECT_EQ(port(b, {kRemotes[0], 5001}), apart) << "it stays with its newest flow";
  EXPECT_EQ(port(b, {kRemotes[0], 5000}), 40'000) << "flows keep what they have";
  EXPECT_EQ(port(a, {kRemotes[0], 5001}), 40'000);
}

TEST_P(EitherDevice, SharesAPortBetweenHosts) {
  ASSERT_EQ(lab::enter_lab(), std::nullopt);
  for (const char* name : {"linux-masquerade", "linux-masquerade-unfiltered"}) {
    const auto topology = topology_behind(kernel_profile(name));
    const auto hosts = inside_hosts(topology, 2);
    KernelGateway kernel(topology.hosts[0].gateways[0], hosts, GetParam());
    expect_ports_are_shared(kernel, hosts);
    expect_ports_are_shared(*lab::make_nat_box_gateway(topology.hosts[0].gateways[0]), hosts);
  }
}

TEST_P(EitherDevice, ForgetsWhenReset) {
  ASSERT_EQ(lab::enter_lab(), std::nullopt);
  for (const char* name : {"linux-masquerade", "linux-address-restricted", "linux-learned-full-cone"}) {
    const auto topology = topology_behind(kernel_profile(name));
    const auto& host = topology.hosts[0];
    KernelGateway gateway(host.gateways[0], host.addresses, GetParam());
    const TransportAddress inside{host.addresses[0], 40'000};
    const TransportAddress remote{kRemotes[0], 40'000};
    const auto out = send(gateway, From::inside, inside, remote);
    ASSERT_TRUE(out.passed()) << name;
    EXPECT_EQ(send(gateway, From::outside, remote, out.source).destination, inside);
    gateway.reset();
    EXPECT_FALSE(send(gateway, From::outside, remote, out.source).passed()) << name;
  }
}

TEST_P(EitherDevice, NamesAnInterfaceThatGoesDown) {
  ASSERT_EQ(lab::enter_lab(), std::nullopt);
  const auto topology = topology_behind(kernel_profile("linux-masquerade"));
  const auto& host = topology.hosts[0];
  KernelGateway gateway(host.gateways[0], host.addresses, GetParam());
  const TransportAddress inside{host.addresses[0], 40'000};
  EXPECT_TRUE(send(gateway, From::inside, inside, {kRemotes[0], 40'000}).passed());
  EXPECT_TRUE(gateway.is_for(host.gateways[0], host.addresses));
  gateway.network_namespace().inside([] { lab::take_down(kInside); });
  EXPECT_THROW(send(gateway, From::inside, inside, {kRemotes[0], 40'000}), trial::WorldFault);
  EXPECT_FALSE(gateway.is_for(host.gateways[0], host.addresses));
}

TEST_P(EitherDevice, HasNoIpv6ToSpeakOf) {
  ASSERT_EQ(lab::enter_lab(), std::nullopt);
  const auto topology = topology_behind(kernel_profile("linux-masquerade"));
  KernelGateway gateway(topology.hosts[0].gateways[0], topology.hosts[0].addresses, GetParam());
  const auto addresses = gateway.network_namespace().inside([] {
    std::ifstream file("/proc/thread-self/net/if_inet6");
    return std::string(std::istreambuf_iterator<char>(file), {});
  });
  EXPECT_EQ(addresses.find("inside"), std::string::npos) << addresses;
  EXPECT_EQ(addresses.find("outside"), std::string::npos) << addresses;
}

TEST(KernelGateway, HasTheProfilesTimers) {
  ASSERT_EQ(lab::enter_lab(), std::nullopt);
  const lab::NetworkNamespace fresh;
  const auto read = [](const std::string& name) {
    std::ifstream file("/proc/sys/net/netfilter/nf_conntrack_" + name);
    int seconds = 0;
    file >> seconds;
    return std::chrono::seconds{seconds};
  };
  fresh.inside([&] {
    const auto timers = kernel_profile("linux-masquerade").timers;
    EXPECT_EQ(read("udp_timeout"), timers.udp_unreplied);
    EXPECT_EQ(read("udp_timeout_stream"), timers.udp_replied);
    EXPECT_EQ(read("icmp_timeout"), timers.icmp_query);
    EXPECT_EQ(read("tcp_timeout_established"), timers.tcp_established);
  });
}

}  // namespace
}  // namespace punchlab::kernel
