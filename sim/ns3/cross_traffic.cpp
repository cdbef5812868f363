#include "sim/ns3/cross_traffic.hpp"

namespace punchlab::sim_ns3 {
namespace {

constexpr std::uint16_t kDiscardPort = 9;  // RFC 863
constexpr std::uint16_t kAnyPort = 49'152;
constexpr std::uint32_t kPayload = 1000;
constexpr double kMeanSeconds = 0.1;

ns3::Ptr<ns3::ExponentialRandomVariable> lengths(std::int64_t stream) {
  const auto variable = ns3::CreateObject<ns3::ExponentialRandomVariable>();
  variable->SetAttribute("Mean", ns3::DoubleValue(kMeanSeconds));
  variable->SetStream(stream);
  return variable;
}

ns3::Ptr<ns3::Packet> packet_between(ns3::Ipv4Address source, ns3::Ipv4Address destination) {
  const auto packet = ns3::Create<ns3::Packet>(kPayload);
  ns3::UdpHeader udp;
  udp.EnableChecksums();
  udp.InitializeChecksum(source, destination, ns3::UdpL4Protocol::PROT_NUMBER);
  udp.SetSourcePort(kAnyPort);
  udp.SetDestinationPort(kDiscardPort);
  packet->AddHeader(udp);
  ns3::Ipv4Header ip;
  ip.EnableChecksum();
  ip.SetSource(source);
  ip.SetDestination(destination);
  ip.SetProtocol(ns3::UdpL4Protocol::PROT_NUMBER);
  ip.SetTtl(64);
  ip.SetDontFragment();
  ip.SetPayloadSize(static_cast<std::uint16_t>(packet->GetSize()));
  packet->AddHeader(ip);
  return packet;
}

ns3::Time drawn(const ns3::Ptr<ns3::ExponentialRandomVariable>& variable) { return ns3::Seconds(variable->GetValue()); }

}  // namespace

CrossTraffic::CrossTraffic(ns3::Ptr<WireDevice> device, std::uint64_t rate, std::uint8_t number, std::int64_t stream)
    : device_(device),
      packet_(packet_between(ns3::Ipv4Address{kCrossTraffic + 2U * number},
                             ns3::Ipv4Address{kCrossTraffic + 2U * number + 1})),
      burst_(lengths(stream)),
      pause_(lengths(stream + 1)),
      interval_(ns3::DataRate{2 * rate}.CalculateBytesTxTime(kPayload)),
      left_(interval_) {
  device_->CarryCrossTraffic();
  BeginLater();
}

CrossTraffic::~CrossTraffic() {
  next_packet_.Cancel();
  next_change_.Cancel();
}

void CrossTraffic::BeginLater() {
  next_change_ = ns3::Simulator::Schedule(drawn(pause_), &CrossTraffic::Begin, this);
}

void CrossTraffic::Begin() {
  next_packet_ = ns3::Simulator::Schedule(left_, &CrossTraffic::Send, this);
  next_change_ = ns3::Simulator::Schedule(drawn(burst_), &CrossTraffic::Pause, this);
}

void CrossTraffic::Send() {
  device_->Send(packet_->Copy(), {}, ns3::Ipv4L3Protocol::PROT_NUMBER);
  next_packet_ = ns3::Simulator::Schedule(interval_, &CrossTraffic::Send, this);
}

void CrossTraffic::Pause() {
  left_ = ns3::Simulator::GetDelayLeft(next_packet_);
  next_packet_.Cancel();
  BeginLater();
}

}  // namespace punchlab::sim_ns3
