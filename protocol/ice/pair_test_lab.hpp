#pragma once
// Two agents, a virtual clock, and a network that delays, loses and translates: what the tests of this folder stand on.
// Each side has one socket (base 0) behind an optional NAT and, when asked for, an allocation on a relay (base 1).
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "protocol/ice/agent.hpp"
#include "protocol/ice/check_message.hpp"

namespace punchlab::ice::lab {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr BaseId kSocket{0};
inline constexpr BaseId kAllocation{1};
inline constexpr TransportAddress kServer{IpAddress::v4(192, 0, 2, 1), 3478};

/// RFC 4787 words: what a mapping or a filter depends on.
enum class Depends : std::uint8_t { endpoint_independent, address, address_and_port };

struct NatKind {
  bool present = true;
  Depends mapping = Depends::endpoint_independent;
  Depends filtering = Depends::endpoint_independent;
};
inline constexpr NatKind kNoNat{.present = false};
inline constexpr NatKind kFullCone{};
inline constexpr NatKind kRestricted{.filtering = Depends::address};
inline constexpr NatKind kPortRestricted{.filtering = Depends::address_and_port};
inline constexpr NatKind kSymmetric{.mapping = Depends::address_and_port, .filtering = Depends::address_and_port};

/// The part of a remote address that a mapping or filter looks at.
inline TransportAddress key_of(Depends depends, const TransportAddress& remote) {
  if (depends == Depends::endpoint_independent) return {};
  return {remote.address, depends == Depends::address ? std::uint16_t{0} : remote.port};
}

class Nat {
 public:
  Nat(NatKind kind, IpAddress external) : kind_(kind), external_(external) {}
  TransportAddress outbound(const TransportAddress& internal, const TransportAddress& remote) {
    if (!kind_.present) return internal;
    const auto [it, created] = ports_.try_emplace({internal, key_of(kind_.mapping, remote)}, next_port_);
    if (created) internal_[next_port_++] = internal;
    open_[it->second].insert(key_of(kind_.filtering, remote));
    return {external_, it->second};
  }
  std::optional<TransportAddress> inbound(const TransportAddress& destination, const TransportAddress& source) const {
    if (!kind_.present) return destination;
    const auto open = open_.find(destination.port);
    if (open == open_.end() || !open->second.contains(key_of(kind_.filtering, source))) return std::nullopt;
    return internal_.at(destination.port);
  }
  /// Every mapping and permission is gone, as after a reboot.
  void forget() { ports_.clear(), internal_.clear(), open_.clear(); }

 private:
  NatKind kind_;
  IpAddress external_;
  std::uint16_t next_port_ = 40'000;
  std::map<std::pair<TransportAddress, TransportAddress>, std::uint16_t> ports_;
  std::map<std::uint16_t, TransportAddress> internal_;
  std::map<std::uint16_t, std::set<TransportAddress>> open_;
};

struct Packet {
  int from = 0;  ///< the side that sent it
  TransportAddress source, destination;
  std::uint8_t ttl = 0;
  std::vector<std::uint8_t> bytes;
  stun::MessageView view() const { return *stun::MessageView::parse(bytes); }
};

template <class Event>
struct Dated {
  Time at;
  Event event;
};

struct Side {
  std::unique_ptr<SeededRng> rng;
  Policy policy{};
  std::unique_ptr<Agent> agent;
  std::unique_ptr<Nat> nat;
  TransportAddress host, relayed;
  std::vector<Candidate> candidates;
  std::vector<Dated<PairValid>> valid;
  std::vector<Dated<Selected>> selected;
  std::vector<Dated<Lost>> lost;
  std::vector<Dated<Failed>> failed;
  std::vector<Packet> sent;
  Time deadline = kNever;
  Path path() const { return agent->selected().value(); }
};

struct LabOptions {
  std::array<NatKind, 2> nat{kNoNat, kNoNat};
  std::array<Role, 2> role{Role::controlling, Role::controlled};
  Policy policy{};
  Duration latency = milliseconds{20};  ///< one way
  Duration jitter{0};                   ///< uniform on top: reorders
  double loss = 0;
  std::uint64_t seed = 1;
  bool relay = false;
};

class Lab {
 public:
  explicit Lab(const LabOptions& options) : options_(options), rng_({.seed = options.seed, .purpose = purpose_of("net")}) {
    for (int i = 0; i < 2; ++i) {
      auto& s = sides[index(i)];
      s.rng = std::make_unique<SeededRng>(RngKey{.seed = options.seed, .purpose = static_cast<std::uint64_t>(i)});
      s.policy = options.policy;
      s.agent = std::make_unique<Agent>(s.policy, options.role[index(i)], *s.rng);
      const auto octet = static_cast<std::uint8_t>(i + 1);
      s.nat = std::make_unique<Nat>(options.nat[index(i)], IpAddress::v4(203, 0, 113, octet));
      s.host = {options.nat[index(i)].present ? IpAddress::v4(10, octet, 0, 1) : IpAddress::v4(198, 51, 100, octet), 5000};
      s.relayed = {kServer.address, static_cast<std::uint16_t>(50'000 + i)};
    }
  }

  /// Both sides gather what they can.
  void gather() {
    for (auto& s : sides) {
      keep(s, s.agent->add_host(now, kSocket, s.host));
      keep(s, s.agent->add_server_reflexive(now, kSocket, s.nat->outbound(s.host, kServer), kServer));
      if (options_.relay) keep(s, s.agent->add_relayed(now, kAllocation, s.relayed, kServer));
      s.agent->end_of_local_candidates(now);
    }
  }
  void exchange_credentials() {
    for (int i = 0; i < 2; ++i) sides[index(i)].agent->set_remote_credentials(sides[index(1 - i)].agent->local_credentials());
  }
  /// Side `to` learns all of the other's candidates.
  void signal(int to) {
    for (const auto& c : sides[index(1 - to)].candidates) sides[index(to)].agent->add_remote(now, c);
    sides[index(to)].agent->end_of_remote_candidates(now);
    drain(to);
  }
  void start(Duration delay = Duration{0}) {
    for (int i = 0; i < 2; ++i) {
      sides[index(i)].agent->start(now, now + delay);
      drain(i);
    }
  }
  /// The usual beginning: gather, signal both ways at once, start together.
  void connect() {
    gather();
    exchange_credentials();
    signal(0);
    signal(1);
    start();
  }
  void run_for(Duration d) { run_until(now + d); }
  void run_until(Time end) {
    for (;;) {
      Time next = std::min(sides[0].deadline, sides[1].deadline);
      if (!flying_.empty()) next = std::min(next, flying_.begin()->first);
      if (next > end) break;
      now = next;
      step();
    }
    now = end;
  }
  void set_loss(double loss) { options_.loss = loss; }
  bool both_selected() const { return sides[0].agent->selected() && sides[1].agent->selected(); }
  /// Runs until both have a pair; false when that takes longer than `limit`.
  bool run_until_selected(Duration limit) {
    const Time end = now + limit;
    while (!both_selected() && now < end) run_until(std::min(end, now + milliseconds{1}));
    return both_selected();
  }
  /// Both sides chose the two ends of one 4-tuple: each one's packets, as translated, come from where the other sends.
  bool same_path() {
    if (!both_selected()) return false;
    for (int i = 0; i < 2; ++i) {
      const auto mine = sides[index(i)].path();
      const auto theirs = sides[index(1 - i)].path();
      if (seen_source(i, mine.base, mine.remote) != theirs.remote) return false;
    }
    return true;
  }
  TransportAddress seen_source(int i, BaseId base, const TransportAddress& to) {
    auto& s = sides[index(i)];
    return base == kAllocation ? s.relayed : s.nat->outbound(s.host, to);
  }
  /// Puts a packet on the wire as if `from` had sent it.
  void inject(Packet packet, Duration delay) { flying_.emplace(now + delay, std::move(packet)); }
  void drain(int i) {
    auto& s = sides[index(i)];
    for (int outputs = 0; outputs < 10'000; ++outputs) {
      std::array<std::uint8_t, kMaxDatagram> buffer;
      const auto output = s.agent->poll(now, buffer);
      if (const auto* d = std::get_if<Deadline>(&output)) {
        ASSERT_GT(d->at, now) << d->reason;
        s.deadline = d->at;
        return;
      }
      handle(i, output, buffer);
    }
    FAIL() << "the agent never stops giving outputs";
  }
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  std::array<Side, 2> sides;
  Time now = kTimeOrigin;
  /// Says which packets the network loses, beside `loss`.
  std::function<bool(const Packet&)> drop = [](const Packet&) { return false; };
  /// Changes packets as another maker's agent would have written them.
  std::function<void(Packet&)> rewrite = [](Packet&) {};

 private:
  static void keep(Side& s, const std::optional<Candidate>& c) {
    if (c) s.candidates.push_back(*c);
  }
  void handle(int i, const Output& output, Bytes buffer) {
    auto& s = sides[index(i)];
    if (const auto* t = std::get_if<Transmit>(&output)) send(i, *t, buffer.first(t->size));
    if (const auto* e = std::get_if<PairValid>(&output)) s.valid.push_back({now, *e});
    if (const auto* e = std::get_if<Selected>(&output)) s.selected.push_back({now, *e});
    if (const auto* e = std::get_if<Lost>(&output)) s.lost.push_back({now, *e});
    if (const auto* e = std::get_if<Failed>(&output)) s.failed.push_back({now, *e});
  }
  void send(int i, const Transmit& t, Bytes bytes) {
    Packet p{i, seen_source(i, t.base, t.destination), t.destination, t.ttl, {bytes.begin(), bytes.end()}};
    rewrite(p);
    sides[index(i)].sent.push_back(p);
    if (drop(p) || rng_.chance(options_.loss) || t.ttl != 0) return;
    const auto extra = Duration{static_cast<Duration::rep>(rng_.uniform() * static_cast<double>(options_.jitter.count()))};
    flying_.emplace(now + options_.latency + extra, std::move(p));
  }
  void step() {
    while (!flying_.empty() && flying_.begin()->first <= now) {
      const Packet p = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      deliver(p);
    }
    for (int i = 0; i < 2; ++i) {
      if (sides[index(i)].deadline > now) continue;
      sides[index(i)].agent->handle_timeout(now);
      drain(i);
    }
  }
  void deliver(const Packet& p) {
    for (int i = 0; i < 2; ++i) {
      auto& s = sides[index(i)];
      if (p.destination == s.relayed && options_.relay) receive(i, kAllocation, p);
      else if (const auto inner = s.nat->inbound(p.destination, p.source); inner == s.host && reaches(i, p)) receive(i, kSocket, p);
    }
  }
  // Private addresses of the other side lead nowhere; so do packets to oneself.
  bool reaches(int i, const Packet& p) const {
    const auto outside = options_.nat[index(i)].present ? IpAddress::v4(203, 0, 113, static_cast<std::uint8_t>(i + 1))
                                                        : sides[index(i)].host.address;
    return p.destination.address == outside && (p.from != i || p.source.address == kServer.address);
  }
  void receive(int i, BaseId base, const Packet& p) {
    sides[index(i)].agent->handle_stun(now, base, p.source, p.view());
    drain(i);
  }
  LabOptions options_;
  SeededRng rng_;
  std::multimap<Time, Packet> flying_;  // equal times keep the order of insertion
};

/// A path as these tests print it.
inline std::string describe(const Path& p) {
  return "base " + std::to_string(p.base.value) + " to " + p.remote.to_string() + " types " +
         std::to_string(static_cast<int>(p.local_type)) + "/" + std::to_string(static_cast<int>(p.remote_type));
}

}  // namespace punchlab::ice::lab
