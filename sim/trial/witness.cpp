#include "sim/trial/witness.hpp"

#include <algorithm>
#include <bit>

#include "sim/packet/packet.hpp"
#include "sim/trial/carried.hpp"
#include "sim/trial/routers.hpp"

namespace punchlab::trial {
namespace {

std::uint64_t mix(std::uint64_t h, std::uint64_t v) { return std::rotl((h ^ v) * 0x9E3779B97F4A7C15ULL, 27); }

std::uint64_t word_at(const std::uint8_t* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Four words at a time, which do not wait for each other.
std::uint64_t mix_bytes(std::uint64_t h, Bytes bytes) {
  std::array lanes{h, ~h, std::rotl(h, 16), std::rotl(~h, 32)};
  const std::uint8_t* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 32; p += 32, n -= 32)
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = mix(lanes[i], word_at(p + 8 * i));
  for (const auto lane : lanes) h = mix(h, lane);
  for (; n >= 8; p += 8, n -= 8) h = mix(h, word_at(p));
  for (; n > 0; ++p, --n) h = mix(h, *p);
  return h;
}

HostId other(HostId side) { return side == HostId::client ? HostId::connector : HostId::client; }

}  // namespace

Witness::Witness(const Topology& topology) : topology_(&topology) {
  for (std::size_t side = 0; side < 2; ++side) {
    public_addresses_[side] = topology.hosts[side].outside_addresses();
    if (!topology.shared) continue;
    for (const auto& gateway : topology.shared->gateways)
      for (const auto& address : gateway.addressing.external) public_addresses_[side].push_back(address);
  }
  if (topology.shared) shared_.emplace(topology);
}

bool Witness::is_of(HostId side, const IpAddress& address) const {
  const auto& all = public_addresses_[static_cast<std::size_t>(side)];
  return std::find(all.begin(), all.end(), address) != all.end();
}

std::optional<HostId> Witness::owner_of(const TransportAddress& endpoint) const {
  if (shared_) return shared_->owner(endpoint);
  for (const auto side : {HostId::client, HostId::connector})
    if (is_of(side, endpoint.address)) return side;
  return std::nullopt;
}

PathKind Witness::path_of(const TransportAddress& source) const {
  const auto& relay = topology_->host(HostId::relay).addresses;
  const bool relayed = std::find(relay.begin(), relay.end(), source.address) != relay.end();
  return relayed ? PathKind::relayed : PathKind::direct;
}

void Witness::on_send(HostId from, const TransportAddress& destination, std::size_t size) {
  if (frozen_ || from == HostId::relay) return;
  ++packets_;
  bytes_ += size;
  const auto& host = topology_->host(other(from)).addresses;
  const bool at_host = std::find(host.begin(), host.end(), destination.address) != host.end();
  if (path_of(destination) == PathKind::direct && !is_of(other(from), destination.address) && !at_host) ++to_others_;
}

void Witness::on_delivery(Time now, HostId host, const TransportAddress& source, const TransportAddress& destination,
                          Bytes payload) {
  hash_ = mix(hash_, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  hash_ = mix(mix(hash_, hash_of(source)), hash_of(destination) + static_cast<std::uint64_t>(host));
  hash_ = mix_bytes(hash_, payload);
  const auto sender = owner_of(source);
  if (!sender) return;
  note_source(*sender, source);
  auto& known = known_at_relay_[static_cast<std::size_t>(*sender)];
  if (host == HostId::relay && known.port == 0) known = source;
}

void Witness::on_stream(Time now, HostId host, Bytes bytes) {
  hash_ = mix(hash_, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  hash_ = mix_bytes(mix(hash_, static_cast<std::uint64_t>(host)), bytes);
}

void Witness::on_packet(const PacketEvent& event) {
  if (event.mapped != nullptr && shared_) shared_->note(event);
  switch (event.kind) {
    case PacketEvent::Kind::lost_on_link:
    case PacketEvent::Kind::queue_overflow:
      return on_lost(event);
    case PacketEvent::Kind::dropped_by_gateway:
      if (const auto view = packet::parse(event.packet)) on_drop(event, *view);
      return;
    case PacketEvent::Kind::translated:
      return on_passed(event);
    default:
      return;
  }
}

void Witness::on_lost(const PacketEvent& event) {
  const auto view = packet::parse(event.packet);
  if (!view) return;
  const bool udp = view->protocol == packet::kUdp;  // TCP sends again what was lost
  if (udp && carries_data(view->payload_of(event.packet))) {
    ++lost_data_;
    return;
  }
  if (lost_++ == 0)
    first_loss_ = {.code = ReasonCode::lost,
                   .side = event.side,
                   .source = view->source,
                   .destination = view->destination,
                   .at = event.at};
}

void Witness::on_passed(const PacketEvent& event) {
  note_flow(event);
  const bool clashed = event.reason == nat::Reason::mapping_clashed;
  if (!clashed && drops_.all().empty()) return;
  const auto view = packet::parse(event.packet);
  if (!view) return;
  if (clashed && event.side != HostId::shared && owner_of(view->destination) == other(event.side))
    clash_mapping_[static_cast<std::size_t>(event.side)] = view->source;
  drops_.passed(event, *view);
}

/// A packet to the other peer leaves a side's outermost gateway, or turns back at a shared one.
void Witness::note_flow(const PacketEvent& event) {
  if (frozen_) return;
  if (event.mapped != nullptr) {
    const auto& external = topology_->shared->gateways[event.gateway].addressing.external;
    if (std::find(external.begin(), external.end(), event.mapped->to.address) == external.end()) return;
    if (const auto from = owner_of(event.mapped->outside))
      flows_.note(event.at, *from, event.mapped->outside, event.mapped->to);
    return;
  }
  if (event.side == HostId::shared || event.gateway + 1U != topology_->host(event.side).gateways.size()) return;
  const auto& peer = topology_->host(other(event.side)).outside_addresses();
  if (std::find(peer.begin(), peer.end(), destination_of(event.packet)) == peer.end()) return;
  const auto view = packet::parse(event.packet);
  if (view && view->protocol == packet::kUdp) flows_.note(event.at, event.side, view->source, view->destination);
}

void Witness::Count::add(const PacketEvent& event, const packet::View& view, ReasonCode code) {
  if (first.packets++ > 0) return;
  first = {code, event.side, event.gateway, {}, {}, view.source, view.destination, event.at, 1, event.side};
}

bool Witness::was_used_by(HostId side, const TransportAddress& endpoint) const {
  const auto& sources = sources_[static_cast<std::size_t>(side)];
  const auto end = sources.known.begin() + static_cast<std::ptrdiff_t>(sources.count);
  return std::find(sources.known.begin(), end, endpoint) != end;
}

void Witness::note_source(HostId side, const TransportAddress& source) {
  auto& sources = sources_[static_cast<std::size_t>(side)];
  if (was_used_by(side, source) || sources.count == kSources) return;
  sources.known[sources.count++] = source;
}

void Witness::on_drop(const PacketEvent& event, const packet::View& view) {
  using nat::Reason;
  if (event.reason == Reason::udp_blocked) return blocked_.add(event, view, ReasonCode::udp_blocked);
  if (event.reason == Reason::no_hairpin) return hairpins_.add(event, view, ReasonCode::hairpin_missing);
  if (event.reason == Reason::ports_exhausted || event.reason == Reason::too_many_mappings ||
      event.reason == Reason::too_many_mappings_of_host)
    return exhausted_.add(event, view, ReasonCode::port_exhausted);
  if (event.reason == Reason::mapping_clashed && event.side != HostId::shared &&
      owner_of(view.destination) == other(event.side))
    return clashes_.add(event, view, ReasonCode::clash);
  const auto receiver = receiver_of(event, view);
  if (!receiver) return;
  const auto& seen = event.mapped == nullptr ? view.source : event.mapped->outside;
  const bool from_peer = owner_of(seen) == other(*receiver);
  if (from_peer) note_source(other(*receiver), seen);
  // A port that nobody was ever seen at is a technique's wrong guess; behind a translator further out it cannot be.
  const bool guess = event.reason == Reason::no_mapping && !view.destination.address.is_private() &&
                     !was_used_by(*receiver, view.destination);
  const bool from_relay = path_of(view.source) == PathKind::relayed && event.reason == Reason::no_mapping;
  if ((from_peer || from_relay) && !guess) drops_.add(event, view, *receiver);
}

/// A gateway of the shared network has packets for both: of the peers', each is for the other.
std::optional<HostId> Witness::receiver_of(const PacketEvent& event, const packet::View& view) const {
  if (event.side != HostId::shared) return event.side;
  if (const auto sender = owner_of(view.source)) return other(*sender);
  return owner_of(view.destination);
}

/// What the source of a peer's dropped packets says, when it is not where the relay saw that peer.
Finding Witness::judge_source(const Drop& drop, HostId sender, Finding finding) const {
  const auto& known = known_at_relay_[static_cast<std::size_t>(sender)];
  finding.observed = drop.seen;
  finding.expected = known;
  if (shared_ && shared_->turned_back(drop.seen, known)) {  // turned back without the address that it has outside
    finding.code = ReasonCode::hairpin_missing;
    finding.side = HostId::shared;
    return finding;
  }
  const auto& clash =
      clash_mapping_[static_cast<std::size_t>(sender)];  // private: a translator further out made it another
  const bool clashed = clash.port != 0 && (drop.seen == clash || clash.address.is_private());
  finding.code = clashed ? ReasonCode::clash : ReasonCode::mapping_varies;
  finding.side = sender;
  return finding;
}

/// What a dropped flow says. The mapping comes before the filter: a filter lets in what comes from where it is
/// expected.
Finding Witness::judge(const Drop& drop) const {
  const auto sender = other(drop.receiver);
  const Finding finding{ReasonCode::none, drop.side,        drop.gateway, {},         {},
                        drop.source,      drop.destination, drop.first,   drop.count, drop.side};
  const auto& known = known_at_relay_[static_cast<std::size_t>(sender)];
  // From peer to peer on the shared network no mapping has part in it.
  const bool near = shared_ && shared_->leads_to(drop.seen, known) && !shared_->turned_back(drop.seen, known);
  if (owner_of(drop.seen) == sender && known.port != 0 && drop.seen != known && !near)
    return judge_source(drop, sender, finding);
  auto judged = finding;
  if (drop.reason == nat::Reason::filtered_by_port) judged.code = ReasonCode::filtered_by_port;
  if (drop.reason == nat::Reason::filtered_by_address) judged.code = ReasonCode::filtered_by_address;
  if (drop.reason == nat::Reason::no_mapping) judged.code = ReasonCode::mapping_expired;
  return judged;
}

/// The dropped flow that hinders most, of those that nobody opened later; with `also_opened`, or that were dropped
/// twice.
Finding Witness::worst_drop(bool also_opened) const {
  Finding worst;
  for (const auto& drop : drops_.all()) {
    if (drop.opened && !(also_opened && drop.count > 1)) continue;
    const auto finding = judge(drop);
    if (finding.code == ReasonCode::none) continue;
    if (worst.code == ReasonCode::none || finding.code < worst.code) worst = finding;
  }
  return worst;
}

/// Both mappings vary, and nothing filters.
Finding Witness::crossed_answers() const {
  const auto crossed = flows_.crossed();
  if (!crossed) return {};
  return {.code = ReasonCode::mapping_varies,
          .side = crossed->side,
          .observed = crossed->answered,
          .expected = crossed->asked,
          .source = crossed->answered,
          .destination = crossed->peer,
          .at = crossed->at};
}

Finding Witness::finding() const {
  for (const auto* count : {&blocked_, &exhausted_, &hairpins_, &clashes_})
    if (count->first.packets > 0) return count->first;
  if (const auto worst = worst_drop(false); worst.code != ReasonCode::none) return worst;
  if (const auto crossed = crossed_answers(); crossed.code != ReasonCode::none) return crossed;
  if (lost_ == 0) return {.code = ReasonCode::too_late};
  auto loss = first_loss_;
  loss.packets = lost_;
  return loss;
}

Finding Witness::slow_finding() const {
  if (lost_before_direct_ > 0) {
    auto loss = first_loss_;
    loss.packets = lost_before_direct_;
    return loss;
  }
  const auto worst = worst_drop(true);
  return worst.code == ReasonCode::none ? Finding{.code = ReasonCode::waited} : worst;
}

}  // namespace punchlab::trial
