#pragma once
// Messages that wait for `poll`, in a ring of datagram-sized buffers made once. Handlers write straight into the next one.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/base/endpoint.hpp"

namespace punchlab::relay {

class Outbox {
 public:
  explicit Outbox(std::uint32_t capacity)
      : entries_(capacity), bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity * kMaxDatagram)) {}

  /// Where the next message may be written, kMaxDatagram bytes; empty when the ring is full.
  MutableBytes room() {
    if (count_ == entries_.size()) return {};
    return buffer((head_ + count_) % entries_.size());
  }
  /// Queues what was written into `room()`.
  void push(const Transmit& message) {
    entries_[(head_ + count_) % entries_.size()] = message;
    ++count_;
  }
  /// The oldest message, its bytes copied to the start of `out`. One that does not fit `out` is cut from the queue and lost.
  std::optional<Transmit> pop(MutableBytes out);
  void clear() { head_ = count_ = 0; }

 private:
  MutableBytes buffer(std::size_t i) { return {bytes_.get() + i * kMaxDatagram, kMaxDatagram}; }

  std::vector<Transmit> entries_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t head_ = 0, count_ = 0;
};

}  // namespace punchlab::relay
