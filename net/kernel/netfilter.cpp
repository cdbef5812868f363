#include "net/kernel/netfilter.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "net/lab/file_descriptor.hpp"
#include "net/lab/network_namespace.hpp"

namespace punchlab::kernel {

struct Netfilter::Socket {
  lab::FileDescriptor file{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
};

void Netfilter::FreeContext::operator()(nft_ctx* context) const { nft_ctx_free(context); }

Netfilter::Netfilter() : context_(nft_ctx_new(NFT_CTX_DEFAULT)), tracking_(std::make_unique<Socket>()) {
  if (!context_ || tracking_->file.get() < 0) lab::throw_errno("open netfilter's netlink socket");
  nft_ctx_buffer_error(context_.get());
  nft_ctx_buffer_output(context_.get());
}

Netfilter::~Netfilter() = default;

void Netfilter::apply(const std::string& commands) {
  if (nft_run_cmd_from_buffer(context_.get(), commands.c_str()) == 0) return;
  throw std::runtime_error(std::string("the kernel refuses nftables rules: ") +
                           nft_ctx_get_error_buffer(context_.get()));
}

void Netfilter::forget_connections() {
  struct {
    nlmsghdr header;
    nfgenmsg family;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  alignas(nlmsghdr) std::array<char, 256> answer;
  const int fd = tracking_->file.get();
  if (send(fd, &request, sizeof request, 0) < 0) lab::throw_errno("forget tracked connections");
  const auto size = recv(fd, answer.data(), answer.size(), 0);
  nlmsgerr error{};
  if (size < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof error)) lab::throw_errno("forget tracked connections");
  std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
  errno = -error.error;
  if (error.error != 0) lab::throw_errno("forget tracked connections (nf_conntrack_netlink)");
}

}  // namespace punchlab::kernel
