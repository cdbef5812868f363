// What a session costs: the handshake of one pair (both sides), its parts, and sealed packets.
#include <benchmark/benchmark.h>

#include "protocol/session/session.hpp"

namespace punchlab::session {
namespace {

struct Peers {
  SeededRng rng{{.seed = 1}};
  Identity client{KeyPair::generate(rng)}, connector{KeyPair::generate(rng)};
  explicit Peers(bool remember) {
    if (!remember) return;
    benchmark::DoNotOptimize(client.remember(connector.public_key()));
    benchmark::DoNotOptimize(connector.remember(client.public_key()));
  }
};

void handshake(Session& initiator, Session& responder) {
  std::array<std::uint8_t, kMaxDatagram> wire, payload{};
  std::size_t size = initiator.write_handshake(MutableBytes{payload}.first(300), wire);
  responder.read_handshake(MutableBytes{wire}.first(size), payload);
  size = responder.write_handshake(MutableBytes{payload}.first(300), wire);
  initiator.read_handshake(MutableBytes{wire}.first(size), payload);
}

/// Both sides; argument: whether the static-static secret was kept.
void BM_Handshake(benchmark::State& state) {
  Peers peers(state.range(0) != 0);
  for (auto _ : state) {
    Session initiator = Session::initiator(peers.client, peers.connector.public_key(), {}, peers.rng);
    Session responder = Session::responder(peers.connector, peers.client.public_key(), {}, peers.rng);
    handshake(initiator, responder);
    benchmark::DoNotOptimize(initiator.established() && responder.established());
  }
}
BENCHMARK(BM_Handshake)->ArgName("kept")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void BM_PlaintextHandshake(benchmark::State& state) {
  for (auto _ : state) {
    Session initiator = Session::plaintext(Role::initiator), responder = Session::plaintext(Role::responder);
    handshake(initiator, responder);
    benchmark::DoNotOptimize(responder.established());
  }
}
BENCHMARK(BM_PlaintextHandshake)->Unit(benchmark::kMicrosecond);

/// A handshake has 2 of these (the ephemeral keys) ...
void BM_KeyGeneration(benchmark::State& state) {
  Peers peers(false);
  for (auto _ : state) benchmark::DoNotOptimize(KeyPair::generate(peers.rng));
}
BENCHMARK(BM_KeyGeneration)->Unit(benchmark::kMicrosecond);

/// ... 6 of these (es, ee, se on both sides; 8 without the kept ss) ...
void BM_DiffieHellman(benchmark::State& state) {
  Peers peers(false);
  SharedSecret out;
  for (auto _ : state)
    benchmark::DoNotOptimize(diffie_hellman(peers.client.keys().secret, peers.connector.public_key(), out));
}
BENCHMARK(BM_DiffieHellman)->Unit(benchmark::kMicrosecond);

/// ... and 10 of these (4 and the split on both sides).
void BM_MixKey(benchmark::State& state) {
  SymmetricState symmetric;
  const std::array<std::uint8_t, kKeySize> secret{};
  for (auto _ : state) symmetric.mix_key(secret);
}
BENCHMARK(BM_MixKey)->Unit(benchmark::kMicrosecond);

/// One packet sealed and opened; argument: bytes of plaintext.
void BM_Packet(benchmark::State& state) {
  Peers peers(true);
  Session initiator = Session::initiator(peers.client, peers.connector.public_key(), {}, peers.rng);
  Session responder = Session::responder(peers.connector, peers.client.public_key(), {}, peers.rng);
  handshake(initiator, responder);
  std::array<std::uint8_t, kMaxDatagram> wire, plain{};
  const auto text = MutableBytes{plain}.first(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const std::size_t size = initiator.seal(text, wire);
    benchmark::DoNotOptimize(responder.open(MutableBytes{wire}.first(size), plain));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Packet)->Arg(200)->Arg(1200);

}  // namespace
}  // namespace punchlab::session
