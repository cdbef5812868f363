// What one connectivity check costs: about 100 bytes with USERNAME, PRIORITY, ICE-CONTROLLING, integrity and fingerprint.
#include <benchmark/benchmark.h>

#include "protocol/stun/integrity.hpp"
#include "protocol/stun/short_term.hpp"

namespace punchlab::stun {
namespace {

std::size_t write_check(const IntegrityKey& key, const TransactionId& id, MutableBytes out) {
  MessageWriter writer(out, Class::request, Method::binding, id);
  writer.text(Attribute::username, "abcd1234:efgh5678");
  writer.u32(Attribute::priority, 0x6e0001ff);
  writer.u64(Attribute::ice_controlling, 0x932ff9b151263b36);
  writer.message_integrity(key);
  writer.fingerprint();
  return writer.finish();
}

void write_check_bench(benchmark::State& state) {
  const auto key = IntegrityKey::short_term("VOkJxbRl1RmTxUk/WvJxBt");
  std::array<std::uint8_t, 200> buffer;
  for (auto _ : state) benchmark::DoNotOptimize(write_check(key, {}, buffer));
}
BENCHMARK(write_check_bench)->Name("write check");

void verify_check_bench(benchmark::State& state) {
  const auto key = IntegrityKey::short_term("VOkJxbRl1RmTxUk/WvJxBt");
  std::array<std::uint8_t, 200> buffer;
  const auto size = write_check(key, {}, buffer);
  for (auto _ : state) {
    const auto view = MessageView::parse(Bytes{buffer}.first(size));
    benchmark::DoNotOptimize(check_short_term(*view, "abcd1234", key));
  }
  state.SetLabel(std::to_string(size) + " bytes");
}
BENCHMARK(verify_check_bench)->Name("parse and verify check");

void make_key_bench(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(IntegrityKey::short_term("VOkJxbRl1RmTxUk/WvJxBt"));
}
BENCHMARK(make_key_bench)->Name("make key");

}  // namespace
}  // namespace punchlab::stun
