#include "net/lab/tun_device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/lab/host_device.hpp"
#include "net/lab/interface.hpp"
#include "net/lab/rtnetlink.hpp"

namespace punchlab::lab {

FileDescriptor open_tun(const char* device) {
  FileDescriptor tun(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tun.get() < 0) throw_errno("open /dev/net/tun (load it with modprobe tun, allow it with chmod 0666)");
  ifreq r{};
  std::strncpy(r.ifr_name, device, sizeof r.ifr_name - 1);
  r.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(tun.get(), TUNSETIFF, &r) != 0) throw_errno("make a TUN device");
  return tun;
}

namespace {

class TunDevice final : public HostDevice {
 public:
  TunDevice(const NetworkNamespace& host, const std::string& name, int queue) {
    host.inside([&] {
      tun_ = open_tun(name.c_str());
      set_queue_length(name, static_cast<std::uint32_t>(queue));
      bring_up(open_control().get(), name);
    });
  }

  int descriptor() const override { return tun_.get(); }

  std::optional<Bytes> read() override {
    const auto size = ::read(tun_.get(), packet_.data(), packet_.size());
    if (size < 0 && errno != EAGAIN) throw InterfaceDown();
    if (size <= 0) return std::nullopt;
    return Bytes{packet_}.first(static_cast<std::size_t>(size));
  }

  void write(Bytes packet) override {
    if (::write(tun_.get(), packet.data(), packet.size()) < 0 && (errno == EIO || errno == EBADFD))
      throw InterfaceDown();
  }
  void flush() override {}

 private:
  FileDescriptor tun_;
  std::array<std::uint8_t, 2048> packet_;
};

}  // namespace

DeviceKind possible_device() {
  const FileDescriptor tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  return tun.get() >= 0 ? DeviceKind::tun : DeviceKind::veth;
}

std::unique_ptr<HostDevice> make_tun_device(const NetworkNamespace& host, const std::string& name, int queue) {
  return std::make_unique<TunDevice>(host, name, queue);
}

std::unique_ptr<HostDevice> make_device(DeviceKind kind, const NetworkNamespace& host, const std::string& name,
                                        int queue) {
  return (kind == DeviceKind::tun ? make_tun_device : make_veth_device)(host, name, queue);
}

}  // namespace punchlab::lab
