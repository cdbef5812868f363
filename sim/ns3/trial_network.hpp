#pragma once
// The network of a trial. When all its links are wires it is built once per shape (number of gateways on each side) and
// reset for each trial, because building costs more than running; otherwise it serves one trial.
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "sim/ns3/core_router.hpp"
#include "sim/ns3/cross_traffic.hpp"
#include "sim/ns3/gateway_router.hpp"
#include "sim/ns3/host.hpp"
#include "sim/ns3/shared_switch.hpp"
#include "sim/ns3/streams.hpp"
#include "sim/ns3/wifi_access.hpp"
#include "sim/ns3/wire.hpp"

namespace punchlab::sim_ns3 {

class TrialNetwork final : public trial::Network {
 public:
  /// Builds the nodes and links of `topology`, which need not live on.
  TrialNetwork(TrialContext& context, const trial::Topology& topology);

  /// Whether this network can be reset to be that of `topology`.
  bool Fits(const trial::Topology& topology) const;
  /// Whether it may serve several trials: nothing but wires, on which only the trial sends, and no streams yet.
  bool IsReusable() const { return reusable_ && !streams_.Used(); }
  /// As new, with the addresses, links and gateways of `topology`, which must live until the next reset.
  void Reset(const trial::Topology& topology);
  void CancelTimers();
  /// Captures every interface into a file of its own in `folder`.
  void EnablePcap(const std::filesystem::path& folder);

  void send(trial::HostId from, const TransportAddress& source, const TransportAddress& destination, std::uint8_t ttl,
            Bytes payload) override;
  void set_timer(trial::HostId host, Time at) override;
  void listen(trial::HostId host, const TransportAddress& local) override { streams_.Listen(host, local); }
  trial::StreamId connect(trial::HostId host, const TransportAddress& local, const TransportAddress& remote) override;
  bool send_stream(trial::StreamId stream, Bytes bytes) override { return streams_.Send(stream, bytes); }
  void close_stream(trial::StreamId stream) override { streams_.Close(stream); }

 private:
  struct Link {
    ns3::Ptr<WireDevice> host_end;
    ns3::Ptr<WireDevice> core_end;
    std::string name;
  };
  struct Side {
    std::unique_ptr<Host> host;  ///< none in the shared network
    std::vector<ns3::Ptr<GatewayRouter>> gateways;
    std::vector<Link> links;  ///< from the host outwards; the last is the access link
    std::unique_ptr<WifiAccess> wifi;
    std::optional<CrossTraffic> upwards, downwards;
  };

  /// From `inner` through the gateways of `spec` to `outer`; gives the device by which `inner` sends there.
  ns3::Ptr<ns3::NetDevice> Build(Side& side, trial::HostId id, const trial::HostSpec& spec, ns3::Ptr<ns3::Node> inner,
                                 ns3::Ptr<ns3::Node> outer);
  void BuildHost(trial::HostId id, const trial::Topology& topology);
  void BuildShared(const trial::HostSpec& spec);
  /// Joins `inner` to `outer`, the core or the shared network, and returns the device by which it sends there.
  ns3::Ptr<ns3::NetDevice> BuildAccess(Side& side, trial::HostId id, const trial::HostSpec& spec,
                                       ns3::Ptr<ns3::Node> inner, ns3::Ptr<ns3::Node> outer);
  Link Connect(WirePlace place, ns3::Ptr<ns3::Node> host_end, ns3::Ptr<ns3::Node> core_end);

  TrialContext& context_;
  ns3::Ptr<CoreRouter> core_router_;
  ns3::Ptr<ns3::Node> core_;
  ns3::Ptr<SharedSwitch> shared_switch_;  ///< null when there is no shared network
  ns3::Ptr<ns3::Node> shared_;
  std::array<Side, trial::kPlaces> sides_;
  bool reusable_ = true;
  Streams streams_;
};

}  // namespace punchlab::sim_ns3
