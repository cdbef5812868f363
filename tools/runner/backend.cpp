#include "tools/runner/backend.hpp"

#include "sim/memory/memory_world.hpp"
#include "sim/ns3/ns3_world.hpp"

namespace punchlab::runner {

std::optional<Backend> parse_backend(std::string_view name) {
  for (const auto backend : {Backend::ns3, Backend::memory})
    if (name == name_of(backend)) return backend;
  return std::nullopt;
}

std::string_view name_of(Backend backend) { return backend == Backend::ns3 ? "ns3" : "memory"; }

std::size_t chunk_of(Backend backend) {
  switch (backend) {
    case Backend::ns3:
    case Backend::memory: return 8;  // a world keeps its shape from trial to trial
  }
  return 1;
}

std::unique_ptr<trial::World> make_world(Backend backend) {
  return backend == Backend::ns3 ? sim_ns3::make_ns3_world() : memory::make_memory_world();
}

}  // namespace punchlab::runner
