#include "sim/trial/carried.hpp"

#include "protocol/session/session.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/turn/channel_data.hpp"

namespace punchlab::trial {

Bytes relayed_payload(Bytes payload) {
  if (stun::looks_like_channel_data(payload)) {
    const auto data = turn::parse_channel_data(payload);
    return data ? data->payload : Bytes{};
  }
  const auto message = stun::looks_like_stun(payload) ? stun::MessageView::parse(payload) : std::nullopt;
  if (!message || message->message_class() != stun::Class::indication) return payload;
  const auto data = message->find(stun::Attribute::data);
  return data ? data->value : Bytes{};
}

bool carries_data(Bytes payload) { return session::kind_of(relayed_payload(payload)) == session::Kind::data; }

}  // namespace punchlab::trial
