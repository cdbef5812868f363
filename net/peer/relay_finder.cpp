#include "net/peer/relay_finder.hpp"

#include <algorithm>
#include <cstring>

#include "net/host/resolve.hpp"

namespace punchlab::net {
namespace {

const Policy kPolicy{};

}  // namespace

const char* name_of(Transport transport) {
  switch (transport) {
    case Transport::udp:
      return "UDP";
    case Transport::tcp:
      return "TCP";
    case Transport::tls:
      return "TLS";
  }
  return "";
}

RelayFinder::RelayFinder(UdpHost& host, StreamSet& streams, std::vector<RelayWay> ways, SocketId first, Rng& rng)
    : host_(host), streams_(streams), rng_(rng), first_(first) {
  for (auto& way : ways) attempts_.push_back({std::move(way), kNever, false, {}, std::nullopt, {}});
}

RelayFinder::~RelayFinder() {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    host_.close(socket_of(i));
    streams_.close(socket_of(i));
  }
}

void RelayFinder::begin(Time now) {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    const bool same_transport = i > 0 && attempts_[i].way.transport == attempts_[i - 1].way.transport;
    const auto head_start = same_transport ? kFamilyHeadStart : kHeadStart;
    attempts_[i].begins = i == 0 ? now : attempts_[i - 1].begins + head_start;
  }
}

bool RelayFinder::over(Time now) const {
  if (now >= attempts_.back().begins + kPatience) return true;
  return std::all_of(attempts_.begin(), attempts_.end(), [](const Attempt& a) { return !a.error.empty(); });
}

/// A way that fails at once lets the next one begin at once.
void RelayFinder::turn(Time limit) {
  const auto now = monotonic_now();
  bool earlier_failed = true;
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    auto& attempt = attempts_[i];
    if (!attempt.begun && (now >= attempt.begins || earlier_failed)) start(now, i);
    earlier_failed = earlier_failed && !attempt.error.empty();
    if (attempt.binding && !is_stream(attempt.way.transport)) {
      attempt.binding->handle_timeout(now);
      ask(i);
    }
  }
  const auto woken = host_.wait(limit);
  for (const auto socket : woken.sockets)
    while (const auto datagram = host_.receive(socket))
      if (const auto index = index_of(socket)) take(*index, datagram->payload);
  streams_.handle(monotonic_now(), woken, *this);
}

void RelayFinder::start(Time now, std::size_t index) {
  auto& attempt = attempts_[index];
  attempt.begun = true;
  if (is_stream(attempt.way.transport)) return streams_.connect(socket_of(index), attempt.way.address, attempt.way.tls);
  const auto local = source_address_for(attempt.way.address);
  const auto opened = local ? host_.open(socket_of(index), {*local, 0}) : Opened{{}, ENETUNREACH};
  if (opened.error != 0) {
    attempt.error = std::strerror(opened.error);
    return;
  }
  attempt.binding.emplace(kPolicy, rng_).start(now);
}

void RelayFinder::ask(std::size_t index) {
  auto& attempt = attempts_[index];
  std::array<std::uint8_t, kMaxDatagram> request;
  const auto size = attempt.binding->poll(request);
  if (size == 0) return;
  if (is_stream(attempt.way.transport))
    streams_.send(socket_of(index), Bytes{request}.first(size));
  else
    host_.send({socket_of(index), attempt.way.address, size, 0}, Bytes{request}.first(size));
}

void RelayFinder::take(std::size_t index, Bytes message) {
  auto& attempt = attempts_[index];
  const auto response = stun::MessageView::parse(message);
  if (!response || !attempt.binding || !attempt.binding->handle_response(*response)) return;
  if (!attempt.binding->mapped() || found_) return;
  found_ = index;
  mapped_ = attempt.binding->mapped();
}

std::optional<std::size_t> RelayFinder::index_of(SocketId socket) const {
  const auto index = std::size_t{socket.value - first_.value};
  return index < attempts_.size() ? std::optional(index) : std::nullopt;
}

void RelayFinder::on_stream_opened(SocketId stream) {
  const auto index = index_of(stream);
  if (!index) return;
  attempts_[*index].binding.emplace(kPolicy, rng_).start(monotonic_now());
  ask(*index);
}

void RelayFinder::on_stream_bytes(SocketId stream, Bytes bytes) {
  const auto index = index_of(stream);
  while (index && !bytes.empty()) {
    auto& attempt = attempts_[*index];
    const auto status = attempt.framer.next(bytes);
    if (status == stun::FrameStatus::complete) take(*index, attempt.framer.frame());
    if (status != stun::FrameStatus::malformed) continue;
    attempt.error = "it is no relay";
    return streams_.close(stream);
  }
}

void RelayFinder::on_stream_closed(SocketId stream, const std::string& why) {
  if (const auto index = index_of(stream)) attempts_[*index].error = why.empty() ? "it closed the connection" : why;
}

std::string RelayFinder::failures() const {
  std::string text;
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    const auto& attempt = attempts_[i];
    if (found_ == i || (found_ && !attempt.begun)) continue;
    if (!text.empty()) text += "; ";
    text += std::string(name_of(attempt.way.transport)) + ' ' + attempt.way.address.to_string() + ": " +
            (attempt.error.empty() ? "no answer" : attempt.error);
  }
  return text;
}

}  // namespace punchlab::net
