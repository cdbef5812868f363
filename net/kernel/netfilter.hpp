#pragma once
// The kernel's packet filter of the current network namespace, over netlink.
#include <memory>
#include <string>

struct nft_ctx;

namespace punchlab::kernel {

/// One namespace's nftables and connection tracking; made inside it, usable from everywhere.
class Netfilter {
 public:
  /// Throws std::system_error.
  Netfilter();
  ~Netfilter();

  /// Runs nftables commands as `nft -f` does, all or none. Throws std::runtime_error with nft's words.
  void apply(const std::string& commands);
  /// Forgets every tracked connection. Throws std::system_error.
  void forget_connections();

 private:
  struct FreeContext {
    void operator()(nft_ctx* context) const;
  };
  std::unique_ptr<nft_ctx, FreeContext> context_;
  struct Socket;
  std::unique_ptr<Socket> tracking_;
};

}  // namespace punchlab::kernel
