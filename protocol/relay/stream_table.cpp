#include "protocol/relay/stream_table.hpp"

#include <span>

namespace punchlab::relay {

StreamTable::StreamTable(std::uint32_t capacity)
    : capacity_(capacity), streams_(std::make_unique_for_overwrite<Stream[]>(capacity)), by_socket_(capacity) {
  free_.reserve(capacity);
}

Stream* StreamTable::find(SocketId socket) {
  const auto slot = by_socket_.find(socket.value, [&](auto s) { return streams_[s].socket == socket; });
  return slot ? &streams_[*slot] : nullptr;
}

Stream* StreamTable::open(Time now, SocketId socket, const FiveTuple& flow) {
  if (find(socket) != nullptr || (free_.empty() && used_slots_ == capacity_)) return nullptr;
  auto slot = used_slots_;
  if (free_.empty()) {
    ++used_slots_;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  auto& stream = streams_[slot];
  stream.socket = socket;
  stream.flow = flow;
  stream.opened = now;
  stream.used = true;
  stream.authenticated = false;
  stream.framer = {};
  by_socket_.insert(socket.value, slot);
  return &stream;
}

void StreamTable::close(Stream& stream) {
  const auto slot = static_cast<std::uint32_t>(&stream - streams_.get());
  stream.used = false;
  by_socket_.erase(stream.socket.value, slot);
  free_.push_back(slot);
}

Stream* StreamTable::oldest_unauthenticated() {
  Stream* oldest = nullptr;
  for (auto& stream : std::span(streams_.get(), used_slots_))
    if (stream.used && !stream.authenticated && (oldest == nullptr || stream.opened < oldest->opened)) oldest = &stream;
  return oldest;
}

void StreamTable::clear() {
  free_.clear();
  used_slots_ = 0;
  by_socket_.clear();
}

}  // namespace punchlab::relay
