// Cases:
//  1. Path record: direct when the last data of both peers came directly, relayed when either's did not, none without
//     data at one of them; STUN of any age and TURN are no data, DTLS is; the moments are the first ones.
//  2. Data that changed from the relay to the direct way counts as direct, and the other way round as relayed.
//  3. Reports: whole ones are read; rubbish, other types, more answers than echoes and cut lines are refused.
//  4. Programs: our core is our command, names are looked up, paths are taken, what is not there is said.
#include <gtest/gtest.h>

#include "net/agents/path_record.hpp"
#include "net/agents/programs.hpp"
#include "net/agents/report.hpp"

namespace punchlab::agents {
namespace {

using std::chrono::milliseconds;
using trial::HostId;

const std::vector<std::uint8_t> kEcho(40, 0x80), kDtls(40, 0x16), kChannelHeader{0x40, 0x00, 0x00, 0x28};
constexpr Time at(int ms) { return kTimeOrigin + milliseconds{ms}; }

struct Record : PathRecord {
  void direct(int ms, HostId peer, int count = 1) {
    for (int i = 0; i < count; ++i) on_delivery(at(ms), peer, false, kEcho);
  }
  void relayed(int ms, HostId peer, int count = 1) {
    auto data = kChannelHeader;
    data.insert(data.end(), kEcho.begin(), kEcho.end());
    for (int i = 0; i < count; ++i) on_delivery(at(ms), peer, true, data);
  }
};

TEST(PathRecord, NeedsDataAtBothPeers) {
  Record record;
  EXPECT_EQ(record.path(), PathKind::none);
  record.direct(10, HostId::client);
  EXPECT_EQ(record.path(), PathKind::none);
  EXPECT_EQ(record.direct_since(), kNever);
  EXPECT_EQ(record.first_byte(), at(10));
  record.direct(20, HostId::connector);
  EXPECT_EQ(record.path(), PathKind::direct);
  EXPECT_EQ(record.direct_since(), at(20));
  record.relayed(30, HostId::client);
  EXPECT_EQ(record.path(), PathKind::relayed);
}

TEST(PathRecord, TheLastDataDecide) {
  Record record;
  for (const auto peer : {HostId::client, HostId::connector}) {
    record.relayed(10, peer, 20);
    record.direct(50, peer, 7);
  }
  EXPECT_EQ(record.path(), PathKind::relayed);
  record.direct(60, HostId::client);
  record.direct(60, HostId::connector);
  EXPECT_EQ(record.path(), PathKind::direct);
  record.relayed(70, HostId::connector);
  EXPECT_EQ(record.path(), PathKind::relayed);
}

TEST(PathRecord, ChecksAreNoData) {
  Record record;
  std::vector<std::uint8_t> binding(20, 0);
  binding[1] = 1;
  const std::array<std::uint8_t, 4> cookie{0x21, 0x12, 0xA4, 0x42};
  std::copy(cookie.begin(), cookie.end(), binding.begin() + 4);
  for (const auto peer : {HostId::client, HostId::connector}) {
    record.on_delivery(at(1), peer, false, binding);
    record.on_delivery(at(1), peer, true, binding);
    record.on_delivery(at(1), peer, true, kChannelHeader);
    auto classic = binding;  // RFC 3489: where the cookie is now, any 32 bits
    classic[4] = 0x5a;
    record.on_delivery(at(1), peer, true, classic);
    record.on_delivery(at(1), peer, false, classic);
  }
  record.on_delivery(at(1), HostId::relay, false, kEcho);
  EXPECT_EQ(record.path(), PathKind::none);
  for (const auto peer : {HostId::client, HostId::connector}) record.on_delivery(at(2), peer, false, kDtls);
  EXPECT_EQ(record.path(), PathKind::direct);
}

TEST(Report, IsRead) {
  const auto report = parse_report(
      "some "
      "words\n{\"outcome\":\"direct\",\"ms_connected\":12.5,\"echo\":{\"sent\":10,\"ok\":9,\"rtt_ms\":3},\"error\":"
      "\"\"}\n");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome, "direct");
  EXPECT_EQ(report->echoes_sent, 10U);
  EXPECT_EQ(report->echoes_answered, 9U);
  EXPECT_EQ(report->connected, Duration{12'500'000});
  EXPECT_EQ(report->round_trip, milliseconds{3});
  EXPECT_EQ(parse_report("{\"outcome\":\"failed\",\"ms_connected\":-1,\"echo\":{\"sent\":0,\"ok\":0}}")->connected,
            std::nullopt);
}

TEST(Report, RubbishIsRefused) {
  for (const char* line :
       {"", "?", "[]", "{}", "{\"outcome\":\"direct\"}", "{\"outcome\":1,\"echo\":{\"sent\":1,\"ok\":1}}",
        "{\"outcome\":\"direct\",\"echo\":{\"sent\":1,\"ok\":2}}",
        "{\"outcome\":\"direct\",\"echo\":{\"sent\":1,\"ok\":-1}}",
        "{\"outcome\":\"direct\",\"echo\":{\"sent\":1,\"ok\":1}"})
    EXPECT_FALSE(parse_report(line)) << line;
}

TEST(Programs, AreFoundByNameOrPath) {
  const Programs programs{"/usr/bin/true", "/usr/bin"};
  EXPECT_EQ(driver_command(programs, "punchlab"), (Command{"/usr/bin/true", "agent"}));
  EXPECT_EQ(driver_command(programs, "false"), Command{"/usr/bin/false"});
  EXPECT_EQ(driver_command(programs, "/bin/sh"), Command{"/bin/sh"});
  EXPECT_FALSE(driver_command(programs, "no-such-agent"));
  trial::Plan plan;
  plan.cells.resize(1);
  plan.cells[0].client.agent.name = plan.cells[0].connector.agent.name = "punchlab";
  EXPECT_FALSE(missing_program(programs, plan));
  plan.cells[0].connector.agent.name = "no-such-agent";
  EXPECT_NE(missing_program(programs, plan)->find("no-such-agent"), std::string::npos);
  plan.cells[0].connector.agent.name = "/nowhere/driver";
  EXPECT_EQ(missing_program(programs, plan), "there is no driver /nowhere/driver: the file does not exist");
  plan.cells[0].connector.agent.name = "/etc/passwd";
  EXPECT_EQ(missing_program(programs, plan), "there is no driver /etc/passwd: the file cannot be run; chmod +x it");
}

}  // namespace
}  // namespace punchlab::agents
