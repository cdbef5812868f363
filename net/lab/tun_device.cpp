#include "net/lab/tun_device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "net/lab/network_namespace.hpp"
#include "net/lab/socket_address.hpp"

namespace punchlab::lab {
namespace {

/// Fits a kMaxDatagram payload: what the model's links do not fragment, the stack must not either.
constexpr int kMtu = static_cast<int>(kMaxDatagram) + 48;

ifreq request(const std::string& name) {
  ifreq r{};
  std::memcpy(r.ifr_name, name.data(), std::min(name.size(), sizeof r.ifr_name - 1));
  return r;
}

void set_up(int control, const char* name) {
  auto r = request(name);
  r.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &r) != 0) throw_errno("bring up an interface");
}

void add_route(int control, const IpAddress& to, const IpAddress& mask, const char* device) {
  rtentry route{};
  const auto destination = to_sockaddr({to, 0});
  const auto bits = to_sockaddr({mask, 0});
  std::memcpy(&route.rt_dst, &destination, sizeof destination);
  std::memcpy(&route.rt_genmask, &bits, sizeof bits);
  route.rt_flags = RTF_UP;
  std::string name = device;
  route.rt_dev = name.data();
  if (ioctl(control, SIOCADDRT, &route) != 0 && errno != EEXIST) throw_errno("set a route into the TUN device");
}

}  // namespace

FileDescriptor open_tun(const char* device) {
  FileDescriptor tun(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tun.get() < 0)
    throw_errno(
        "open /dev/net/tun, which the sockets backend needs (load it with modprobe tun, allow it with chmod 0666)");
  auto r = request(device);
  r.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(tun.get(), TUNSETIFF, &r) != 0) throw_errno("make a TUN device");
  return tun;
}

FileDescriptor open_control() {
  FileDescriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (control.get() < 0) throw_errno("open a socket to configure interfaces");
  return control;
}

void bring_up(int control, const char* device) {
  auto r = request(device);
  r.ifr_mtu = kMtu;
  if (ioctl(control, SIOCSIFMTU, &r) != 0) throw_errno("set the MTU");
  set_up(control, "lo");
  set_up(control, device);
}

void set_address(int control, std::size_t n, const IpAddress& address, const char* device) {
  // A point-to-point device takes each as a /32; "access:1" is how these calls name the second.
  auto r = request(n == 0 ? device : device + (":" + std::to_string(n)));
  const auto a = to_sockaddr({address, 0});
  std::memcpy(&r.ifr_addr, &a, sizeof a);
  const bool fine = ioctl(control, SIOCSIFADDR, &r) == 0;
  if (!fine && !(address.is_unspecified() && errno == EADDRNOTAVAIL)) throw_errno("set an address");
}

void route_everything(int control, const char* device) { add_route(control, {}, {}, device); }

void route_host(int control, const IpAddress& host, const char* device) {
  add_route(control, host, IpAddress::v4(0xFFFFFFFF), device);
}

}  // namespace punchlab::lab
