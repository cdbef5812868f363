#pragma once
// What must hold for any bytes whatever that reach the STUN parser: shared by the fuzzer and the mutation test.
#include <cstdlib>

#include "protocol/stun/error_response.hpp"
#include "protocol/stun/integrity.hpp"
#include "protocol/stun/message.hpp"
#include "protocol/stun/password_algorithms.hpp"
#include "protocol/stun/short_term.hpp"

namespace punchlab::stun {

/// Copies attribute by attribute; the result parses and carries the same values, or does not fit.
inline bool copies_to_an_equal_message(const MessageView& view) {
  std::array<std::uint8_t, 4096> buffer;
  MessageWriter writer(buffer, view.message_class(), view.method(), view.transaction_id());
  view.for_each([&](const AttributeView& a) {
    if (a.type != static_cast<std::uint16_t>(Attribute::fingerprint)) {
      writer.attribute(static_cast<Attribute>(a.type), a.value);
    }
  });
  writer.fingerprint();
  const auto size = writer.finish();
  if (size == 0) return true;
  const auto copy = MessageView::parse(Bytes{buffer}.first(size));
  return copy && copy->is(view.message_class(), view.method()) && copy->transaction_id() == view.transaction_id();
}

/// Calls every accessor on whatever attributes there are, and answers the message as a request. True: nothing contradicts.
inline bool message_invariants_hold(Bytes data) {
  const auto view = MessageView::parse(data);
  if (!view) return true;
  bool fine = looks_like_stun(data) && data.size() % 4 == 0 && !looks_like_channel_data(data);
  view->for_each([&](const AttributeView& a) {
    const auto type = static_cast<Attribute>(a.type);
    fine = fine && view->has(type) && a.offset + 4 + a.value.size() <= data.size();
    view->u32(type), view->u64(type), view->text(type), view->address(type);
    choose_algorithm(a.value), parse_algorithm(a.value);
  });
  if (const auto error = view->error()) fine = fine && error->code >= 300 && error->code <= 699;
  const IntegrityKey unguessable(Bytes{reinterpret_cast<const std::uint8_t*>("a key nobody has"), 16});
  fine = fine && check_integrity(*view, unguessable) != IntegrityResult::valid;
  fine = fine && check_short_term(*view, "evtj", unguessable) != ShortTermResult::valid;
  std::array<std::uint8_t, 256> out;
  const auto refusal = write_unknown_attributes(*view, {}, out);
  fine = fine && (refusal == 0 || MessageView::parse(Bytes{out}.first(refusal)).has_value());
  return fine && copies_to_an_equal_message(*view);
}

}  // namespace punchlab::stun
