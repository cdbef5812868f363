// Cases:
//  1. Arguments: a full line, its defaults, and one message for each kind of mistake.
//  2. Echo test: replies to pings, pings every 20 ms until the first reply, then after the settle time the counted ones,
//     one after the other, each given up after 300 ms; replies to others and rubbish are ignored.
//  3. Signalling: whole lines only, in order; lines cut in the middle wait for their end.
//  4. A run: ready, waits for go, takes lines, reports the pair and the echoes once, marks done, ends with its peer.
//  5. A run without a pair ends with its timeout, and says so; failures are named.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/agents/contract/run.hpp"

namespace punchlab::contract {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kLeast{"--name", "A", "--role", "controlling", "--sig", "/tmp"};

std::string mistake(std::vector<std::string> more) {
  auto words = kLeast;
  words.insert(words.end(), more.begin(), more.end());
  const auto parsed = parse_arguments(words);
  const auto* text = std::get_if<std::string>(&parsed);
  return text != nullptr ? *text : "";
}

TEST(Arguments, AreRead) {
  const auto parsed = parse_arguments({"--name", "B", "--peer", "A", "--role", "controlled", "--sig", "/tmp/x", "--stun",
                                       "stun:192.0.2.1:3478", "--turn", "turn:192.0.2.1:3479?transport=tcp", "--turn-user",
                                       "u", "--turn-pass", "p", "--timeout", "7", "--settle", "250", "--policy", "relay",
                                       "--echo", "3", "--len", "64", "--opt", "ice"});
  ASSERT_TRUE(std::holds_alternative<Arguments>(parsed));
  const auto& a = std::get<Arguments>(parsed);
  EXPECT_EQ(a.name + a.peer, "BA");
  EXPECT_FALSE(a.controlling);
  EXPECT_EQ(a.stun->to_string(), "192.0.2.1:3478");
  EXPECT_EQ(a.turn->address.port, 3479);
  EXPECT_EQ(a.turn->transport, Transport::tcp);
  EXPECT_EQ(a.turn->user + a.turn->password, "up");
  EXPECT_EQ(a.timeout, 7s);
  EXPECT_EQ(a.settle, 250ms);
  EXPECT_TRUE(a.relayed_only);
  EXPECT_EQ(a.echoes, 3U);
  EXPECT_EQ(a.length, 64U);
  EXPECT_EQ(a.options, "ice");
}

TEST(Arguments, MistakesAreNamed) {
  EXPECT_EQ(mistake({}), "");
  EXPECT_THAT(mistake({"--stun", "192.0.2.1:3478"}), HasSubstr("stun:IP:PORT"));
  EXPECT_THAT(mistake({"--turn", "turn:192.0.2.1:3478?transport=tls"}), HasSubstr("transport"));
  EXPECT_THAT(mistake({"--timeout", "0"}), HasSubstr("--timeout 0"));
  EXPECT_THAT(mistake({"--len", "7"}), HasSubstr("--len 7"));
  EXPECT_THAT(mistake({"--peer", "A"}), HasSubstr("--peer"));
  EXPECT_THAT(mistake({"--nonsense", "1"}), HasSubstr("--nonsense"));
  EXPECT_THAT(mistake({"--echo"}), HasSubstr("pairs"));
  EXPECT_TRUE(std::holds_alternative<std::string>(parse_arguments({"--name", "C", "--sig", "/tmp"})));
  EXPECT_TRUE(std::holds_alternative<std::string>(parse_arguments({"--name", "A"})));
}

constexpr Time kStart = kTimeOrigin;

std::vector<std::uint8_t> datagram(char kind, char name, std::uint32_t sequence) {
  std::vector<std::uint8_t> out{0x80, static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(name), 0};
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(sequence >> shift));
  return out;
}

struct EchoBox {
  EchoTest echo{'A', 2, 40, 100ms};
  std::array<std::uint8_t, kMaxDatagram> buffer{};
  /// The sequence number of the ping that is due; nothing when none is.
  std::optional<std::uint32_t> ping(Time now) {
    if (echo.poll(now, buffer) == 0) return std::nullopt;
    EXPECT_EQ(buffer[0], 0x80);
    EXPECT_EQ(buffer[1], 'P');
    EXPECT_EQ(buffer[2], 'A');
    return __builtin_bswap32(load_u32(&buffer[4]));
  }
  bool answer(Time now, char kind, char name, std::uint32_t sequence) {
    return echo.handle(now, datagram(kind, name, sequence), buffer);
  }
};

TEST(EchoTest, OpensThenSettlesThenCounts) {
  EchoBox box;
  EXPECT_EQ(box.ping(kStart), std::nullopt);
  box.echo.begin(kStart);
  EXPECT_EQ(box.ping(kStart), 0U);
  EXPECT_EQ(box.ping(kStart + 19ms), std::nullopt);
  EXPECT_EQ(box.ping(kStart + 20ms), 1U);
  box.answer(kStart + 30ms, 'R', 'B', 0);
  EXPECT_FALSE(box.echo.first_reply()) << "somebody else's";
  box.answer(kStart + 31ms, 'R', 'A', 0);
  EXPECT_EQ(box.echo.first_reply(), kStart + 31ms);
  EXPECT_EQ(box.ping(kStart + 99ms), std::nullopt);
  EXPECT_EQ(box.ping(kStart + 100ms), 2048U);
  box.answer(kStart + 110ms, 'R', 'A', 1);
  EXPECT_EQ(box.ping(kStart + 110ms), std::nullopt) << "an old reply";
  EXPECT_EQ(box.ping(kStart + 400ms), 2049U) << "given up";
  box.answer(kStart + 405ms, 'R', 'A', 2049);
  EXPECT_EQ(box.ping(kStart + 405ms), std::nullopt);
  EXPECT_TRUE(box.echo.finished());
  EXPECT_EQ(box.echo.sent(), 2U);
  EXPECT_THAT(box.echo.round_trips(), ElementsAre(5ms));
}

TEST(EchoTest, AnswersPingsAndIgnoresTheRest) {
  EchoBox box;
  EXPECT_TRUE(box.answer(kStart, 'P', 'B', 7));
  const auto reply = datagram('R', 'B', 7);
  EXPECT_TRUE(std::equal(reply.begin(), reply.end(), box.buffer.begin()));
  EXPECT_FALSE(box.echo.handle(kStart, std::vector<std::uint8_t>{0x16, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0}, box.buffer));
  EXPECT_FALSE(box.echo.handle(kStart, std::vector<std::uint8_t>{0x80, 'P'}, box.buffer));
}

class Files : public testing::Test {
 protected:
  Files() {
    auto name = (std::filesystem::temp_directory_path() / "punchlab-contract-XXXXXX").string();
    directory = mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(directory); }
  void append(const std::string& file, const std::string& text) {
    std::ofstream(directory / file, std::ios::app) << text;
  }
  std::string read(const std::string& file) {
    std::ifstream in(directory / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Arguments arguments() {
    Arguments a{.name = "A", .peer = "B", .controlling = true, .directory = directory.string()};
    a.settle = 0ms;
    a.echoes = 1;
    a.timeout = 2s;
    return a;
  }
  std::filesystem::path directory;
};

TEST_F(Files, LinesComeWhole) {
  Signalling files(directory.string(), "A", "B");
  EXPECT_TRUE(files.heard().empty());
  append("A.in", "one\ntw");
  EXPECT_THAT(files.heard(), ElementsAre("one"));
  append("A.in", "o\nthree\n");
  EXPECT_THAT(files.heard(), ElementsAre("two", "three"));
  files.say("a");
  files.say("b");
  EXPECT_EQ(read("A.out"), "a\nb\n");
}

struct FakeSide final : IceSide {
  void start(Time) override { started = true; }
  void take_line(Time, std::string_view line) override { lines.emplace_back(line); }
  void send(Time, Bytes data) override { sent.emplace_back(data.begin(), data.end()); }
  bool started = false;
  std::vector<std::string> lines;
  std::vector<std::vector<std::uint8_t>> sent;
};

TEST_F(Files, ARunReportsWhatItsAgentDid) {
  FakeSide side;
  contract::Run run("fake", arguments(), side);
  EXPECT_TRUE(std::filesystem::exists(directory / "A.ready"));
  run.wake(kStart);
  EXPECT_FALSE(side.started);
  append("A.go", "");
  append("A.in", "ice-ufrag:x\n");
  run.wake(kStart);
  EXPECT_TRUE(side.started);
  EXPECT_THAT(side.lines, ElementsAre("ice-ufrag:x"));
  run.say("candidate:1 1 udp 1 10.0.0.2 5000 typ host");
  run.gathered(kStart + 5ms);
  run.selected(kStart + 10ms, {"host", "10.0.0.2", 5000}, {"relay", "192.0.2.1", 6000});
  run.wake(kStart + 10ms);
  ASSERT_EQ(side.sent.size(), 1U);
  run.received(kStart + 15ms, datagram('R', 'A', 0));
  run.wake(kStart + 15ms);
  testing::internal::CaptureStdout();
  run.received(kStart + 18ms, datagram('R', 'A', 2048));
  run.wake(kStart + 18ms);
  const auto report = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ(report["outcome"], "relayed");
  EXPECT_EQ(report["ms_connected"], 10);
  EXPECT_EQ(report["ms_data"], 15);
  EXPECT_EQ(report["echo"]["ok"], 1);
  EXPECT_EQ(report["cands"]["host"], 1);
  EXPECT_EQ(report["pair"]["remote"]["type"], "relay");
  EXPECT_TRUE(std::filesystem::exists(directory / "A.done"));
  EXPECT_FALSE(run.finished()) << "the peer may still be measuring";
  append("B.done", "");
  run.wake(kStart + 19ms);
  EXPECT_TRUE(run.finished());
}

TEST_F(Files, ARunThatGetsNoPairEnds) {
  FakeSide side;
  contract::Run run("fake", arguments(), side);
  append("A.go", "");
  run.wake(kStart);
  EXPECT_EQ(run.next(), kStart + 2s);
  testing::internal::CaptureStdout();
  run.wake(kStart + 2s);
  const auto report = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ(report["outcome"], "failed");
  EXPECT_EQ(report["error"], "timeout");
  EXPECT_EQ(report["ms_connected"], -1);
  run.wake(kStart + 2s + contract::Run::kLinger);
  EXPECT_TRUE(run.finished()) << "without its peer";
}

TEST_F(Files, AFailureIsNamed) {
  FakeSide side;
  contract::Run run("fake", arguments(), side);
  append("A.go", "");
  run.wake(kStart);
  run.failed(kStart + 30ms, "no-pairs");
  testing::internal::CaptureStdout();
  run.wake(kStart + 30ms);
  const auto report = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ(report["error"], "no-pairs");
  EXPECT_EQ(report["ms_failed"], 30);
}

}  // namespace
}  // namespace punchlab::contract
