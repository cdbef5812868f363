#include "net/host/tls.hpp"

#include <stdexcept>

#include "protocol/base/address.hpp"

namespace punchlab::net {
namespace {

[[noreturn]] void refuse(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + gnutls_strerror(error));
}

}  // namespace

TlsCredentials::TlsCredentials(bool is_server, std::string name) : is_server_(is_server), name_(std::move(name)) {
  if (const int error = gnutls_certificate_allocate_credentials(&credentials_); error < 0) refuse("GnuTLS", error);
}

TlsCredentials::~TlsCredentials() { gnutls_certificate_free_credentials(credentials_); }

std::shared_ptr<const TlsCredentials> TlsCredentials::server(const std::string& certificate, const std::string& key) {
  std::shared_ptr<TlsCredentials> made(new TlsCredentials(true, {}));
  const int error = gnutls_certificate_set_x509_key_file(made->credentials_, certificate.c_str(), key.c_str(), GNUTLS_X509_FMT_PEM);
  if (error < 0) refuse("certificate " + certificate + " with key " + key, error);
  return made;
}

std::shared_ptr<const TlsCredentials> TlsCredentials::client(const std::string& authorities, const std::string& name) {
  std::shared_ptr<TlsCredentials> made(new TlsCredentials(false, name));
  const int error = authorities.empty()
                        ? gnutls_certificate_set_x509_system_trust(made->credentials_)
                        : gnutls_certificate_set_x509_trust_file(made->credentials_, authorities.c_str(), GNUTLS_X509_FMT_PEM);
  if (error < 0) refuse(authorities.empty() ? "the system's certificate authorities" : "certificates " + authorities, error);
  if (error == 0 && !authorities.empty()) throw std::runtime_error("certificates " + authorities + ": there is none in it");
  return made;
}

gnutls_session_t TlsCredentials::session(int fd) const {
  gnutls_session_t made = nullptr;
  const unsigned side = is_server_ ? unsigned{GNUTLS_SERVER} : unsigned{GNUTLS_CLIENT};
  if (gnutls_init(&made, side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) return nullptr;
  gnutls_set_default_priority(made);
  gnutls_credentials_set(made, GNUTLS_CRD_CERTIFICATE, credentials_);
  gnutls_transport_set_int(made, fd);
  if (is_server_) return made;
  const bool is_address = IpAddress::parse(name_).has_value();  // which RFC 6066 section 3 does not let us say
  if (!is_address) gnutls_server_name_set(made, GNUTLS_NAME_DNS, name_.data(), name_.size());
  gnutls_session_set_verify_cert(made, name_.c_str(), 0);
  return made;
}

}  // namespace punchlab::net
