#include "sim/ns3/ns3_world.hpp"

#include "sim/ns3/event_heap.hpp"
#include "sim/ns3/wire_network.hpp"

#include <ns3/boolean.h>

namespace punchlab::sim_ns3 {
namespace {

/// Trials of the process so far that had the simulator start again; networks built before the last are gone.
std::uint64_t& simulator_generation() {
  static std::uint64_t generation = 0;
  return generation;
}

void restart_simulator() {
  ns3::Simulator::Destroy();
  ++simulator_generation();
  ns3::GlobalValue::Bind("ChecksumEnabled", ns3::BooleanValue(true));
  ns3::ObjectFactory heap;
  heap.SetTypeId(EventHeap::GetTypeId());
  ns3::Simulator::SetScheduler(heap);
}

/// ns-3 counts events in 32 bits and orders equal times by that count: start again long before it wraps.
constexpr std::uint64_t kEventsPerSimulator = 2'000'000'000;

class Ns3World final : public trial::World {
 public:
  std::uint64_t run(const trial::Topology& topology, trial::Application& application, Time until,
                    const trial::WorldOptions& options) override;
  std::optional<std::string> cannot(const trial::Cell& cell) const override;

 private:
  void Provide(const trial::Topology& topology, bool fresh);
  std::uint64_t RunTrial(trial::Application& application, Time until);

  TrialContext context_;
  std::unique_ptr<WireNetwork> network_;
  std::uint64_t generation_ = 0;
};

std::uint64_t Ns3World::run(const trial::Topology& topology, trial::Application& application, Time until,
                            const trial::WorldOptions& options) {
  Provide(topology, options.pcap.has_value());
  network_->Reset(topology);
  if (options.pcap) {
    std::filesystem::create_directories(*options.pcap);
    network_->EnablePcap(*options.pcap);
  }
  const auto events = RunTrial(application, until);
  if (options.pcap) {
    network_ = nullptr;
    restart_simulator();  // closes the captures
  }
  return events;
}

void Ns3World::Provide(const trial::Topology& topology, bool fresh) {
  const bool stale = generation_ != simulator_generation() || ns3::Simulator::GetEventCount() > kEventsPerSimulator;
  if (network_ && !fresh && !stale && network_->Fits(topology)) return;
  network_ = nullptr;
  restart_simulator();
  generation_ = simulator_generation();
  network_ = std::make_unique<WireNetwork>(context_, topology);
  context_.end();
  ns3::Simulator::Run();  // what ns-3 does at time 0 to start its objects
}

std::uint64_t Ns3World::RunTrial(trial::Application& application, Time until) {
  const auto before = ns3::Simulator::GetEventCount();
  context_.begin(application);
  auto limit = ns3::Simulator::Schedule(to_ns3(until - kTimeOrigin), static_cast<void (*)()>(&ns3::Simulator::Stop));
  application.start(kTimeOrigin, *network_);
  if (!application.finished()) ns3::Simulator::Run();
  const auto events = ns3::Simulator::GetEventCount() - before;
  context_.end();
  network_->CancelTimers();
  if (limit.IsRunning()) ns3::Simulator::Remove(limit);
  ns3::Simulator::Run();  // packets still under way vanish on arrival
  return events;
}

std::optional<std::string> Ns3World::cannot(const trial::Cell&) const { return std::nullopt; }

}  // namespace

std::unique_ptr<trial::World> make_ns3_world() { return std::make_unique<Ns3World>(); }

}  // namespace punchlab::sim_ns3
