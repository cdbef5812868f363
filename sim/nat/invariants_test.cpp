// What holds for every profile, whatever passes.
//
// 1. Random traffic through random profiles: every packet that passes has right checksums; live mappings are a
// bijection between
//    (internal endpoint, what the mapping depends on) and external endpoints without overloading; what comes in reaches
//    an endpoint that has a mapping; external ports lie in the range.
// 2. Any bytes at all, from either side: a verdict, never a crash, and never a reply larger than its buffer.
// 3. `process` allocates nothing, with new mappings and with old ones, nor does `reset` with a profile of the same
// size.
// 4. Two boxes with one key do the same; a reset box does what a new one does.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "protocol/base/count_of_news.hpp"
#include "protocol/base/rng.hpp"
#include "sim/nat/nat_lab.hpp"

namespace punchlab::nat {
namespace {

Profile random_profile(Rng& rng) {
  Profile p;
  p.translates = rng.below(8) != 0;
  p.mapping = static_cast<Dependence>(rng.below(3));
  p.filtering = static_cast<Dependence>(rng.below(3));
  p.port_allocation = static_cast<PortAllocation>(rng.below(4));
  p.on_collision = static_cast<OnCollision>(rng.below(5));
  p.ports = {2000, static_cast<std::uint16_t>(2000 + 16 + rng.below(500))};
  p.block_size = static_cast<std::uint16_t>(8 + rng.below(16));
  p.port_parity = rng.below(3) == 0;
  p.pooling = static_cast<Pooling>(rng.below(2));
  p.addresses = static_cast<std::uint8_t>(1 + rng.below(3));
  p.hairpinning = static_cast<Hairpinning>(rng.below(3));
  p.refresh = static_cast<Refresh>(rng.below(3));
  p.unsolicited = static_cast<Unsolicited>(rng.below(3));
  p.unsolicited_creates_state = rng.below(2) == 0;
  p.max_mappings = static_cast<std::uint32_t>(4 + rng.below(60));
  p.max_mappings_per_host = static_cast<std::uint32_t>(2 + rng.below(60));
  return p;
}

TransportAddress random_host(Rng& rng) {
  return {rng.below(2) == 0 ? kHostA : kHostB, static_cast<std::uint16_t>(2000 + rng.below(30))};
}
TransportAddress random_remote(Rng& rng) {
  return {rng.below(2) == 0 ? kRemote1 : kRemote2, static_cast<std::uint16_t>(3000 + rng.below(4))};
}
TransportAddress random_external(Rng& rng, const Profile& p) {
  return {external_address(static_cast<std::uint8_t>(rng.below(p.addresses))),
          static_cast<std::uint16_t>(2000 + rng.below(60))};
}

NatLab::Packet random_packet(Rng& rng, const Profile& p, From& from) {
  from = rng.below(2) == 0 ? From::inside : From::outside;
  const bool inside = from == From::inside;
  const bool turns_back = rng.below(6) == 0;
  const TransportAddress source = inside ? random_host(rng) : random_remote(rng);
  const TransportAddress outward = turns_back ? random_external(rng, p) : random_remote(rng);
  const TransportAddress inward = p.translates ? random_external(rng, p) : random_host(rng);
  const TransportAddress& destination = inside ? outward : inward;
  switch (rng.below(5)) {
    case 0:
      return NatLab::tcp(source, destination, static_cast<std::uint8_t>(rng.below(32)));
    case 1:
      return NatLab::echo(rng.below(2) == 0, source.address, destination.address, destination.port);
    case 2:
      return NatLab::error_about(NatLab::udp(destination, source), source.address);
    default:
      return NatLab::udp(source, destination);
  }
}

void expect_bijection(const NatLab& lab_const, const Profile& p) {
  NatLab& lab = const_cast<NatLab&>(lab_const);
  std::set<std::tuple<int, TransportAddress, TransportAddress>> inside;
  std::set<std::pair<int, TransportAddress>> outside;
  for (const auto& m : lab.box().mappings(lab.now())) {
    EXPECT_TRUE(inside.insert({m.protocol, m.internal, m.remote}).second);
    if (!p.translates) {
      EXPECT_EQ(m.internal, m.external);
      continue;
    }
    if (!shares_ports(p.on_collision)) {
      EXPECT_TRUE(outside.insert({m.protocol, m.external}).second);
    }
    if (m.protocol != packet::kIcmp) {
      EXPECT_GE(m.external.port, p.ports.first);
      EXPECT_LE(m.external.port, p.ports.last);
    }
  }
  EXPECT_LE(inside.size(), p.max_mappings);
}

TEST(Invariants, HoldUnderRandomTraffic) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRng rng({seed, 0, 0, purpose_of("invariants")});
    const Profile p = random_profile(rng);
    NatLab lab(p, seed);
    std::size_t passed = 0;
    for (int i = 0; i < 600; ++i) {
      From from;
      const auto packet = random_packet(rng, p, from);
      const auto result = lab.send(from, packet);
      passed += result.passed() ? 1 : 0;
      if (rng.below(10) == 0) lab.wait(std::chrono::seconds{rng.below(100)});
      if (i % 50 == 0) expect_bijection(lab, p);
    }
    expect_bijection(lab, p);
    EXPECT_GT(passed, 10U);
  }
}

TEST(Invariants, AnyBytesGetAVerdict) {
  SeededRng rng({5, 0, 0, purpose_of("mutation")});
  for (int round = 0; round < 60; ++round) {
    const Profile p = random_profile(rng);
    NatLab lab(p, static_cast<std::uint64_t>(round));
    NatBox& box = lab.box();
    for (int i = 0; i < 1000; ++i) {
      From from;
      auto packet = random_packet(rng, p, from);
      for (std::uint64_t flips = rng.below(5); flips > 0; --flips)
        packet[rng.below(packet.size())] = static_cast<std::uint8_t>(rng.next());
      if (rng.below(4) == 0) packet.resize(rng.below(packet.size() + 1));
      packet.shrink_to_fit();
      std::vector<std::uint8_t> reply(packet::kLargestIcmpError);
      const Verdict verdict = box.process(lab.now(), from, packet, reply);
      ASSERT_LE(verdict.reply_size, reply.size());
    }
  }
}

TEST(Invariants, ProcessingAllocatesNothing) {
  SeededRng rng({6, 0, 0, purpose_of("allocation")});
  for (int round = 0; round < 20; ++round) {
    const Profile p = random_profile(rng);
    NatLab lab(p);
    std::vector<std::pair<From, NatLab::Packet>> packets;
    for (int i = 0; i < 300; ++i) {
      From from;
      auto packet = random_packet(rng, p, from);
      packets.emplace_back(from, std::move(packet));
    }
    std::vector<std::uint8_t> reply(packet::kLargestIcmpError);
    const Addressing addressing = lab_addressing(p);
    const auto before = count_of_news();
    for (auto& [from, packet] : packets) lab.box().process(lab.now(), from, packet, reply);
    lab.box().reset(p, addressing, {1, 2, 3, 4});
    EXPECT_EQ(count_of_news(), before);
  }
  const auto before = count_of_news();
  std::vector<int> something(3);
  EXPECT_EQ(count_of_news(), before + 1) << "the counter counts";
}

TEST(Invariants, SameKeySameBehaviour) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SeededRng rng({seed, 0, 0, purpose_of("repeat")});
    const Profile p = random_profile(rng);
    const Profile other = random_profile(rng);
    const RngKey key{seed, 1, 2, 3};
    NatLab first(p), second(other);
    for (int i = 0; i < 50; ++i) second.out(random_host(rng), random_remote(rng));
    first.box().reset(p, lab_addressing(p), key);
    second.box().reset(p, lab_addressing(p), key);
    for (int i = 0; i < 200; ++i) {
      From from;
      const auto packet = random_packet(rng, p, from);
      const auto a = first.send(from, packet);
      const auto b = second.send(from, packet);
      ASSERT_EQ(a.verdict.reason, b.verdict.reason);
      ASSERT_EQ(first.packet(), second.packet());
    }
  }
}

}  // namespace
}  // namespace punchlab::nat
