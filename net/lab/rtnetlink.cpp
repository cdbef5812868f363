#include "net/lab/rtnetlink.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "net/lab/network_namespace.hpp"

namespace punchlab::lab {
namespace {

/// A netlink message in the making: a header, then attributes, which may hold others.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags) {
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    add(&head, sizeof head);
  }

  void add(const void* data, std::size_t size) {
    std::memcpy(bytes_.data() + size_, data, size);
    size_ += NLMSG_ALIGN(size);
  }
  void attribute(std::uint16_t type, const void* data, std::size_t size) {
    const auto start = open(type);
    add(data, size);
    close(start, RTA_LENGTH(size));
  }
  void attribute(std::uint16_t type, const std::string& text) { attribute(type, text.c_str(), text.size() + 1); }

  /// What is added until `close` lies inside this attribute.
  std::size_t open(std::uint16_t type) {
    const auto start = size_;
    const rtattr head{0, type};
    add(&head, sizeof head);
    return start;
  }
  void close(std::size_t start) { close(start, size_ - start); }

  /// Sends it and waits for the kernel's answer; 0, or what errno would be.
  int ask() {
    reinterpret_cast<nlmsghdr*>(bytes_.data())->nlmsg_len = static_cast<std::uint32_t>(size_);
    const FileDescriptor netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (netlink.get() < 0 || send(netlink.get(), bytes_.data(), size_, 0) < 0) return errno;
    const auto got = recv(netlink.get(), bytes_.data(), bytes_.size(), 0);
    if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return got < 0 ? errno : EPROTO;
    const auto* answer = reinterpret_cast<const nlmsghdr*>(bytes_.data());
    return -static_cast<const nlmsgerr*>(NLMSG_DATA(answer))->error;
  }

 private:
  void close(std::size_t start, std::size_t length) {
    const auto value = static_cast<std::uint16_t>(length);
    std::memcpy(bytes_.data() + start, &value, sizeof value);
  }

  alignas(nlmsghdr) std::array<std::uint8_t, 1024> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

void make_veth_pair(const std::string& here, const std::string& there, int there_fd) {
  const ifinfomsg any{};
  Message message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  message.add(&any, sizeof any);
  message.attribute(IFLA_IFNAME, here);
  const auto info = message.open(IFLA_LINKINFO);
  message.attribute(IFLA_INFO_KIND, std::string("veth"));
  const auto data = message.open(IFLA_INFO_DATA);
  const auto peer = message.open(VETH_INFO_PEER);
  message.add(&any, sizeof any);
  message.attribute(IFLA_IFNAME, there);
  message.attribute(IFLA_NET_NS_FD, &there_fd, sizeof there_fd);
  message.close(peer);
  message.close(data);
  message.close(info);
  errno = message.ask();
  if (errno != 0) throw_errno("make a veth pair");
}

void add_address(const std::string& device, const IpAddress& address) {
  ifaddrmsg which{};
  which.ifa_family = AF_INET;
  which.ifa_prefixlen = 32;
  which.ifa_index = if_nametoindex(device.c_str());
  Message message(RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  message.add(&which, sizeof which);
  for (const std::uint16_t type : {IFA_LOCAL, IFA_ADDRESS})
    message.attribute(type, address.bytes().data(), address.bytes().size());
  errno = message.ask();
  if (errno != 0) throw_errno("set an address");
}

void set_queue_length(const std::string& name, std::uint32_t packets) {
  ifinfomsg which{};
  which.ifi_index = static_cast<int>(if_nametoindex(name.c_str()));
  Message message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  message.add(&which, sizeof which);
  message.attribute(IFLA_TXQLEN, &packets, sizeof packets);
  errno = message.ask();
  if (errno != 0) throw_errno("set the queue length of an interface");
}

}  // namespace punchlab::lab
