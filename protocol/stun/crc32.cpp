#include "protocol/stun/crc32.hpp"

#include "protocol/stun/crc32_carryless.hpp"

namespace punchlab::stun {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// tables[k][b] is the CRC of byte b followed by k zero bytes, which lets the loop take eight bytes at a time.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      const auto before = tables[k - 1][b];
      tables[k][b] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t load_little(const std::uint8_t* p) {
  return std::uint32_t{p[0]} | (std::uint32_t{p[1]} << 8) | (std::uint32_t{p[2]} << 16) | (std::uint32_t{p[3]} << 24);
}

std::uint32_t eight_bytes(std::uint32_t crc, const std::uint8_t* p) {
  const auto a = crc ^ load_little(p);
  const auto b = load_little(p + 4);
  return kTables[7][a & 0xFF] ^ kTables[6][(a >> 8) & 0xFF] ^ kTables[5][(a >> 16) & 0xFF] ^ kTables[4][a >> 24] ^
         kTables[3][b & 0xFF] ^ kTables[2][(b >> 8) & 0xFF] ^ kTables[1][(b >> 16) & 0xFF] ^ kTables[0][b >> 24];
}

std::uint32_t four_bytes(std::uint32_t crc, const std::uint8_t* p) {
  const auto a = crc ^ load_little(p);
  return kTables[3][a & 0xFF] ^ kTables[2][(a >> 8) & 0xFF] ^ kTables[1][(a >> 16) & 0xFF] ^ kTables[0][a >> 24];
}

}  // namespace

std::uint32_t crc32(Bytes data) {
  std::uint32_t crc = 0xFFFFFFFF;
  if (data.size() >= 16 && has_carryless_multiplication()) {
    const auto whole = data.size() & ~std::size_t{15};
    crc = crc32_of_blocks(data.first(whole));
    data = data.subspan(whole);
  }
  for (; data.size() >= 8; data = data.subspan(8)) crc = eight_bytes(crc, data.data());
  if (data.size() >= 4) {  // the rest of any STUN message
    crc = four_bytes(crc, data.data());
    data = data.subspan(4);
  }
  for (const auto byte : data) crc = (crc >> 8) ^ kTables[0][(crc ^ byte) & 0xFF];
  return ~crc;
}

}  // namespace punchlab::stun
