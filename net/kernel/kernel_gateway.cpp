#include "net/kernel/kernel_gateway.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "net/lab/interface.hpp"
#include "net/lab/rtnetlink.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/trial/world_fault.hpp"

namespace punchlab::kernel {
namespace {

using nat::Action;
using nat::From;

/// Packets that a device may hold unread at most.
constexpr int kLongestBacklog = 512;
/// The gateway answers a ping within milliseconds, however busy the machine is.
constexpr int kPatience = 100;
/// Of such pings: no host's.
constexpr std::uint16_t kPingIdentifier = 0xFFFF;

lab::FileDescriptor open_setting(const std::string& path, int flags) {
  lab::FileDescriptor file(open(("/proc/sys/" + path).c_str(), flags | O_CLOEXEC));
  if (file.get() < 0) lab::throw_errno(("open /proc/sys/" + path).c_str());
  return file;
}

From other(From side) { return side == From::inside ? From::outside : From::inside; }

}  // namespace

KernelGateway::KernelGateway(const trial::GatewaySpec& spec, std::vector<IpAddress> hosts, lab::DeviceKind kind)
    : profile_(spec.profile),
      addressing_(spec.addressing),
      hosts_(std::move(hosts)),
      kind_(kind),
      rules_(ruleset(profile_, addressing_, hosts_.empty() ? IpAddress{} : hosts_.front())) {
  namespace_.inside([this] {
    netfilter_ = std::make_unique<Netfilter>();
    set(router_settings());
  });
  devices_ = {lab::make_device(kind, namespace_, kInside, kLongestBacklog),
              lab::make_device(kind, namespace_, kOutside, kLongestBacklog)};
  namespace_.inside([this] { build(); });
  observer_.reset(profile_, addressing_);
}

void KernelGateway::build() {
  const auto control = lab::open_control();
  lab::add_address(kInside, addressing_.internal);
  for (const auto& external : addressing_.external)
    if (external.is_v4()) lab::add_address(kOutside, external);
  for (const auto& host : hosts_) lab::route_host(control.get(), host, kInside);
  lab::route_everything(control.get(), kOutside);
  netfilter_->apply(rules_);
  set(timer_settings(profile_));
}

void KernelGateway::set(const std::vector<Setting>& settings) const {
  for (const auto& setting : settings) {
    if (setting.path.starts_with("net/ipv6/") && access("/proc/sys/net/ipv6", F_OK) != 0) continue;  // has no IPv6
    const auto file = open_setting(setting.path, O_WRONLY);
    if (write(file.get(), setting.value.data(), setting.value.size()) != static_cast<ssize_t>(setting.value.size()))
      lab::throw_errno(("write /proc/sys/" + setting.path).c_str());
  }
}

std::string KernelGateway::setting(const std::string& path) const {
  return namespace_.inside([&] {
    const auto file = open_setting(path, O_RDONLY);
    std::array<char, 64> text;
    const auto size = read(file.get(), text.data(), text.size());
    if (size < 0) lab::throw_errno(("read /proc/sys/" + path).c_str());
    const std::string value(text.data(), static_cast<std::size_t>(size));
    return value.substr(0, value.find('\n'));
  });
}

void KernelGateway::reset() {
  netfilter_->apply(rules_);
  netfilter_->forget_connections();
  for (const From side : {From::inside, From::outside})
    for (int i = 0; i < kLongestBacklog && device(side).read(); ++i) continue;
  observer_.reset(profile_, addressing_);
}

bool KernelGateway::is_for(const trial::GatewaySpec& spec, std::span<const IpAddress> hosts) const {
  return !broken_ && spec.profile == profile_ && spec.addressing.external == addressing_.external &&
         spec.addressing.internal == addressing_.internal &&
         std::equal(hosts.begin(), hosts.end(), hosts_.begin(), hosts_.end());
}

nat::Verdict KernelGateway::route(Time, From from, MutableBytes packet, MutableBytes reply) {
  try {
    return carry(from, packet, reply);
  } catch (const lab::InterfaceDown&) {
    broken_ = true;
    throw trial::WorldFault("gateway-interface-down");
  }
}

nat::Verdict KernelGateway::carry(From from, MutableBytes packet, MutableBytes reply) {
  const auto before = packet::parse(packet);
  if (!before) return {Action::drop, nat::Reason::malformed, 0};
  device(from).write(packet);
  device(from).flush();
  if (const auto verdict = came_out(from, *before, packet, reply)) return *verdict;
  if (kind_ == lab::DeviceKind::veth) {
    await_work();
    if (const auto verdict = came_out(from, *before, packet, reply)) return *verdict;
  }
  return {Action::drop, observer_.dropped(from, *before), 0};
}

std::optional<nat::Verdict> KernelGateway::came_out(From from, const packet::View& before, MutableBytes packet,
                                                    MutableBytes reply) {
  if (const auto out = next_from(other(from))) {
    std::copy_n(out->packet.begin(), std::min(out->packet.size(), packet.size()), packet.begin());
    return nat::Verdict{Action::forward, observer_.forwarded(from, before, out->view), 0};
  }
  const auto back = next_from(from);
  if (!back) return std::nullopt;
  auto verdict = came_back(*back, packet, reply);
  if (verdict.reason == nat::Reason::malformed) verdict.reason = observer_.dropped(from, before);
  return verdict;
}

/// What is written to a veth waits in a queue of the kernel's, which a busy machine may work off later, but in order:
/// once the gateway has answered a ping, what came of the packets before it is out.
void KernelGateway::await_work() {
  std::array<std::uint8_t, 64> ping;
  const auto size =
      packet::write_echo(ping, true, hosts_.front(), addressing_.internal, packet::kDefaultTtl, kPingIdentifier, 0, {});
  device(From::inside).write(Bytes{ping}.first(size));
  device(From::inside).flush();
  pollfd inside{device(From::inside).descriptor(), POLLIN, 0};
  poll(&inside, 1, kPatience);
}

bool KernelGateway::answers_us(const Arrived& arrived) const {
  return arrived.view.protocol == packet::kIcmp && arrived.view.source.address == addressing_.internal &&
         packet::icmp_kind(arrived.packet, arrived.view) == packet::IcmpKind::echo_reply &&
         packet::echo_identifier(arrived.packet, arrived.view) == kPingIdentifier;
}

nat::Verdict KernelGateway::came_back(const Arrived& arrived, MutableBytes packet, MutableBytes reply) {
  const bool answer = observer_.is_own(arrived.view.source.address) && arrived.view.protocol == packet::kIcmp;
  if (!answer) {
    std::copy_n(arrived.packet.begin(), std::min(arrived.packet.size(), packet.size()), packet.begin());
    return {Action::hairpin, nat::Reason::translated, 0};
  }
  const auto size = std::min(arrived.packet.size(), reply.size());
  std::copy_n(arrived.packet.begin(), size, reply.begin());
  constexpr std::uint8_t kTimeExceeded = 11;  // RFC 792
  const bool expired = arrived.packet[arrived.view.transport] == kTimeExceeded;
  return {Action::drop, expired ? nat::Reason::ttl_expired : nat::Reason::malformed, size};
}

std::optional<KernelGateway::Arrived> KernelGateway::next_from(From side) {
  for (int i = 0; i < kLongestBacklog; ++i) {
    const auto packet = device(side).read();
    if (!packet) return std::nullopt;
    const auto view = packet::parse(*packet);
    if (!view || view->family != Family::ipv4) continue;
    if (const Arrived arrived{*packet, *view}; !answers_us(arrived)) return arrived;
  }
  return std::nullopt;
}

}  // namespace punchlab::kernel
