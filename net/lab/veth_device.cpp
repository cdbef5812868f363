// The lab's end of the pair lies in the lab's own namespace, which has no address and no route: packet(7) alone reads
// and writes it. Reading costs no system call while packets wait (a ring, Documentation/networking/packet_mmap.rst),
// writing one for many packets.
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "net/lab/host_device.hpp"
#include "net/lab/interface.hpp"
#include "net/lab/rtnetlink.hpp"

namespace punchlab::lab {
namespace {

constexpr unsigned kFrame = 2048;     ///< of the ring: the largest packet and its headers
constexpr unsigned kBlock = 1 << 16;  ///< of memory
constexpr std::size_t kBatch = 64;    ///< packets written together

/// veth leaves checksums to the receiver's hardware, which there is none of.
void write_checksums(int control, const std::string& name) {
  ethtool_value off{ETHTOOL_STXCSUM, 0};
  ifreq r{};
  std::memcpy(r.ifr_name, name.c_str(), std::min(name.size(), sizeof r.ifr_name - 1));
  r.ifr_data = reinterpret_cast<char*>(&off);
  if (ioctl(control, SIOCETHTOOL, &r) != 0) throw_errno("switch checksum offload off");
}

class VethDevice final : public HostDevice {
 public:
  VethDevice(const NetworkNamespace& host, const std::string& name, int queue);
  ~VethDevice() override { munmap(ring_, size_); }

  int descriptor() const override { return socket_.get(); }
  std::optional<Bytes> read() override;
  void write(Bytes packet) override;
  void flush() override;

 private:
  void open_ring(int queue);
  void bind_to(const std::string& name);
  bool has_link() const;
  std::uint8_t* frame() { return ring_ + std::size_t{next_} * kFrame; }
  std::atomic_ref<std::uint32_t> status() {
    return std::atomic_ref<std::uint32_t>(reinterpret_cast<tpacket2_hdr*>(frame())->tp_status);
  }

  std::string name_;  ///< of the lab's end
  FileDescriptor socket_;
  std::uint8_t* ring_ = nullptr;
  std::size_t size_ = 0;
  unsigned frames_ = 0;
  unsigned next_ = 0;
  bool reading_ = false;  ///< the caller has the frame `next_`
  sockaddr_ll peer_{};    ///< the host's end
  std::size_t held_ = 0;
  std::array<std::array<std::uint8_t, kFrame>, kBatch> packets_;
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
};

/// The host's end comes up last: an end that gets its carrier later loses what it sends until the kernel has noticed.
VethDevice::VethDevice(const NetworkNamespace& host, const std::string& name, int queue)
    : name_(name.front() + host.number()) {
  host.inside([&] { make_veth_pair(name, name_, host.home()); });
  bring_up(open_control().get(), name_, false);
  host.inside([&] {
    const auto control = open_control();
    write_checksums(control.get(), name);
    bring_up(control.get(), name, false);
    ifreq r{};
    std::memcpy(r.ifr_name, name.c_str(), std::min(name.size(), sizeof r.ifr_name - 1));
    if (ioctl(control.get(), SIOCGIFHWADDR, &r) != 0) throw_errno("ask for a hardware address");
    std::memcpy(peer_.sll_addr, r.ifr_hwaddr.sa_data, ETH_ALEN);
  });
  open_ring(queue);
  bind_to(name_);
  for (std::size_t i = 0; i < kBatch; ++i) {
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &peer_;
    messages_[i].msg_hdr.msg_namelen = sizeof peer_;
  }
}

void VethDevice::open_ring(int queue) {
  socket_ = FileDescriptor(socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket_.get() < 0) throw_errno("open a packet socket");
  const int version = TPACKET_V2;
  const int on = 1;
  tpacket_req ring{};
  ring.tp_frame_size = kFrame;
  ring.tp_block_size = kBlock;
  ring.tp_block_nr = (static_cast<unsigned>(queue) * kFrame + kBlock - 1) / kBlock;
  ring.tp_frame_nr = ring.tp_block_nr * (kBlock / kFrame);
  if (setsockopt(socket_.get(), SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      setsockopt(socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
      setsockopt(socket_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0 ||
      setsockopt(socket_.get(), SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
    throw_errno("make a ring of packets");
  frames_ = ring.tp_frame_nr;
  size_ = std::size_t{frames_} * kFrame;
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, socket_.get(), 0);
  if (memory == MAP_FAILED) throw_errno("map a ring of packets");
  ring_ = static_cast<std::uint8_t*>(memory);
}

void VethDevice::bind_to(const std::string& name) {
  peer_.sll_family = AF_PACKET;
  peer_.sll_protocol = htons(ETH_P_IP);
  peer_.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
  peer_.sll_halen = ETH_ALEN;
  if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&peer_), sizeof peer_) != 0)
    throw_errno("read from a host's interface");
}

std::optional<Bytes> VethDevice::read() {
  if (std::exchange(reading_, false)) {
    status().store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % frames_;
  }
  if ((status().load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return std::nullopt;
  reading_ = true;
  const auto* header = reinterpret_cast<const tpacket2_hdr*>(frame());
  return Bytes{frame() + header->tp_net, header->tp_snaplen};
}

void VethDevice::write(Bytes packet) {
  std::memcpy(packets_[held_].data(), packet.data(), std::min<std::size_t>(packet.size(), kFrame));
  vectors_[held_] = {packets_[held_].data(), packet.size()};
  if (++held_ == kBatch) flush();
}

bool VethDevice::has_link() const {
  ethtool_value link{ETHTOOL_GLINK, 0};
  ifreq r{};
  std::memcpy(r.ifr_name, name_.c_str(), std::min(name_.size(), sizeof r.ifr_name - 1));
  r.ifr_data = reinterpret_cast<char*>(&link);
  return ioctl(socket_.get(), SIOCETHTOOL, &r) == 0 && link.data != 0;
}

void VethDevice::flush() {
  for (std::size_t done = 0; done < held_;) {
    const int sent = sendmmsg(socket_.get(), &messages_[done], static_cast<unsigned>(held_ - done), 0);
    if (sent < 0 && !has_link()) throw InterfaceDown();
    done += sent > 0 ? static_cast<std::size_t>(sent) : 1;  // one that the stack has no room for is lost
  }
  held_ = 0;
}

}  // namespace

std::unique_ptr<HostDevice> make_veth_device(const NetworkNamespace& host, const std::string& name, int queue) {
  return std::make_unique<VethDevice>(host, name, queue);
}

}  // namespace punchlab::lab
