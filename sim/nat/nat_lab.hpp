#pragma once
// For tests: a NatBox between an inside and an outside where packets are one call.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "sim/nat/nat_box.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::nat {

inline const IpAddress kInternal = IpAddress::v4(192, 168, 1, 1);
inline const IpAddress kHostA = IpAddress::v4(192, 168, 1, 10);
inline const IpAddress kHostB = IpAddress::v4(192, 168, 1, 11);
inline const IpAddress kRemote1 = IpAddress::v4(203, 0, 113, 1);
inline const IpAddress kRemote2 = IpAddress::v4(203, 0, 113, 2);

inline IpAddress external_address(std::uint8_t i) {
  return IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(i + 1));
}

/// External IPv4 addresses, and one IPv6.
inline Addressing lab_addressing(const Profile& profile) {
  Addressing a;
  for (std::uint8_t i = 0; i < profile.addresses; ++i) a.external.push_back(external_address(i));
  a.external.push_back(*IpAddress::parse("2001:db8:ffff::1"));
  a.internal = kInternal;
  return a;
}

class NatLab {
 public:
  using Packet = std::vector<std::uint8_t>;
  explicit NatLab(const Profile& profile, std::uint64_t seed = 1)
      : box_(profile, lab_addressing(profile), {seed, 0, 0, purpose_of("nat")}) {}

  /// What became of a packet: its endpoints afterwards, and whether every checksum in it is right.
  struct Result {
    Verdict verdict;
    TransportAddress source;
    TransportAddress destination;
    bool passed() const { return verdict.action == Action::forward || verdict.action == Action::hairpin; }
  };
  Result out(const TransportAddress& from, const TransportAddress& to) { return send(From::inside, udp(from, to)); }
  Result in(const TransportAddress& from, const TransportAddress& to) { return send(From::outside, udp(from, to)); }
  Result tcp_out(const TransportAddress& from, const TransportAddress& to, std::uint8_t flags) {
    return send(From::inside, tcp(from, to, flags));
  }
  Result tcp_in(const TransportAddress& from, const TransportAddress& to, std::uint8_t flags) {
    return send(From::outside, tcp(from, to, flags));
  }
  Result send(From from, Packet packet) {
    Result result;
    reply_.assign(packet::kLargestIcmpError, 0);
    result.verdict = box_.process(now_, from, packet, reply_);
    reply_.resize(result.verdict.reply_size);
    packet_ = packet;
    if (const auto view = packet::parse(packet_)) {
      result.source = view->source;
      result.destination = view->destination;
    }
    if (result.passed()) {
      EXPECT_TRUE(packet::checksums_valid(packet_));
    }
    if (!reply_.empty()) {
      EXPECT_TRUE(packet::checksums_valid(reply_));
    }
    return result;
  }
  static Packet udp(const TransportAddress& from, const TransportAddress& to) {
    const std::uint8_t payload[] = {1, 2, 3, 4, 5};
    Packet p(200);
    p.resize(packet::write_udp(p, from, to, 64, payload));
    return p;
  }
  static Packet tcp(const TransportAddress& from, const TransportAddress& to, std::uint8_t flags) {
    Packet p(200);
    p.resize(packet::write_tcp(p, from, to, 64, {100, 200, flags, 1000}, {}));
    return p;
  }
  static Packet echo(bool request, const IpAddress& from, const IpAddress& to, std::uint16_t identifier) {
    const std::uint8_t payload[] = {1, 2, 3};
    Packet p(200);
    p.resize(packet::write_echo(p, request, from, to, 64, identifier, 1, payload));
    return p;
  }
  static Packet error_about(const Packet& packet, const IpAddress& from) {
    Packet p(packet::kLargestIcmpError);
    p.resize(packet::write_icmp_error(p, packet::IcmpError::ttl_expired, from, packet));
    return p;
  }
  /// The external endpoint that a packet out gets.
  TransportAddress mapped(const TransportAddress& from, const TransportAddress& to) { return out(from, to).source; }

  void wait(Duration d) { now_ += d; }
  Time now() const { return now_; }
  NatBox& box() { return box_; }
  const Packet& packet() const { return packet_; }  ///< the last one, as it left
  const Packet& reply() const { return reply_; }

 private:
  NatBox box_;
  Time now_ = kTimeOrigin;
  Packet packet_;
  Packet reply_;
};

/// Endpoint-independent, as RFC 4787 wants it, with no filtering.
inline Profile open_profile() {
  Profile p;
  p.filtering = Dependence::endpoint_independent;
  return p;
}

}  // namespace punchlab::nat
