#include "net/kernel/kernel_gateway.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "net/lab/interface.hpp"
#include "net/lab/tun_device.hpp"
#include "sim/packet/icmp.hpp"

namespace punchlab::kernel {
namespace {

using nat::Action;
using nat::From;

/// Packets that a device may hold unread at most: its transmit queue.
constexpr int kLongestBacklog = 4096;

lab::FileDescriptor open_setting(const std::string& path, int flags) {
  lab::FileDescriptor file(open(("/proc/sys/" + path).c_str(), flags | O_CLOEXEC));
  if (file.get() < 0) lab::throw_errno(("open /proc/sys/" + path).c_str());
  return file;
}

From other(From side) { return side == From::inside ? From::outside : From::inside; }

}  // namespace

KernelGateway::KernelGateway(const trial::GatewaySpec& spec, std::vector<IpAddress> hosts)
    : profile_(spec.profile),
      addressing_(spec.addressing),
      hosts_(std::move(hosts)),
      rules_(ruleset(profile_, addressing_, hosts_.empty() ? IpAddress{} : hosts_.front())) {
  namespace_.inside([this] {
    netfilter_ = std::make_unique<Netfilter>();
    set(router_settings());
    const auto control = lab::open_control();
    for (const auto* name : {kInside, kOutside}) {
      devices_[name == kInside ? 0 : 1] = lab::open_tun(name);
      lab::bring_up(control.get(), name);
    }
    lab::set_address(control.get(), 0, addressing_.internal, kInside);
    for (std::size_t n = 0; n < addressing_.external.size(); ++n)
      if (addressing_.external[n].is_v4()) lab::set_address(control.get(), n, addressing_.external[n], kOutside);
    for (const auto& host : hosts_) lab::route_host(control.get(), host, kInside);
    lab::route_everything(control.get(), kOutside);
    netfilter_->apply(rules_);
    set(timer_settings(profile_));
  });
  observer_.reset(profile_, addressing_);
}

void KernelGateway::set(const std::vector<Setting>& settings) const {
  for (const auto& setting : settings) {
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
    for (int i = 0; i < kLongestBacklog && read(device(side), buffer_.data(), buffer_.size()) > 0; ++i) continue;
  observer_.reset(profile_, addressing_);
}

bool KernelGateway::is_for(const trial::GatewaySpec& spec, std::span<const IpAddress> hosts) const {
  return spec.profile == profile_ && spec.addressing.external == addressing_.external &&
         spec.addressing.internal == addressing_.internal &&
         std::equal(hosts.begin(), hosts.end(), hosts_.begin(), hosts_.end());
}

nat::Verdict KernelGateway::route(Time, From from, MutableBytes packet, MutableBytes reply) {
  const auto before = packet::parse(packet);
  if (!before) return {Action::drop, nat::Reason::malformed, 0};
  if (write(device(from), packet.data(), packet.size()) < 0) return {Action::drop, nat::Reason::malformed, 0};
  if (const auto out = next_from(other(from))) {
    std::copy_n(out->packet.begin(), std::min(out->packet.size(), packet.size()), packet.begin());
    return {Action::forward, observer_.forwarded(from, *before, out->view), 0};
  }
  if (const auto back = next_from(from)) {
    auto verdict = came_back(*back, packet, reply);
    if (verdict.reason == nat::Reason::malformed) verdict.reason = observer_.dropped(from, *before);
    return verdict;
  }
  return {Action::drop, observer_.dropped(from, *before), 0};
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
    const auto size = read(device(side), buffer_.data(), buffer_.size());
    if (size <= 0) return std::nullopt;
    const Bytes packet = Bytes{buffer_}.first(static_cast<std::size_t>(size));
    const auto view = packet::parse(packet);
    if (view && view->family == Family::ipv4) return Arrived{packet, *view};  // IPv6 is the kernel's own chatter
  }
  return std::nullopt;
}

}  // namespace punchlab::kernel
