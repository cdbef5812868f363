// TCP through the gateway (RFC 5382).
//
// 1. A handshake makes a connection established: it outlives the transitory timer and lives for `tcp_established`.
// 2. A half-open connection, a closed one and a reset one have the transitory timer; a FIN one way alone has not.
// 3. A simultaneous open gets through (REQ-2).
// 4. An open filter lets a stranger's SYN in on a mapped port (REQ-3), but no other segment of a stranger.
// 5. A RST from inside opens nothing; TCP and UDP mappings are apart.
// 6. A new SYN on a closed connection's 5-tuple starts afresh.
// 7. A gateway may let only TCP to port 443 outside pass, either way, or none at all.
#include <gmock/gmock.h>

#include "sim/nat/nat_lab.hpp"

namespace punchlab::nat {
namespace {

using namespace packet;
using std::chrono::minutes;
const TransportAddress kA{kHostA, 5000};
const TransportAddress kR1{kRemote1, 443};
const TransportAddress kR2{kRemote2, 443};

struct Connection {
  explicit Connection(const Profile& p = {}) : lab(p) { external = lab.tcp_out(kA, kR1, kSyn).source; }
  void establish() {
    EXPECT_TRUE(lab.tcp_in(kR1, external, kSyn | kAck).passed());
    EXPECT_TRUE(lab.tcp_out(kA, kR1, kAck).passed());
  }
  bool alive() { return !lab.box().mappings(lab.now()).empty(); }
  NatLab lab;
  TransportAddress external;
};

TEST(Tcp, EstablishedConnectionsLiveLong) {
  Connection c;
  c.establish();
  c.lab.wait(minutes{124} - Duration{1});
  EXPECT_TRUE(c.lab.tcp_in(kR1, c.external, kAck).passed());
  c.lab.wait(minutes{124});
  EXPECT_FALSE(c.lab.tcp_in(kR1, c.external, kAck).passed());
}

TEST(Tcp, HalfOpenConnectionsDoNot) {
  Connection c;
  c.lab.wait(minutes{4} - Duration{1});
  EXPECT_TRUE(c.alive());
  c.lab.wait(Duration{1});
  EXPECT_FALSE(c.alive());
}

TEST(Tcp, ClosingShortensTheLife) {
  Connection c;
  c.establish();
  c.lab.tcp_out(kA, kR1, kFin | kAck);
  c.lab.wait(minutes{10});
  EXPECT_TRUE(c.alive()) << "one direction still flows";
  c.lab.tcp_in(kR1, c.external, kFin | kAck);
  c.lab.wait(minutes{4} - Duration{1});
  EXPECT_TRUE(c.lab.tcp_out(kA, kR1, kAck).passed());
  c.lab.wait(minutes{4});
  EXPECT_FALSE(c.alive());
}

TEST(Tcp, ResetShortensTheLife) {
  Connection c;
  c.establish();
  c.lab.tcp_in(kR1, c.external, kRst);
  c.lab.wait(minutes{4});
  EXPECT_FALSE(c.alive());
}

TEST(Tcp, SimultaneousOpenGetsThrough) {
  Connection c;
  EXPECT_TRUE(c.lab.tcp_in(kR1, c.external, kSyn).passed());
  EXPECT_TRUE(c.lab.tcp_out(kA, kR1, kSyn | kAck).passed());
  EXPECT_TRUE(c.lab.tcp_in(kR1, c.external, kAck).passed());
  c.lab.wait(minutes{60});
  EXPECT_TRUE(c.alive());
}

TEST(Tcp, OpenFilterTakesAStrangersSynOnly) {
  Connection c(open_profile());
  EXPECT_FALSE(c.lab.tcp_in(kR2, c.external, kAck).passed());
  EXPECT_TRUE(c.lab.tcp_in(kR2, c.external, kSyn).passed());
  EXPECT_TRUE(c.lab.tcp_out(kA, kR2, kSyn | kAck).passed());
  EXPECT_TRUE(c.lab.tcp_in(kR2, c.external, kAck).passed());
  Connection closed;
  EXPECT_FALSE(closed.lab.tcp_in(kR2, closed.external, kSyn).passed());
}

TEST(Tcp, ResetOpensNothingAndUdpIsApart) {
  NatLab lab((Profile()));
  EXPECT_EQ(lab.tcp_out(kA, kR1, kRst).verdict.reason, Reason::no_mapping);
  lab.tcp_out(kA, kR1, kSyn);
  EXPECT_FALSE(lab.in(kR1, {external_address(0), 5000}).passed());
}

TEST(Tcp, TheTupleCanBeUsedAgain) {
  Connection c;
  c.establish();
  c.lab.tcp_out(kA, kR1, kRst);
  EXPECT_EQ(c.lab.tcp_out(kA, kR1, kSyn).source, c.external);
  c.establish();
  c.lab.wait(minutes{60});
  EXPECT_TRUE(c.alive());
}

TEST(Tcp, MayPassToOnePortOrNotAtAll) {
  Profile strict;
  strict.tcp = TcpPassage::port_443;
  Connection c(strict);
  c.establish();
  EXPECT_TRUE(c.alive());
  const TransportAddress other{kRemote1, 3478};
  EXPECT_EQ(c.lab.tcp_out(kA, other, kSyn).verdict.reason, Reason::tcp_blocked);
  EXPECT_EQ(c.lab.tcp_in(other, c.external, kSyn).verdict.reason, Reason::tcp_blocked);
  EXPECT_TRUE(c.lab.out(kA, other).passed()) << "UDP is another axis";
  strict.tcp = TcpPassage::blocked;
  NatLab wall(strict);
  EXPECT_EQ(wall.tcp_out(kA, kR1, kSyn).verdict.reason, Reason::tcp_blocked);
}

}  // namespace
}  // namespace punchlab::nat
