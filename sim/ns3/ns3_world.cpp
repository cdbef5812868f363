#include "sim/ns3/ns3_world.hpp"

#include <ns3/boolean.h>
#include <ns3/rng-seed-manager.h>

#include <stdexcept>

#include "sim/ns3/event_list.hpp"
#include "sim/ns3/trial_network.hpp"

namespace punchlab::sim_ns3 {
namespace {

/// Trials of the process so far that had the simulator start again; networks built before the last are gone.
std::uint64_t& simulator_generation() {
  static std::uint64_t generation = 0;
  return generation;
}

/// Only Wi-Fi and cross traffic draw from ns-3's random variables, which `key` determines.
void restart_simulator(const RngKey& key) {
  ns3::Simulator::Destroy();
  ++simulator_generation();
  ns3::RngSeedManager::SetRun(SeededRng{key}.next());
  ns3::GlobalValue::Bind("ChecksumEnabled", ns3::BooleanValue(true));
  ns3::ObjectFactory events;
  events.SetTypeId(EventList::GetTypeId());
  ns3::Simulator::SetScheduler(events);
}

/// ns-3 counts events in 32 bits and orders equal times by that count: start again long before it wraps.
constexpr std::uint64_t kEventsPerSimulator = 2'000'000'000;

const ns3::Time kWarmUp = ns3::Seconds(1);

void refuse_ipv6(const trial::Topology& topology) {
  for (const auto& host : topology.hosts)
    for (const auto& address : host.addresses)
      if (!address.is_v4()) throw std::invalid_argument("the ns-3 backend carries IPv4 only");
}

class Ns3World final : public trial::World {
 public:
  Ns3World() = default;
  ~Ns3World() override {
    if (network_ && generation_ == simulator_generation()) Retire(true);
  }
  std::uint64_t run(const trial::Topology& topology, trial::Application& application, Time until,
                    const trial::WorldOptions& options) override;
  std::optional<std::string> cannot(const trial::Cell&) const override { return std::nullopt; }

 private:
  void Provide(const trial::Topology& topology, const trial::WorldOptions& options);
  std::uint64_t RunTrial(trial::Application& application, Time until);
  void Retire(bool for_good);

  TrialContext context_;
  std::unique_ptr<TrialNetwork> network_;
  std::uint64_t generation_ = 0;
};

std::uint64_t Ns3World::run(const trial::Topology& topology, trial::Application& application, Time until,
                            const trial::WorldOptions& options) {
  refuse_ipv6(topology);
  Provide(topology, options);
  try {
    const auto events = RunTrial(application, until);
    Retire(options.pcap || !network_->IsReusable());
    return events;
  } catch (...) {  // the application's: nothing of this trial may reach the next
    Retire(true);
    throw;
  }
}

void Ns3World::Provide(const trial::Topology& topology, const trial::WorldOptions& options) {
  const bool stale = generation_ != simulator_generation() || ns3::Simulator::GetEventCount() > kEventsPerSimulator;
  if (network_ && !options.pcap && !stale && network_->Fits(topology)) return network_->Reset(topology);
  network_ = nullptr;
  restart_simulator(topology.hosts[0].access.up.key);
  generation_ = simulator_generation();
  network_ = std::make_unique<TrialNetwork>(context_, topology);
  network_->Reset(topology);
  if (options.pcap) {
    std::filesystem::create_directories(*options.pcap);
    network_->EnablePcap(*options.pcap);
  }
  // What ns-3 does at time 0 to start its objects; and Wi-Fi stations associate, cross traffic finds its rhythm.
  const auto warm_up = network_->IsReusable() ? ns3::Time{} : kWarmUp;
  context_.prepare(warm_up);
  if (!network_->IsReusable()) ns3::Simulator::Stop(warm_up);
  ns3::Simulator::Run();
}

std::uint64_t Ns3World::RunTrial(trial::Application& application, Time until) {
  const auto before = ns3::Simulator::GetEventCount();
  context_.begin(application);
  auto limit = ns3::Simulator::Schedule(to_ns3(until - kTimeOrigin), static_cast<void (*)()>(&ns3::Simulator::Stop));
  application.start(kTimeOrigin, *network_);
  if (!application.finished()) ns3::Simulator::Run();
  context_.end();
  network_->CancelTimers();
  if (limit.IsRunning()) ns3::Simulator::Remove(limit);
  return ns3::Simulator::GetEventCount() - before;
}

void Ns3World::Retire(bool for_good) {
  if (!for_good) return ns3::Simulator::Run();  // packets still under way vanish on arrival
  context_.end();
  network_ = nullptr;
  restart_simulator({});  // closes the captures
}

}  // namespace

std::unique_ptr<trial::World> make_ns3_world() { return std::make_unique<Ns3World>(); }

}  // namespace punchlab::sim_ns3
