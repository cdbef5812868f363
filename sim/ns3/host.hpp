#pragma once
// A host: ns-3's IPv4 with the trial's application on top of every UDP port. Datagrams are written and checked by
// sim/packet: ns-3's UDP sums them up bytewise, and its sockets and packet numbers would outlive a trial.
#include <vector>

#include "sim/ns3/router.hpp"

namespace punchlab::sim_ns3 {

/// UDP whose datagrams go to the trial's application instead of to endpoints: hosts accept every port.
class HostUdp final : public ns3::UdpL4Protocol {
 public:
  HostUdp(TrialContext& context, trial::HostId host) : context_(context), host_(host) {}

  using UdpL4Protocol::Receive;
  RxStatus Receive(ns3::Ptr<ns3::Packet> segment, const ns3::Ipv4Header& header,
                   ns3::Ptr<ns3::Ipv4Interface> interface) override;
  /// Gives the application the datagram in a whole, valid IP packet.
  void Deliver(Bytes packet);

 private:
  TrialContext& context_;
  const trial::HostId host_;
};

/// Routing of a host: everything leaves by its only link, its own addresses are local.
class HostRouting final : public Router {
 public:
  HostRouting(TrialContext& context, trial::HostId host) : Router(context), host_(host) {}

  void SetDevice(ns3::Ptr<ns3::NetDevice> device) { route_ = RouteVia(device); }
  void Reset(const std::vector<IpAddress>& addresses) { addresses_ = &addresses; }
  bool IsOwn(const IpAddress& address) const;
  ns3::Ptr<ns3::Ipv4Route> GetRoute() const { return route_; }
  /// ns-3's TCP asks for the address that it sends from.
  ns3::Ptr<ns3::Ipv4Route> RouteOutput(ns3::Ptr<ns3::Packet>, const ns3::Ipv4Header&, ns3::Ptr<ns3::NetDevice>,
                                       ns3::Socket::SocketErrno& error) override;

  bool RouteInput(ns3::Ptr<const ns3::Packet> payload, const ns3::Ipv4Header& header,
                  ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback, MulticastForwardCallback,
                  LocalDeliverCallback deliver, ErrorCallback) override;

 protected:
  void DoDispose() override;

 private:
  const trial::HostId host_;
  const std::vector<IpAddress>* addresses_ = nullptr;
  ns3::Ptr<ns3::Ipv4Route> route_;
};

class HostTcp;

/// Not an ns-3 object: the host's node holds its protocols, this sends through them.
class Host {
 public:
  Host(TrialContext& context, trial::HostId id);

  ns3::Ptr<ns3::Node> GetNode() const { return node_; }
  void SetDevice(ns3::Ptr<ns3::NetDevice> device) { routing_->SetDevice(device); }
  void Reset(const trial::HostSpec& spec) { routing_->Reset(spec.addresses); }

  void Send(const TransportAddress& source, const TransportAddress& destination, std::uint8_t ttl, Bytes payload);
  /// See trial::Network::set_timer.
  void SetTimer(Time at);
  void CancelTimer();
  /// Puts TCP on the host, once.
  ns3::Ptr<HostTcp> MakeTcp();

 private:
  void Loop(ns3::Ptr<ns3::Packet> packet);
  void Expire();

  TrialContext& context_;
  const trial::HostId id_;
  ns3::Ptr<ns3::Node> node_;
  ns3::Ptr<HostRouting> routing_;
  ns3::Ptr<HostUdp> udp_;
  ns3::Ptr<ns3::Ipv4L3Protocol> ipv4_;
  ns3::EventId timer_;
};

}  // namespace punchlab::sim_ns3
