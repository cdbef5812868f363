#pragma once
// Where the bytes of a channel come from and go to outside the tunnel: a TCP connection, or standard input and output.
#include <string>
#include <vector>

#include "net/host/stream.hpp"
#include "net/host/udp_host.hpp"

namespace punchlab::net {

class ByteEnd {
 public:
  virtual ~ByteEnd() = default;
  /// Bytes that came, 0 when none wait. Never blocks.
  virtual std::size_t read(MutableBytes out) = 0;
  /// Nothing more comes, and all was read.
  virtual bool at_end() const = 0;
  /// Bytes that `write` takes now.
  virtual std::size_t room() const = 0;
  virtual void write(Bytes bytes) = 0;
  /// Nothing more is written; what was written still leaves.
  virtual void finish() = 0;
  /// All that was written has left.
  virtual bool flushed() const = 0;
  /// Goes on with what could not be done at once.
  virtual void advance() = 0;
  /// It broke, or could not be opened.
  virtual bool broken() const = 0;
  virtual bool was_open() const = 0;
  /// What is on the way is worth nothing any more; to be destroyed next.
  virtual void abort() = 0;
  /// Bytes can be read or written that could not be before, when `host` wakes; `want_bytes`: somebody will read them.
  virtual void follow(UdpHost& host, bool want_bytes) = 0;
};

class TcpEnd final : public ByteEnd {
 public:
  explicit TcpEnd(Stream stream) { stream_.emplace(std::move(stream)); }
  /// Connects to the first of `addresses` that takes it; there is at least one.
  explicit TcpEnd(const std::vector<TransportAddress>& addresses);
  std::size_t read(MutableBytes out) override { return stream_->receive(out); }
  bool at_end() const override { return stream_->ended(); }
  std::size_t room() const override;
  void write(Bytes bytes) override { stream_->send(bytes); }
  void finish() override;
  bool flushed() const override { return stream_->waiting() == 0; }
  void advance() override;
  bool broken() const override { return stream_->state() == Stream::State::closed; }
  bool was_open() const override { return was_open_; }
  void abort() override { stream_->abort(); }
  void follow(UdpHost& host, bool want_bytes) override;

 private:
  void connect_to_next();

  std::optional<Stream> stream_;           ///< always one
  std::vector<TransportAddress> untried_;  ///< the next one is the last
  bool was_open_ = false, finish_ = false;
  std::uint32_t followed_ = 0;
};

/// Reads descriptor 0 and writes descriptor 1, whatever they are, without changing how others use them.
class StdioEnd final : public ByteEnd {
 public:
  std::size_t read(MutableBytes out) override;
  bool at_end() const override { return at_end_; }
  std::size_t room() const override { return kMost - (out_.size() - sent_); }
  void write(Bytes bytes) override;
  void finish() override;
  bool flushed() const override { return sent_ == out_.size(); }
  void advance() override;
  bool broken() const override { return broken_; }
  bool was_open() const override { return true; }
  void abort() override {}
  void follow(UdpHost& host, bool want_bytes) override;

 private:
  static constexpr std::size_t kMost = 64 * 1024;

  std::vector<std::uint8_t> out_;
  std::size_t sent_ = 0;
  bool at_end_ = false, finish_ = false, broken_ = false;
  bool input_followed_ = false, output_followed_ = false;
};

}  // namespace punchlab::net
