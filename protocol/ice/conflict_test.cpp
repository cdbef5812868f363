// Cases: roles and strangers.
//  1. Both sides controlling: the larger tie-breaker keeps the role, both agree on one path.
//  2. Both controlled: likewise; somebody nominates.
//  3. A request with the wrong password is answered 401 without integrity, and changes nothing.
//  4. A request without USERNAME or integrity is answered 400; without PRIORITY 400 with integrity.
//  5. An unknown comprehension-required attribute is answered 420 that lists it.
//  6. A response signed with another key is dropped, and the real one still counts.
//  7. A duplicate of each packet changes nothing but counts; replayed packets of the past neither.
//  8. A response from another address than the request went to fails the pair.
//  9. Other methods, unknown bases and indications are told apart.
#include "protocol/ice/pair_test_lab.hpp"

namespace punchlab::ice::lab {
namespace {

using stun::Attribute;

class SameRole : public testing::TestWithParam<std::tuple<Role, std::uint64_t>> {};

TEST_P(SameRole, IsResolvedByTheTieBreaker) {
  const auto [role, seed] = GetParam();
  Lab lab({.nat = {kRestricted, kPortRestricted}, .role = {role, role}, .seed = seed});
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{5}));
  lab.run_for(seconds{10});
  EXPECT_TRUE(lab.same_path());
  EXPECT_NE(lab.sides[0].agent->role(), lab.sides[1].agent->role());
}

INSTANTIATE_TEST_SUITE_P(Conflicts, SameRole,
                         testing::Combine(testing::Values(Role::controlling, Role::controlled),
                                          testing::Range(std::uint64_t{1}, std::uint64_t{9})));

/// One agent with one candidate, and a stranger who writes to it.
struct Stranger : testing::Test {
  Stranger() {
    lab.gather();
    lab.exchange_credentials();
    lab.drain(0);
  }
  template <class F>
  std::vector<std::uint8_t> request(std::string_view password, F&& attributes) {
    std::vector<std::uint8_t> bytes(kMaxDatagram);
    stun::MessageWriter message(bytes, stun::Class::request, stun::Method::binding, {1, 2, 3});
    attributes(message);
    if (!password.empty()) message.message_integrity(stun::IntegrityKey::short_term(password));
    message.fingerprint();
    bytes.resize(message.finish());
    return bytes;
  }
  std::string username() { return std::string(ufrag_of(agent().local_credentials())) + ":peer"; }
  std::string_view password() { return password_of(agent().local_credentials()); }
  Agent& agent() { return *lab.sides[0].agent; }
  Verdict receive(const std::vector<std::uint8_t>& bytes) {
    const auto verdict = agent().handle_stun(lab.now, kSocket, source, *stun::MessageView::parse(bytes));
    lab.drain(0);
    return verdict;
  }
  const Packet& answer() { return lab.sides[0].sent.back(); }
  void complete(stun::MessageWriter& m) {
    m.text(Attribute::username, username());
    m.u32(Attribute::priority, 1u << 24);
  }
  Lab lab{LabOptions{}};
  TransportAddress source{IpAddress::v4(198, 51, 100, 77), 9};
};

TEST_F(Stranger, WithTheRightPasswordIsAnswered) {
  EXPECT_EQ(receive(request(password(), [&](auto& m) { complete(m); })), Verdict::check_answered);
  EXPECT_EQ(answer().view().address(Attribute::xor_mapped_address), source);
  const auto key = stun::IntegrityKey::short_term(password());
  EXPECT_EQ(stun::check_integrity(answer().view(), key), stun::IntegrityResult::valid);
}

TEST_F(Stranger, WithTheWrongPasswordGets401AndNothingElse) {
  EXPECT_EQ(receive(request("wrong", [&](auto& m) { complete(m); })), Verdict::unauthenticated);
  EXPECT_EQ(answer().view().error()->code, 401);
  EXPECT_FALSE(answer().view().has(Attribute::message_integrity));
  lab.start();
  EXPECT_TRUE(agent().checks_concluded());  // no pair was made of it
}

TEST_F(Stranger, WithoutCredentialsGets400) {
  EXPECT_EQ(receive(request("", [&](auto& m) { complete(m); })), Verdict::malformed);
  EXPECT_EQ(answer().view().error()->code, 400);
  EXPECT_EQ(receive(request(password(), [](auto&) {})), Verdict::malformed);
  EXPECT_EQ(receive(request(password(), [&](auto& m) { m.text(Attribute::username, username()); })), Verdict::malformed);
  EXPECT_TRUE(answer().view().has(Attribute::message_integrity));
  EXPECT_EQ(agent().counters().of(Verdict::malformed), 3u);
}

TEST_F(Stranger, WithAnUnknownAttributeGets420) {
  const auto bytes = request(password(), [&](auto& m) {
    complete(m);
    m.u32(static_cast<Attribute>(0x7123), 1);
  });
  EXPECT_EQ(receive(bytes), Verdict::unknown_attribute);
  EXPECT_EQ(answer().view().error()->code, 420);
  const auto listed = answer().view().find(Attribute::unknown_attributes);
  ASSERT_TRUE(listed);
  EXPECT_EQ(load_u16(listed->value.data()), 0x7123);
}

TEST_F(Stranger, IsToldApartByMethodClassAndBase) {
  std::array<std::uint8_t, 64> buffer;
  const auto size = write_keepalive({7}, buffer);
  const auto keepalive = *stun::MessageView::parse(Bytes(buffer).first(size));
  EXPECT_EQ(agent().handle_stun(lab.now, kSocket, source, keepalive), Verdict::keepalive);
  EXPECT_EQ(agent().handle_stun(lab.now, BaseId{9}, source, keepalive), Verdict::unknown_base);
  stun::MessageWriter other(buffer, stun::Class::request, stun::Method::allocate, {7});
  const auto allocate = *stun::MessageView::parse(Bytes(buffer).first(other.finish()));
  EXPECT_EQ(agent().handle_stun(lab.now, kSocket, source, allocate), Verdict::not_binding);
}

/// The first response that side 1 sends is replaced by what `forge` makes of it.
void with_forged_response(Lab& lab, const std::function<void(Packet&)>& forge, bool keep_original) {
  bool done = false;
  lab.drop = [&lab, forge, keep_original, done](const Packet& p) mutable {
    if (done || p.from != 1 || p.view().message_class() != stun::Class::success) return false;
    done = true;
    Packet forged = p;
    forge(forged);
    lab.inject(forged, milliseconds{1});
    return !keep_original;
  };
}

TEST(Forgery, ResponseUnderAnotherKeyIsDropped) {
  Lab lab{LabOptions{}};
  with_forged_response(
      lab,
      [](Packet& p) {
        const auto id = p.view().transaction_id();
        p.bytes.resize(kMaxDatagram);
        stun::MessageWriter m(p.bytes, stun::Class::success, stun::Method::binding, id);
        m.address(Attribute::xor_mapped_address, p.destination);
        m.message_integrity(stun::IntegrityKey::short_term("guess"));
        m.fingerprint();
        p.bytes.resize(m.finish());
      },
      true);
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{1}));
  EXPECT_EQ(lab.sides[0].agent->counters().of(Verdict::unauthenticated), 1u);
}

TEST(Forgery, ResponseFromElsewhereFailsThePair) {
  Lab lab{LabOptions{}};
  with_forged_response(lab, [](Packet& p) { ++p.source.port; }, false);
  lab.connect();
  lab.run_for(milliseconds{60});
  EXPECT_EQ(lab.sides[0].agent->counters().of(Verdict::pair_failed), 1u);
}

TEST(Forgery, DuplicatesAndReplaysChangeNothing) {
  Lab lab({.nat = {kRestricted, kPortRestricted}});
  lab.drop = [&](const Packet& p) {
    lab.inject(p, milliseconds{45});
    lab.inject(p, seconds{2});
    return false;
  };
  lab.connect();
  ASSERT_TRUE(lab.run_until_selected(seconds{2}));
  lab.drop = [](const Packet&) { return false; };
  lab.run_for(seconds{4});
  EXPECT_TRUE(lab.same_path());
  for (const auto& s : lab.sides) {
    EXPECT_EQ(s.valid.size(), 1u);
    EXPECT_EQ(s.selected.size(), 1u);
    EXPECT_GT(s.agent->counters().of(Verdict::unknown_transaction), 0u);
  }
}

}  // namespace
}  // namespace punchlab::ice::lab
