// How the relay is reached when UDP may be blocked:
//  1. RelayChoice: in order, each a wait after the one before or when that failed; the first that is heard of stays; the only
//     one is chosen from the start; what failed is tried again when asked for.
//  2. A host whose UDP is blocked opens a stream after the policy's wait, data flows relayed both ways, on either side.
//  3. Where UDP answers in time no stream is opened.
//  4. Where UDP answers late and streams are refused, UDP is used and nobody is told of a failure.
//  5. Where nothing answers, the failure is told once; streams are tried again, and mend it.
//  6. A policy that names a stream first uses it although UDP answers; one that names UDP only never opens one.
#include "protocol/agent/relay_choice.hpp"

#include <gmock/gmock.h>

#include "protocol/agent/agent_lab.hpp"

namespace punchlab::agent::lab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RelayChoice choice_of(std::initializer_list<Transport> transports) {
  RelayChoice choice(100ms);
  for (const auto transport : transports) choice.add(transport);
  choice.start(kTimeOrigin);
  return choice;
}

TEST(RelayChoice, TriesOneAfterAnother) {
  auto choice = choice_of({Transport::udp, Transport::tcp, Transport::tls});
  EXPECT_EQ(choice.due(kTimeOrigin), Transport::udp);
  EXPECT_EQ(choice.due(kTimeOrigin), std::nullopt);
  EXPECT_EQ(choice.next(), kTimeOrigin + 100ms);
  EXPECT_EQ(choice.due(kTimeOrigin + 100ms), Transport::tcp);
  EXPECT_FALSE(choice.failed(kTimeOrigin + 120ms, Transport::tcp)) << "TLS is left";
  EXPECT_EQ(choice.due(kTimeOrigin + 120ms), Transport::tls);
  EXPECT_EQ(choice.next(), kNever);
  EXPECT_TRUE(choice.under_way(Transport::tls) && choice.under_way(Transport::udp));
  EXPECT_FALSE(choice.under_way(Transport::tcp));
  EXPECT_TRUE(choice.failed(kTimeOrigin + 130ms, Transport::tls));
  choice.retry(kTimeOrigin + 200ms);
  EXPECT_EQ(choice.due(kTimeOrigin + 200ms), Transport::tcp);
  EXPECT_TRUE(choice.choose(Transport::udp));
  EXPECT_FALSE(choice.choose(Transport::tcp));
  EXPECT_EQ(choice.chosen(), Transport::udp);
  EXPECT_EQ(choice.next(), kNever);
}

TEST(RelayChoice, TheOnlyOneIsChosen) {
  auto choice = choice_of({Transport::tls});
  EXPECT_EQ(choice.chosen(), Transport::tls);
  EXPECT_EQ(choice.due(kTimeOrigin), Transport::tls);
  EXPECT_EQ(choice.due(kTimeOrigin), std::nullopt);
  choice.retry(kTimeOrigin + 1s);
  EXPECT_EQ(choice.due(kTimeOrigin + 1s), Transport::tls);
}

/// Everything that is sent from now on arrives once.
void expect_flow(Lab& lab) {
  for (auto& host : lab.hosts) host.received.clear();
  lab.talk(100ms);
  lab.run(1s);
  for (auto& host : lab.hosts) EXPECT_EQ(host.received.size(), 100u);
}

class Fallback : public testing::TestWithParam<std::size_t> {
 protected:
  void block_udp() {
    lab.cut = [blocked = host().address](const auto& a, const auto& b, Bytes) { return a == blocked || b == blocked; };
  }
  Host& host() { return lab.hosts[GetParam()]; }
  Lab lab{{.stream = GetParam(), .fallback = true}};
};

TEST_P(Fallback, OpensAStreamWhereUdpIsBlocked) {
  block_udp();
  lab.run(8s);
  EXPECT_THAT(lab.streams_opened, ElementsAre(kTimeOrigin + find_policy("relay-first")->relay_wait));
  EXPECT_EQ(host().agent->relay_transport(), Transport::tcp);
  for (auto& h : lab.hosts) {
    EXPECT_EQ(h.agent->path(), PathKind::relayed);
    EXPECT_THAT(h.failures, IsEmpty());
  }
  expect_flow(lab);
}

TEST_P(Fallback, OpensNoneWhereUdpAnswers) {
  lab.run(8s);
  EXPECT_THAT(lab.streams_opened, IsEmpty());
  EXPECT_EQ(host().agent->relay_transport(), Transport::udp);
  EXPECT_EQ(host().agent->path(), PathKind::direct);
}

TEST_P(Fallback, StaysWithUdpThatIsLateWhereStreamsAreRefused) {
  lab.relay_latency = 300ms;
  lab.refuse_streams = true;
  lab.run(15s);
  EXPECT_EQ(lab.streams_opened.size(), 1u);
  EXPECT_EQ(host().agent->relay_transport(), Transport::udp);
  EXPECT_EQ(host().agent->path(), PathKind::direct);
  for (auto& h : lab.hosts) EXPECT_THAT(h.failures, IsEmpty());
}

TEST_P(Fallback, TriesAgainWhereNothingAnswers) {
  block_udp();
  lab.refuse_streams = true;
  lab.run(30s);
  EXPECT_THAT(host().failures, ElementsAre("relay-unreachable"));
  EXPECT_GT(lab.streams_opened.size(), 2u);
  for (std::size_t i = 1; i < lab.streams_opened.size(); ++i)
    EXPECT_GE(lab.streams_opened[i] - lab.streams_opened[i - 1], 5s);
  lab.refuse_streams = false;
  lab.run(60s);
  EXPECT_EQ(host().agent->relay_transport(), Transport::tcp);
}
INSTANTIATE_TEST_SUITE_P(EitherSide, Fallback, testing::Values(0, 1));

TEST(RelayTransports, AreThePolicys) {
  Policy stream_first = *find_policy("relay-first");
  stream_first.relay_transports = {{Transport::tcp, Transport::udp}, 2};
  Lab streams({.stream = 0, .custom = &stream_first, .fallback = true});
  streams.run(3s);
  EXPECT_EQ(streams.client().relay_transport(), Transport::tcp);
  EXPECT_EQ(streams.client().path(), PathKind::direct) << "the checks have UDP";
  Policy udp_only = *find_policy("relay-first");
  udp_only.relay_transports = {{Transport::udp}, 1};
  Lab datagrams({.stream = 0, .custom = &udp_only, .fallback = true});
  datagrams.cut = [](const auto&, const auto&, Bytes) { return true; };
  datagrams.run(30s);
  EXPECT_THAT(datagrams.streams_opened, IsEmpty());
}

}  // namespace
}  // namespace punchlab::agent::lab
