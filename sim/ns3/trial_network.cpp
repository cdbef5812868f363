#include "sim/ns3/trial_network.hpp"

#include <ns3/trace-helper.h>

#include "sim/ns3/access_relay.hpp"
#include "sim/ns3/stack.hpp"

namespace punchlab::sim_ns3 {
namespace {

const trial::LinkDirection kLan{trial::kLanLatency, link::Distribution::constant(0), 0, link::kPlainBandwidth, {}};
constexpr std::uint32_t kLanQueue = 1000;
constexpr std::array<const char*, trial::kPlaces> kNames{"client", "connector", "relay", "shared"};

/// Random streams of one side's access; ns-3 gives none to wires.
constexpr std::int64_t kStreamsPerSide = 1000;

}  // namespace

TrialNetwork::TrialNetwork(TrialContext& context, const trial::Topology& topology)
    : context_(context),
      core_router_(ns3::CreateObject<CoreRouter>(context)),
      core_(make_node(core_router_)),
      streams_(context) {
  if (topology.shared) BuildShared(*topology.shared);
  for (const auto id : {trial::HostId::client, trial::HostId::connector, trial::HostId::relay}) BuildHost(id, topology);
}

void TrialNetwork::BuildShared(const trial::HostSpec& spec) {
  constexpr auto kId = trial::HostId::shared;
  Side& side = sides_[static_cast<std::size_t>(kId)];
  shared_switch_ = ns3::CreateObject<SharedSwitch>(context_);
  shared_ = make_node(shared_switch_);
  shared_switch_->SetDevice(kId, Build(side, kId, spec, shared_, core_));
  core_router_->SetDevice(kId, spec.gateways.size(), side.links.back().core_end);
}

void TrialNetwork::BuildHost(trial::HostId id, const trial::Topology& topology) {
  const auto& spec = topology.host(id);
  Side& side = sides_[static_cast<std::size_t>(id)];
  side.host = std::make_unique<Host>(context_, id);
  const bool in_shared = shared_switch_ && id != trial::HostId::relay;
  side.host->SetDevice(Build(side, id, spec, side.host->GetNode(), in_shared ? shared_ : core_));
  if (in_shared)
    shared_switch_->SetDevice(id, side.links.back().core_end);
  else
    core_router_->SetDevice(id, spec.gateways.size(), side.links.back().core_end);
}

ns3::Ptr<ns3::NetDevice> TrialNetwork::Build(Side& side, trial::HostId id, const trial::HostSpec& spec,
                                             ns3::Ptr<ns3::Node> inner, ns3::Ptr<ns3::Node> outer) {
  std::vector<ns3::Ptr<ns3::NetDevice>> inward;   // of each gateway
  std::vector<ns3::Ptr<ns3::NetDevice>> outward;  // of what stands inside and each gateway
  for (std::size_t i = 0; i < spec.gateways.size(); ++i) {
    const auto hop = static_cast<std::uint8_t>(i);
    side.gateways.push_back(ns3::CreateObject<GatewayRouter>(context_, RouterPlace{id, hop}, spec.gateways[i]));
    const auto node = make_node(side.gateways.back());
    side.links.push_back(Connect({id, hop}, inner, node));
    outward.push_back(side.links.back().host_end);
    inward.push_back(side.links.back().core_end);
    inner = node;
  }
  outward.push_back(BuildAccess(side, id, spec, inner, outer));
  for (std::size_t i = 0; i < side.gateways.size(); ++i) side.gateways[i]->SetDevices(inward[i], outward[i + 1]);
  return outward.front();
}

ns3::Ptr<ns3::NetDevice> TrialNetwork::BuildAccess(Side& side, trial::HostId id, const trial::HostSpec& spec,
                                                   ns3::Ptr<ns3::Node> inner, ns3::Ptr<ns3::Node> outer) {
  const WirePlace place{id, static_cast<std::uint8_t>(spec.gateways.size())};
  if (spec.access.medium == trial::Medium::wire) {
    side.links.push_back(Connect(place, inner, outer));
    return side.links.back().host_end;
  }
  reusable_ = false;
  const auto relay = ns3::CreateObject<AccessRelay>(context_);
  const auto head = make_node(relay);
  const auto first_stream = 1 + kStreamsPerSide * static_cast<std::int64_t>(id);
  if (spec.access.medium == trial::Medium::wifi) {
    side.wifi = std::make_unique<WifiAccess>(inner, head, first_stream);
    side.links.push_back(Connect(place, head, outer));
    relay->SetDevices(side.wifi->GetAccessPoint(), side.links.back().host_end);
    return side.wifi->GetStation();
  }
  const Link near = Connect(place, inner, head);
  side.links.push_back(near);
  const Link bottleneck = Connect(place, head, outer);
  side.links.push_back(bottleneck);
  relay->SetDevices(near.core_end, bottleneck.host_end);
  if (const auto rate = spec.access.cross_traffic; rate > 0) {
    const auto number = static_cast<std::uint8_t>(2 * static_cast<unsigned>(id));
    side.upwards.emplace(bottleneck.host_end, rate, number, first_stream);
    side.downwards.emplace(bottleneck.core_end, rate, static_cast<std::uint8_t>(number + 1), first_stream + 10);
  }
  return near.host_end;
}

TrialNetwork::Link TrialNetwork::Connect(WirePlace place, ns3::Ptr<ns3::Node> host_end, ns3::Ptr<ns3::Node> core_end) {
  Link link{ns3::CreateObject<WireDevice>(context_, place), ns3::CreateObject<WireDevice>(context_, place),
            std::string{kNames[static_cast<std::size_t>(place.side)]} + "-" + std::to_string(place.hop)};
  if (!sides_[static_cast<std::size_t>(place.side)].links.empty() &&
      sides_[static_cast<std::size_t>(place.side)].links.back().name == link.name)
    link.name += "-bottleneck";
  stack_of(host_end)->AttachDevice(link.host_end);
  stack_of(core_end)->AttachDevice(link.core_end);
  const auto channel = ns3::CreateObject<ns3::PointToPointChannel>();
  link.host_end->Connect(channel, link.core_end);
  link.core_end->Connect(channel, link.host_end);
  return link;
}

bool TrialNetwork::Fits(const trial::Topology& topology) const {
  if ((shared_switch_ != nullptr) != topology.shared.has_value()) return false;
  for (std::size_t i = 0; i < trial::kPlaces; ++i) {
    const auto id = static_cast<trial::HostId>(i);
    if (!topology.has(id)) continue;
    const auto& spec = topology.host(id);
    if (sides_[i].gateways.size() != spec.gateways.size() || spec.access.medium != trial::Medium::wire) return false;
  }
  return reusable_;
}

void TrialNetwork::Reset(const trial::Topology& topology) {
  core_router_->Reset(topology);
  if (shared_switch_) shared_switch_->Reset(topology);
  streams_.Reset();
  for (std::size_t i = 0; i < trial::kPlaces; ++i) {
    const auto id = static_cast<trial::HostId>(i);
    if (!topology.has(id)) continue;
    const auto& spec = topology.host(id);
    Side& side = sides_[i];
    if (side.host) side.host->Reset(spec);
    for (std::size_t g = 0; g < side.gateways.size(); ++g) side.gateways[g]->Reset(spec.gateways[g]);
    for (auto& link : side.links) {
      const bool access = &link == &side.links.back();
      const auto& up = access ? spec.access.up : kLan;
      const auto& down = access ? spec.access.down : kLan;
      link.host_end->Reset(up, access ? spec.access.queue : kLanQueue);
      link.core_end->Reset(down, access ? spec.access.queue : kLanQueue);
    }
  }
}

void TrialNetwork::CancelTimers() {
  for (auto& side : sides_)
    if (side.host) side.host->CancelTimer();
}

void TrialNetwork::EnablePcap(const std::filesystem::path& folder) {
  ns3::PcapHelper helper;
  const auto open = [&](const std::string& name) {
    return helper.CreateFile((folder / (name + ".pcap")).string(), std::ios::out, ns3::PcapHelper::DLT_RAW);
  };
  for (auto& side : sides_) {
    if (side.wifi) side.wifi->EnablePcap(folder, side.links.back().name + "-wifi");
    for (auto& link : side.links) {
      link.host_end->Capture(open(link.name + "-inner"));
      link.core_end->Capture(open(link.name + "-outer"));
    }
  }
}

void TrialNetwork::send(trial::HostId from, const TransportAddress& source, const TransportAddress& destination,
                        std::uint8_t ttl, Bytes payload) {
  sides_[static_cast<std::size_t>(from)].host->Send(source, destination, ttl, payload);
}

trial::StreamId TrialNetwork::connect(trial::HostId host, const TransportAddress& local,
                                      const TransportAddress& remote) {
  return streams_.Connect({sides_[0].host.get(), sides_[1].host.get(), sides_[2].host.get()}, host, local, remote);
}

void TrialNetwork::set_timer(trial::HostId host, Time at) { sides_[static_cast<std::size_t>(host)].host->SetTimer(at); }

}  // namespace punchlab::sim_ns3
