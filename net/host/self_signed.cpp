#include <gnutls/x509.h>

#include <array>
#include <ctime>
#include <stdexcept>

#include "net/host/tls.hpp"

namespace punchlab::net {
namespace {

constexpr std::time_t kDay = 24 * 60 * 60;

void check(const char* what, int error) {
  if (error < 0) throw std::runtime_error(std::string(what) + ": " + gnutls_strerror(error));
}

/// A private key and a certificate that it signs itself, valid for a day before and after now.
class SelfSigned {
 public:
  explicit SelfSigned(const std::string& name) {
    check("a key for TLS", gnutls_x509_privkey_init(&key_));
    check("a certificate for TLS", gnutls_x509_crt_init(&certificate_));
    const unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    check("a key for TLS", gnutls_x509_privkey_generate(key_, GNUTLS_PK_ECDSA, bits, 0));
    fill(name);
    check("a certificate for TLS", gnutls_x509_crt_sign2(certificate_, certificate_, key_, GNUTLS_DIG_SHA256, 0));
  }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;
  ~SelfSigned() {
    gnutls_x509_crt_deinit(certificate_);
    gnutls_x509_privkey_deinit(key_);
  }

  gnutls_x509_crt_t* certificate() { return &certificate_; }
  gnutls_x509_privkey_t key() { return key_; }

 private:
  void fill(const std::string& name) {
    constexpr unsigned kVersion = 3;
    constexpr std::array<std::uint8_t, 1> kSerial{1};
    const auto size = static_cast<unsigned>(name.size());
    const auto now = std::time(nullptr);
    for (const int error :
         {gnutls_x509_crt_set_version(certificate_, kVersion), gnutls_x509_crt_set_key(certificate_, key_),
          gnutls_x509_crt_set_serial(certificate_, kSerial.data(), kSerial.size()),
          gnutls_x509_crt_set_activation_time(certificate_, now - kDay),
          gnutls_x509_crt_set_expiration_time(certificate_, now + kDay),
          gnutls_x509_crt_set_dn_by_oid(certificate_, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(), size),
          gnutls_x509_crt_set_subject_alt_name(certificate_, GNUTLS_SAN_DNSNAME, name.data(), size, GNUTLS_FSAN_SET)})
      check("a certificate for TLS", error);
  }

  gnutls_x509_privkey_t key_ = nullptr;
  gnutls_x509_crt_t certificate_ = nullptr;
};

}  // namespace

TlsCredentials::Both TlsCredentials::self_signed(const std::string& name) {
  SelfSigned made(name);
  std::shared_ptr<TlsCredentials> server(new TlsCredentials(true, {}));
  std::shared_ptr<TlsCredentials> client(new TlsCredentials(false, name));
  check("a certificate for TLS",
        gnutls_certificate_set_x509_key(server->credentials_, made.certificate(), 1, made.key()));
  check("trust in a certificate", gnutls_certificate_set_x509_trust(client->credentials_, made.certificate(), 1));
  return {std::move(server), std::move(client)};
}

}  // namespace punchlab::net
