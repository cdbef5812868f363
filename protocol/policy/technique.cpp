#include "protocol/policy/technique.hpp"

#include <array>

#include "protocol/policy/technique_list.hpp"

namespace punchlab {

std::span<const Technique* const> techniques() {
  static const std::array<const Technique*, 2> all{&low_ttl_opener(), &port_prediction()};
  return all;
}

const Technique* find_technique(std::string_view name) {
  for (const auto* technique : techniques())
    if (technique->name() == name) return technique;
  return nullptr;
}

}  // namespace punchlab
