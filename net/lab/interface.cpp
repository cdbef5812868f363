#include "net/lab/interface.hpp"

#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "net/lab/network_namespace.hpp"
#include "net/lab/socket_address.hpp"
#include "protocol/base/bytes.hpp"

namespace punchlab::lab {
namespace {

/// Fits a kMaxDatagram payload: what the model's links do not fragment, the stack must not either.
constexpr int kMtu = static_cast<int>(kMaxDatagram) + 48;
const auto kOneHost = IpAddress::v4(0xFFFFFFFF);

ifreq request(const std::string& name) {
  ifreq r{};
  std::memcpy(r.ifr_name, name.data(), std::min(name.size(), sizeof r.ifr_name - 1));
  return r;
}

void set_up(int control, const std::string& name, int flags) {
  auto r = request(name);
  r.ifr_flags = static_cast<short>(IFF_UP | IFF_RUNNING | flags);
  if (ioctl(control, SIOCSIFFLAGS, &r) != 0) throw_errno("bring up an interface");
}

void add_route(int control, const IpAddress& to, const IpAddress& mask, std::string device) {
  rtentry route{};
  const auto destination = to_sockaddr({to, 0});
  const auto bits = to_sockaddr({mask, 0});
  std::memcpy(&route.rt_dst, &destination, sizeof destination);
  std::memcpy(&route.rt_genmask, &bits, sizeof bits);
  route.rt_flags = RTF_UP;
  route.rt_dev = device.data();
  if (ioctl(control, SIOCADDRT, &route) != 0 && errno != EEXIST) throw_errno("set a route into a device");
}

}  // namespace

FileDescriptor open_control() {
  FileDescriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (control.get() < 0) throw_errno("open a socket to configure interfaces");
  return control;
}

void bring_up(int control, const std::string& device, bool arp) {
  auto r = request(device);
  r.ifr_mtu = kMtu;
  if (ioctl(control, SIOCSIFMTU, &r) != 0) throw_errno("set the MTU");
  set_up(control, "lo", 0);
  set_up(control, device, arp ? 0 : IFF_NOARP);
}

void take_down(const std::string& name) {
  auto r = request(name);
  const auto control = open_control();
  if (ioctl(control.get(), SIOCSIFFLAGS, &r) != 0) throw_errno("take down an interface");
}

bool is_up(int control, const std::string& name) {
  auto r = request(name);
  return ioctl(control, SIOCGIFFLAGS, &r) == 0 && (r.ifr_flags & IFF_UP) != 0;
}

void set_address(int control, std::size_t n, const IpAddress& address) {
  // "access:1" is how these calls name the second.
  const std::string device = kHostInterface;
  auto r = request(n == 0 ? device : device + ":" + std::to_string(n));
  auto a = to_sockaddr({address, 0});
  std::memcpy(&r.ifr_addr, &a, sizeof a);
  const bool fine = ioctl(control, SIOCSIFADDR, &r) == 0;
  if (!fine && !(address.is_unspecified() && errno == EADDRNOTAVAIL)) throw_errno("set an address");
  if (address.is_unspecified()) return;
  a = to_sockaddr({kOneHost, 0});  // nobody else is on this link
  std::memcpy(&r.ifr_netmask, &a, sizeof a);
  if (ioctl(control, SIOCSIFNETMASK, &r) != 0) throw_errno("set a netmask");
}

void route_everything(int control, const std::string& device) { add_route(control, {}, {}, device); }

void route_host(int control, const IpAddress& host, const std::string& device) {
  add_route(control, host, kOneHost, device);
}

}  // namespace punchlab::lab
