#pragma once
// STUN messages as views and writers (RFC 8489 sections 5, 6, 14). Nothing here allocates.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/address.hpp"
#include "protocol/base/rng.hpp"

namespace punchlab::stun {

inline constexpr std::uint32_t kMagicCookie = 0x2112A442;
inline constexpr std::size_t kHeaderSize = 20;

enum class Class : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };

/// RFC 8489 section 18.2, RFC 8656 section 17; the last block is punchlab's rendezvous (docs/protocol.md), from the
/// range that IANA leaves to expert review, never sent to servers that are not ours.
enum class Method : std::uint16_t {
  binding = 0x001,
  allocate = 0x003,
  refresh = 0x004,
  send = 0x006,
  data = 0x007,
  create_permission = 0x008,
  channel_bind = 0x009,
  rendezvous_register = 0x0F0,
  rendezvous_forward = 0x0F1,
  rendezvous_deliver = 0x0F2,
  rendezvous_start = 0x0F3,
};

/// Comprehension-required below 0x8000, optional from there on.
enum class Attribute : std::uint16_t {
  mapped_address = 0x0001,
  change_request = 0x0003,  // RFC 5780
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000A,
  channel_number = 0x000C,
  lifetime = 0x000D,
  xor_peer_address = 0x0012,
  data = 0x0013,
  realm = 0x0014,
  nonce = 0x0015,
  xor_relayed_address = 0x0016,
  requested_address_family = 0x0017,
  even_port = 0x0018,
  requested_transport = 0x0019,
  dont_fragment = 0x001A,
  message_integrity_sha256 = 0x001C,
  password_algorithm = 0x001D,
  userhash = 0x001E,
  xor_mapped_address = 0x0020,
  reservation_token = 0x0022,
  priority = 0x0024,
  use_candidate = 0x0025,
  padding = 0x0026,        // RFC 5780
  response_port = 0x0027,  // RFC 5780
  peer_id = 0x7F01,        // punchlab rendezvous: 32-byte public key (or name hash) of a peer
  password_algorithms = 0x8002,
  alternate_domain = 0x8003,
  software = 0x8022,
  alternate_server = 0x8023,
  fingerprint = 0x8028,
  ice_controlled = 0x8029,
  ice_controlling = 0x802A,
  response_origin = 0x802B,  // RFC 5780
  other_address = 0x802C,    // RFC 5780
  start_delay = 0xFF01,      // punchlab rendezvous: u64 nanoseconds from receipt to the timed start
};

constexpr bool comprehension_required(std::uint16_t attribute) { return attribute < 0x8000; }

using TransactionId = std::array<std::uint8_t, 12>;
TransactionId random_transaction_id(Rng& rng);

/// RFC 8489 section 14.8.
struct ErrorCode {
  int code = 0;  ///< 300-699
  std::string_view reason;
};

/// One attribute as it stands in the message; `value` without padding.
struct AttributeView {
  std::uint16_t type = 0;
  Bytes value;
  std::size_t offset = 0;  ///< of the attribute's header from the start of the message
};

/// A well-formed STUN message: header consistent, attributes tile the body, FINGERPRINT (if any) last and right.
/// A view: the datagram must outlive it. Attributes after MESSAGE-INTEGRITY other than SHA256 and FINGERPRINT are ignored
/// by every accessor (RFC 8489 section 14.5). Attributes are looked up in an index made by `parse`.
class MessageView {
 public:
  /// Nothing when `datagram` is not exactly one STUN message.
  static std::optional<MessageView> parse(Bytes datagram);

  Class message_class() const { return class_; }
  Method method() const { return method_; }
  bool is(Class c, Method m) const { return class_ == c && method_ == m; }
  TransactionId transaction_id() const;
  Bytes bytes() const { return bytes_; }

  std::optional<AttributeView> find(Attribute type) const;
  bool has(Attribute type) const { return may_have(static_cast<std::uint16_t>(type)) && find(type).has_value(); }
  std::optional<std::uint32_t> u32(Attribute type) const;
  std::optional<std::uint64_t> u64(Attribute type) const;
  /// USERNAME, REALM, NONCE, SOFTWARE; empty view when absent.
  std::string_view text(Attribute type) const;
  /// XOR-MAPPED-ADDRESS, XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS: de-XORed; MAPPED-ADDRESS, OTHER-ADDRESS,
  /// RESPONSE-ORIGIN, ALTERNATE-SERVER as they stand. Nothing when absent or malformed.
  std::optional<TransportAddress> address(Attribute type) const;
  std::optional<ErrorCode> error() const;
  /// Calls `f(AttributeView)` for each attribute that counts, in order; used for repeated attributes (XOR-PEER-ADDRESS).
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < indexed_; ++i) f(attribute_in(offsets_[i]));
    for (std::size_t at = rest_; const auto a = attribute_at(at);) f(*a);
  }
  /// Comprehension-required attributes that `known` does not list, up to the capacity of `out`; returns how many.
  /// The two integrity attributes are always known.
  std::size_t unknown_required(std::span<const Attribute> known, std::span<std::uint16_t> out) const;

 private:
  /// More attributes than any method needs; those of a longer message are walked.
  static constexpr std::size_t kIndexed = 16;

  explicit MessageView(Bytes datagram) : bytes_(datagram), end_(datagram.size()), rest_(datagram.size()) {}
  bool make_index();  ///< false when the attributes do not tile the body or the fingerprint is wrong
  bool counts(std::uint16_t type, std::size_t at) const;
  void add_to_index(std::uint16_t type, std::size_t at);
  bool may_have(std::uint16_t type) const { return (present_ >> (type % 64) & 1) != 0; }
  AttributeView attribute_in(std::size_t at) const {  ///< whose header is at `at`
    return {load_u16(&bytes_[at]), bytes_.subspan(at + 4, load_u16(&bytes_[at + 2])), at};
  }
  std::optional<AttributeView> attribute_at(std::size_t& at) const;  ///< advances; nothing at the end

  Bytes bytes_;
  std::size_t end_;            ///< of the attributes that count
  std::size_t rest_;           ///< where what the index has no room for begins
  std::uint64_t present_ = 0;  ///< bit n: some attribute that counts has a type of n modulo 64
  std::size_t indexed_ = 0;
  std::array<std::uint16_t, kIndexed> types_;    ///< of the attributes that count, the first `indexed_`
  std::array<std::uint16_t, kIndexed> offsets_;  ///< of their headers
  Class class_ = Class::request;
  Method method_ = Method::binding;
};

/// Decodes one address attribute value, un-XORing with the cookie and `id` when `xored` (RFC 8489 section 14.2).
std::optional<TransportAddress> decode_address(Bytes value, bool xored, const TransactionId& id);

/// Encodes an address attribute value; returns its size, 8 or 20 bytes.
std::size_t encode_address(const TransportAddress& address, bool xored, const TransactionId& id,
                           std::span<std::uint8_t, 20> out);
/// True for the XOR-... address attributes.
bool is_xored(Attribute type);

/// First look at a datagram (RFC 7983): a STUN message starts with two zero bits and carries the cookie.
bool looks_like_stun(Bytes datagram);
/// ChannelData of RFC 8656 section 12: first byte 0x40-0x4F.
bool looks_like_channel_data(Bytes datagram);

class IntegrityKey;  // integrity.hpp

/// Builds one message in the caller's buffer. Order: attributes, then integrity, then fingerprint, then `finish`.
class MessageWriter {
 public:
  MessageWriter(MutableBytes buffer, Class c, Method m, const TransactionId& id);

  void attribute(Attribute type, Bytes value);
  void flag(Attribute type) { attribute(type, {}); }
  void u32(Attribute type, std::uint32_t value);
  void u64(Attribute type, std::uint64_t value);
  void text(Attribute type, std::string_view value);
  /// XORed for the three XOR-... attributes, plain otherwise.
  void address(Attribute type, const TransportAddress& value);
  void error(int code, std::string_view reason);
  void unknown_attributes(std::span<const std::uint16_t> types);
  void message_integrity(const IntegrityKey& key);
  void message_integrity_sha256(const IntegrityKey& key);
  void fingerprint();
  /// Size of the whole message, or 0 when something did not fit.
  std::size_t finish();

 private:
  std::uint8_t* begin_attribute(Attribute type, std::size_t size);  ///< zero-padded value area, or null
  void store_length(std::size_t extra);
  ByteWriter out_;
  TransactionId id_;
};

}  // namespace punchlab::stun
