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

constexpr char kDevice[] = "access";
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

}  // namespace

FileDescriptor open_tun() {
  FileDescriptor tun(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tun.get() < 0)
    throw_errno(
        "open /dev/net/tun, which the sockets backend needs (load it with modprobe tun, allow it with chmod 0666)");
  auto r = request(kDevice);
  r.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(tun.get(), TUNSETIFF, &r) != 0) throw_errno("make a TUN device");
  return tun;
}

FileDescriptor open_control() {
  FileDescriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (control.get() < 0) throw_errno("open a socket to configure interfaces");
  return control;
}

void bring_up(int control) {
  auto r = request(kDevice);
  r.ifr_mtu = kMtu;
  if (ioctl(control, SIOCSIFMTU, &r) != 0) throw_errno("set the MTU");
  set_up(control, "lo");
  set_up(control, kDevice);
}

void set_address(int control, std::size_t n, const IpAddress& address) {
  // A point-to-point device takes each as a /32; "access:1" is how these calls name the second.
  auto r = request(n == 0 ? kDevice : kDevice + (":" + std::to_string(n)));
  const auto a = to_sockaddr({address, 0});
  std::memcpy(&r.ifr_addr, &a, sizeof a);
  const bool fine = ioctl(control, SIOCSIFADDR, &r) == 0;
  if (!fine && !(address.is_unspecified() && errno == EADDRNOTAVAIL)) throw_errno("set an address");
}

void route_everything(int control) {
  rtentry route{};
  const auto any = to_sockaddr({});
  std::memcpy(&route.rt_dst, &any, sizeof any);
  std::memcpy(&route.rt_genmask, &any, sizeof any);
  route.rt_flags = RTF_UP;
  char device[] = "access";
  route.rt_dev = device;
  if (ioctl(control, SIOCADDRT, &route) != 0 && errno != EEXIST) throw_errno("set the route into the TUN device");
}

}  // namespace punchlab::lab
