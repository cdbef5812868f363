// TCP and TLS connections on loopback. Cases, the first also with IPv6:
//  1. What one side sends arrives whole and in order, both ways, in more messages than a socket buffer holds, with and
//  without TLS.
//  2. A connection that is refused is told once, with the reason.
//  3. A certificate of another authority or for another name is refused by the one who connects, with the reason.
//  4. Who connects but never begins TLS is dropped after kPatience, and its listener's owner never hears of it.
//  5. Whole messages are lost, and counted, when too much waits; never parts.
#include "net/host/stream_set.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <numeric>

#include "net/host/monotonic_clock.hpp"
#include "net/host/own_loopback_for_test.hpp"

namespace punchlab::net {
namespace {

using namespace std::chrono_literals;
const TransportAddress kAnyPort{IpAddress::v4(127, 0, 0, 1), 0};
const std::string kPem = std::string(PUNCHLAB_SOURCE_DIR) + "/tools/cli/relay_for_test.pem";
constexpr SocketId kListener{1}, kClient{2};

/// Both ends in one loop.
struct Ends final : StreamUser {
  UdpHost host;
  StreamSet streams{host};
  std::optional<SocketId> accepted;
  TransportAddress remote;  ///< of the accepted one
  bool opened = false;
  std::map<SocketId, std::vector<std::uint8_t>> got;
  std::vector<std::string> closed;

  void on_stream_accepted(SocketId, SocketId stream, const TransportAddress& from) override {
    accepted = stream;
    remote = from;
  }
  void on_stream_opened(SocketId) override { opened = true; }
  void on_stream_bytes(SocketId stream, Bytes bytes) override {
    got[stream].insert(got[stream].end(), bytes.begin(), bytes.end());
  }
  void on_stream_closed(SocketId, const std::string& why) override { closed.push_back(why); }

  template <class Done>
  bool run(Done&& done, Duration length = 20s) {
    for (const auto end = monotonic_now() + length; monotonic_now() < end && !done();)
      streams.handle(monotonic_now(), host.wait(monotonic_now() + 10ms), *this);
    return done();
  }
  bool join(std::shared_ptr<const TlsCredentials> server, std::shared_ptr<const TlsCredentials> client,
            const TransportAddress& at = kAnyPort) {
    const auto local = streams.listen(kListener, at, std::move(server));
    EXPECT_EQ(local.error, 0);
    streams.connect(kClient, local.local, std::move(client));
    return run([&] { return (opened && accepted) || !closed.empty(); }) && closed.empty();
  }
};

class Streams : public testing::TestWithParam<bool> {
 protected:
  std::shared_ptr<const TlsCredentials> server() const {
    return GetParam() ? TlsCredentials::server(kPem, kPem) : nullptr;
  }
  std::shared_ptr<const TlsCredentials> client() const {
    return GetParam() ? TlsCredentials::client(kPem, "relay.test") : nullptr;
  }
};

TEST_P(Streams, CarryBothWays) {
  Ends ends;
  ASSERT_TRUE(ends.join(server(), client()));
  std::vector<std::uint8_t> message(1000);
  std::iota(message.begin(), message.end(), std::uint8_t{0});
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 100; ++i) {
      ends.streams.send(kClient, message);
      ends.streams.send(*ends.accepted, message);
    }
    const auto wanted = static_cast<std::size_t>(round + 1) * 100'000;
    ASSERT_TRUE(
        ends.run([&] { return ends.got[kClient].size() >= wanted && ends.got[*ends.accepted].size() >= wanted; }));
  }
  EXPECT_EQ(ends.streams.lost(), 0u);
  for (const auto& [id, bytes] : ends.got)
    for (std::size_t i = 0; i < bytes.size(); i += 1000)
      ASSERT_TRUE(std::equal(message.begin(), message.end(), bytes.begin() + static_cast<std::ptrdiff_t>(i)));
  ends.streams.close(kClient);
  EXPECT_TRUE(ends.run([&] { return !ends.closed.empty(); }));
  EXPECT_EQ(ends.closed, std::vector<std::string>{""}) << "in order";
}

TEST_P(Streams, LoseWholeMessagesWhenTooMuchWaits) {
  Ends ends;
  ASSERT_TRUE(ends.join(server(), client()));
  const std::vector<std::uint8_t> message(1000, 7);
  std::size_t sent = 0;
  for (; ends.streams.lost() < 5; ++sent) ends.streams.send(kClient, message);
  const auto wanted = (sent - 5) * message.size();
  EXPECT_GE(wanted, Stream::kMaxWaiting / 2);
  ASSERT_TRUE(ends.run([&] { return ends.got[*ends.accepted].size() >= wanted; }));
  EXPECT_EQ(ends.got[*ends.accepted].size(), wanted);
}
INSTANTIATE_TEST_SUITE_P(PlainAndTls, Streams, testing::Bool());

class StreamFamilies : public BothFamilies {};
INSTANTIATE_TEST_SUITE_P(Families, StreamFamilies, testing::Values(Family::ipv4, Family::ipv6), name_of_family);

TEST_P(StreamFamilies, CarryBothWays) {
  for (const bool tls : {false, true}) {
    Ends ends;
    ASSERT_TRUE(ends.join(tls ? TlsCredentials::server(kPem, kPem) : nullptr,
                          tls ? TlsCredentials::client(kPem, "relay.test") : nullptr, {loopback(), 0}));
    EXPECT_EQ(ends.remote.address, loopback());
    const std::vector<std::uint8_t> there{1, 2, 3}, back{4, 5};
    ends.streams.send(kClient, there);
    ends.streams.send(*ends.accepted, back);
    EXPECT_TRUE(ends.run([&] { return ends.got[*ends.accepted] == there && ends.got[kClient] == back; }));
  }
}

TEST(StreamSet, RefusedConnection) {
  Ends ends;
  const auto taken = ends.streams.listen(kListener, kAnyPort, nullptr).local;
  const auto free = [] {
    UdpHost host;
    StreamSet set(host);
    return set.listen(kListener, kAnyPort, nullptr).local;
  }();
  ASSERT_NE(free, taken);
  ends.streams.connect(kClient, free, nullptr);
  ASSERT_TRUE(ends.run([&] { return !ends.closed.empty(); }));
  ends.run([] { return false; }, 50ms);
  EXPECT_EQ(ends.closed, std::vector<std::string>{"Connection refused"});
  EXPECT_EQ(ends.streams.listen(SocketId{9}, taken, nullptr).error, EADDRINUSE);
}

TEST(StreamSet, CertificateThatIsNotBelieved) {
  for (const bool own_authority : {true, false}) {
    Ends ends;
    EXPECT_FALSE(
        ends.join(TlsCredentials::server(kPem, kPem),
                  TlsCredentials::client(own_authority ? kPem : "", own_authority ? "other.example" : "relay.test")));
    ASSERT_FALSE(ends.closed.empty());
    EXPECT_NE(ends.closed[0].find("certificate was refused"), std::string::npos) << ends.closed[0];
  }
  EXPECT_THROW(TlsCredentials::server("/none", "/none"), std::runtime_error);
  EXPECT_THROW(TlsCredentials::client(std::string(PUNCHLAB_SOURCE_DIR) + "/README.md", "x"), std::runtime_error);
}

TEST(StreamSet, DropsWhoNeverBeginsTls) {
  Ends ends;
  const auto local = ends.streams.listen(kListener, kAnyPort, TlsCredentials::server(kPem, kPem)).local;
  Stream idle(local, nullptr);
  const auto unfinished = [&] { return ends.streams.next() != kNever; };
  ASSERT_TRUE(ends.run(unfinished));
  ends.streams.handle(monotonic_now() + StreamSet::kPatience + 1s, {}, ends);
  EXPECT_FALSE(unfinished());
  EXPECT_FALSE(ends.accepted);
  EXPECT_TRUE(ends.closed.empty());
}

}  // namespace
}  // namespace punchlab::net
