// Two agents and a relay:
//  1. relay-first: data crosses the relay before any check, then moves to direct; both ways, each millisecond across the
//     switch, every packet arrives once. The keys stay: one handshake, equal hashes.
//  2. The direct path dies: consent is lost, data goes on over the relay, nothing sent after that is lost or doubled.
//  3. ice: no data before a nomination, however long the relay would have carried it.
//  4. The relay sees neither application data, nor the peers' ICE passwords, nor the keys of hosts and session, nor its users'
//     passwords in any byte; with a plaintext session the same search finds data and ICE passwords (control).
//  5. A lost offer, a lost answer, a lossy internet, a late peer and a relay that forgot everything only delay it.
//     A lost candidate too: data over an allocation that the peer knows from checks only is relayed, not direct.
//  6. Wrong credential, absent peer, wrong identity, silent relay: each its own reason, once, in bounded time. An absent peer
//     that comes after that still connects. Both paths dead: "path-lost".
//  7. Over a stream in odd pieces: the same dialogue, data relayed both ways, nothing lost. A stream that stays closed is a reason.
#include "protocol/agent/agent_lab.hpp"

#include <gmock/gmock.h>

namespace punchlab::agent::lab {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> numbers(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  for (std::uint32_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

void expect_all_once(Lab& lab) {
  for (std::size_t i = 0; i < 2; ++i) {
    auto got = lab.hosts[1 - i].received;
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, numbers(lab.next_number[i])) << "sent by host " << i;
    EXPECT_GT(lab.next_number[i], 0u);
  }
}

bool found(const Octets& haystack, Bytes needle) {
  return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}
template <std::size_t N>
Bytes bytes_of(const std::array<char, N>& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), N};
}

TEST(Agent, RelayFirstCarriesDataAtOnceAndMovesWithoutLoss) {
  Lab lab;
  lab.direct_latency = 60ms;  // longer than over the relay, so that its data comes first
  Time first_check = kNever;
  lab.cut = [&](const auto& a, const auto& b, Bytes) {
    if (Lab::between_peers(a, b)) first_check = std::min(first_check, lab.now);
    return false;
  };
  while (lab.hosts[0].connected == 0 && lab.now < kTimeOrigin + 2s) lab.talk(1ms);  // whoever has a path uses it at once
  EXPECT_EQ(lab.client().path(), PathKind::relayed);
  EXPECT_LE(lab.hosts[0].connected_at, first_check) << "data goes no later than the first check";
  const auto hash = lab.client().session().handshake_hash();
  lab.talk(500ms);
  lab.run(1s);
  for (auto& host : lab.hosts) {
    EXPECT_THAT(host.paths, ElementsAre(PathKind::relayed, PathKind::direct));
    EXPECT_EQ(host.connected, 1);
    EXPECT_THAT(host.failures, IsEmpty());
    EXPECT_THAT(host.received_on, Contains(PathKind::relayed));
    EXPECT_THAT(host.received_on, Contains(PathKind::direct));
  }
  expect_all_once(lab);
  EXPECT_EQ(lab.client().session().handshake_hash(), hash);
  EXPECT_EQ(lab.connector().session().handshake_hash(), hash);
  EXPECT_EQ(lab.connector().session().count(session::Verdict::duplicate), 0u);
}

TEST(Agent, FallsBackToTheRelayWhenTheDirectPathDies) {
  Lab lab;
  lab.run(2s);
  ASSERT_EQ(lab.client().path(), PathKind::direct);
  const auto hash = lab.client().session().handshake_hash();
  lab.cut = [](const auto& a, const auto& b, Bytes) { return Lab::between_peers(a, b); };
  lab.run(45s);
  for (auto& host : lab.hosts) EXPECT_EQ(host.agent->path(), PathKind::relayed);
  lab.talk(200ms);
  lab.run(1s);
  expect_all_once(lab);
  EXPECT_THAT(lab.hosts[0].received_on, Each(PathKind::relayed));
  EXPECT_EQ(lab.client().session().handshake_hash(), hash);
}

TEST(Agent, IceSendsNoDataBeforeANomination) {
  Lab lab({.policy = "ice"});
  lab.cut = [](const auto& a, const auto& b, Bytes) { return Lab::between_peers(a, b); };
  while (lab.client().path() == PathKind::none && lab.now < kTimeOrigin + 20s) {
    for (std::size_t i = 0; i < 2; ++i) {
      const bool none = lab.hosts[i].agent->path() == PathKind::none;
      lab.say(i);
      ASSERT_EQ(lab.next_number[i] == 0, none);
    }
    lab.run(1ms);
  }
  EXPECT_GT(lab.hosts[0].connected_at - kTimeOrigin, find_policy("ice")->acceptance_wait_relayed);
  lab.run(2s);
  EXPECT_EQ(lab.connector().path(), PathKind::relayed) << "the relay is nominated, late, because nothing else works";
}

TEST(Agent, TheRelaySeesNoSecret) {
  for (const bool sealed : {true, false}) {
    Lab lab({.session = sealed});
    lab.cut = [](const auto& a, const auto& b, Bytes) { return Lab::between_peers(a, b); };
    lab.run(500ms);
    lab.talk(50ms);
    lab.run(500ms);
    ASSERT_FALSE(lab.hosts[1].received.empty());
    const Octets data(24, 0xA5);
    EXPECT_EQ(found(lab.seen_by_relay, data), !sealed);
    const auto& keys = lab.client().session().keys();
    for (auto& host : lab.hosts) {
      EXPECT_EQ(found(lab.seen_by_relay, bytes_of(host.agent->ice_credentials().password)), !sealed);
      EXPECT_FALSE(found(lab.seen_by_relay, host.identity->keys().secret.bytes()));
    }
    for (const std::string_view password : lab.options_.password)
      EXPECT_FALSE(found(lab.seen_by_relay, {reinterpret_cast<const std::uint8_t*>(password.data()), password.size()}));
    if (!sealed) continue;
    for (const auto& key : {keys.send, keys.receive}) EXPECT_FALSE(found(lab.seen_by_relay, key.bytes()));
    auto copy = lab.seen_by_relay;
    const auto key = keys.send.bytes();
    copy.insert(copy.begin() + 5, key.begin(), key.end());
    EXPECT_TRUE(found(copy, key)) << "control: the search finds what is there";
  }
}

TEST(Agent, OneLostOfferOrAnswerOnlyDelays) {
  for (const std::uint8_t kind : {std::uint8_t{0xC0}, std::uint8_t{0xC1}}) {
    Lab lab;
    int lost = 0;
    lab.cut = [&](const auto& from, const auto&, Bytes bytes) {
      const bool delivery = from == kRelay && bytes.size() > 150 && bytes[0] == 0x02 && bytes[1] == 0xF2;
      const std::array<std::uint8_t, 1> first{kind};
      const bool wanted = delivery && std::search(bytes.begin() + 60, bytes.begin() + 64, first.begin(), first.end()) != bytes.begin() + 64;
      return wanted && lost++ == 0;
    };
    lab.run(3s);
    EXPECT_GE(lost, 2) << "it was repeated";
    for (auto& host : lab.hosts) {
      EXPECT_EQ(host.agent->path(), PathKind::direct);
      EXPECT_THAT(host.failures, IsEmpty());
    }
  }
}

TEST(Agent, ConnectsOnALossyInternetWithoutDuplicates) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Lab lab({.seed = seed});
    lab.loss = 0.15;
    lab.run(4s);
    lab.talk(100ms);
    lab.run(2s);
    for (auto& host : lab.hosts) {
      EXPECT_EQ(host.connected, 1) << seed;
      auto got = host.received;
      std::sort(got.begin(), got.end());
      EXPECT_EQ(std::adjacent_find(got.begin(), got.end()), got.end()) << seed;
    }
  }
}

TEST(Agent, DataOverAnAllocationThatWasNeverToldCountsAsRelayed) {
  for (const char* policy : {"ice", "libwebrtc", "relay-first"}) {
    Lab lab({.policy = policy});
    // The client's updates are lost, and the connector's allocation lets nothing through: the client's own is all there is.
    lab.cut = [&](const auto& from, const auto& to, Bytes bytes) {
      const bool update = from == kRelay && bytes.size() > 150 && bytes[0] == 0x02 && bytes[1] == 0xF2 &&
                          std::find(bytes.begin() + 60, bytes.begin() + 64, 0xC3) != bytes.begin() + 64;
      const bool allocation = from.address == kRelay.address && from.port != kRelay.port && to == lab.hosts[0].address;
      return update || allocation || Lab::between_peers(from, to);
    };
    lab.run(10s);
    lab.talk(100ms);
    lab.run(1s);
    EXPECT_EQ(lab.connector().path(), PathKind::relayed) << policy;
    EXPECT_THAT(lab.hosts[1].received_on, testing::AllOf(testing::Not(IsEmpty()), Each(PathKind::relayed))) << policy;
  }
}

TEST(Agent, WaitsForALatePeer) {
  for (const std::size_t late : {std::size_t{0}, std::size_t{1}}) {
    Options options;
    options.start[late] += 4s;
    Lab lab(options);
    lab.run(6s);
    for (auto& host : lab.hosts) {
      EXPECT_EQ(host.agent->path(), PathKind::direct);
      EXPECT_THAT(host.failures, IsEmpty());
    }
  }
}

TEST(Agent, ARelayThatForgotEverythingIsAskedAgain) {
  Options options;
  options.start[1] += 300ms;
  Lab lab(options);
  lab.run(200ms);
  ASSERT_EQ(lab.relay->registrations(), 1u);
  lab.relay->reset();
  lab.run(20s);
  for (auto& host : lab.hosts) EXPECT_EQ(host.agent->path(), PathKind::direct);
}

TEST(Agent, NamesTheReasonOnceInBoundedTime) {
  struct Case {
    const char* reason;
    Options options;
    bool silent_relay = false;
  };
  Options wrong_password, absent, wrong_peer, nobody;
  wrong_password.password[0] = "nonsense";
  absent.start[1] = kNever;
  wrong_peer.wrong_peer = true;
  for (const auto& c : {Case{"credential-refused", wrong_password}, Case{"peer-unavailable", absent},
                        Case{"peer-unavailable", wrong_peer}, Case{"relay-unreachable", nobody, true}}) {
    Lab lab(c.options);
    if (c.silent_relay) lab.cut = [](const auto&, const auto&, Bytes) { return true; };
    lab.run(find_policy("relay-first")->patience + 1s);
    EXPECT_THAT(lab.hosts[0].failures, ElementsAre(c.reason));
    EXPECT_EQ(lab.hosts[0].connected, 0);
    EXPECT_TRUE(lab.client().concluded());
    lab.run(60s);
    EXPECT_THAT(lab.hosts[0].failures, ElementsAre(c.reason));
  }
}

TEST(Agent, APeerThatComesAfterTheEndOfPatienceStillConnects) {
  Options options;
  options.start[1] += 8s;
  Lab lab(options);
  lab.run(12s);
  EXPECT_THAT(lab.hosts[0].failures, ElementsAre("peer-unavailable"));
  for (auto& host : lab.hosts) EXPECT_EQ(host.agent->path(), PathKind::direct);
}

TEST(Agent, SaysWhenEveryPathIsLost) {
  Lab lab;
  lab.run(2s);
  ASSERT_EQ(lab.client().path(), PathKind::direct);
  lab.cut = [](const auto&, const auto&, Bytes) { return true; };
  lab.run(60s);
  for (auto& host : lab.hosts) {
    EXPECT_EQ(host.agent->path(), PathKind::none);
    EXPECT_THAT(host.failures, ElementsAre("path-lost"));
    EXPECT_EQ(host.paths.back(), PathKind::none);
  }
}

class AgentStream : public testing::TestWithParam<std::size_t> {};

TEST_P(AgentStream, CarriesTheSameAndNothingIsLost) {
  Lab lab({.stream = GetParam()});
  const auto blocked = lab.hosts[GetParam()].address;
  lab.cut = [=](const auto& a, const auto& b, Bytes) { return a == blocked || b == blocked; };  // UDP
  while (lab.hosts[0].connected == 0 && lab.now < kTimeOrigin + 4s) lab.talk(1ms);
  lab.talk(300ms);
  lab.run(3s);
  lab.talk(300ms);
  lab.run(1s);
  for (auto& host : lab.hosts) EXPECT_EQ(host.agent->path(), PathKind::relayed);
  expect_all_once(lab);
  lab.refuse_streams = true;
  lab.close_stream();
  lab.run(60s);
  EXPECT_THAT(lab.hosts[GetParam()].failures, ElementsAre("relay-unreachable"));
  EXPECT_EQ(lab.hosts[GetParam()].agent->path(), PathKind::none);
}
INSTANTIATE_TEST_SUITE_P(EitherSide, AgentStream, testing::Values(0, 1));

}  // namespace
}  // namespace punchlab::agent::lab
