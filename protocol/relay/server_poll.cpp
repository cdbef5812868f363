// Outputs. Sockets open before anything is sent on them and close after: that is the order below.
#include <algorithm>
#include <variant>

#include "protocol/relay/server.hpp"

namespace punchlab::relay {

void Server::handle_timeout(Time now) {
  turn_.handle_timeout(now);
  broker_.handle_timeout(now);
  close_idle_streams(now);
}

Output Server::poll(Time now, MutableBytes out) {
  if (now >= deadline()) handle_timeout(now);
  if (const auto open = turn_.next_to_open()) return *open;
  if (const auto message = outbox_.pop(out)) return *message;
  if (const auto message = poll_broker(now, out)) return *message;
  if (const auto close = poll_close()) return *close;
  return Deadline{deadline(), "relay"};
}

/// Messages for streams that have gone meanwhile are dropped here; the broker does not know streams.
std::optional<Transmit> Server::poll_broker(Time now, MutableBytes out) {
  for (;;) {
    const auto output = broker_.poll(now, out);
    if (const auto* idle = std::get_if<Deadline>(&output)) {
      broker_deadline_ = idle->at;
      return std::nullopt;
    }
    const auto& message = std::get<rendezvous::BrokerSend>(output);
    if (is_stream(message.flow.transport) && streams_.find(message.socket) == nullptr) continue;
    return Transmit{message.socket, message.flow.remote, message.size};
  }
}

std::optional<CloseSocket> Server::poll_close() {
  if (const auto close = turn_.next_to_close()) return close;
  if (closing_.empty()) return std::nullopt;
  const auto socket = closing_.back();
  closing_.pop_back();
  return CloseSocket{socket};
}

Time Server::deadline() const { return std::min({turn_.deadline(), broker_deadline_, idle_deadline_}); }

}  // namespace punchlab::relay
