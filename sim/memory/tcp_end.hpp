#pragma once
// One end of a TCP connection (RFC 9293) as the memory world has it: handshake, acknowledgements, retransmission with the
// timer of RFC 6298 or after three duplicate acknowledgements, FIN and RST. It keeps at most ten segments under way
// (RFC 6928) and no segment that comes out of order; there is no congestion control beyond that. docs/worlds.md says more.
#include <cstdint>
#include <vector>

#include "protocol/base/address.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::memory {

class TcpEnd {
 public:
  static constexpr std::size_t kSegment = 1400;     ///< bytes of data in one packet
  static constexpr std::size_t kWindow = 10;        ///< segments under way
  static constexpr std::size_t kBuffer = 64 * 1024; ///< bytes that wait for acknowledgement
  static constexpr int kMaxRetries = 6;             ///< of one segment in a row; then the connection is given up

  /// What a call has brought about. `data` lies in the segment that was handed in.
  struct News {
    bool opened = false;
    Bytes data;
    bool ended = false;  ///< the other end closed, reset or does not answer; nothing more will come
  };

  /// Begins a connection.
  void connect(const TransportAddress& local, const TransportAddress& remote);
  /// Answers the SYN with which another end began one.
  void accept(const TransportAddress& local, const TransportAddress& remote, const packet::TcpFields& syn);
  /// Takes all of `bytes`, or nothing and gives false: not open, or no room.
  bool send(Bytes bytes);
  /// Ends the connection once everything was sent. It brings no more news.
  void close();

  News handle(Time now, const packet::TcpFields& fields, Bytes payload);
  News handle_timeout(Time now);
  /// When `handle_timeout` has work.
  Time deadline() const { return deadline_; }
  /// Writes the next packet to send into `out`; its size, 0 when there is none.
  std::size_t poll(Time now, MutableBytes out);

  const TransportAddress& local() const { return local_; }
  const TransportAddress& remote() const { return remote_; }
  /// Neither end knows it any more.
  bool gone() const { return state_ == State::closed; }

 private:
  enum class State : std::uint8_t { closed, syn_sent, syn_received, established };

  void reset(State state, const TransportAddress& local, const TransportAddress& remote);
  News handle_in_handshake(Time now, const packet::TcpFields& fields, Bytes payload);
  News handle_established(Time now, const packet::TcpFields& fields, Bytes payload);
  void take_acknowledgement(Time now, const packet::TcpFields& fields, bool bare);
  Bytes take_data(std::uint32_t sequence, Bytes payload);
  void measure(Time now);
  void go_back();
  News give_up();
  std::uint32_t end_of_data() const { return first_ + static_cast<std::uint32_t>(data_.size()); }
  std::size_t write(Time now, MutableBytes out, std::uint8_t flags, std::uint32_t sequence, Bytes payload);

  State state_ = State::closed;
  TransportAddress local_, remote_;
  std::vector<std::uint8_t> data_;   ///< not acknowledged yet; starts at `first_`
  std::uint32_t first_ = 0;          ///< oldest sequence number that is not acknowledged
  std::uint32_t next_ = 0;           ///< to be sent next
  std::uint32_t furthest_ = 0;       ///< one past the last that was ever sent
  std::uint32_t expected_ = 0;       ///< next of the other end's
  bool syn_unacknowledged_ = false;  ///< `first_` is that of our SYN
  bool fin_acknowledged_ = false;
  bool closing_ = false;             ///< a FIN follows the data
  bool silent_ = false;              ///< the caller closed it
  bool ended_ = false;               ///< told, or the other end's FIN was seen
  bool owes_acknowledgement_ = false;
  int duplicates_ = 0;
  int retries_ = 0;
  Duration timeout_{0}, smoothed_{0}, variation_{0};
  Time deadline_ = kNever;
  bool measuring_ = false;
  std::uint32_t measured_ = 0;  ///< acknowledged, it ends the measurement of a round trip
  Time measured_at_;
};

}  // namespace punchlab::memory
