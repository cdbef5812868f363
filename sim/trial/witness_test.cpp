// What the world's record says, from packets made by hand:
// 1. Each reason has its packet, and a packet that looks like it does not count (from nobody, or let through).
// 2. The reasons' order: what hinders more names the trial.
// 2a. A drop that the side's own packet opens the way for is no reason; dropped again, it is one.
// 2b. A varied mapping says whose it is, where it was seen and where the relay saw it; one that a clash made is a
// clash. 2c. A port that nobody ever used is a wrong guess, not an expired mapping. 2d. A slow trial: losses before it
// was direct, else what was dropped for good or twice, else it waited. 2e. Answers that come from elsewhere than the
// packet went, on both sides, are mappings that vary; not when any two endpoints have packets both ways, nor when one
// side alone has yet answered.
// 3. A path is relayed exactly when the packet came from the relay's address.
// 4. Lost application data is counted bare, in ChannelData and in indications; a lost check is not data.
// 5. What both peers send is counted until the counts are frozen, and apart what goes to nobody of the trial.
#include "sim/trial/witness.hpp"

#include <gtest/gtest.h>

#include "protocol/stun/message.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::trial {
namespace {

using nat::Reason;
using Kind = PacketEvent::Kind;

const TransportAddress kRelay{IpAddress::v4(192, 0, 2, 1), kRelayPort};
const TransportAddress kClient{IpAddress::v4(203, 0, 113, 1), 7000};  // as the relay sees it
const TransportAddress kConnector{IpAddress::v4(198, 51, 100, 1), 8000};
const TransportAddress kNobody{IpAddress::v4(198, 18, 0, 1), 9};

Cell cell() {
  Cell c;
  c.client.nats = c.connector.nats = {nat::Profile{}};
  return c;
}

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    witness.on_delivery(kTimeOrigin, HostId::relay, kClient, kRelay, Bytes{});
    witness.on_delivery(kTimeOrigin, HostId::relay, kConnector, kRelay, Bytes{});
  }

  void event(Kind kind, HostId side, const TransportAddress& source, const TransportAddress& destination,
             Reason reason = Reason::translated, Bytes payload = {}) {
    std::array<std::uint8_t, 512> bytes;
    const auto size = packet::write_udp(bytes, source, destination, 64, payload);
    ASSERT_GT(size, 0u);
    PacketEvent e;
    e.kind = kind;
    e.at = kTimeOrigin;
    e.side = side;
    e.reason = reason;
    e.packet = Bytes{bytes}.first(size);
    witness.on_packet(e);
  }
  /// The connector's gateway drops what the client sent from `source`.
  void drop(Reason reason, const TransportAddress& source = kClient) {
    event(Kind::dropped_by_gateway, HostId::connector, source, kConnector, reason);
  }
  /// The connector sends out by its gateway.
  void sends(const TransportAddress& source, const TransportAddress& destination, Reason reason = Reason::translated) {
    event(Kind::translated, HostId::connector, source, destination, reason);
  }
  std::string_view reason() const { return name_of(witness.finding().code); }
  std::string_view slow_reason() const { return name_of(witness.slow_finding().code); }

  const Topology topology = draw_topology(cell(), 1, 0);
  Witness witness{topology};
};

TEST_F(WitnessTest, NothingDroppedIsTooLate) { EXPECT_EQ(reason(), "too-late"); }

TEST_F(WitnessTest, StrangersAndPassersByGiveNoReason) {
  drop(Reason::filtered_by_port, kNobody);
  drop(Reason::no_mapping, kNobody);
  event(Kind::translated, HostId::connector, kClient, kConnector);
  event(Kind::delivered, HostId::connector, kClient, kConnector);
  EXPECT_EQ(reason(), "too-late");
}

TEST_F(WitnessTest, EachWeightierReasonReplacesTheLast) {
  event(Kind::lost_on_link, HostId::client, kClient, kConnector);
  EXPECT_EQ(reason(), "lost");
  drop(Reason::no_mapping);
  EXPECT_EQ(reason(), "mapping-expired");
  drop(Reason::filtered_by_address);
  EXPECT_EQ(reason(), "filtered-by-address");
  drop(Reason::filtered_by_port);
  EXPECT_EQ(reason(), "filtered-by-port");
  drop(Reason::filtered_by_port, {kClient.address, 7001});
  EXPECT_EQ(reason(), "mapping-varies") << "from a port that the relay never saw";
  event(Kind::translated, HostId::client, {kClient.address, 7002}, kNobody, Reason::mapping_clashed);
  drop(Reason::filtered_by_port, {kClient.address, 7002});
  EXPECT_EQ(reason(), "mapping-varies") << "a clash towards somebody else";
  event(Kind::translated, HostId::client, {kClient.address, 7002}, kConnector, Reason::mapping_clashed);
  EXPECT_EQ(reason(), "clash");
  drop(Reason::too_many_mappings_of_host, kNobody);
  EXPECT_EQ(reason(), "port-exhausted");
  drop(Reason::udp_blocked, kNobody);
  EXPECT_EQ(reason(), "udp-blocked");
}

TEST_F(WitnessTest, WhatIsOpenedLaterIsNoReason) {
  drop(Reason::filtered_by_address);
  sends(kConnector, kNobody);
  sends({kConnector.address, 8001}, kClient);
  EXPECT_EQ(reason(), "filtered-by-address") << "neither opens the way for these packets";
  sends(kConnector, kClient);
  EXPECT_EQ(reason(), "too-late");
  drop(Reason::no_mapping);
  EXPECT_EQ(reason(), "mapping-expired") << "the way has closed again";
}

TEST_F(WitnessTest, SaysWhoseMappingVariesAndHow) {
  const TransportAddress seen{kClient.address, 7001};
  drop(Reason::filtered_by_port, seen);
  drop(Reason::filtered_by_port, seen);
  const auto finding = witness.finding();
  EXPECT_EQ(finding.code, ReasonCode::mapping_varies);
  EXPECT_EQ(finding.side, HostId::client);
  EXPECT_EQ(finding.observed, seen);
  EXPECT_EQ(finding.expected, kClient);
  EXPECT_EQ(finding.packets, 2u);
}

TEST_F(WitnessTest, AMappingThatAClashMadeIsAClash) {
  const TransportAddress moved{kClient.address, 7001};
  event(Kind::translated, HostId::client, moved, kConnector, Reason::mapping_clashed);
  EXPECT_EQ(reason(), "too-late") << "it may still get through";
  drop(Reason::filtered_by_port, {kClient.address, 7002});
  EXPECT_EQ(reason(), "mapping-varies") << "another mapping than that of the clash";
  drop(Reason::filtered_by_port, moved);
  EXPECT_EQ(reason(), "clash");
}

TEST_F(WitnessTest, APacketThatAClashKeepsInIsAClash) {
  const TransportAddress inside{IpAddress::v4(192, 168, 1, 10), 40000};
  event(Kind::dropped_by_gateway, HostId::client, inside, kNobody, Reason::mapping_clashed);
  EXPECT_EQ(reason(), "too-late") << "it was for somebody else";
  event(Kind::dropped_by_gateway, HostId::client, inside, kConnector, Reason::mapping_clashed);
  EXPECT_EQ(reason(), "clash");
  EXPECT_EQ(witness.finding().side, HostId::client);
}

TEST_F(WitnessTest, AnUnusedPortIsAWrongGuess) {
  event(Kind::dropped_by_gateway, HostId::connector, kClient, {kConnector.address, 8001}, Reason::no_mapping);
  EXPECT_EQ(reason(), "too-late");
  witness.on_delivery(kTimeOrigin, HostId::client, {kConnector.address, 8001}, kClient, Bytes{});
  event(Kind::dropped_by_gateway, HostId::connector, kClient, {kConnector.address, 8001}, Reason::no_mapping);
  EXPECT_EQ(reason(), "mapping-expired") << "the connector has been seen there";
}

TEST_F(WitnessTest, TheRelaysPacketsMeetExpiredMappingsToo) {
  event(Kind::dropped_by_gateway, HostId::connector, kRelay, kConnector, Reason::filtered_by_port);
  EXPECT_EQ(reason(), "too-late");
  event(Kind::dropped_by_gateway, HostId::connector, kRelay, kConnector, Reason::no_mapping);
  EXPECT_EQ(reason(), "mapping-expired");
}

TEST_F(WitnessTest, HairpinsAreMissedAboveMappings) {
  drop(Reason::filtered_by_port, {kClient.address, 7001});
  event(Kind::dropped_by_gateway, HostId::client, kClient, kConnector, Reason::no_hairpin);
  EXPECT_EQ(reason(), "hairpin-missing");
}

TEST_F(WitnessTest, SlowTrialsHaveReasonsToo) {
  EXPECT_EQ(slow_reason(), "waited");
  drop(Reason::filtered_by_address);
  sends(kConnector, kClient);
  EXPECT_EQ(slow_reason(), "waited") << "one packet that came too early";
  drop(Reason::filtered_by_address);
  sends(kConnector, kClient);
  EXPECT_EQ(slow_reason(), "filtered-by-address");
  event(Kind::lost_on_link, HostId::client, kClient, kConnector);
  EXPECT_EQ(slow_reason(), "filtered-by-address") << "it is not direct yet";
  witness.freeze();
  EXPECT_EQ(slow_reason(), "lost");
}

TEST_F(WitnessTest, CrossedAnswersOnBothSidesAreVaryingMappings) {
  const auto from_client = [&](std::uint16_t port, const TransportAddress& to) {
    event(Kind::translated, HostId::client, {kClient.address, port}, to);
  };
  const TransportAddress elsewhere{kConnector.address, 8001};
  from_client(7001, kConnector);
  sends(elsewhere, {kClient.address, 7001});
  EXPECT_EQ(reason(), "too-late") << "the client has not answered yet";
  from_client(7002, elsewhere);
  EXPECT_EQ(reason(), "too-late") << "8001 may answer 7002";
  sends({kConnector.address, 8002}, {kClient.address, 7002});
  const auto finding = witness.finding();
  EXPECT_EQ(finding.code, ReasonCode::mapping_varies);
  EXPECT_EQ(finding.packets, 0U) << "nothing was dropped";
  event(Kind::lost_on_link, HostId::client, kClient, kConnector);
  EXPECT_EQ(reason(), "mapping-varies") << "no loss mattered";
  from_client(7001, elsewhere);
  EXPECT_EQ(reason(), "lost") << "7001 and 8001 have packets both ways";
}

TEST_F(WitnessTest, PathsAreToldByTheSource) {
  EXPECT_EQ(witness.path_of(kRelay), PathKind::relayed);
  EXPECT_EQ(witness.path_of({kRelay.address, 50123}), PathKind::relayed);
  EXPECT_EQ(witness.path_of(kClient), PathKind::direct);
}

TEST_F(WitnessTest, CountsLostDataInEveryWrapping) {
  const std::vector<std::uint8_t> data{0xC2, 0, 0, 1, 0, 0, 0, 0};
  event(Kind::lost_on_link, HostId::client, kClient, kConnector, Reason::translated, data);
  EXPECT_EQ(witness.lost_data(), 1u);
  std::vector<std::uint8_t> channel{0x40, 0x00, 0x00, 0x08};
  channel.insert(channel.end(), data.begin(), data.end());
  event(Kind::queue_overflow, HostId::client, kClient, kRelay, Reason::translated, channel);
  EXPECT_EQ(witness.lost_data(), 2u);
  std::array<std::uint8_t, 128> buffer;
  const auto indication = [&](Bytes inner) {
    stun::MessageWriter writer(buffer, stun::Class::indication, stun::Method::send, {});
    writer.attribute(stun::Attribute::data, inner);
    return Bytes{buffer}.first(writer.finish());
  };
  event(Kind::lost_on_link, HostId::client, kClient, kRelay, Reason::translated, indication(data));
  EXPECT_EQ(witness.lost_data(), 3u);
  EXPECT_EQ(reason(), "too-late") << "no path needs application data";
  const std::vector<std::uint8_t> check(20, 0);
  event(Kind::lost_on_link, HostId::client, kClient, kRelay, Reason::translated, indication(check));
  event(Kind::lost_on_link, HostId::client, kClient, kConnector, Reason::translated, check);
  event(Kind::delivered, HostId::client, kClient, kConnector, Reason::translated, data);
  EXPECT_EQ(witness.lost_data(), 3u);
  EXPECT_EQ(reason(), "lost");
  EXPECT_EQ(witness.finding().packets, 2u);
}

TEST_F(WitnessTest, CountsWhatPeersSendUntilFrozen) {
  witness.on_send(HostId::client, kConnector, 100);
  witness.on_send(HostId::client, {IpAddress::v4(10, 0, 0, 10), 40000}, 50);  // the connector's own host
  witness.on_send(HostId::connector, kRelay, 10);
  witness.on_send(HostId::relay, kClient, 1000);
  EXPECT_EQ(witness.packets(), 3u);
  EXPECT_EQ(witness.bytes(), 160u);
  EXPECT_EQ(witness.packets_to_others(), 0u);
  witness.on_send(HostId::client, kNobody, 1);
  EXPECT_EQ(witness.packets_to_others(), 1u);
  witness.freeze();
  witness.on_send(HostId::client, kConnector, 100);
  EXPECT_EQ(witness.packets(), 4u);
}

}  // namespace
}  // namespace punchlab::trial
