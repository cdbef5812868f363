// What a gateway costs: a packet on an existing mapping out and in, a new mapping, a reset after a typical trial, and
// making a box.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "sim/nat/nat_box.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::nat {
namespace {

const TransportAddress kHost{IpAddress::v4(192, 168, 1, 10), 5000};
const TransportAddress kRemote{IpAddress::v4(203, 0, 113, 1), 3478};
const Addressing kAddressing{{IpAddress::v4(198, 51, 100, 1)}, IpAddress::v4(192, 168, 1, 1)};
constexpr RngKey kKey{1, 2, 3, 4};
using Packet = std::array<std::uint8_t, 228>;

Packet udp(const TransportAddress& from, const TransportAddress& to) {
  Packet p{};
  const std::array<std::uint8_t, 200> payload{};
  packet::write_udp(p, from, to, 64, payload);
  return p;
}

void existing_mapping_out(benchmark::State& state) {
  NatBox box(Profile{}, kAddressing, kKey);
  std::array<std::uint8_t, 576> reply;
  const Packet original = udp(kHost, kRemote);
  for (auto _ : state) {
    Packet p = original;
    benchmark::DoNotOptimize(box.process(kTimeOrigin, From::inside, p, reply));
  }
}
BENCHMARK(existing_mapping_out);

void existing_mapping_in(benchmark::State& state) {
  NatBox box(Profile{}, kAddressing, kKey);
  std::array<std::uint8_t, 576> reply;
  Packet out = udp(kHost, kRemote);
  box.process(kTimeOrigin, From::inside, out, reply);
  const Packet original = udp(kRemote, {kAddressing.external[0], 5000});
  for (auto _ : state) {
    Packet p = original;
    benchmark::DoNotOptimize(box.process(kTimeOrigin, From::outside, p, reply));
  }
}
BENCHMARK(existing_mapping_in);

void reset_and_eight_mappings(benchmark::State& state) {
  NatBox box(Profile{}, kAddressing, kKey);
  std::array<std::uint8_t, 576> reply;
  std::vector<Packet> packets;
  for (std::uint16_t i = 0; i < 8; ++i)
    packets.push_back(udp({kHost.address, static_cast<std::uint16_t>(5000 + i)}, kRemote));
  const Profile profile;
  for (auto _ : state) {
    box.reset(profile, kAddressing, kKey);
    for (Packet p : packets) benchmark::DoNotOptimize(box.process(kTimeOrigin, From::inside, p, reply));
  }
}
BENCHMARK(reset_and_eight_mappings);

void reset_only(benchmark::State& state) {
  NatBox box(Profile{}, kAddressing, kKey);
  const Profile profile;
  for (auto _ : state) box.reset(profile, kAddressing, kKey);
}
BENCHMARK(reset_only);

void construct(benchmark::State& state) {
  const Profile profile;
  for (auto _ : state) {
    NatBox box(profile, kAddressing, kKey);
    benchmark::DoNotOptimize(&box);
  }
}
BENCHMARK(construct);

}  // namespace
}  // namespace punchlab::nat
