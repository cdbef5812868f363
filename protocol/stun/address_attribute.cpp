#include "protocol/stun/message.hpp"

namespace punchlab::stun {
namespace {

constexpr std::uint8_t kFamilyV4 = 1;  // RFC 8489 section 14.1
constexpr std::uint8_t kFamilyV6 = 2;

/// XORs 4 or 16 bytes with the cookie followed by the transaction id (RFC 8489 section 14.2).
void xor_address(MutableBytes address, const TransactionId& id) {
  std::array<std::uint8_t, 16> mask;
  store_u32(mask.data(), kMagicCookie);
  std::memcpy(&mask[4], id.data(), id.size());
  for (std::size_t i = 0; i < address.size(); ++i) address[i] = static_cast<std::uint8_t>(address[i] ^ mask[i]);
}

}  // namespace

bool is_xored(Attribute type) {
  return type == Attribute::xor_mapped_address || type == Attribute::xor_peer_address ||
         type == Attribute::xor_relayed_address;
}

std::optional<TransportAddress> decode_address(Bytes value, bool xored, const TransactionId& id) {
  if (value.size() < 4) return std::nullopt;
  const std::size_t size = value[1] == kFamilyV4 ? 4 : value[1] == kFamilyV6 ? 16 : 0;
  if (size == 0 || value.size() != 4 + size) return std::nullopt;
  std::array<std::uint8_t, 16> address{};
  std::memcpy(address.data(), &value[4], size);
  const MutableBytes used{address.data(), size};
  auto port = load_u16(&value[2]);
  if (xored) {
    port = static_cast<std::uint16_t>(port ^ (kMagicCookie >> 16));
    xor_address(used, id);
  }
  const auto parsed = IpAddress::from_bytes(used);
  if (!parsed) return std::nullopt;
  return TransportAddress{*parsed, port};
}

std::size_t encode_address(const TransportAddress& address, bool xored, const TransactionId& id,
                           std::span<std::uint8_t, 20> out) {
  const auto bytes = address.address.bytes();
  out[0] = 0;
  out[1] = address.address.is_v4() ? kFamilyV4 : kFamilyV6;
  const auto mask = xored ? static_cast<std::uint16_t>(kMagicCookie >> 16) : std::uint16_t{0};
  store_u16(&out[2], static_cast<std::uint16_t>(address.port ^ mask));
  std::memcpy(&out[4], bytes.data(), bytes.size());
  if (xored) xor_address(out.subspan(4, bytes.size()), id);
  return 4 + bytes.size();
}

}  // namespace punchlab::stun
