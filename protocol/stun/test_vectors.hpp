#pragma once
// The messages of RFC 5769 section 2 and RFC 8489 appendix B.1 (with verified erratum 6268), for tests.
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace punchlab::stun::vectors {

/// Bytes from hexadecimal text; spaces are skipped.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<std::uint8_t> out;
  bool high = true;
  for (const char c : text) {
    if (c == ' ') continue;
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) throw std::invalid_argument("not hexadecimal");
    if (high) out.push_back(static_cast<std::uint8_t>(digit << 4));
    if (!high) out.back() = static_cast<std::uint8_t>(out.back() | digit);
    high = !high;
  }
  return out;
}

inline constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";  // of the first three
inline constexpr std::string_view kLongTermUser = "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9";
inline constexpr std::string_view kLongTermPassword = "TheMatrIX";  // after SASLprep
inline constexpr std::string_view kLongTermRealm = "example.org";

/// RFC 5769 section 2.1.
inline std::vector<std::uint8_t> request() {
  return from_hex(
      "00010058 2112a442 b7e7a701bc34d686fa87dfae"
      "80220010 5354554e207465737420636c69656e74"
      "00240004 6e0001ff 80290008 932ff9b151263b36"
      "00060009 6576746a3a68367659 202020"
      "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
      "80280004 e57a3bcf");
}

/// RFC 5769 section 2.2: 192.0.2.1:32853.
inline std::vector<std::uint8_t> response_v4() {
  return from_hex(
      "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
      "8022000b 7465737420766563746f72 20"
      "00200008 0001a147e112a643"
      "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
      "80280004 c07d4c96");
}

/// RFC 5769 section 2.3: [2001:db8:1234:5678:11:2233:4455:6677]:32853.
inline std::vector<std::uint8_t> response_v6() {
  return from_hex(
      "01010048 2112a442 b7e7a701bc34d686fa87dfae"
      "8022000b 7465737420766563746f72 20"
      "00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9"
      "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
      "80280004 c8fb0b4c");
}

/// RFC 5769 section 2.4: long-term credential, no FINGERPRINT.
inline std::vector<std::uint8_t> request_long_term() {
  return from_hex(
      "00010060 2112a442 78ad3433c6ad72c029da412e"
      "00060012 e3839ee38388e383aae38383e382afe382b9 0000"
      "0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341"
      "0014000b 6578616d706c652e6f7267 00"
      "00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666");
}

/// RFC 8489 appendix B.1: USERHASH, PASSWORD-ALGORITHM SHA-256, MESSAGE-INTEGRITY-SHA256.
inline std::vector<std::uint8_t> request_sha256() {
  return from_hex(
      "00010090 2112a442 78ad3433c6ad72c029da412e"
      "001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704"
      "00150029 6f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c39465354767936347341 000000"
      "0014000b 6578616d706c652e6f7267 00"
      "001d0004 00020000"
      "001c0020 b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65");
}

inline std::array<std::vector<std::uint8_t>, 5> all() {
  return {request(), response_v4(), response_v6(), request_long_term(), request_sha256()};
}

}  // namespace punchlab::stun::vectors
