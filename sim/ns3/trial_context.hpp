#pragma once
// The trial under way, as the objects of the network see it: its clock, its application, and whether it is over.
#include "sim/ns3/ns3.hpp"
#include "sim/trial/network.hpp"

namespace punchlab::sim_ns3 {

class TrialContext {
 public:
  /// The trial will begin `until_start` from now; until then only the network itself is at work.
  void prepare(ns3::Time until_start) {
    origin_ = (ns3::Simulator::Now() + until_start).GetTimeStep();
    over_ = false;
  }
  /// From here on, `now()` counts from kTimeOrigin.
  void begin(trial::Application& application) {
    application_ = &application;
    prepare({});
  }
  /// What is still under way must disappear without a trace.
  void end() {
    application_ = nullptr;
    over_ = true;
  }
  bool over() const { return over_; }

  Time now() const { return kTimeOrigin + Duration{ns3::Simulator::Now().GetTimeStep() - origin_}; }
  trial::Application& application() { return *application_; }

  void report(trial::PacketEvent::Kind kind, trial::HostId side, std::uint8_t gateway, nat::Reason reason, Bytes packet,
              const nat::NatBox* box = nullptr, const trial::PacketEvent::Mapped* mapped = nullptr) {
    application_->on_packet({kind, now(), side, gateway, reason, packet, box, mapped});
    stop_when_finished();
  }
  void stop_when_finished() {
    if (application_->finished()) ns3::Simulator::Stop();
  }

 private:
  trial::Application* application_ = nullptr;
  std::int64_t origin_ = 0;
  bool over_ = true;
};

}  // namespace punchlab::sim_ns3
