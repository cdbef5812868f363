#include "sim/ns3/wire_network.hpp"

#include "sim/ns3/stack.hpp"

#include <ns3/trace-helper.h>

namespace punchlab::sim_ns3 {
namespace {

const trial::LinkDirection kLan{trial::kLanLatency, link::Distribution::constant(0), 0, link::kPlainBandwidth, {}};
constexpr std::uint32_t kLanQueue = 1000;
constexpr std::array<const char*, trial::kHosts> kNames{"client", "connector", "relay"};

ns3::Ptr<Ipv4Stack> stack_of(ns3::Ptr<ns3::Node> node) {
  return ns3::DynamicCast<Ipv4Stack>(node->GetObject<ns3::Ipv4L3Protocol>());
}

}  // namespace

WireNetwork::WireNetwork(TrialContext& context, const trial::Topology& topology)
    : context_(context), core_router_(ns3::CreateObject<CoreRouter>(context)), core_(make_node(core_router_)) {
  for (std::size_t i = 0; i < trial::kHosts; ++i)
    Build(sides_[i], static_cast<trial::HostId>(i), topology.hosts[i]);
}

void WireNetwork::Build(Side& side, trial::HostId id, const trial::HostSpec& spec) {
  side.host = std::make_unique<Host>(context_, id);
  auto inner = side.host->GetNode();
  for (std::size_t i = 0; i < spec.gateways.size(); ++i) {
    const auto hop = static_cast<std::uint8_t>(i);
    side.gateways.push_back(ns3::CreateObject<GatewayRouter>(context_, RouterPlace{id, hop}, spec.gateways[i]));
    const auto node = make_node(side.gateways.back());
    side.links.push_back(Connect({id, hop}, inner, node));
    inner = node;
  }
  side.links.push_back(Connect({id, static_cast<std::uint8_t>(spec.gateways.size())}, inner, core_));
  side.host->SetDevice(side.links.front().host_end);
  for (std::size_t i = 0; i < side.gateways.size(); ++i)
    side.gateways[i]->SetDevices(side.links[i].core_end, side.links[i + 1].host_end);
  core_router_->SetDevice(id, spec.gateways.size(), side.links.back().core_end);
}

WireNetwork::Link WireNetwork::Connect(WirePlace place, ns3::Ptr<ns3::Node> host_end, ns3::Ptr<ns3::Node> core_end) {
  Link link{ns3::CreateObject<WireDevice>(context_, place), ns3::CreateObject<WireDevice>(context_, place),
            std::string{kNames[static_cast<std::size_t>(place.side)]} + "-" + std::to_string(place.hop)};
  stack_of(host_end)->AttachDevice(link.host_end);
  stack_of(core_end)->AttachDevice(link.core_end);
  const auto channel = ns3::CreateObject<ns3::PointToPointChannel>();
  link.host_end->Connect(channel, link.core_end);
  link.core_end->Connect(channel, link.host_end);
  return link;
}

bool WireNetwork::Fits(const trial::Topology& topology) const {
  for (std::size_t i = 0; i < trial::kHosts; ++i)
    if (sides_[i].gateways.size() != topology.hosts[i].gateways.size()) return false;
  return true;
}

void WireNetwork::Reset(const trial::Topology& topology) {
  core_router_->Reset(topology);
  for (std::size_t i = 0; i < trial::kHosts; ++i) {
    const auto& spec = topology.hosts[i];
    Side& side = sides_[i];
    side.host->Reset(spec);
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

void WireNetwork::CancelTimers() {
  for (auto& side : sides_) side.host->CancelTimer();
}

void WireNetwork::EnablePcap(const std::filesystem::path& folder) {
  ns3::PcapHelper helper;
  const auto open = [&](const std::string& name) {
    return helper.CreateFile((folder / (name + ".pcap")).string(), std::ios::out, ns3::PcapHelper::DLT_RAW);
  };
  for (auto& side : sides_)
    for (auto& link : side.links) {
      link.host_end->Capture(open(link.name + "-inner"));
      link.core_end->Capture(open(link.name + "-outer"));
    }
}

void WireNetwork::send(trial::HostId from, const TransportAddress& source, const TransportAddress& destination,
                       std::uint8_t ttl, Bytes payload) {
  sides_[static_cast<std::size_t>(from)].host->Send(source, destination, ttl, payload);
}

void WireNetwork::set_timer(trial::HostId host, Time at) {
  sides_[static_cast<std::size_t>(host)].host->SetTimer(at);
}

}  // namespace punchlab::sim_ns3
