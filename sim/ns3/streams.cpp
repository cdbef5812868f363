#include "sim/ns3/streams.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/socket.h>

#include <algorithm>

namespace punchlab::sim_ns3 {
namespace {

TransportAddress from_socket(const ns3::Address& address) {
  const auto inet = ns3::InetSocketAddress::ConvertFrom(address);
  return {from_ns3(inet.GetIpv4()), inet.GetPort()};
}

}  // namespace

/// Sockets may live a little longer on their node, and must not call what is gone.
Streams::~Streams() {
  const auto nothing = ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>();
  for (auto& end : ends_) {
    end.socket->SetConnectCallback(nothing, nothing);
    end.socket->SetCloseCallbacks(nothing, nothing);
    end.socket->SetRecvCallback(nothing);
  }
  for (auto& socket : listening_)
    socket->SetAcceptCallback(ns3::MakeNullCallback<bool, ns3::Ptr<ns3::Socket>, const ns3::Address&>(),
                              ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>, const ns3::Address&>());
}

void Streams::Start(const Hosts& hosts) {
  for (auto* host : hosts) {
    tcp_.push_back(host->MakeTcp());
    tcp_.back()->Start();
  }
  for (const auto& listener : listeners_) {
    const auto socket = tcp_[static_cast<std::size_t>(listener.host)]->Open(listener.local);
    socket->Listen();
    socket->SetAcceptCallback(ns3::MakeNullCallback<bool, ns3::Ptr<ns3::Socket>, const ns3::Address&>(),
                              ns3::MakeCallback(&Streams::Accepted, this));
    listening_.push_back(socket);
  }
}

trial::StreamId Streams::Add(trial::HostId host, ns3::Ptr<ns3::Socket> socket) {
  ends_.push_back({host, socket, false, false});
  socket->SetRecvCallback(ns3::MakeCallback(&Streams::Received, this));
  socket->SetCloseCallbacks(ns3::MakeCallback(&Streams::Ended, this), ns3::MakeCallback(&Streams::Ended, this));
  return static_cast<trial::StreamId>(ends_.size());
}

trial::StreamId Streams::IdOf(ns3::Ptr<ns3::Socket> socket) const {
  const auto found = std::ranges::find(ends_, socket, &End::socket);
  return static_cast<trial::StreamId>(found - ends_.begin() + 1);
}

trial::StreamId Streams::Connect(const Hosts& hosts, trial::HostId host, const TransportAddress& local,
                                 const TransportAddress& remote) {
  if (!Used()) Start(hosts);
  const auto socket = tcp_[static_cast<std::size_t>(host)]->Open(local);
  const auto stream = Add(host, socket);
  socket->SetConnectCallback(ns3::MakeCallback(&Streams::Connected, this), ns3::MakeCallback(&Streams::Ended, this));
  socket->Connect(ns3::InetSocketAddress(to_ns3(remote.address), remote.port));
  return stream;
}

bool Streams::Send(trial::StreamId stream, Bytes bytes) {
  if (stream == 0 || stream > ends_.size()) return false;
  const auto& end = At(stream);
  if (!end.open || end.over) return false;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return end.socket->GetTxAvailable() >= size && end.socket->Send(ns3::Create<ns3::Packet>(bytes.data(), size), 0) >= 0;
}

void Streams::Close(trial::StreamId stream) {
  if (stream == 0 || stream > ends_.size() || At(stream).over) return;
  At(stream).over = true;
  const auto socket = At(stream).socket;
  socket->Close();
}

void Streams::Opened(trial::StreamId stream) {
  auto& end = At(stream);
  if (context_.over() || end.open || end.over) return;
  end.open = true;
  ns3::Address local, remote;
  end.socket->GetSockName(local);
  end.socket->GetPeerName(remote);
  context_.application().on_stream_opened(context_.now(), end.host, stream, from_socket(local), from_socket(remote));
  context_.stop_when_finished();
}

void Streams::Connected(ns3::Ptr<ns3::Socket> socket) { Opened(IdOf(socket)); }

void Streams::Accepted(ns3::Ptr<ns3::Socket> socket, const ns3::Address&) {
  for (std::size_t i = 0; i < tcp_.size(); ++i)
    if (tcp_[i]->GetObject<ns3::Node>() == socket->GetNode()) return Opened(Add(static_cast<trial::HostId>(i), socket));
}

void Streams::Received(ns3::Ptr<ns3::Socket> socket) {
  const auto stream = IdOf(socket);
  const auto host = At(stream).host;
  PacketBuffer buffer;
  while (const auto data = socket->Recv(static_cast<std::uint32_t>(buffer.size()), 0)) {
    const auto size = data->CopyData(buffer.data(), static_cast<std::uint32_t>(buffer.size()));
    if (size == 0 || context_.over() || At(stream).over) return;
    context_.application().on_stream(context_.now(), host, stream, Bytes{buffer}.first(size));
    context_.stop_when_finished();
  }
}

/// The other end closed, reset, or does not answer. Our side closes as well.
void Streams::Ended(ns3::Ptr<ns3::Socket> socket) {
  const auto stream = IdOf(socket);
  if (context_.over() || At(stream).over) return;
  const auto host = At(stream).host;
  At(stream).over = true;
  socket->Close();
  context_.application().on_stream_closed(context_.now(), host, stream);
  context_.stop_when_finished();
}

}  // namespace punchlab::sim_ns3
