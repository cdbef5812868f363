#include "protocol/stun/error_response.hpp"

namespace punchlab::stun {
namespace {

/// More than this many unknown attributes in one message are not all listed.
constexpr std::size_t kMaxListed = 16;

MessageWriter error_writer(const MessageView& request, int code, MutableBytes out) {
  MessageWriter writer(out, Class::error, request.method(), request.transaction_id());
  writer.error(code, reason_phrase(code));
  return writer;
}

std::size_t finish_as(const MessageView& request, MessageWriter& writer) {
  if (request.has(Attribute::fingerprint)) writer.fingerprint();
  return writer.finish();
}

}  // namespace

std::string_view reason_phrase(int code) {
  switch (code) {
    case 300: return "Try Alternate";
    case 400: return "Bad Request";
    case 401: return "Unauthenticated";
    case 403: return "Forbidden";
    case 420: return "Unknown Attribute";
    case 437: return "Allocation Mismatch";
    case 438: return "Stale Nonce";
    case 440: return "Address Family not Supported";
    case 441: return "Wrong Credentials";
    case 442: return "Unsupported Transport Protocol";
    case 443: return "Peer Address Family Mismatch";
    case 486: return "Allocation Quota Reached";
    case 487: return "Role Conflict";
    case 500: return "Server Error";
    case 508: return "Insufficient Capacity";
    default: return "Error";
  }
}

std::size_t write_error(const MessageView& request, int code, MutableBytes out) {
  auto writer = error_writer(request, code, out);
  return finish_as(request, writer);
}

std::size_t write_unknown_attributes(const MessageView& request, std::span<const Attribute> known, MutableBytes out) {
  std::array<std::uint16_t, kMaxListed> unknown;
  const auto count = request.unknown_required(known, unknown);
  if (count == 0) return 0;
  auto writer = error_writer(request, 420, out);
  writer.unknown_attributes(std::span{unknown}.first(count));
  return finish_as(request, writer);
}

}  // namespace punchlab::stun
