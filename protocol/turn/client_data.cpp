// Application data in and out of the relay's messages (RFC 8656 sections 11 and 12).
#include <algorithm>

#include "protocol/turn/channel_data.hpp"
#include "protocol/turn/client.hpp"

namespace punchlab::turn {

const Client::Task* Client::find_channel(const TransportAddress& peer) const {
  const auto bound = [&](const Task& t) { return t.kind == Kind::channel && t.ready && !t.refused && t.peer == peer; };
  const auto it = std::ranges::find_if(tasks_, bound);
  return it == tasks_.end() ? nullptr : &*it;
}

bool Client::knows(const IpAddress& peer) const {
  return std::ranges::any_of(tasks_, [&](const Task& t) { return t.used && t.peer.address == peer; });
}

std::optional<Payload> Client::unwrap(Bytes message) const {
  if (!stun::looks_like_channel_data(message)) {
    const auto indication = stun::MessageView::parse(message);
    return indication ? unwrap(*indication) : std::nullopt;
  }
  const auto data = parse_channel_data(message);
  if (!data) return std::nullopt;
  const auto bound = [&](const Task& t) { return t.kind == Kind::channel && t.channel == data->channel; };
  const auto task = std::ranges::find_if(tasks_, bound);
  if (task == tasks_.end()) return std::nullopt;
  return Payload{task->peer, data->payload};
}

std::optional<Payload> Client::unwrap(const stun::MessageView& indication) const {
  if (!indication.is(stun::Class::indication, stun::Method::data)) return std::nullopt;
  const auto peer = indication.address(stun::Attribute::xor_peer_address);
  const auto data = indication.find(stun::Attribute::data);
  if (!peer || !data || !knows(peer->address)) return std::nullopt;
  return Payload{*peer, data->value};
}

std::size_t Client::wrap(const TransportAddress& peer, Bytes payload, MutableBytes out) {
  if (state_ != State::allocated) return 0;
  if (const auto* task = find_channel(peer)) return write_channel_data(task->channel, payload, transport_, out);
  stun::MessageWriter message(out, stun::Class::indication, stun::Method::send, stun::random_transaction_id(rng_));
  message.address(stun::Attribute::xor_peer_address, peer);
  message.attribute(stun::Attribute::data, payload);
  return message.finish();
}

}  // namespace punchlab::turn
