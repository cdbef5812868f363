// Trials of programs in the lab. Needs user namespaces and /dev/net/tun, as the lab's own tests. Cases:
//  1. Another program has the relay's port, of UDP or of TCP: the trial's fault, by the name that trials of our core give it,
//     whichever server is the relay.
//  2. Control: the next trial has a host made anew, in which the port is free; there it is the relay that does not start.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>

#include "net/agents/pair_trial.hpp"
#include "net/lab/socket_address.hpp"

namespace punchlab::agents {
namespace {

namespace fs = std::filesystem;

/// A relay that ends at once, and drivers that wait for it.
class PairTrials : public testing::Test {
 protected:
  PairTrials() {
    fs::create_directory(folder_);
    std::ofstream(driver_) << "#!/bin/sh\nexec sleep 60\n";
    fs::permissions(driver_, fs::perms::owner_all);
    auto made = lab::make_lab_world();
    if (const auto* error = std::get_if<std::string>(&made)) throw std::runtime_error(*error);
    world_ = std::move(std::get<0>(made));
    cell_.client.agent.name = cell_.connector.agent.name = driver_.string();
    cell_.timeout = std::chrono::seconds{1};
  }
  ~PairTrials() override { fs::remove_all(folder_); }

  std::string reason() { return run_pair(*world_, cell_, {"/bin/false", folder_}, 1, 0).reason; }

  lab::FileDescriptor taken_port_of_the_relay(int type) {
    const auto topology = trial::draw_topology(cell_, 1, 0);
    world_->assign_addresses(topology);
    lab::FileDescriptor taken(
        world_->network_namespace(trial::HostId::relay).inside([&] { return socket(AF_INET, type, 0); }));
    const auto address =
        lab::to_sockaddr({topology.host(trial::HostId::relay).addresses.front(), trial::kRelayPort});
    EXPECT_EQ(bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return taken;
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("pair_trial_test." + std::to_string(getpid()));
  const fs::path driver_ = folder_ / "driver";
  std::unique_ptr<lab::LabWorld> world_;
  trial::Cell cell_;
};

TEST_F(PairTrials, NameAPortThatIsInUse) {
  for (const auto server : {trial::RelayServer::punchlab, trial::RelayServer::coturn})
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
      cell_.relay_server = server;
      const auto taken = taken_port_of_the_relay(type);
      EXPECT_EQ(reason(), "relay-port-in-use");
      cell_.relay_server = trial::RelayServer::punchlab;
      EXPECT_EQ(reason(), "relay-not-started");
    }
}

}  // namespace
}  // namespace punchlab::agents
