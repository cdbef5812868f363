#pragma once
// TLS by GnuTLS for the streams of this host: who we are, whom we believe.
#include <gnutls/gnutls.h>

#include <memory>
#include <string>

namespace punchlab::net {

/// Certificates and trust of one side; many streams share it.
class TlsCredentials {
 public:
  /// The relay's: a certificate chain and its private key, both PEM files. Throws std::runtime_error that says which
  /// file is wrong.
  static std::shared_ptr<const TlsCredentials> server(const std::string& certificate, const std::string& key);
  /// A peer's: believes the certificates that `authorities` (a PEM file) vouches for, the system's when it is empty,
  /// and of those the ones for `name`, a host name or an IP address. Throws std::runtime_error.
  static std::shared_ptr<const TlsCredentials> client(const std::string& authorities, const std::string& name);

  /// Both sides' at once, for `name`, by a key and certificate that nothing outside this process knows. Throws
  /// std::runtime_error.
  struct Both {
    std::shared_ptr<const TlsCredentials> server, client;
  };
  static Both self_signed(const std::string& name);

  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;
  ~TlsCredentials();

  /// A new session over the connected, non-blocking `fd`, to be shaken hands on. Null when GnuTLS has no memory.
  gnutls_session_t session(int fd) const;

 private:
  TlsCredentials(bool is_server, std::string name);

  gnutls_certificate_credentials_t credentials_ = nullptr;
  bool is_server_;
  std::string name_;
};

}  // namespace punchlab::net
