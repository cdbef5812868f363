#pragma once
// Reliable byte channels between two peers, in datagrams that may be lost, repeated or reordered: a small relative of QUIC
// (RFC 9000, 9002) whose packets the session has already sealed. Pure: no socket, no clock; the caller carries the packets.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/tunnel/byte_streams.hpp"
#include "net/tunnel/frame.hpp"
#include "net/tunnel/received_packets.hpp"
#include "net/tunnel/recovery.hpp"

namespace punchlab::tunnel {

enum class Side : std::uint8_t { initiator, responder };

/// The peer opened a channel to `target`.
struct Opened {
  ChannelId channel;
  std::string target;
};
/// The peer ended a channel before its time; nothing can be read from it any more.
struct Aborted {
  ChannelId channel;
  ResetCode code = ResetCode::aborted;
};
/// The peer ended the tunnel.
struct Ended {};
using Event = std::variant<Opened, Aborted, Ended>;

class Tunnel {
 public:
  /// Channels open at once; the peer's further ones are refused.
  static constexpr std::size_t kMaxChannels = 64;
  /// Silence after which a ping leaves, so that the peer knows that we live.
  static constexpr Duration kKeepalive = std::chrono::seconds{2};

  Tunnel(Side side, Time now);

  /// A new channel; `target` (at most kMaxTarget bytes) is for the peer to interpret. Nothing when there are too many.
  std::optional<ChannelId> open(std::string_view target);
  /// The channel exists: it was not reset, and either end still has something to do. Calls for others do nothing.
  bool knows(ChannelId channel) const { return channels_.contains(channel); }
  /// Takes what there is room for; gives how many bytes.
  std::size_t write(ChannelId channel, Bytes bytes);
  std::size_t room(ChannelId channel) const;
  /// No more bytes follow.
  void finish(ChannelId channel);
  std::size_t read(ChannelId channel, MutableBytes out);
  /// The peer sends no more, and all of it was read; also when the channel is gone.
  bool at_end(ChannelId channel) const;
  /// Ends a channel at once, whatever is still on the way.
  void reset(ChannelId channel, ResetCode code);
  /// All that was written has arrived.
  bool idle() const;
  /// From now on every packet says goodbye, as often as `poll` is called.
  void end() { goodbye_ = true; }

  /// A packet from the peer. False: it is malformed or breaks the rules, and was dropped and counted.
  bool handle_packet(Time now, Bytes packet);
  void handle_timeout(Time now);
  /// The next packet to send, written to `out` (kMaxPacket bytes at least); its size, or 0: nothing before `next()`.
  std::size_t poll(Time now, MutableBytes out);
  Time next(Time now) const;
  std::optional<Event> next_event();

  /// Packets go another way from now on: forgets what was measured, and measures again.
  void path_changed() { recovery_.path_changed(); }
  /// When a packet of the peer last came; at first: the beginning.
  Time last_heard() const { return last_heard_; }
  std::uint64_t malformed() const { return malformed_; }
  std::optional<Duration> round_trip() const { return recovery_.round_trip(); }

 private:
  struct Channel {
    std::string target;
    SendStream out;
    ReceiveStream in;
    bool owes_open = false;
    bool owes_window = false;
  };

  bool is_ours(ChannelId channel) const { return channel.value % 2 == first_id_ % 2; }
  bool apply(Time now, const Frame& frame, bool& eliciting);
  bool take_open(const OpenFrame& open);
  bool take_data(const DataFrame& data);
  bool take_reset(const ResetFrame& reset);
  void settle(const Recovery::Outcome& outcome);
  void settle(const SentPacket& packet, bool arrived);
  void forget_when_done(ChannelId channel);
  void write_frames(Time now, ByteWriter& out, SentPacket& packet);
  void write_control(ByteWriter& out, SentPacket& packet);
  void write_data(ByteWriter& out, SentPacket& packet);
  bool has_work() const;

  std::uint32_t first_id_, next_id_;
  std::map<ChannelId, Channel> channels_;
  std::map<ChannelId, ResetCode> resets_;  ///< to be told
  IntervalSet peer_ids_;                   ///< channels that the peer has opened, ever
  ChannelId last_served_;                  ///< channels take turns
  ReceivedPackets received_;
  Recovery recovery_;
  std::deque<Event> events_;
  bool goodbye_ = false;
  bool ended_ = false;
  Time last_heard_, last_sent_;
  std::uint64_t malformed_ = 0;
};

}  // namespace punchlab::tunnel
