#include "sim/ns3/host_tcp.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/socket.h>
#include <ns3/uinteger.h>

namespace punchlab::sim_ns3 {

HostTcp::HostTcp(TrialContext& context, trial::HostId host, ns3::Ptr<HostRouting> routing)
    : context_(context), host_(host), routing_(routing) {}

void HostTcp::Start() {
  ipv4_ = GetObject<ns3::Ipv4L3Protocol>();
  SetDownTarget(ns3::MakeCallback(&HostTcp::SendDown, this));
}

/// The memory world's TCP has the same constants: segments of 1400 bytes, a first timeout of 1 s and a least one of 200
/// ms, an acknowledgement for each segment, no waiting for more data.
ns3::Ptr<ns3::Socket> HostTcp::Open(const TransportAddress& local) {
  const auto socket = CreateSocket();
  socket->SetAttribute("SegmentSize", ns3::UintegerValue(1400));
  socket->SetAttribute("SndBufSize", ns3::UintegerValue(64 * 1024));
  socket->SetAttribute("ConnTimeout", ns3::TimeValue(ns3::Seconds(1)));
  socket->SetAttribute("MinRto", ns3::TimeValue(ns3::MilliSeconds(200)));
  socket->SetAttribute("DelAckCount", ns3::UintegerValue(1));
  // ns-3.37's probe of a closed window crashes when nothing is left to send. Here data are read as they come, so that a
  // window opens by itself, and a trial is over long before.
  socket->SetAttribute("PersistTimeout", ns3::TimeValue(ns3::Hours(1)));
  socket->Bind(ns3::InetSocketAddress(to_ns3(local.address), local.port));
  return socket;
}

ns3::IpL4Protocol::RxStatus HostTcp::Receive(ns3::Ptr<ns3::Packet> segment, const ns3::Ipv4Header& header,
                                             ns3::Ptr<ns3::Ipv4Interface> interface) {
  if (context_.over()) return RX_OK;
  PacketBuffer buffer;
  context_.report(trial::PacketEvent::Kind::delivered, host_, 0, nat::Reason::translated,
                  assemble(header, *segment, buffer));
  const auto status = TcpL4Protocol::Receive(segment, header, interface);
  context_.stop_when_finished();
  return status;
}

void HostTcp::SendDown(ns3::Ptr<ns3::Packet> segment, ns3::Ipv4Address source, ns3::Ipv4Address destination,
                       std::uint8_t protocol, ns3::Ptr<ns3::Ipv4Route>) {
  if (context_.over()) return;
  ns3::Ipv4Header header;
  header.SetSource(source);
  header.SetDestination(destination);
  header.SetProtocol(protocol);
  header.SetTtl(packet::kDefaultTtl);
  header.SetPayloadSize(static_cast<std::uint16_t>(segment->GetSize()));
  header.SetDontFragment();
  header.SetIdentification(0);
  PacketBuffer buffer;
  context_.report(trial::PacketEvent::Kind::sent, host_, 0, nat::Reason::translated,
                  assemble(header, *segment, buffer));
  ipv4_->SendWithHeader(segment, header, routing_->GetRoute());
}

void HostTcp::DoDispose() {
  routing_ = nullptr;
  ipv4_ = nullptr;
  TcpL4Protocol::DoDispose();
}

}  // namespace punchlab::sim_ns3
