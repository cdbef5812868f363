// The runtime on loopback sockets. Cases, the first four with IPv4 and with IPv6:
//  1. Datagrams sent on one socket arrive on another: in order, unchanged, with their source.
//  2. A port that is taken, and an address that is not ours, are refused with errno; sending then counts as lost.
//  3. A datagram lives for as many hops as it is given, the next one for as many as the system gives.
//  4. A socket has one family: what goes to the other one is lost, and the same port is free there.
//  5. Waiting ends at its time and not before; a watched descriptor ends it at once.
//  6. The discovery client and the relay of the core, each on its own host, find no NAT on loopback.
//  7. The system's randomness does not repeat.
//  8. What a user writes for a host and a port, of either family, is understood or refused. (Names: tools/cli/cli_ipv6_test.py,
//     where no name server is asked.)
#include "net/host/driver.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "net/host/own_loopback_for_test.hpp"
#include "net/host/resolve.hpp"
#include "net/host/socket_address.hpp"
#include "net/host/system_rng.hpp"
#include "protocol/discovery/client.hpp"
#include "protocol/relay/server.hpp"

namespace punchlab::net {
namespace {

using namespace std::chrono_literals;
const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);
const IpAddress kOther = IpAddress::v4(127, 0, 0, 2);

class UdpSockets : public BothFamilies {};
INSTANTIATE_TEST_SUITE_P(Families, UdpSockets, testing::Values(Family::ipv4, Family::ipv6), name_of_family);

TEST_P(UdpSockets, DeliverInOrderWithTheSource) {
  UdpHost host;
  const auto from = host.open(SocketId{1}, {loopback(), 0});
  const auto to = host.open(SocketId{2}, {loopback(), 0});
  ASSERT_EQ(from.error, 0);
  ASSERT_EQ(to.error, 0);
  for (std::uint8_t i = 0; i < 20; ++i) {
    const std::array<std::uint8_t, 3> bytes{i, 7, 9};
    host.send({SocketId{1}, to.local, 3, 0}, bytes);
  }
  const auto end = monotonic_now() + 10s;
  std::vector<int> seen;
  while (seen.size() < 20 && monotonic_now() < end) {
    for (const auto socket : host.wait(end).sockets) {
      while (const auto datagram = host.receive(socket)) {
        EXPECT_EQ(datagram->socket, SocketId{2});
        EXPECT_EQ(datagram->source, from.local);
        ASSERT_EQ(datagram->payload.size(), 3u);
        seen.push_back(datagram->payload[0]);
      }
    }
  }
  ASSERT_EQ(seen.size(), 20u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(host.lost(), 0u);
}

TEST_P(UdpSockets, RefuseWithErrno) {
  UdpHost host;
  const auto taken = host.open(SocketId{1}, {loopback(), 0});
  EXPECT_EQ(host.open(SocketId{2}, taken.local).error, EADDRINUSE);
  EXPECT_EQ(host.open(SocketId{3}, {elsewhere(), 0}).error, EADDRNOTAVAIL);
  host.send({SocketId{2}, taken.local, 0, 0}, {});
  EXPECT_EQ(host.lost(), 1u);
  host.close(SocketId{1});
  EXPECT_EQ(host.open(SocketId{2}, taken.local).error, 0) << "a closed socket's port is free again";
}

/// Hops that the next datagram on `fd` has left; -1 when none came.
int hops_of_next(int fd) {
  std::array<std::uint8_t, 16> bytes{};
  alignas(cmsghdr) std::array<std::uint8_t, 64> control{};
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  pollfd ready{fd, POLLIN, 0};
  if (poll(&ready, 1, 10'000) != 1 || recvmsg(fd, &message, 0) < 0 || message.msg_controllen == 0) return -1;
  int hops = -1;
  std::memcpy(&hops, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof hops);
  return hops;
}

TEST_P(UdpSockets, LimitHops) {
  const bool v4 = GetParam() == Family::ipv4;
  const int fd = open_socket(GetParam(), SOCK_DGRAM), on = 1;
  SocketAddress at({loopback(), 0});
  ASSERT_EQ(setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &on, sizeof on), 0);
  ASSERT_EQ(bind(fd, at.raw(), at.size()), 0);
  ASSERT_EQ(getsockname(fd, at.raw(), at.room()), 0);
  UdpHost host;
  ASSERT_EQ(host.open(SocketId{1}, {loopback(), 0}).error, 0);
  const std::array<std::uint8_t, 1> byte{1};
  std::vector<int> hops;
  for (const std::uint8_t ttl : std::array<std::uint8_t, 4>{0, 3, 3, 0}) {
    host.send({SocketId{1}, at.value(), 1, ttl}, byte);
    hops.push_back(hops_of_next(fd));
  }
  close(fd);
  EXPECT_EQ(hops, (std::vector<int>{hops[0], 3, 3, hops[0]}));
  EXPECT_GT(hops[0], 3);
}

TEST_P(UdpSockets, HaveOneFamily) {
  UdpHost host;
  const bool v4 = GetParam() == Family::ipv4;
  const IpAddress any = v4 ? IpAddress{} : IpAddress::v6({});
  const IpAddress other_any = v4 ? IpAddress::v6({}) : IpAddress{};
  const auto opened = host.open(SocketId{1}, {any, 0});
  ASSERT_EQ(opened.error, 0);
  EXPECT_EQ(host.open(SocketId{2}, {other_any, opened.local.port}).error, 0);
  host.send({SocketId{1}, {v4 ? *IpAddress::parse("::1") : kLoopback, 9}, 0, 0}, {});
  EXPECT_EQ(host.lost(), 1u);
  EXPECT_EQ(source_address_for({loopback(), 9}), loopback());
}

TEST(UdpHost, WaitsUntilItsTimeOrTheWatchedDescriptor) {
  UdpHost host;
  const auto until = monotonic_now() + 20ms;
  EXPECT_FALSE(host.wait(until).watched);
  EXPECT_GE(monotonic_now(), until);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  host.watch(ends[0]);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(host.wait(kNever).watched);
  host.watch(-1);
  EXPECT_FALSE(host.wait(monotonic_now() + 1ms).watched);
  close(ends[0]);
  close(ends[1]);
}

/// A relay with its four sockets for discovery on loopback.
struct Relay {
  SystemRng rng;
  UdpHost host;
  discovery::ServerAddresses addresses;
  std::optional<relay::Server> server;

  bool start() {
    const auto first = host.open(SocketId{0}, {kLoopback, 0}).local;
    const auto second = host.open(SocketId{1}, {kOther, 0}).local;
    addresses = {{kLoopback, kOther}, {first.port, second.port}};
    relay::Config config;
    config.discovery = addresses;
    server.emplace(config, rng);
    server->add_socket(SocketId{0}, Transport::udp, first);
    server->add_socket(SocketId{1}, Transport::udp, second);
    for (const auto& [id, local] : {std::pair{2u, addresses.at(1)}, std::pair{3u, addresses.at(2)}}) {
      if (host.open(SocketId{id}, local).error != 0) return false;
      server->add_socket(SocketId{id}, Transport::udp, local);
    }
    return true;
  }
};

TEST(Driver, DiscoveryFindsNoNatOnLoopback) {
  Relay relay;
  ASSERT_TRUE(relay.start());
  Driver server(relay.host, *relay.server);
  const auto ignore = [](const Output&, Bytes) {};
  server.drain(ignore);
  SystemRng rng;
  UdpHost host;
  discovery::ClientOptions options;
  options.server = relay.addresses.at(0);
  options.local = kLoopback;
  options.first_port = 0;
  options.lifetimes = false;
  discovery::Client client(options, rng);
  Driver driver(host, client);
  const auto open = [&](const Output& output, Bytes) {
    if (const auto* wanted = std::get_if<OpenSocket>(&output))
      client.socket_bound(wanted->socket, host.open(wanted->socket, wanted->local).local);
  };
  driver.drain(open);
  const auto end = monotonic_now() + 60s;
  while (!client.finished() && monotonic_now() < end) {
    server.turn(monotonic_now() + 1ms, ignore);
    driver.turn(monotonic_now() + 1ms, open);
  }
  ASSERT_TRUE(client.finished());
  EXPECT_TRUE(client.findings().reachable);
  EXPECT_FALSE(client.findings().translates);
  EXPECT_EQ(client.findings().mapping, discovery::Behaviour::endpoint_independent);
  EXPECT_EQ(client.findings().filtering, discovery::Behaviour::endpoint_independent);
}

TEST(SystemRng, DoesNotRepeat) {
  SystemRng one, other;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(one.next());
    seen.insert(other.next());
  }
  EXPECT_EQ(seen.size(), 200u);
}

TEST(Resolve, TakesAddressesWithAndWithoutPort) {
  EXPECT_EQ(resolve("192.0.2.7:99", 3478), TransportAddress::parse("192.0.2.7:99"));
  EXPECT_EQ(resolve("192.0.2.7", 3478), TransportAddress::parse("192.0.2.7:3478"));
  EXPECT_EQ(resolve("[2001:db8::7]:99", 3478), TransportAddress::parse("[2001:db8::7]:99"));
  EXPECT_EQ(resolve("[2001:db8::7]", 3478), TransportAddress::parse("[2001:db8::7]:3478"));
  EXPECT_EQ(resolve("2001:db8::7", 3478), TransportAddress::parse("[2001:db8::7]:3478"));
  EXPECT_EQ(resolve("::1", 3478), TransportAddress::parse("[::1]:3478"));
  for (const char* wrong : {"", ":3478", "192.0.2.7:", "192.0.2.7:x", "192.0.2.7:70000", "192.0.2.7:1x", "[2001:db8::7",
                            "[2001:db8::7]:", "[2001:db8::7]99", "[192.0.2.7]:99", "[]:99", "2001:db8::7:x", "fe80::1"})
    EXPECT_FALSE(resolve(wrong, 3478)) << wrong;
}

}  // namespace
}  // namespace punchlab::net
