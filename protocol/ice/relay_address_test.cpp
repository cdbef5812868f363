// An agent of another maker has an allocation, and its checks from there say "peer-reflexive", as RFC 8445
// section 7.1.1 wants it. One reaches our agent before the allocation's candidate was told, while the first direct
// checks are lost. Cases:
//  1. Our agent, which controls, knows the relay: the source counts as relayed, and both become direct without a
//     detour.
//  2. It does not know the relay: it takes the path for direct until the candidate is told, and moves to the direct one
//     then, also when the peer is content with its pair and checks no other. Control: where direct does not work it
//     stays relayed, and says so.
//  3. Our agent is controlled, and the peer nominates whatever is valid first: over a known relay it is not answered
//     while a direct pair may work. Control: with an unknown relay it is.
//  4. A peer behind a NAT that has the relay's address: direct as soon as elsewhere when it has told a candidate there;
//     when it has told none, a source there counts as relayed until its candidates have ended, and is direct then.
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

constexpr int kOurs = 0, kTheirs = 1;
constexpr auto kTheirNat = IpAddress::v4(203, 0, 113, 2);

Policy with_delay() {
  Policy policy = *find_policy("relay-first");
  policy.relayed_check_delay = milliseconds{1000};
  return policy;
}

/// A check as it is, but with the priority of a peer-reflexive candidate.
void say_peer_reflexive(Packet& packet, const Lab& lab) {
  const auto view = packet.view();
  if (view.message_class() != stun::Class::request) return;
  const auto& sides = lab.sides;
  const auto key = stun::IntegrityKey::short_term(password_of(sides[kOurs].agent->local_credentials()));
  const bool controlling = view.has(stun::Attribute::ice_controlling);
  const auto tie_breaker = controlling ? stun::Attribute::ice_controlling : stun::Attribute::ice_controlled;
  const CheckContext context{&sides[kTheirs].agent->local_credentials(),
                             ufrag_of(sides[kOurs].agent->local_credentials()), nullptr, &key, *view.u64(tie_breaker)};
  const CheckTransaction check{.id = view.transaction_id(),
                               .role = controlling ? Role::controlling : Role::controlled,
                               .use_candidate = view.has(stun::Attribute::use_candidate)};
  std::vector<std::uint8_t> bytes(kMaxDatagram);
  bytes.resize(write_check(context, check, priority_of(CandidateType::peer_reflexive, 1), bytes));
  packet.bytes = std::move(bytes);
}

class RelayAddress : public testing::Test {
 protected:
  void make(Role ours, NatKind theirs = kPortRestricted, bool relay = true) {
    lab.emplace(
        LabOptions{.nat = {kFullCone, theirs}, .role = {ours, opposite(ours)}, .policy = with_delay(), .relay = relay});
    auto& peer = lab->sides[kTheirs];
    peer.policy.relayed_check_delay = Duration{0};
    peer.policy.acceptance_wait_relayed = Duration{0};
    lab->rewrite = [this](Packet& p) {
      if (p.from == kTheirs && p.source == lab->sides[kTheirs].relayed) say_peer_reflexive(p, *lab);
    };
    lab->drop = [this](const Packet& p) { return is_direct(p) && lab->now < direct_from; };
  }
  /// The peer tells what `told` lets through; their own side knows all.
  template <class F>
  void meet(F&& told) {
    lab->gather();
    lab->exchange_credentials();
    tell(told);
    lab->signal(kTheirs);
    lab->start();
  }
  template <class F>
  void tell(F&& told) {
    for (const auto& c : lab->sides[kTheirs].candidates)
      if (told(c.type)) ours().add_remote(lab->now, c);
    lab->drain(kOurs);
  }
  static bool is_direct(const Packet& p) {
    return p.source.address != kServer.address && p.destination.address != kServer.address;
  }
  Agent& ours() { return *lab->sides[kOurs].agent; }
  bool is_relayed() { return ours().selected() && ours().selected()->relayed(); }
  bool is_direct_at_both() { return lab->same_path() && !is_relayed() && !lab->sides[kTheirs].path().relayed(); }

  std::optional<Lab> lab;
  Time direct_from = kTimeOrigin + milliseconds{300};
};

constexpr auto kAllButRelayed = [](CandidateType t) { return t != CandidateType::relayed; };
constexpr auto kRelayed = [](CandidateType t) { return t == CandidateType::relayed; };

TEST_F(RelayAddress, OfAKnownRelayCountsAsRelayed) {
  make(Role::controlling);
  ours().know_relay(kServer.address);
  meet(kAllButRelayed);
  lab->run_for(milliseconds{290});
  EXPECT_FALSE(ours().selected());
  EXPECT_TRUE(ours().is_relayed(lab->sides[kTheirs].relayed));
  lab->run_for(seconds{3});
  EXPECT_TRUE(is_direct_at_both());
  EXPECT_EQ(lab->sides[kOurs].selected.size(), 1U);
}

TEST_F(RelayAddress, OfAnUnknownRelayIsLeftWhenItIsTold) {
  make(Role::controlling);
  meet(kAllButRelayed);
  lab->run_for(milliseconds{290});
  ASSERT_TRUE(ours().selected());
  EXPECT_EQ(ours().selected()->remote, lab->sides[kTheirs].relayed);
  EXPECT_FALSE(is_relayed());
  lab->drop = [asked = false](const Packet& p) mutable {  // it only answers
    const bool check = is_direct(p) && p.view().message_class() == stun::Class::request;
    asked = asked || (check && p.destination.address == kTheirNat);
    return check && !asked;
  };
  tell(kRelayed);
  EXPECT_TRUE(is_relayed());
  lab->run_for(seconds{3});
  EXPECT_TRUE(is_direct_at_both());
}

TEST_F(RelayAddress, OfAnUnknownRelayStaysWhereNothingElseWorks) {
  direct_from = kNever;
  make(Role::controlling);
  meet(kAllButRelayed);
  lab->run_for(milliseconds{290});
  tell(kRelayed);
  lab->run_for(seconds{3});
  EXPECT_TRUE(lab->same_path());
  EXPECT_TRUE(is_relayed());
}

TEST_F(RelayAddress, OfAKnownRelayIsNotAnsweredEarly) {
  make(Role::controlled);
  ours().know_relay(kServer.address);
  meet(kAllButRelayed);
  lab->run_for(milliseconds{290});
  EXPECT_FALSE(ours().selected());
  lab->run_for(seconds{3});
  EXPECT_TRUE(is_direct_at_both());
  EXPECT_EQ(lab->sides[kOurs].selected.size(), 1U);
}

TEST_F(RelayAddress, OfAnUnknownRelayIsAnsweredEarly) {
  make(Role::controlled);
  meet(kAllButRelayed);
  lab->run_for(milliseconds{290});
  ASSERT_TRUE(ours().selected());
  EXPECT_EQ(ours().selected()->remote, lab->sides[kTheirs].relayed);
}

class PeerAtTheRelaysAddress : public RelayAddress {
 protected:
  /// How long until both are direct, as our agent sees it, at most 3 s.
  template <class F>
  Duration time_to_direct(bool known, F&& told) {
    direct_from = kTimeOrigin;
    make(Role::controlling, kSymmetric, false);
    if (known) ours().know_relay(kTheirNat);
    meet(told);
    const Time end = lab->now + seconds{3};
    while (lab->now < end && !is_direct_at_both()) lab->run_for(milliseconds{1});
    return lab->now - kTimeOrigin;
  }
};

TEST_F(PeerAtTheRelaysAddress, IsDirectAsSoonAsElsewhere) {
  const auto elsewhere = time_to_direct(false, kAllButRelayed);
  EXPECT_LT(elsewhere, milliseconds{200});
  EXPECT_EQ(time_to_direct(true, kAllButRelayed), elsewhere);
  EXPECT_EQ(ours().selected()->remote_type, CandidateType::peer_reflexive);
}

TEST_F(PeerAtTheRelaysAddress, IsDirectOnceItsCandidatesHaveEnded) {
  const auto only_host = [](CandidateType t) { return t == CandidateType::host; };
  EXPECT_LT(time_to_direct(false, only_host), milliseconds{200});
  time_to_direct(true, only_host);
  EXPECT_TRUE(is_relayed());
  ours().end_of_remote_candidates(lab->now);
  EXPECT_TRUE(is_direct_at_both());
}

}  // namespace
}  // namespace punchlab::ice::lab
