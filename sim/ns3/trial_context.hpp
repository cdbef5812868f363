#pragma once
// The trial under way, as the objects of the network see it: its clock, its application, and whether it is over.
#include "sim/ns3/ns3.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::sim_ns3 {

class TrialContext {
 public:
  /// From here on, `now()` counts from kTimeOrigin.
  void begin(trial::Application& application) {
    application_ = &application;
    origin_ = ns3::Simulator::Now().GetTimeStep();
  }
  /// The trial is over: what is still under way must disappear without a trace.
  void end() { application_ = nullptr; }
  bool over() const { return application_ == nullptr; }

  Time now() const { return kTimeOrigin + Duration{ns3::Simulator::Now().GetTimeStep() - origin_}; }
  trial::Application& application() { return *application_; }

  void report(trial::PacketEvent::Kind kind, trial::HostId side, std::uint8_t gateway, nat::Reason reason,
              Bytes packet) {
    application_->on_packet({kind, now(), side, gateway, reason, packet});
    stop_when_finished();
  }
  void stop_when_finished() {
    if (application_->finished()) ns3::Simulator::Stop();
  }

 private:
  trial::Application* application_ = nullptr;
  std::int64_t origin_ = 0;
};

}  // namespace punchlab::sim_ns3
