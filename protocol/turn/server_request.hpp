#pragma once
// Private to the server's .cpp files: one request with everything its handlers need, and how its responses are signed.
#include "protocol/turn/server.hpp"

namespace punchlab::turn {

struct Server::Request {
  Time now;
  const FiveTuple& flow;
  SocketId socket;
  const stun::MessageView& message;
  const stun::LongTermServer::Authenticated& user;
  MutableBytes out;

  stun::MessageWriter reply(stun::Class kind) const {
    return {out, kind, message.method(), message.transaction_id()};
  }
  /// Signs with the user's key and the request's own kind of integrity (RFC 8489 section 9.2.4). The response's size.
  std::size_t finish(stun::MessageWriter& writer) const {
    if (user.sha256) {
      writer.message_integrity_sha256(*user.key);
    } else {
      writer.message_integrity(*user.key);
    }
    if (message.has(stun::Attribute::fingerprint)) writer.fingerprint();
    return writer.finish();
  }
  std::size_t succeed() const {
    auto writer = reply(stun::Class::success);
    return finish(writer);
  }
};

}  // namespace punchlab::turn
