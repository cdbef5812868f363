#include "results/store/labels.hpp"

#include <array>
#include <utility>

namespace punchlab::results {

std::string link_label(const trial::Cell& cell) {
  const std::array<std::pair<const char*, const std::string*>, 3> sides{{{"client ", &cell.client.access.name},
                                                                         {"connector ", &cell.connector.access.name},
                                                                         {"relay ", &cell.relay.name}}};
  std::string common;
  std::string all;
  bool agree = true;
  for (const auto& [side, name] : sides) {
    if (name->empty()) continue;
    agree = agree && (common.empty() || common == *name);
    common = *name;
    all += (all.empty() ? "" : ", ") + (side + *name);
  }
  auto label = agree ? common : all;
  if (!cell.shared) return label;
  const auto& access = cell.shared->access.name;
  return label + (label.empty() ? "" : ", ") + "shared " + cell.shared->nat_name + (access.empty() ? "" : "/" + access);
}

}  // namespace punchlab::results
