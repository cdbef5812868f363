#include "net/agents/relay_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "net/lab/socket_address.hpp"
#include "protocol/stun/message.hpp"

namespace punchlab::agents {
namespace {

Command our_relay(const trial::HostSpec& spec, const Programs& programs) {
  return {programs.punchlab.string(),
          "relay",
          "--listen",
          fmt::format("{}:{}", spec.addresses[0].to_string(), trial::kRelayPort),
          "--user",
          fmt::format("{}:{}", kRelayUser, kRelayPassword)};
}

/// Without files, daemons, TLS and its telnet console.
Command coturn(const trial::HostSpec& spec) {
  const auto program = coturn_program();
  if (!program) throw std::runtime_error("coturn is not installed");
  const auto address = spec.addresses[0].to_string();
  return {*program,
          "-n",
          "--listening-ip=" + address,
          "--relay-ip=" + address,
          fmt::format("--listening-port={}", trial::kRelayPort),
          fmt::format("--user={}:{}", kRelayUser, kRelayPassword),
          "--lt-cred-mech",
          "--realm=punchlab",
          "--fingerprint",
          "--relay-threads=1",
          "--no-tls",
          "--no-dtls",
          "--no-cli",
          "--no-rfc5780",
          "--userdb=/dev/shm/turndb",
          "--pidfile=/dev/shm/turnserver.pid",
          "--log-file=/dev/null"};
}

int run_silently(const Command& command) {
  setsid();
  const int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; ++i) dup2(null, i);
  return lab::execute(command);
}

lab::FileDescriptor connected_socket(const TransportAddress& server) {
  lab::FileDescriptor file(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto address = lab::to_sockaddr(server);
  if (connect(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    lab::throw_errno("a socket towards the relay");
  return file;
}

}  // namespace

RelayProgram::RelayProgram(const lab::NetworkNamespace& host, const trial::HostSpec& spec, trial::RelayServer server,
                           const Programs& programs)
    : program_(host, [command = server == trial::RelayServer::coturn ? coturn(spec) : our_relay(spec, programs)] {
        return run_silently(command);
      }),
      socket_(host.inside([&] { return connected_socket({spec.addresses[0], trial::kRelayPort}); })) {}

bool RelayProgram::answers() {
  if (answered_) return true;
  std::array<std::uint8_t, kMaxDatagram> buffer;
  answered_ = recv(socket_.get(), buffer.data(), buffer.size(), 0) > 0;
  stun::MessageWriter request(buffer, stun::Class::request, stun::Method::binding, {});
  request.fingerprint();
  const auto size = request.finish();
  if (!answered_) [[maybe_unused]]
    const auto sent = ::send(socket_.get(), buffer.data(), size, 0);
  return answered_;
}

}  // namespace punchlab::agents
