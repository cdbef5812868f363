// What the relay took away in the middle of a connection is asked for again:
//  1. The relay forgets everything while it carries the data: soon data flows both ways again, over it, with the same keys,
//     each packet once, and nobody was told of a failure. With every policy's way to choose a path; and forty times in a row.
//  2. The same while a direct path carries the data: nothing is lost, and the next time that path dies the relay takes over.
//  3. A relay that is away for long is asked at least 5 s apart, ever more rarely; when it is back in time, data flows again.
//  4. A stream that breaks is dialled again, and likewise one that the agent itself closed because it made no sense.
//  5. A stream that cannot be opened is a failure, told once, and tried twenty times; one that can be in time mends it.
//  6. Redial itself: never early, waits that grow, an end, and a new beginning after a success.
#include <gmock/gmock.h>

#include <set>

#include "protocol/agent/agent_lab.hpp"

namespace punchlab::agent::lab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void cut_direct(Lab& lab) {
  lab.cut = [](const auto& a, const auto& b, Bytes) { return Lab::between_peers(a, b); };
}

/// Everything that is sent from now on arrives once.
void expect_flow(Lab& lab, const std::string& what) {
  SCOPED_TRACE(what);
  for (auto& host : lab.hosts) host.received.clear();
  const auto from = lab.next_number;
  lab.talk(100ms);
  lab.run(1s);
  for (std::size_t i = 0; i < 2; ++i) {
    auto got = lab.hosts[1 - i].received;
    std::sort(got.begin(), got.end());
    ASSERT_EQ(got.size(), 100u) << "sent by host " << i;
    EXPECT_EQ(got.front(), from[i]);
    EXPECT_EQ(std::adjacent_find(got.begin(), got.end()), got.end());
  }
}

class Redialled : public testing::TestWithParam<const char*> {};

TEST_P(Redialled, AllocationCarriesDataAgain) {
  Lab lab({.policy = GetParam()});
  cut_direct(lab);
  lab.run(20s);
  const auto hash = lab.client().session().handshake_hash();
  expect_flow(lab, "before");
  for (int i = 0; i < 40; ++i) {
    lab.relay->reset();
    lab.run(35s);
    expect_flow(lab, "after reset " + std::to_string(i));
  }
  for (auto& host : lab.hosts) {
    EXPECT_EQ(host.agent->path(), PathKind::relayed);
    EXPECT_EQ(host.agent->session().handshake_hash(), hash);
    EXPECT_THAT(host.failures, IsEmpty());
    EXPECT_EQ(host.connected, 1);
  }
}
INSTANTIATE_TEST_SUITE_P(Policies, Redialled, testing::Values("relay-first", "ice", "libwebrtc", "pion"));

TEST(Redial, ALossyInternetOnlyDelaysIt) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Lab lab({.seed = seed});
    cut_direct(lab);
    lab.run(5s);
    lab.loss = 0.1;
    lab.relay->reset();
    lab.run(60s);
    lab.loss = 0;
    lab.run(20s);
    expect_flow(lab, "seed " + std::to_string(seed));
  }
}

TEST(Redial, ADirectPathIsNotDisturbedAndHasItsFallbackBack) {
  Lab lab;
  lab.run(2s);
  ASSERT_EQ(lab.client().path(), PathKind::direct);
  for (auto& host : lab.hosts) host.paths.clear();
  lab.relay->reset();
  expect_flow(lab, "direct");
  lab.run(600s);
  for (auto& host : lab.hosts) EXPECT_THAT(host.paths, IsEmpty()) << "no change";
  cut_direct(lab);
  lab.run(45s);
  for (auto& host : lab.hosts) EXPECT_EQ(host.agent->path(), PathKind::relayed);
  expect_flow(lab, "relayed");
}

TEST(Redial, IsPatientWithARelayThatIsAway) {
  Lab lab;
  std::vector<Time> asked;
  std::set<stun::TransactionId> ids;
  bool away = false;
  lab.cut = [&](const auto& a, const auto& b, Bytes bytes) {
    const auto message = stun::MessageView::parse(bytes);
    const bool allocate = a == lab.hosts[0].address && message && message->is(stun::Class::request, stun::Method::allocate);
    if (away && allocate && ids.insert(message->transaction_id()).second) asked.push_back(lab.now);
    return away || Lab::between_peers(a, b);
  };
  lab.run(5s);
  lab.relay->reset();
  away = true;
  lab.run(400s);
  EXPECT_EQ(lab.client().path(), PathKind::none);
  EXPECT_THAT(lab.hosts[0].failures, ElementsAre("path-lost"));
  EXPECT_GE(asked.size(), 3u);
  EXPECT_LE(asked.size(), 10u);
  for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_GE(asked[i] - asked[i - 1], 5s);
  away = false;
  lab.run(100s);
  EXPECT_EQ(lab.client().path(), PathKind::relayed);
  expect_flow(lab, "back");
  const auto before = asked.size();
  away = true;
  lab.run(3600s);
  EXPECT_LE(asked.size(), before + Redial::kMaxAttempts) << "an end";
}

class RedialledStream : public testing::TestWithParam<std::size_t> {
 protected:
  void start() {
    lab.cut = [blocked = lab.hosts[GetParam()].address](const auto& a, const auto& b, Bytes) { return a == blocked || b == blocked; };
    lab.run(8s);
    expect_flow(lab, "before");
    hash = lab.client().session().handshake_hash();
  }
  Host& host() { return lab.hosts[GetParam()]; }
  Lab lab{{.stream = GetParam()}};
  Octets noise = Octets(300, 0xFF);
  std::array<std::uint8_t, 64> hash{};
};

TEST_P(RedialledStream, CarriesDataAgain) {
  start();
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 0) lab.relay->reset();
    lab.close_stream();
    lab.run(40s);
    expect_flow(lab, "after break " + std::to_string(i));
  }
  EXPECT_EQ(lab.streams_opened.size(), 21u);
  EXPECT_EQ(host().agent->session().handshake_hash(), hash);
  for (auto& h : lab.hosts) EXPECT_THAT(h.failures, IsEmpty());
}

TEST_P(RedialledStream, IsClosedWhenItMakesNoSense) {
  start();
  host().agent->handle_stream(lab.now, kAgentStream, noise);
  host().agent->handle_timeout(lab.now);
  lab.run(40s);
  EXPECT_EQ(lab.streams_closed_by_agent, 1);
  EXPECT_EQ(lab.streams_opened.size(), 2u);
  expect_flow(lab, "after");
}

TEST_P(RedialledStream, IsTriedAgainWhenRefused) {
  start();
  lab.refuse_streams = true;
  lab.close_stream();
  lab.run(100s);
  EXPECT_THAT(host().failures, ElementsAre("relay-unreachable"));
  for (std::size_t i = 2; i < lab.streams_opened.size(); ++i)
    EXPECT_GE(lab.streams_opened[i] - lab.streams_opened[i - 1], 5s);
  lab.refuse_streams = false;
  lab.run(100s);
  EXPECT_EQ(host().agent->path(), PathKind::relayed);
  expect_flow(lab, "after");
  const auto before = lab.streams_opened.size();
  lab.refuse_streams = true;
  lab.close_stream();
  lab.run(3600s);
  EXPECT_EQ(lab.streams_opened.size(), before + Redial::kMaxAttempts);
}
INSTANTIATE_TEST_SUITE_P(EitherSide, RedialledStream, testing::Values(0, 1));

TEST(Redial, WaitsGrowAndEnd) {
  Redial redial;
  Time now = kTimeOrigin;
  EXPECT_FALSE(redial.due(now));
  std::vector<Duration> waits;
  for (Time last = now; redial.schedule(now); last = now) {
    now = std::max(now, redial.next());
    EXPECT_TRUE(redial.due(now));
    EXPECT_FALSE(redial.due(now)) << "once";
    waits.push_back(now - last);
  }
  ASSERT_EQ(waits.size(), static_cast<std::size_t>(Redial::kMaxAttempts));
  EXPECT_THAT(std::span(waits).first(5), ElementsAre(0s, 5s, 10s, 20s, 40s));
  EXPECT_THAT(std::span(waits).subspan(5), testing::Each(Redial::kLongestWait));
  redial.succeeded();
  EXPECT_TRUE(redial.schedule(now));
  EXPECT_EQ(redial.next(), now + 60s) << "the last wait still counts";
  redial.postpone(now + 100s);
  redial.schedule(now + 100s);
  EXPECT_EQ(redial.next(), now + 160s);
}

}  // namespace
}  // namespace punchlab::agent::lab
