#include "protocol/stun/message.hpp"

#include <algorithm>

#include "protocol/stun/crc32.hpp"

namespace punchlab::stun {
namespace {

constexpr std::uint32_t kFingerprintXor = 0x5354554E;  // RFC 8489 section 14.7
constexpr std::size_t kFingerprintSize = 8;

constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

constexpr bool is_type(std::uint16_t type, Attribute attribute) {
  return type == static_cast<std::uint16_t>(attribute);
}

constexpr bool is_integrity(std::uint16_t type) {
  return is_type(type, Attribute::message_integrity) || is_type(type, Attribute::message_integrity_sha256);
}

/// The attribute whose header stands at `at`; nothing when it runs past the end.
std::optional<AttributeView> read_attribute(Bytes message, std::size_t at) {
  if (message.size() - at < 4) return std::nullopt;
  const std::size_t size = load_u16(&message[at + 2]);
  if (message.size() - at - 4 < padded(size)) return std::nullopt;
  return AttributeView{load_u16(&message[at]), message.subspan(at + 4, size), at};
}

bool header_is_right(Bytes datagram) {
  return looks_like_stun(datagram) && datagram.size() % 4 == 0 &&
         load_u16(&datagram[2]) == datagram.size() - kHeaderSize;
}

bool fingerprint_is_right(Bytes message, const AttributeView& fingerprint) {
  if (fingerprint.value.size() != 4 || fingerprint.offset + kFingerprintSize != message.size()) return false;
  return load_u32(fingerprint.value.data()) == (crc32(message.first(fingerprint.offset)) ^ kFingerprintXor);
}

// RFC 8489 section 5: the two class bits stand between the twelve method bits, M11-7 C1 M6-4 C0 M3-0.
constexpr Class class_of(std::uint16_t type) { return static_cast<Class>(((type >> 7) & 2) | ((type >> 4) & 1)); }
constexpr Method method_of(std::uint16_t type) {
  return static_cast<Method>((type & 0x000F) | ((type >> 1) & 0x0070) | ((type >> 2) & 0x0F80));
}

}  // namespace

TransactionId random_transaction_id(Rng& rng) {
  TransactionId id;
  rng.fill(id);
  return id;
}

bool looks_like_stun(Bytes datagram) {
  return datagram.size() >= kHeaderSize && (datagram[0] & 0xC0) == 0 && load_u32(&datagram[4]) == kMagicCookie;
}

bool looks_like_channel_data(Bytes datagram) { return datagram.size() >= 4 && (datagram[0] & 0xF0) == 0x40; }

std::optional<MessageView> MessageView::parse(Bytes datagram) {
  if (!header_is_right(datagram)) return std::nullopt;
  MessageView view(datagram);
  if (!view.make_index()) return std::nullopt;
  return view;
}

bool MessageView::make_index() {
  for (std::size_t at = kHeaderSize; at < bytes_.size();) {
    const auto attribute = read_attribute(bytes_, at);
    if (!attribute) return false;
    if (is_type(attribute->type, Attribute::fingerprint) && !fingerprint_is_right(bytes_, *attribute)) return false;
    if (counts(attribute->type, at)) add_to_index(attribute->type, at);
    at += 4 + padded(attribute->value.size());
    if (is_integrity(attribute->type)) end_ = std::min(end_, at);
  }
  class_ = class_of(load_u16(bytes_.data()));
  method_ = method_of(load_u16(bytes_.data()));
  return true;
}

bool MessageView::counts(std::uint16_t type, std::size_t at) const {
  return at < end_ || is_type(type, Attribute::message_integrity_sha256) || is_type(type, Attribute::fingerprint);
}

void MessageView::add_to_index(std::uint16_t type, std::size_t at) {
  present_ |= std::uint64_t{1} << (type % 64);
  if (indexed_ == kIndexed || at > 0xFFFF) {
    rest_ = std::min(rest_, at);
    return;
  }
  types_[indexed_] = type;
  offsets_[indexed_++] = static_cast<std::uint16_t>(at);
}

std::optional<AttributeView> MessageView::attribute_at(std::size_t& at) const {
  while (at < bytes_.size()) {
    const auto attribute = attribute_in(at);
    const bool valid = counts(attribute.type, at);
    at += 4 + padded(attribute.value.size());
    if (valid) return attribute;
  }
  return std::nullopt;
}

TransactionId MessageView::transaction_id() const {
  TransactionId id;
  std::memcpy(id.data(), &bytes_[8], id.size());
  return id;
}

std::optional<AttributeView> MessageView::find(Attribute type) const {
  const auto wanted = static_cast<std::uint16_t>(type);
  if (!may_have(wanted)) return std::nullopt;
  for (std::size_t i = 0; i < indexed_; ++i) {
    if (types_[i] == wanted) return attribute_in(offsets_[i]);
  }
  for (std::size_t at = rest_; const auto attribute = attribute_at(at);) {
    if (attribute->type == wanted) return attribute;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> MessageView::u32(Attribute type) const {
  const auto attribute = find(type);
  if (!attribute || attribute->value.size() != 4) return std::nullopt;
  return load_u32(attribute->value.data());
}

std::optional<std::uint64_t> MessageView::u64(Attribute type) const {
  const auto attribute = find(type);
  if (!attribute || attribute->value.size() != 8) return std::nullopt;
  return load_u64(attribute->value.data());
}

std::string_view MessageView::text(Attribute type) const {
  const auto attribute = find(type);
  if (!attribute || attribute->value.empty()) return {};
  return {reinterpret_cast<const char*>(attribute->value.data()), attribute->value.size()};
}

std::optional<TransportAddress> MessageView::address(Attribute type) const {
  const auto attribute = find(type);
  if (!attribute) return std::nullopt;
  return decode_address(attribute->value, is_xored(type), transaction_id());
}

std::optional<ErrorCode> MessageView::error() const {
  const auto attribute = find(Attribute::error_code);
  if (!attribute || attribute->value.size() < 4) return std::nullopt;
  const int hundreds = attribute->value[2] & 7;
  const int rest = attribute->value[3];
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  const auto reason = attribute->value.subspan(4);
  return ErrorCode{hundreds * 100 + rest, {reinterpret_cast<const char*>(reason.data()), reason.size()}};
}

std::size_t MessageView::unknown_required(std::span<const Attribute> known, std::span<std::uint16_t> out) const {
  std::size_t count = 0;
  for_each([&](const AttributeView& attribute) {
    if (!comprehension_required(attribute.type) || is_integrity(attribute.type) || count == out.size()) return;
    const auto matches = [&](Attribute k) { return is_type(attribute.type, k); };
    if (std::none_of(known.begin(), known.end(), matches)) out[count++] = attribute.type;
  });
  return count;
}

}  // namespace punchlab::stun
