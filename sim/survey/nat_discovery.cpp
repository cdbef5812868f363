#include "sim/survey/nat_discovery.hpp"

#include <array>
#include <deque>
#include <vector>

#include "protocol/discovery/client.hpp"
#include "protocol/discovery/responder.hpp"
#include "sim/nat/nat_box.hpp"
#include "sim/packet/icmp.hpp"
#include "sim/packet/packet.hpp"

namespace punchlab::survey {
namespace {

const IpAddress kRouter = IpAddress::v4(192, 168, 1, 1);
const IpAddress kPrivateHost = IpAddress::v4(192, 168, 1, 10);
const IpAddress kPublicHost = IpAddress::v4(198, 18, 1, 10);  // behind a gateway that does not translate
const discovery::ServerAddresses kServer{{IpAddress::v4(203, 0, 113, 1), IpAddress::v4(203, 0, 113, 2)}, {3478, 3479}};

nat::Addressing addressing_of(const nat::Profile& profile) {
  nat::Addressing a;
  for (std::uint8_t i = 0; i < profile.addresses; ++i)
    a.external.push_back(IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(i + 1)));
  a.internal = kRouter;
  return a;
}

/// Host, gateway and server, where a packet arrives in the moment it is sent.
class Lab {
 public:
  Lab(const nat::Profile& profile, std::uint64_t seed, Duration longest_timer)
      : rng_({seed, 0, 0, purpose_of("discovery")}),
        box_(profile, addressing_of(profile), {seed, 0, 0, purpose_of("discovery/nat")}),
        client_(options_for(profile, longest_timer), rng_) {}

  discovery::Findings run() {
    while (!client_.finished()) {
      const Deadline deadline =
          drain(client_, now_, buffer_, [&](const Output& output, Bytes bytes) { take(output, bytes); });
      if (deliver_one()) continue;
      if (deadline.at == kNever) break;
      now_ = deadline.at;
      client_.handle_timeout(now_);
    }
    return client_.findings();
  }

 private:
  using Packet = std::vector<std::uint8_t>;

  static discovery::ClientOptions options_for(const nat::Profile& profile, Duration longest_timer) {
    discovery::ClientOptions o;
    o.server = kServer.at(0);
    o.local = profile.translates ? kPrivateHost : kPublicHost;
    o.longest_timer = longest_timer;
    return o;
  }

  void take(const Output& output, Bytes bytes) {
    if (const auto* open = std::get_if<OpenSocket>(&output)) {
      if (open->socket.value >= sockets_.size()) sockets_.resize(open->socket.value + 1);
      sockets_[open->socket.value] = open->local;
    } else if (const auto* send = std::get_if<Transmit>(&output)) {
      through(nat::From::inside, udp(sockets_[send->socket.value], send->destination, bytes.first(send->size)));
    }
  }

  static Packet udp(const TransportAddress& from, const TransportAddress& to, Bytes payload) {
    Packet p(payload.size() + packet::udp_overhead(Family::ipv4));
    packet::write_udp(p, from, to, packet::kDefaultTtl, payload);
    return p;
  }

  void through(nat::From from, Packet packet) {
    std::array<std::uint8_t, packet::kLargestIcmpError> reply;
    const nat::Verdict verdict = box_.process(now_, from, packet, reply);
    const bool to_inside = (verdict.action == nat::Action::forward) == (from == nat::From::outside);
    if (verdict.action == nat::Action::hairpin || (verdict.action == nat::Action::forward && to_inside)) {
      inbox_.push_back(std::move(packet));
    } else if (verdict.action == nat::Action::forward) {
      serve(packet);
    }
  }

  void serve(const Packet& packet) {
    const auto view = packet::parse(packet);
    const auto request = stun::MessageView::parse(view->payload_of(packet));
    if (!request) return;
    std::array<std::uint8_t, kMaxDatagram> out;
    const auto answer = discovery::respond(kServer, view->destination, view->source, *request, out);
    if (answer.size > 0) {
      through(nat::From::outside, udp(kServer.at(answer.from), answer.destination, Bytes{out}.first(answer.size)));
    }
  }

  bool deliver_one() {
    if (inbox_.empty()) return false;
    const Packet packet = std::move(inbox_.front());
    inbox_.pop_front();
    const auto view = packet::parse(packet);
    for (std::uint32_t i = 0; i < sockets_.size(); ++i) {
      if (sockets_[i] == view->destination)
        client_.handle_datagram(now_, {SocketId{i}, view->source, view->payload_of(packet)});
    }
    return true;
  }

  SeededRng rng_;
  nat::NatBox box_;
  discovery::Client client_;
  Time now_ = kTimeOrigin;
  std::vector<TransportAddress> sockets_;
  std::deque<Packet> inbox_;
  std::array<std::uint8_t, kMaxDatagram> buffer_{};
};

}  // namespace

discovery::Findings discover(const nat::Profile& profile, std::uint64_t seed, Duration longest_timer) {
  return Lab(profile, seed, longest_timer).run();
}

}  // namespace punchlab::survey
