#pragma once
// Internal to the broker: one authenticated request with where it came from.
#include "protocol/rendezvous/broker.hpp"

namespace punchlab::rendezvous {

struct Broker::Request {
  Time now;
  const FiveTuple& flow;
  SocketId socket;
  const stun::MessageView& message;
  const stun::LongTermServer::Authenticated& sender;

  /// PEER-ID; nothing when absent or malformed.
  std::optional<PeerId> peer_id() const {
    const auto attribute = message.find(stun::Attribute::peer_id);
    return attribute ? PeerId::from_bytes(attribute->value) : std::nullopt;
  }
};

}  // namespace punchlab::rendezvous
