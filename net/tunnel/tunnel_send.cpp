// What leaves the tunnel: one packet at a time, of whatever is owed.
#include <algorithm>

#include "net/tunnel/tunnel.hpp"

namespace punchlab::tunnel {
namespace {

/// Room that a control frame other than OPEN needs at most.
constexpr std::size_t kControlSize = 13;

std::size_t room_in(const ByteWriter& out) { return kMaxPacket - out.size(); }

}  // namespace

bool Tunnel::has_work() const {
  return !resets_.empty() || std::any_of(channels_.begin(), channels_.end(), [](const auto& entry) {
    const auto& channel = entry.second;
    return channel.owes_open || channel.owes_window || channel.out.has_work();
  });
}

std::size_t Tunnel::poll(Time now, MutableBytes out) {
  ByteWriter writer(out.first(kMaxPacket));
  SentPacket packet{recovery_.next_number(), now, 0, false, {}};
  writer.u64(packet.number);
  if (goodbye_) {
    write_frame(writer, GoodbyeFrame{});
  } else {
    const bool work = recovery_.may_send() && has_work();
    const bool ping = recovery_.must_probe() || now >= last_sent_ + kKeepalive;
    if (!work && !ping && now < received_.due()) return 0;
    write_frames(now, writer, packet);
    if (ping && !packet.eliciting) {
      write_frame(writer, PingFrame{});
      packet.eliciting = true;
    }
  }
  packet.size = writer.size();
  last_sent_ = now;
  recovery_.sent(std::move(packet));
  return writer.size();
}

void Tunnel::write_frames(Time now, ByteWriter& out, SentPacket& packet) {
  if (received_.due() != kNever)
    if (const auto ack = received_.take(now)) write_frame(out, *ack);
  if (!recovery_.may_send()) return;
  write_control(out, packet);
  write_data(out, packet);
  packet.eliciting = !packet.frames.empty();
}

void Tunnel::write_control(ByteWriter& out, SentPacket& packet) {
  while (!resets_.empty() && room_in(out) >= kControlSize) {
    const auto [channel, code] = *resets_.begin();
    resets_.erase(resets_.begin());
    write_frame(out, ResetFrame{channel, code});
    packet.frames.push_back({SentFrame::Kind::reset, channel, {}, code});
  }
  for (auto& [id, channel] : channels_) {
    if (channel.owes_open && room_in(out) >= channel.target.size() + kControlSize) {
      channel.owes_open = false;
      write_frame(out, OpenFrame{id, channel.target});
      packet.frames.push_back({SentFrame::Kind::open, id, {}});
    }
    if (channel.owes_window && room_in(out) >= kControlSize) {
      channel.owes_window = false;
      write_frame(out, WindowFrame{id, channel.in.limit()});
      packet.frames.push_back({SentFrame::Kind::window, id, {}});
    }
  }
}

/// Beginning after the channel that was served last, so that a busy one does not starve the others.
void Tunnel::write_data(ByteWriter& out, SentPacket& packet) {
  auto at = channels_.upper_bound(last_served_);
  std::array<std::uint8_t, kMaxPacket> bytes;
  for (std::size_t i = 0; i < channels_.size() && room_in(out) > kDataOverhead; ++i, ++at) {
    if (at == channels_.end()) at = channels_.begin();
    auto& [id, channel] = *at;
    while (room_in(out) > kDataOverhead) {
      const auto piece = channel.out.next_piece(room_in(out) - kDataOverhead);
      if (!piece) break;
      channel.out.copy(*piece, bytes);
      write_frame(out, DataFrame{id, piece->offset, piece->end, {bytes.data(), piece->size}});
      channel.out.sent(*piece);
      packet.frames.push_back({SentFrame::Kind::data, id, *piece});
      last_served_ = id;
    }
  }
}

void Tunnel::handle_timeout(Time now) { settle(recovery_.handle_timeout(now)); }

Time Tunnel::next(Time now) const {
  const auto earliest = std::min({received_.due(), recovery_.next(), last_sent_ + kKeepalive});
  return std::max(earliest, now + Duration{1});
}

}  // namespace punchlab::tunnel
