#pragma once
// For tests: the shipped NATs that a kernel can be, and a place for each.
#include <stdexcept>

#include "scenarios/loader/loader.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::kernel {

inline std::vector<nat::Profile> kernel_profiles() {
  auto loaded = loader::load_nat_profiles(loader::presets_directory() / "nats");
  if (const auto* problem = std::get_if<loader::Problem>(&loaded)) throw std::runtime_error(problem->to_string());
  auto profiles = std::get<0>(std::move(loaded));
  std::erase_if(profiles, [](const auto& p) { return p.kernel == nat::KernelRules::none; });
  return profiles;
}

inline nat::Profile kernel_profile(const std::string& name) {
  for (auto& profile : kernel_profiles())
    if (profile.name == name) return profile;
  throw std::runtime_error("no kernel profile " + name);
}

/// A trial's cell with the same gateway on both sides.
inline trial::Cell cell_behind(const nat::Profile& profile) {
  trial::Cell cell;
  cell.client.nats = cell.connector.nats = {profile};
  return cell;
}

}  // namespace punchlab::kernel
