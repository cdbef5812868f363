#pragma once
// Views of bytes in network order, and bounds-checked cursors over them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace punchlab {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

/// Largest datagram the core makes or accepts, in bytes of UDP payload.
inline constexpr std::size_t kMaxDatagram = 1500;

inline std::uint16_t load_u16(const std::uint8_t* p) { return static_cast<std::uint16_t>((p[0] << 8) | p[1]); }
inline std::uint32_t load_u32(const std::uint8_t* p) {
  return (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | std::uint32_t{p[3]};
}
inline std::uint64_t load_u64(const std::uint8_t* p) { return (std::uint64_t{load_u32(p)} << 32) | load_u32(p + 4); }
inline void store_u16(std::uint8_t* p, std::uint16_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 8);
  p[1] = static_cast<std::uint8_t>(v);
}
inline void store_u32(std::uint8_t* p, std::uint32_t v) {
  store_u16(p, static_cast<std::uint16_t>(v >> 16));
  store_u16(p + 2, static_cast<std::uint16_t>(v));
}
inline void store_u64(std::uint8_t* p, std::uint64_t v) {
  store_u32(p, static_cast<std::uint32_t>(v >> 32));
  store_u32(p + 4, static_cast<std::uint32_t>(v));
}

/// Appends to a caller's buffer. Once something does not fit, `ok()` stays false and nothing more is written.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

  void u8(std::uint8_t v) { bytes({&v, 1}); }
  void u16(std::uint16_t v) {
    if (auto* p = take(2)) store_u16(p, v);
  }
  void u32(std::uint32_t v) {
    if (auto* p = take(4)) store_u32(p, v);
  }
  void u64(std::uint64_t v) {
    if (auto* p = take(8)) store_u64(p, v);
  }
  void bytes(Bytes v) {
    if (auto* p = take(v.size()); p != nullptr && !v.empty()) std::memcpy(p, v.data(), v.size());
  }
  /// Reserves `n` bytes to be filled later; null when they do not fit.
  std::uint8_t* take(std::size_t n) {
    if (!ok_ || buffer_.size() - size_ < n) {
      ok_ = false;
      return nullptr;
    }
    auto* p = buffer_.data() + size_;
    size_ += n;
    return p;
  }
  bool ok() const { return ok_; }
  std::size_t size() const { return size_; }
  MutableBytes written() const { return buffer_.first(size_); }

 private:
  MutableBytes buffer_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

/// Reads from a view. Once something is missing, `ok()` stays false and every read gives zero or an empty view.
class ByteReader {
 public:
  explicit ByteReader(Bytes data) : data_(data) {}

  std::uint8_t u8() {
    const auto* p = take(1);
    return p ? *p : std::uint8_t{0};
  }
  std::uint16_t u16() {
    const auto* p = take(2);
    return p ? load_u16(p) : std::uint16_t{0};
  }
  std::uint32_t u32() {
    const auto* p = take(4);
    return p ? load_u32(p) : 0;
  }
  std::uint64_t u64() {
    const auto* p = take(8);
    return p ? load_u64(p) : 0;
  }
  Bytes bytes(std::size_t n) {
    const auto* p = take(n);
    return p ? Bytes{p, n} : Bytes{};
  }
  std::size_t remaining() const { return data_.size() - position_; }
  bool ok() const { return ok_; }

 private:
  const std::uint8_t* take(std::size_t n) {
    if (!ok_ || remaining() < n) {
      ok_ = false;
      return nullptr;
    }
    const auto* p = data_.data() + position_;
    position_ += n;
    return p;
  }
  Bytes data_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace punchlab
