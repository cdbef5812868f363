// Behaviour discovery (RFC 5780) over real sockets through the real kernel, once for every shipped NAT that a kernel can
// be. All run at the same time, each in a process and namespaces of its own.
// 1. The kernel's result is NatBox's, line by line: mapping, filtering, preserved or random ports, no hairpin, both
//    timers, refresh. Timers are shortened (7 s until traffic is two-way for over 2 s, 10 s from then on): the kernel's
//    own, 30 s and 120 s, are proven by equal_to_model_test to be the profiles'.
// 2. An INPUT rule changes nothing where the profile says so: one-to-one and firewall, with and without it.
// 3. The comparison can fail: the kernel's masquerade is not what NatBox makes of another profile.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/kernel/kernel_gateway.hpp"
#include "net/kernel/profiles_for_test.hpp"
#include "net/lab/lab_world.hpp"
#include "sim/survey/discovery_application.hpp"
#include "sim/survey/nat_discovery.hpp"


namespace punchlab::kernel {
namespace {

using std::chrono::seconds;
constexpr Duration kLongest = seconds{12};

/// What discovery says from behind the kernel, or why it could not be asked.
std::string through_kernel(const nat::Profile& profile) {
  auto made = lab::make_lab_world({.gateways = make_kernel_gateways()});
  if (const auto* error = std::get_if<std::string>(&made)) return *error;
  auto cell = cell_behind(profile);
  // Answers take 200 ms, so that a late process asks after a mapping's end, not before it.
  cell.client.access.latency = cell.relay.latency = link::Distribution::constant(0.05);
  const auto topology = trial::draw_topology(cell, 1, 0);
  survey::DiscoveryApplication application(topology, 1, kLongest);
  std::get<0>(made)->run(topology, application, kTimeOrigin + seconds{290}, {});
  return application.finished() ? application.findings().to_text() : "it did not end";
}

/// A process that runs discovery and writes the result into a pipe.
class Survey {
 public:
  explicit Survey(const nat::Profile& profile) : profile_(profile) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      const auto text = through_kernel(profile);
      const auto written = write(ends[1], text.data(), text.size());
      _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    close(ends[1]);
    reader_ = lab::FileDescriptor(ends[0]);
  }
  const nat::Profile& profile() const { return profile_; }
  std::string result() {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t size; (size = read(reader_.get(), buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(size));
    int status = 0;
    waitpid(child_, &status, 0);
    return text;
  }

 private:
  nat::Profile profile_;
  pid_t child_ = -1;
  lab::FileDescriptor reader_;
};

/// Ports that are drawn at random are not to be compared.
std::string without_ports(const std::string& text) {
  const auto start = text.find("\nports: ");
  return start == std::string::npos ? text : text.substr(0, start) + text.substr(text.find('\n', start + 1));
}

nat::Profile shortened(nat::Profile profile) {
  if (profile.kernel == nat::KernelRules::one_to_one) return profile;  // nothing ends
  profile.timers.udp_unreplied = seconds{7};
  profile.timers.udp_replied = seconds{10};
  return profile;
}

TEST(Discovery, KernelAndModelSayTheSame) {
  std::vector<Survey> surveys;
  for (const auto& profile : kernel_profiles()) {
    surveys.emplace_back(shortened(profile));
    const bool no_input = profile.kernel == nat::KernelRules::one_to_one || profile.kernel == nat::KernelRules::firewall;
    if (!no_input) continue;
    auto unfiltered = shortened(profile);
    unfiltered.unsolicited_creates_state = true;
    surveys.emplace_back(unfiltered);
  }
  std::map<std::string, std::string> found;
  for (auto& survey : surveys) {
    const auto model = survey::discover(survey.profile(), 1, kLongest).to_text();
    const auto kernel = survey.result();
    EXPECT_EQ(without_ports(kernel), without_ports(model)) << survey.profile().name;
    EXPECT_NE(kernel.find("gateway: "), std::string::npos) << survey.profile().name;
    found[survey.profile().name] = without_ports(kernel);
  }
  EXPECT_NE(found["linux-masquerade"], found["linux-masquerade-random"]);
  EXPECT_NE(found["linux-masquerade"], found["linux-address-restricted"]);
  EXPECT_NE(found["linux-masquerade"], found["linux-changed-ports"]);
  EXPECT_NE(found["linux-masquerade-random"], found["linux-address-dependent"]);
}

}  // namespace
}  // namespace punchlab::kernel
