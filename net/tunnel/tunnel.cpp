#include "net/tunnel/tunnel.hpp"

#include <algorithm>
#include <utility>

namespace punchlab::tunnel {

Tunnel::Tunnel(Side side, Time now)
    : first_id_(side == Side::initiator ? 1 : 2), next_id_(first_id_), last_heard_(now), last_sent_(now) {}

std::optional<ChannelId> Tunnel::open(std::string_view target) {
  if (channels_.size() >= kMaxChannels || target.size() > kMaxTarget) return std::nullopt;
  const ChannelId id{next_id_};
  next_id_ += 2;
  auto& channel = channels_[id];
  channel.target = target;
  channel.owes_open = true;
  return id;
}

std::size_t Tunnel::write(ChannelId channel, Bytes bytes) {
  const auto found = channels_.find(channel);
  return found == channels_.end() ? 0 : found->second.out.write(bytes);
}

std::size_t Tunnel::room(ChannelId channel) const {
  const auto found = channels_.find(channel);
  return found == channels_.end() ? 0 : found->second.out.room();
}

void Tunnel::finish(ChannelId channel) {
  const auto found = channels_.find(channel);
  if (found != channels_.end()) found->second.out.finish();
}

std::size_t Tunnel::read(ChannelId channel, MutableBytes out) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return 0;
  auto& in = found->second.in;
  const auto size = in.read(out);
  if (in.new_limit()) found->second.owes_window = true;
  forget_when_done(channel);
  return size;
}

bool Tunnel::at_end(ChannelId channel) const {
  const auto found = channels_.find(channel);
  return found == channels_.end() || found->second.in.done();
}

void Tunnel::reset(ChannelId channel, ResetCode code) {
  if (channels_.erase(channel) > 0) resets_.emplace(channel, code);
}

bool Tunnel::idle() const {
  return std::none_of(channels_.begin(), channels_.end(), [](const auto& entry) { return !entry.second.out.done(); });
}

std::optional<Event> Tunnel::next_event() {
  if (events_.empty()) return std::nullopt;
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

/// A packet whose frames concern a channel that is not open yet is not acknowledged: it comes again after the one that
/// opens the channel. What it has done before is harmless twice.
bool Tunnel::handle_packet(Time now, Bytes packet) {
  ByteReader in(packet);
  const auto number = in.u64();
  if (!in.ok() || number >= std::uint64_t{1} << 62) {
    ++malformed_;
    return false;
  }
  last_heard_ = now;
  if (received_.seen(number)) return true;
  bool eliciting = false;
  while (in.remaining() > 0) {
    const auto frame = read_frame(in);
    if (!frame || !apply(now, *frame, eliciting)) {
      ++malformed_;
      return false;
    }
  }
  received_.add(now, number, eliciting);
  return true;
}

bool Tunnel::apply(Time now, const Frame& frame, bool& eliciting) {
  if (const auto* ack = std::get_if<AckFrame>(&frame)) {
    Recovery::Outcome outcome;
    if (!recovery_.acknowledge(now, *ack, outcome)) return false;
    settle(outcome);
    return true;
  }
  if (std::holds_alternative<GoodbyeFrame>(frame)) {
    if (!std::exchange(ended_, true)) events_.push_back(Ended{});
    return true;
  }
  eliciting = true;
  if (const auto* open = std::get_if<OpenFrame>(&frame)) return take_open(*open);
  if (const auto* data = std::get_if<DataFrame>(&frame)) return take_data(*data);
  if (const auto* reset = std::get_if<ResetFrame>(&frame)) return take_reset(*reset);
  if (const auto* window = std::get_if<WindowFrame>(&frame)) {
    const auto found = channels_.find(window->channel);
    if (found != channels_.end()) found->second.out.allow(window->limit);
  }
  return true;
}

bool Tunnel::take_open(const OpenFrame& open) {
  if (is_ours(open.channel) || open.channel.value == 0) return false;
  if (peer_ids_.contains(open.channel.value / 2)) return true;
  peer_ids_.add({open.channel.value / 2, open.channel.value / 2 + 1});
  if (channels_.size() >= kMaxChannels) {
    resets_.emplace(open.channel, ResetCode::too_many);
    return true;
  }
  channels_[open.channel].target = open.target;
  events_.push_back(Opened{open.channel, std::string(open.target)});
  return true;
}

bool Tunnel::take_data(const DataFrame& data) {
  const auto found = channels_.find(data.channel);
  if (found == channels_.end())
    return is_ours(data.channel) ? data.channel.value < next_id_ : peer_ids_.contains(data.channel.value / 2);
  const bool taken = found->second.in.take({data.offset, data.bytes.size(), data.end}, data.bytes);
  forget_when_done(data.channel);
  return taken;
}

bool Tunnel::take_reset(const ResetFrame& reset) {
  // The channel may have been ended before the news of its beginning came, which then has no meaning any more.
  if (!is_ours(reset.channel)) peer_ids_.add({reset.channel.value / 2, reset.channel.value / 2 + 1});
  if (channels_.erase(reset.channel) > 0) events_.push_back(Aborted{reset.channel, reset.code});
  return true;
}

void Tunnel::settle(const Recovery::Outcome& outcome) {
  for (const auto& packet : outcome.acknowledged) settle(packet, true);
  for (const auto& packet : outcome.lost) settle(packet, false);
}

void Tunnel::settle(const SentPacket& packet, bool arrived) {
  for (const auto& frame : packet.frames) {
    const auto id = frame.channel;
    if (frame.kind == SentFrame::Kind::reset && !arrived) resets_.emplace(id, frame.code);
    const auto found = channels_.find(id);
    if (found == channels_.end()) continue;
    auto& channel = found->second;
    switch (frame.kind) {
      case SentFrame::Kind::open: channel.owes_open = channel.owes_open || !arrived; break;
      case SentFrame::Kind::window: channel.owes_window = channel.owes_window || !arrived; break;
      case SentFrame::Kind::data: arrived ? channel.out.acknowledged(frame.piece) : channel.out.lost(frame.piece); break;
      case SentFrame::Kind::reset: break;
    }
    forget_when_done(id);
  }
}

void Tunnel::forget_when_done(ChannelId id) {
  const auto found = channels_.find(id);
  if (found != channels_.end() && found->second.out.done() && found->second.in.done()) channels_.erase(found);
}

}  // namespace punchlab::tunnel
