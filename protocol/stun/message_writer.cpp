#include <cassert>

#include "protocol/stun/crc32.hpp"
#include "protocol/stun/integrity.hpp"
#include "protocol/stun/message.hpp"

namespace punchlab::stun {
namespace {

constexpr std::uint32_t kFingerprintXor = 0x5354554E;

// RFC 8489 section 5: M11-7 C1 M6-4 C0 M3-0.
constexpr std::uint16_t message_type(Class c, Method m) {
  const auto method = static_cast<unsigned>(m);
  const auto bits = static_cast<unsigned>(c);
  return static_cast<std::uint16_t>((method & 0x000F) | ((method & 0x0070) << 1) | ((method & 0x0F80) << 2) |
                                    ((bits & 1) << 4) | ((bits & 2) << 7));
}

}  // namespace

MessageWriter::MessageWriter(MutableBytes buffer, Class c, Method m, const TransactionId& id) : out_(buffer), id_(id) {
  out_.u16(message_type(c, m));
  out_.u16(0);
  out_.u32(kMagicCookie);
  out_.bytes(id);
}

std::uint8_t* MessageWriter::begin_attribute(Attribute type, std::size_t size) {
  if (size > 0xFFFF) out_.take(SIZE_MAX);  // cannot be written: fail as if it did not fit
  const std::size_t padding = (4 - size % 4) % 4;
  auto* header = out_.take(4 + size + padding);
  if (header == nullptr) return nullptr;
  store_u16(header, static_cast<std::uint16_t>(type));
  store_u16(header + 2, static_cast<std::uint16_t>(size));
  std::memset(header + 4 + size, 0, padding);
  return header + 4;
}

void MessageWriter::attribute(Attribute type, Bytes value) {
  auto* out = begin_attribute(type, value.size());
  if (out != nullptr && !value.empty()) std::memcpy(out, value.data(), value.size());
}

void MessageWriter::u32(Attribute type, std::uint32_t value) {
  if (auto* out = begin_attribute(type, 4)) store_u32(out, value);
}

void MessageWriter::u64(Attribute type, std::uint64_t value) {
  if (auto* out = begin_attribute(type, 8)) store_u64(out, value);
}

void MessageWriter::text(Attribute type, std::string_view value) {
  attribute(type, {reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
}

void MessageWriter::address(Attribute type, const TransportAddress& value) {
  std::array<std::uint8_t, 20> encoded;
  const auto size = encode_address(value, is_xored(type), id_, encoded);
  attribute(type, Bytes{encoded}.first(size));
}

void MessageWriter::error(int code, std::string_view reason) {
  assert(code >= 300 && code <= 699 && "RFC 8489 section 14.8");
  auto* out = begin_attribute(Attribute::error_code, 4 + reason.size());
  if (out == nullptr) return;
  store_u16(out, 0);
  out[2] = static_cast<std::uint8_t>(code / 100);
  out[3] = static_cast<std::uint8_t>(code % 100);
  if (!reason.empty()) std::memcpy(out + 4, reason.data(), reason.size());
}

void MessageWriter::unknown_attributes(std::span<const std::uint16_t> types) {
  auto* out = begin_attribute(Attribute::unknown_attributes, 2 * types.size());
  if (out == nullptr) return;
  for (const auto type : types) {
    store_u16(out, type);
    out += 2;
  }
}

void MessageWriter::message_integrity(const IntegrityKey& key) {
  store_length(24);
  const auto covered = out_.written();
  if (auto* out = begin_attribute(Attribute::message_integrity, 20)) {
    const auto hmac = key.hmac_sha1(covered, {});
    std::memcpy(out, hmac.data(), hmac.size());
  }
}

void MessageWriter::message_integrity_sha256(const IntegrityKey& key) {
  store_length(36);
  const auto covered = out_.written();
  if (auto* out = begin_attribute(Attribute::message_integrity_sha256, 32)) {
    const auto hmac = key.hmac_sha256(covered, {});
    std::memcpy(out, hmac.data(), hmac.size());
  }
}

void MessageWriter::fingerprint() {
  store_length(8);
  const auto covered = out_.written();
  if (auto* out = begin_attribute(Attribute::fingerprint, 4)) store_u32(out, crc32(covered) ^ kFingerprintXor);
}

std::size_t MessageWriter::finish() {
  store_length(0);
  return out_.ok() && out_.size() - kHeaderSize <= 0xFFFF ? out_.size() : 0;
}

void MessageWriter::store_length(std::size_t extra) {
  if (!out_.ok()) return;
  store_u16(out_.written().data() + 2, static_cast<std::uint16_t>(out_.size() - kHeaderSize + extra));
}

}  // namespace punchlab::stun
