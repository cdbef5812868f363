#include "net/peer/channels.hpp"

#include <algorithm>

namespace punchlab::net {

using tunnel::ChannelId;
using tunnel::ResetCode;
using tunnel::Tunnel;

void Channels::join(ChannelId channel, std::unique_ptr<ByteEnd> end) { joined_[channel] = {std::move(end), false, false}; }

void Channels::abort(ChannelId channel) {
  const auto found = joined_.find(channel);
  if (found == joined_.end()) return;
  found->second.end->abort();
  joined_.erase(found);
}

void Channels::abort_all() {
  while (!joined_.empty()) abort(joined_.begin()->first);
}

bool Channels::delivered() const {
  return std::all_of(joined_.begin(), joined_.end(), [](const auto& entry) { return entry.second.finished_out && entry.second.end->flushed(); });
}

void Channels::pump(Tunnel& tunnel) {
  for (auto at = joined_.begin(); at != joined_.end();)
    at = pump_one(tunnel, at->first, at->second) ? std::next(at) : joined_.erase(at);
}

bool Channels::pump_one(Tunnel& tunnel, ChannelId id, Joined& joined) {
  auto& end = *joined.end;
  end.advance();
  move_in(tunnel, id, joined);
  move_out(tunnel, id, joined);
  if (end.broken()) {
    tunnel.reset(id, end.was_open() ? ResetCode::aborted : ResetCode::unreachable);
    return false;
  }
  end.follow(host_, tunnel.room(id) > 0);
  // The tunnel forgets a channel when both directions have ended and all was acknowledged.
  return tunnel.knows(id) || !end.flushed() || !joined.finished_out;
}

void Channels::move_in(Tunnel& tunnel, ChannelId id, Joined& joined) {
  std::array<std::uint8_t, 16384> buffer;
  while (const auto room = std::min(tunnel.room(id), buffer.size())) {
    const auto size = joined.end->read(MutableBytes{buffer}.first(room));
    if (size == 0) break;
    tunnel.write(id, Bytes{buffer}.first(size));
  }
  if (joined.finished_in || !joined.end->at_end()) return;
  joined.finished_in = true;
  tunnel.finish(id);
}

void Channels::move_out(Tunnel& tunnel, ChannelId id, Joined& joined) {
  std::array<std::uint8_t, 16384> buffer;
  while (const auto room = std::min(joined.end->room(), buffer.size())) {
    const auto size = tunnel.read(id, MutableBytes{buffer}.first(room));
    if (size == 0) break;
    joined.end->write(Bytes{buffer}.first(size));
  }
  if (joined.finished_out || !tunnel.at_end(id)) return;
  joined.finished_out = true;
  joined.end->finish();
}

}  // namespace punchlab::net
