#pragma once
// A host's TCP: ns-3's own, whose segments are seen by the trial as they leave and arrive.
#include <ns3/tcp-l4-protocol.h>

#include "sim/ns3/host.hpp"

namespace punchlab::sim_ns3 {

class HostTcp final : public ns3::TcpL4Protocol {
 public:
  HostTcp(TrialContext& context, trial::HostId host, ns3::Ptr<HostRouting> routing);

  /// To be called once this is on its node.
  void Start();
  /// A socket with the constants of docs/worlds.md, bound to `local`.
  ns3::Ptr<ns3::Socket> Open(const TransportAddress& local);

  using TcpL4Protocol::Receive;
  RxStatus Receive(ns3::Ptr<ns3::Packet> segment, const ns3::Ipv4Header& header,
                   ns3::Ptr<ns3::Ipv4Interface> interface) override;

 protected:
  void DoDispose() override;

 private:
  void SendDown(ns3::Ptr<ns3::Packet> segment, ns3::Ipv4Address source, ns3::Ipv4Address destination,
                std::uint8_t protocol, ns3::Ptr<ns3::Ipv4Route> route);

  TrialContext& context_;
  const trial::HostId host_;
  ns3::Ptr<HostRouting> routing_;
  ns3::Ptr<ns3::Ipv4L3Protocol> ipv4_;
};

}  // namespace punchlab::sim_ns3
