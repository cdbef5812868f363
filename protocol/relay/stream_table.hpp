#pragma once
// The relay's open TCP and TLS connections, each with its framer, in a table whose size is fixed at construction.
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/endpoint.hpp"
#include "protocol/base/slot_index.hpp"
#include "protocol/stun/stream_framer.hpp"

namespace punchlab::relay {

struct Stream {
  SocketId socket;
  FiveTuple flow;
  Time opened = kNever;
  bool used = false;
  bool authenticated = false;  ///< a valid request came over it
  stun::StreamFramer framer;
};

class StreamTable {
 public:
  explicit StreamTable(std::uint32_t capacity);

  Stream* find(SocketId socket);
  /// Null when the table is full or `socket` is in it already.
  Stream* open(Time now, SocketId socket, const FiveTuple& flow);
  void close(Stream& stream);
  /// The stream that waits longest for authentication, or null.
  Stream* oldest_unauthenticated();
  void clear();

 private:
  std::uint32_t capacity_;
  std::unique_ptr<Stream[]> streams_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_slots_ = 0;  ///< slots from here on were never used
  SlotIndex by_socket_;
};

}  // namespace punchlab::relay
