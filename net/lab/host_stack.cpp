#include "net/lab/host_stack.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/lab/interface.hpp"
#include "net/lab/socket_address.hpp"

namespace punchlab::lab {
namespace {

iovec vector_of(Bytes bytes) { return {const_cast<std::uint8_t*>(bytes.data()), bytes.size()}; }

}  // namespace

HostStack::HostStack(DeviceKind kind, int queue)
    : device_(make_device(kind, namespace_, kHostInterface, queue)), queue_(queue) {
  control_ = namespace_.inside([] { return open_control(); });
  sockets_.reserve(kSockets);
}

void HostStack::reset(const std::vector<IpAddress>& addresses) {
  sockets_.clear();
  if (!is_up()) throw InterfaceDown();
  for (int i = 0; i < queue_ && device_->read(); ++i) continue;
  if (addresses != addresses_) assign_addresses(addresses);
}

void HostStack::assign_addresses(const std::vector<IpAddress>& addresses) {
  for (std::size_t n = addresses_.size(); n-- > 0;) set_address(control_.get(), n, {});
  addresses_.clear();
  for (std::size_t n = 0; n < addresses.size(); ++n) set_address(control_.get(), n, addresses[n]);
  route_everything(control_.get());  // it went with the last of the old addresses
  addresses_ = addresses;
}

bool HostStack::owns(const IpAddress& address) const {
  return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

std::optional<std::size_t> HostStack::socket_at(const TransportAddress& local) {
  for (std::size_t i = 0; i < sockets_.size(); ++i)
    if (sockets_[i].local == local) return i;
  if (sockets_.size() == kSockets || !owns(local.address)) return std::nullopt;
  auto file = bound_socket(SOCK_DGRAM, local);
  if (file.get() < 0) return std::nullopt;
  sockets_.push_back({local, std::move(file)});
  return sockets_.size() - 1;
}

void HostStack::demand_port(const TransportAddress& local) const {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) bound_socket(type, local);
}

/// Closed when the kernel refuses it. Throws PortInUse.
FileDescriptor HostStack::bound_socket(int type, const TransportAddress& local) const {
  FileDescriptor file(
      namespace_.inside([&] { return socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }));
  const int reuse = type == SOCK_STREAM ? 1 : 0;  // connections of earlier trials may still be in TIME-WAIT
  setsockopt(file.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  const auto address = to_sockaddr(local);
  if (file.get() < 0 || bind(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return file;
  if (errno == EADDRINUSE) throw PortInUse();
  return FileDescriptor();
}

bool HostStack::send(std::size_t socket, const TransportAddress& destination, std::uint8_t ttl, Bytes payload) {
  auto address = to_sockaddr(destination);
  auto data = vector_of(payload);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (ttl != 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_TTL;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int value = ttl;
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
  }
  return sendmsg(fd_of(socket), &message, 0) == static_cast<ssize_t>(payload.size());
}

std::optional<HostStack::Received> HostStack::receive(std::size_t socket, MutableBytes buffer) {
  sockaddr_in source{};
  socklen_t length = sizeof source;
  const auto size =
      recvfrom(fd_of(socket), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&source), &length);
  if (size < 0) return std::nullopt;
  return Received{from_sockaddr(source), static_cast<std::size_t>(size)};
}

std::optional<Bytes> HostStack::read_packet() {
  // What stacks say on their own (IPv6 router solicitations and the like) is not the programs' and stays here.
  for (int i = 0; i < queue_; ++i) {
    const auto packet = device_->read();
    if (!packet) return std::nullopt;
    if (packet->size() >= 20 && (*packet)[0] >> 4 == 4 && owns(IpAddress::v4(load_u32(&(*packet)[12])))) return packet;
  }
  return std::nullopt;
}

bool HostStack::is_up() const { return lab::is_up(control_.get(), kHostInterface); }

}  // namespace punchlab::lab
