#include "net/agents/pair_trial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/explain/recorder.hpp"
#include "sim/packet/packet.hpp"
#include "sim/trial/added_latency.hpp"
#include "sim/trial/world_fault.hpp"

namespace punchlab::agents {
namespace {

using results::Outcome;
using trial::HostId;
using trial::PacketEvent;

/// How often drivers and their files are looked at.
constexpr Duration kTick = std::chrono::milliseconds{2};
constexpr std::array kPeers{HostId::client, HostId::connector};
constexpr std::array kNames{"A", "B"};
constexpr std::array kSides{"client", "connector"};

std::size_t index(HostId host) { return static_cast<std::size_t>(host); }

/// A line takes the way over a broker in the relay's host.
Duration signalling_delay(const trial::Topology& topology) {
  const auto one_way = [](const trial::HostSpec& from, const trial::HostSpec& to) {
    return from.access.up.latency + to.access.down.latency;
  };
  const auto& relay = topology.host(HostId::relay);
  return one_way(topology.host(HostId::client), relay) + one_way(relay, topology.host(HostId::connector));
}

/// By what the relay is to be reached from a side: TCP where a gateway on the way blocks UDP.
const char* relay_transport(const trial::Cell& cell, const trial::Side& side) {
  const auto blocks = [](const nat::Profile& p) { return p.udp_blocked; };
  const bool blocked =
      std::ranges::any_of(side.nats, blocks) || (cell.shared && std::ranges::any_of(cell.shared->nats, blocks));
  return blocked ? "tcp" : "udp";
}

Duration start_delay(const trial::Cell& cell, HostId host, std::uint64_t seed, std::uint64_t trial) {
  const bool client = host == HostId::client;
  SeededRng rng({seed, cell.world, trial, purpose_of(client ? "client/start" : "connector/start")});
  return (client ? cell.client : cell.connector).start.sample(rng);
}

}  // namespace

PairTrial::PairTrial(const trial::Cell& cell, const trial::Topology& topology, const Programs& programs,
                     lab::LabWorld& world, std::uint64_t seed, std::uint64_t trial)
    : cell_(&cell),
      topology_(&topology),
      programs_(&programs),
      world_(&world),
      trial_(trial),
      start_delays_{start_delay(cell, HostId::client, seed, trial), start_delay(cell, HostId::connector, seed, trial)},
      post_(signalling_delay(topology)),
      witness_(topology) {}

Time PairTrial::until() const {
  return kTimeOrigin + kLoading + std::max(start_delays_[0], start_delays_[1]) + cell_->timeout + kOverrun +
         std::chrono::seconds{1};
}

void PairTrial::start(Time now, trial::Network& network) {
  network_ = &network;
  world_->demand_port(HostId::relay, {topology_->host(HostId::relay).addresses[0], trial::kRelayPort});
  relay_ = std::make_unique<RelayProgram>(world_->network_namespace(HostId::relay), topology_->host(HostId::relay),
                                          cell_->relay_server, *programs_);
  for (const auto host : kPeers) drivers_[index(host)] = start_driver(host);
  on_timer(now, HostId::client);
}

std::unique_ptr<Driver> PairTrial::start_driver(HostId host) {
  const auto i = index(host);
  const auto& side = host == HostId::client ? cell_->client : cell_->connector;
  const auto& agent = side.agent;
  auto command = driver_command(*programs_, agent.name);
  if (!command) throw std::runtime_error("there is no driver of agent " + agent.name);
  const auto relay = fmt::format("{}:{}", topology_->host(HostId::relay).addresses[0].to_string(), trial::kRelayPort);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(cell_->timeout).count();
  for (std::string word :
       {"--name", kNames[i], "--peer", kNames[1 - i], "--role", host == HostId::client ? "controlling" : "controlled"})
    command->push_back(std::move(word));
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, std::string>>{
           {"--sig", directory_.path().string()},
           {"--stun", "stun:" + relay},
           {"--turn", "turn:" + relay + "?transport=" + relay_transport(*cell_, side)},
           {"--turn-user", kRelayUser},
           {"--turn-pass", kRelayPassword},
           {"--timeout", std::to_string(seconds)},
           {"--settle", std::to_string(kSettle / std::chrono::milliseconds{1})},
           {"--policy", "all"},
           {"--echo", std::to_string(cell_->traffic.probes)},
           {"--len", std::to_string(cell_->traffic.size)}}) {
    command->push_back(key);
    command->push_back(value);
  }
  if (!agent.options.empty()) command->insert(command->end(), {"--opt", agent.options});
  return std::make_unique<Driver>(world_->network_namespace(host), *command, directory_.path(), kNames[i]);
}

void PairTrial::on_timer(Time now, HostId) {
  if (stage_ == Stage::loading) load(now);
  if (stage_ == Stage::running) run(now);
  if (stage_ != Stage::over) network_->set_timer(HostId::client, now + kTick);
}

/// Nobody begins before everything is there, so that time zero is the same for both.
void PairTrial::load(Time now) {
  const bool relay = relay_->answers();
  if (relay && drivers_[0]->ready() && drivers_[1]->ready()) {
    loaded_ = now;
    stage_ = Stage::running;
    return;
  }
  if (!check_drivers(now)) return;
  if (relay_->exited() || (now >= kTimeOrigin + kLoading && !relay)) return fail(now, "relay-not-started");
  if (now < kTimeOrigin + kLoading) return;
  fail(now, fmt::format("{}-agent-not-loaded", kSides[drivers_[0]->ready() ? 1 : 0]));
}

void PairTrial::run(Time now) {
  for (std::size_t i = 0; i < 2; ++i)
    if (go_[i] == kNever && now >= loaded_ + start_delays_[i]) {
      drivers_[i]->go();
      go_[i] = now;
    }
  post_.carry(now, {drivers_[0].get(), drivers_[1].get()});
  if (!check_drivers(now)) return;
  if (relay_->exited()) return fail(now, "relay-ended");
  if (drivers_[0]->done() && drivers_[1]->done()) return conclude(now);
  if (now < loaded_ + std::max(start_delays_[0], start_delays_[1]) + cell_->timeout + kOverrun) return;
  fail(now, fmt::format("{}-agent-hung", kSides[drivers_[0]->done() ? 1 : 0]));
}

/// False when one has ended too early, or floods; the trial is over then.
bool PairTrial::check_drivers(Time now) {
  for (std::size_t i = 0; i < 2; ++i) {
    const bool floods = drivers_[i]->floods() || sent_[i] > kMostPackets;
    if (floods)
      fail(now, fmt::format("{}-agent-floods", kSides[i]));
    else if (!drivers_[i]->done() && drivers_[i]->exited())
      fail(now, fmt::format("{}-agent-exited", kSides[i]));
    if (stage_ == Stage::over) return false;
  }
  return true;
}

void PairTrial::conclude(Time now) {
  for (std::size_t i = 0; i < 2; ++i) {
    reports_[i] = drivers_[i]->report();
    if (!reports_[i]) return fail(now, fmt::format("{}-agent-rubbish", kSides[i]));
  }
  stage_ = Stage::over;
  ended_ = now;
}

void PairTrial::fail(Time now, std::string reason) {
  fault_ = std::move(reason);
  stage_ = Stage::over;
  ended_ = now;
}

void PairTrial::on_packet(const PacketEvent& event) {
  witness_.on_packet(event);
  if (event.kind == PacketEvent::Kind::delivered) return on_delivery(event);
  if (event.kind != PacketEvent::Kind::sent || event.side == HostId::relay) return;
  ++sent_[index(event.side)];
  if (const auto view = packet::parse(event.packet); view && view->protocol == packet::kUdp)
    witness_.on_send(event.side, view->destination, view->payload_size);
}

void PairTrial::on_delivery(const PacketEvent& event) {
  const auto view = packet::parse(event.packet);
  if (view && view->protocol == packet::kTcp && event.side != HostId::relay) return on_segment(event, *view);
  if (!view || view->protocol != packet::kUdp) return;
  const auto payload = view->payload_of(event.packet);
  witness_.on_delivery(event.at, event.side, view->source, view->destination, payload);
  paths_.on_delivery(event.at, event.side, witness_.path_of(view->source) == PathKind::relayed, payload);
  if (paths_.direct_since() != kNever) witness_.freeze();
}

/// Peers speak TCP with the relay only.
void PairTrial::on_segment(const PacketEvent& event, const packet::View& view) {
  if (witness_.path_of(view.source) != PathKind::relayed) return;
  const auto payload = view.payload_of(event.packet);
  witness_.on_stream(event.at, event.side, payload);
  streams_[index(event.side)][view.destination.port].on_segment(
      packet::tcp_fields(event.packet, view), payload,
      [&](Bytes frame) { paths_.on_delivery(event.at, event.side, true, frame); });
}

Outcome PairTrial::outcome() const {
  const auto echoed = [](const std::optional<DriverReport>& r) { return r && r->echoes_answered > 0; };
  if (!fault_.empty() || !echoed(reports_[0]) || !echoed(reports_[1])) return Outcome::failed;
  switch (paths_.path()) {
    case PathKind::direct:
      return Outcome::direct;
    case PathKind::relayed:
      return Outcome::relayed;
    case PathKind::none:
      break;
  }
  return Outcome::failed;
}

trial::Finding PairTrial::finding() const {
  return !fault_.empty() || outcome() == Outcome::direct ? trial::Finding{} : witness_.finding();
}

std::string PairTrial::reason() const { return fault_.empty() ? std::string(trial::name_of(finding().code)) : fault_; }

Time PairTrial::origin() const {
  const auto later = std::max(go_[0], go_[1]);
  return later == kNever ? ended_ : later;
}

std::optional<Duration> PairTrial::since_start(Time at) const {
  const auto origin = std::max(go_[0], go_[1]);
  if (at == kNever || origin == kNever) return std::nullopt;
  return at - origin;
}

results::TrialRecord PairTrial::record(std::uint64_t events) const {
  results::TrialRecord record;
  record.cell = cell_->index;
  record.trial = trial_;
  record.outcome = outcome();
  record.reason = reason();
  const bool direct = record.outcome == Outcome::direct;
  record.time_to_first_byte = since_start(paths_.first_byte());
  if (direct) record.time_to_direct = since_start(paths_.direct_since());
  if (const auto& client = reports_[0]) {
    record.probes_sent = client->echoes_sent;
    record.probes_answered = client->echoes_answered;
    if (record.outcome != Outcome::failed) (direct ? record.rtt_direct : record.rtt_relayed) = client->round_trip;
    // How an agent reaches its relay is its own affair.
    record.added_latency = trial::added_latency(
        *cell_, *topology_,
        {direct ? record.rtt_direct : record.rtt_relayed, record.rtt_direct, direct, /*datagrams=*/false});
  }
  record.late_p50 = late_.quantile(50);
  record.late_p99 = late_.quantile(99);
  record.packets_to_direct = witness_.packets();
  record.bytes_to_direct = witness_.bytes();
  record.packets_to_others = witness_.packets_to_others();
  record.events = events;
  record.trace_hash = witness_.trace_hash();
  record.finished = (ended_ == kNever ? until() : ended_) - kTimeOrigin;
  return record;
}

results::TrialRecord run_pair(lab::LabWorld& world, const trial::Cell& cell, const Programs& programs,
                              std::uint64_t seed, std::uint64_t trial, const trial::WorldOptions& options) {
  return record_pair(world, cell, programs, seed, trial, {options, nullptr, 0}).record;
}

explain::Recording record_pair(lab::LabWorld& world, const trial::Cell& cell, const Programs& programs,
                               std::uint64_t seed, std::uint64_t trial, const explain::RecordOptions& options) {
  for (const auto host : {HostId::client, HostId::connector, HostId::relay}) world.leave_to_others(host);
  explain::Recording recording;
  recording.cell = cell;
  recording.seed = seed;
  recording.topology = trial::draw_topology(cell, seed, trial);
  world.assign_addresses(recording.topology);
  PairTrial pair(cell, recording.topology, programs, world, seed, trial);
  explain::Recorder recorder(pair, recording, options.most);
  try {
    recording.record = pair.record(world.run(recording.topology, recorder, pair.until(), options.world));
    recording.finding = pair.finding();
  } catch (const trial::WorldFault& fault) {
    recording.record = fault.spoil(pair.record(0));
  }
  recording.origin = pair.origin();
  return recording;
}

}  // namespace punchlab::agents
