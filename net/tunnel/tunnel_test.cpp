// The tunnel between two ends in virtual time, over a link with delay, loss, reordering and repetition. Cases:
//  1. What is written arrives whole, in order and once, both ways, on several channels at once, at losses of 0 to 30 % and
//     with delays that reorder; every seed.
//  2. A reader that stops stops its own writer after kWindow bytes, and no other channel; when it reads again all arrives.
//  3. The end of one direction leaves the other open; a channel is forgotten when both ended, its number is not used again.
//  4. Resets reach the other side with their code, also when packets are lost; what comes late for the channel is harmless.
//  5. One channel more than kMaxChannels is refused: ours at once, the peer's with a code.
//  6. Goodbye is heard; an idle tunnel pings, so that the peer is heard from at least every kKeepalive.
//  7. A path that is silent for a minute holds up everything, loses nothing, and is in use again within seconds.
//  8. Mutated packets are counted or do harm to nobody but themselves: no crash, and the bytes that arrive are never more
//     than a window ahead of what was written.
//  9. Without loss, a long transfer uses the link: it ends within twice the time that delay and bandwidth need.
#include <gtest/gtest.h>
#include <map>
#include <numeric>

#include "net/tunnel/tunnel.hpp"
#include "protocol/base/rng.hpp"

namespace punchlab::tunnel {
namespace {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

/// The byte at `offset` of every channel of a test, so that a wrong order shows.
std::uint8_t byte_at(std::uint64_t offset, std::uint32_t salt) { return static_cast<std::uint8_t>(offset * 31 + offset / 251 + salt); }

struct Conditions {
  std::uint64_t seed = 1;
  double loss = 0, repeat = 0, mutation = 0;
  Duration delay = 20ms, jitter{0};
  Duration per_packet{0};  ///< of the link's bandwidth
};

/// Two ends and the link between them.
struct Pair {
  explicit Pair(const Conditions& c) : conditions(c), rng({c.seed, 0, 0, purpose_of("tunnel-test")}) {}

  Conditions conditions;
  SeededRng rng;
  Time now = kTimeOrigin;
  Tunnel ends[2] = {Tunnel{Side::initiator, kTimeOrigin}, Tunnel{Side::responder, kTimeOrigin}};
  bool cut = false;
  std::multimap<Time, std::pair<int, Octets>> wire;
  Time free_at[2] = {kTimeOrigin, kTimeOrigin};
  std::vector<Event> events[2];
  std::uint64_t packets = 0;

  void mutate(Octets& bytes) {
    if (rng.chance(conditions.mutation)) bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.next());
    if (rng.chance(conditions.mutation)) bytes.resize(rng.below(bytes.size() + 20));
  }

  void carry(int to, Octets bytes) {
    ++packets;
    if (cut || rng.chance(conditions.loss)) return;
    mutate(bytes);
    const auto copies = rng.chance(conditions.repeat) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      free_at[to] = std::max(free_at[to], now) + conditions.per_packet;
      const auto jitter = conditions.jitter.count() > 0 ? Duration{static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(conditions.jitter.count())))} : 0ns;
      wire.emplace(free_at[to] + conditions.delay + jitter, std::pair{to, bytes});
    }
  }

  void flush() {
    std::array<std::uint8_t, kMaxPacket> out;
    for (int i = 0; i < 2; ++i) {
      while (const auto size = ends[i].poll(now, out)) carry(1 - i, {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)});
      while (auto event = ends[i].next_event()) events[i].push_back(*event);
    }
  }

  /// `step` is called whenever something happened, to read and write. Stops when it gives true.
  template <class Step>
  bool run(Duration length, Step&& step) {
    const auto end = now + length;
    for (;;) {
      if (step()) return true;
      flush();
      auto next = std::min(ends[0].next(now), ends[1].next(now));
      if (!wire.empty()) next = std::min(next, wire.begin()->first);
      if (next > end) break;
      now = std::max(now, next);
      while (!wire.empty() && wire.begin()->first <= now) {
        const auto [to, bytes] = wire.begin()->second;
        wire.erase(wire.begin());
        ends[to].handle_packet(now, bytes);
      }
      for (auto& e : ends) e.handle_timeout(now);
    }
    now = end;
    return false;
  }
  void run(Duration length) {
    run(length, [] { return false; });
  }
};

/// Writes `total` patterned bytes to one end of a channel and checks them at the other.
struct Flow {
  Pair& pair;
  int from;
  ChannelId channel;
  std::uint64_t total;
  std::uint64_t written = 0, read = 0;
  bool reading = true;
  bool wrong = false;

  bool step() {
    std::array<std::uint8_t, 5000> buffer;
    auto& out = pair.ends[from];
    while (written < total && out.room(channel) > 0) {
      const auto size = std::min<std::uint64_t>({buffer.size(), total - written, out.room(channel)});
      for (std::size_t i = 0; i < size; ++i) buffer[i] = byte_at(written + i, channel.value);
      written += out.write(channel, Bytes{buffer}.first(static_cast<std::size_t>(size)));
      if (written == total) out.finish(channel);
    }
    while (reading) {
      const auto size = pair.ends[1 - from].read(channel, buffer);
      if (size == 0) break;
      for (std::size_t i = 0; i < size; ++i) wrong = wrong || buffer[i] != byte_at(read + i, channel.value);
      read += size;
    }
    return !wrong && read == total && pair.ends[1 - from].at_end(channel);
  }
};

TEST(Tunnel, CarriesEverythingWholeAndInOrder) {
  for (const double loss : {0.0, 0.01, 0.1, 0.3}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      SCOPED_TRACE(testing::Message() << "loss " << loss << ", seed " << seed);
      Pair pair({.seed = seed, .loss = loss, .repeat = 0.05, .delay = 20ms, .jitter = 15ms});
      std::vector<Flow> flows;
      for (int i = 0; i < 3; ++i) {
        const auto up = pair.ends[0].open("echo");
        const auto down = pair.ends[1].open("back");
        ASSERT_TRUE(up && down);
        flows.push_back({pair, 0, *up, 100'000});
        flows.push_back({pair, 1, *down, 100'000});
      }
      const auto all = [&] {
        bool done = true;
        for (auto& flow : flows) done = flow.step() && done;
        return done;
      };
      ASSERT_TRUE(pair.run(600s, all));
    }
  }
}

TEST(Tunnel, AReaderThatStopsStopsItsWriterOnly) {
  Pair pair({.loss = 0.02});
  Flow stopped{pair, 0, *pair.ends[0].open("a"), 3 * kWindow};
  Flow other{pair, 0, *pair.ends[0].open("b"), 2 * kWindow};
  stopped.reading = false;
  ASSERT_TRUE(pair.run(300s, [&] {
    stopped.step();
    return other.step();
  }));
  pair.run(60s, [&] { return stopped.step(); });
  EXPECT_EQ(stopped.written, 2 * kWindow) << "one window at the reader, one at the writer";
  stopped.reading = true;
  EXPECT_TRUE(pair.run(300s, [&] { return stopped.step(); }));
}

TEST(Tunnel, EitherDirectionEndsAlone) {
  Pair pair({.loss = 0.1});
  const auto channel = *pair.ends[0].open("half");
  Flow up{pair, 0, channel, 10'000};
  ASSERT_TRUE(pair.run(60s, [&] { return up.step(); }));
  EXPECT_TRUE(pair.ends[0].knows(channel) && pair.ends[1].knows(channel));
  Flow down{pair, 1, channel, 10'000};
  ASSERT_TRUE(pair.run(60s, [&] { return down.step(); }));
  pair.run(10s);
  EXPECT_FALSE(pair.ends[0].knows(channel) || pair.ends[1].knows(channel)) << "forgotten";
  EXPECT_NE(pair.ends[0].open("next"), channel);
}

TEST(Tunnel, ResetsAreHeard) {
  int heard = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Pair pair({.seed = seed, .loss = 0.3, .jitter = 30ms});
    const auto channel = *pair.ends[0].open("gone");
    Flow flow{pair, 0, channel, 100'000};
    pair.run(1s, [&] { return flow.step(); });
    pair.ends[0].reset(channel, ResetCode::unreachable);
    pair.run(60s);
    EXPECT_FALSE(pair.ends[1].knows(channel));
    if (flow.read == 0 && pair.events[1].empty()) continue;  // ended before its beginning was heard
    ++heard;
    ASSERT_EQ(pair.events[1].size(), 2u) << "seed " << seed;
    EXPECT_EQ(std::get<Opened>(pair.events[1][0]).target, "gone");
    EXPECT_EQ(std::get<Aborted>(pair.events[1][1]).code, ResetCode::unreachable);
  }
  EXPECT_GT(heard, 10);
}

TEST(Tunnel, RefusesOneChannelTooMany) {
  Pair pair({});
  for (std::size_t i = 0; i + 1 < Tunnel::kMaxChannels; ++i) ASSERT_TRUE(pair.ends[0].open("x"));
  const auto theirs = *pair.ends[1].open("y");
  const auto last = *pair.ends[0].open("z");
  EXPECT_FALSE(pair.ends[0].open("over"));
  pair.run(5s);
  ASSERT_EQ(pair.events[1].back().index(), 1u);
  EXPECT_EQ(std::get<Aborted>(pair.events[1].back()).channel, theirs);
  EXPECT_EQ(std::get<Aborted>(pair.events[1].back()).code, ResetCode::too_many);
  EXPECT_FALSE(pair.ends[0].knows(last)) << "the peer has its own open";
}

TEST(Tunnel, GoodbyeAndKeepalive) {
  Pair pair({});
  for (int i = 0; i < 20; ++i) {
    pair.run(10s);
    for (auto& end : pair.ends) EXPECT_GE(end.last_heard(), pair.now - Tunnel::kKeepalive - 1s);
  }
  pair.ends[1].end();
  std::array<std::uint8_t, kMaxPacket> out;
  const auto size = pair.ends[1].poll(pair.now, out);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pair.ends[0].handle_packet(pair.now, Bytes{out}.first(size)));
  const auto event = pair.ends[0].next_event();
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::holds_alternative<Ended>(*event));
  EXPECT_FALSE(pair.ends[0].next_event()) << "once";
}

TEST(Tunnel, OutlivesAPathThatIsSilent) {
  Pair pair({});
  Flow flow{pair, 0, *pair.ends[0].open("x"), 2'000'000};
  pair.run(300ms, [&] { return flow.step(); });
  ASSERT_GT(flow.read, 0u);
  ASSERT_LT(flow.read, flow.total);
  pair.cut = true;
  const auto before = pair.packets;
  pair.run(60s, [&] { return flow.step(); });
  EXPECT_LT(pair.packets - before, 250u) << "it does not send into the void";
  pair.cut = false;
  const auto mended = flow.read;
  pair.run(5s, [&] { return flow.step(); });
  EXPECT_GT(flow.read, mended);
  EXPECT_TRUE(pair.run(60s, [&] { return flow.step(); }));
}

TEST(Tunnel, SurvivesMutatedPackets) {
  std::uint64_t counted = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Pair pair({.seed = seed, .mutation = 0.1});
    Flow flow{pair, 0, *pair.ends[0].open("x"), 50'000};
    pair.run(30s, [&] {
      flow.step();
      return flow.read > flow.total;
    });
    EXPECT_LE(flow.read, flow.total + kWindow);
    counted += pair.ends[0].malformed() + pair.ends[1].malformed();
  }
  EXPECT_GT(counted, 100u);
}

TEST(Tunnel, UsesTheLink) {
  Pair pair({.delay = 10ms, .per_packet = 200us});  // 48 Mbit/s; the window allows 256 KiB in 20 ms
  Flow flow{pair, 0, *pair.ends[0].open("x"), 10'000'000};
  const auto began = pair.now;
  ASSERT_TRUE(pair.run(60s, [&] { return flow.step(); }));
  const auto least = 200us * (10'000'000 / (kMaxPacket - 24)) + 10ms;
  EXPECT_LT(pair.now - began, 2 * least);
}

}  // namespace
}  // namespace punchlab::tunnel
