// Cases:
//  1. Lines as libnice, aioice, pion and Chromium write them are read: type, address, priority, foundation, base.
//  2. What we write is read back as the same candidate; a hidden base stays hidden.
//  3. TCP, other components, names, unknown types, ports that are none and cut lines are refused.
//  4. Long foundations stay equal when they were equal, and different when they were not.
#include "protocol/ice/candidate_line.hpp"

#include <gtest/gtest.h>

namespace punchlab::ice {
namespace {

const TransportAddress kBase{IpAddress::v4(10, 0, 0, 2), 50'000};
const TransportAddress kMapped{IpAddress::v4(198, 51, 100, 7), 1024};

TEST(CandidateLine, ReadsWhatOtherAgentsWrite) {
  const auto libnice = parse_candidate_line("candidate:3 1 UDP 1679819007 198.51.100.7 1024 typ srflx raddr 10.0.0.2 rport 50000");
  ASSERT_TRUE(libnice);
  EXPECT_EQ(libnice->type, CandidateType::server_reflexive);
  EXPECT_EQ(libnice->address, kMapped);
  EXPECT_EQ(libnice->base, kBase);
  EXPECT_EQ(libnice->priority, 1679819007U);
  EXPECT_EQ(libnice->foundation.text[0], '3');
  const auto aioice = parse_candidate_line("candidate:38abd7e5baf44b6d1f0fc1b0d8e2d0ab 1 udp 2130706431 10.0.0.2 50000 typ host");
  ASSERT_TRUE(aioice);
  EXPECT_EQ(aioice->type, CandidateType::host);
  EXPECT_EQ(aioice->address, kBase);
  const auto chromium = parse_candidate_line(
      "candidate:842163049 1 udp 1677729535 198.51.100.7 1024 typ relay raddr 0.0.0.0 rport 0 generation 0 ufrag 1x2Y "
      "network-cost 999");
  ASSERT_TRUE(chromium);
  EXPECT_EQ(chromium->type, CandidateType::relayed);
  EXPECT_EQ(chromium->base, TransportAddress{});
}

TEST(CandidateLine, ReadsWhatItWrites) {
  for (const auto type : {CandidateType::host, CandidateType::server_reflexive, CandidateType::relayed}) {
    Candidate candidate{.type = type, .priority = 7, .foundation = {{'a', '1'}}, .address = kMapped};
    if (type == CandidateType::server_reflexive) candidate.base = kBase;
    const auto line = to_candidate_line(candidate);
    EXPECT_EQ(parse_candidate_line(line), candidate) << line;
  }
  const Candidate hidden{.type = CandidateType::relayed, .foundation = {{'r'}}, .address = kMapped};
  EXPECT_EQ(to_candidate_line(hidden), "candidate:r 1 udp 0 198.51.100.7 1024 typ relay raddr 0.0.0.0 rport 9");
}

TEST(CandidateLine, RefusesWhatItCannotUse) {
  for (const char* line : {
           "candidate:1 1 TCP 1 10.0.0.2 9 typ host tcptype active",
           "candidate:1 2 UDP 1 10.0.0.2 50000 typ host",
           "candidate:1 1 UDP 1 0d2d6b5e-61e4-4f5e-9d0d.local 50000 typ host",
           "candidate:1 1 UDP 1 10.0.0.2 50000 typ tunnel",
           "candidate:1 1 UDP 1 10.0.0.2 70000 typ host",
           "candidate:1 1 UDP 1 10.0.0.2 0 typ host",
           "candidate:1 1 UDP 4294967296 10.0.0.2 50000 typ host",
           "candidate:1 1 UDP 1 10.0.0.2 50000 typ",
           "1 1 UDP 1 10.0.0.2 50000 typ host",
           "candidate:",
           "",
       })
    EXPECT_FALSE(parse_candidate_line(line)) << line;
}

TEST(CandidateLine, LongFoundationsStayApart) {
  const auto foundation = [](const std::string& text) {
    return parse_candidate_line("candidate:" + text + " 1 udp 1 10.0.0.2 50000 typ host")->foundation;
  };
  const std::string common(31, 'x');
  EXPECT_EQ(foundation(common + "a"), foundation(common + "a"));
  EXPECT_NE(foundation(common + "a"), foundation(common + "b"));
}

}  // namespace
}  // namespace punchlab::ice
