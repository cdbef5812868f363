#include "tools/runner/backend.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "net/agents/programs.hpp"
#include "net/kernel/abilities.hpp"
#include "net/kernel/kernel_gateway.hpp"
#include "net/lab/abilities.hpp"
#include "net/lab/lab_world.hpp"
#include "sim/memory/memory_world.hpp"
#include "sim/ns3/ns3_world.hpp"

namespace punchlab::runner {
namespace {

/// Trials of real sockets at once, per processor, when they are in time (Admission): each takes a hundredth of one.
constexpr unsigned kWaitingTrials = 16;
/// The same where programs take the sides: a trial starts three of them.
constexpr unsigned kPrograms = 6;

std::unique_ptr<trial::World> make_sockets_world(lab::LabOptions options) {
  auto made = lab::make_lab_world(std::move(options));
  if (const auto* error = std::get_if<std::string>(&made)) throw std::runtime_error(*error);
  return std::move(std::get<0>(made));
}

}  // namespace

std::optional<Backend> parse_backend(std::string_view name) {
  for (const auto backend : {Backend::ns3, Backend::memory, Backend::sockets, Backend::sockets_kernel})
    if (name == name_of(backend)) return backend;
  return std::nullopt;
}

std::string_view name_of(Backend backend) {
  switch (backend) {
    case Backend::ns3:
      return "ns3";
    case Backend::memory:
      return "memory";
    case Backend::sockets:
      return "sockets";
    case Backend::sockets_kernel:
      return "sockets-kernel";
  }
  return "";
}

bool is_real(Backend backend) { return backend == Backend::sockets || backend == Backend::sockets_kernel; }

std::size_t chunk_of(Backend backend) {
  switch (backend) {
    case Backend::ns3:
    case Backend::memory:
      return 8;  // a world keeps its shape from trial to trial
    case Backend::sockets:
    case Backend::sockets_kernel:
      return 1;  // neighbours, alike in length, spread over the workers
  }
  return 1;
}

unsigned default_agent_jobs() { return kPrograms * default_jobs(Backend::ns3); }

unsigned default_jobs(Backend backend) {
  const auto processors = static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  return is_real(backend) ? std::min(kWaitingTrials * processors, 256U) : processors;
}

std::optional<Refusal> cannot_model(Backend backend, const trial::Plan& plan) {
  const auto world = is_real(backend) ? nullptr : make_world(backend);
  for (const auto& cell : plan.cells) {
    if (world && trial::has_agents(cell))
      return Refusal{&cell, "agents of a scenario are programs on real sockets; use --backend sockets"};
    auto reason = world                                ? world->cannot(cell)
                  : backend == Backend::sockets_kernel ? kernel::cannot_model(cell)
                                                       : lab::cannot_model(cell);
    if (reason) return Refusal{&cell, *std::move(reason)};
  }
  return std::nullopt;
}

std::optional<std::string> machine_lacks(Backend backend, const trial::Plan& plan) {
  if (!is_real(backend)) return std::nullopt;
  if (auto missing = agents::missing_program(agents::own_programs(), plan)) return missing;
  return backend == Backend::sockets_kernel ? kernel::machine_lacks() : lab::machine_lacks();
}

std::unique_ptr<trial::World> make_world(Backend backend) {
  switch (backend) {
    case Backend::ns3:
      return sim_ns3::make_ns3_world();
    case Backend::memory:
      return memory::make_memory_world();
    case Backend::sockets:
      return make_sockets_world({});
    case Backend::sockets_kernel:
      return make_sockets_world({.gateways = kernel::make_kernel_gateways()});
  }
  throw std::invalid_argument("no such backend");
}

}  // namespace punchlab::runner
