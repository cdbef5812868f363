#include <fmt/format.h>

#include "scenarios/loader/loader.hpp"

namespace punchlab::loader {

std::string Problem::to_string() const {
  if (line == 0) return fmt::format("{}: {}", path, text);
  return fmt::format("{}:{}:{}: {}", path, line, column, text);
}

std::filesystem::path presets_directory() { return PUNCHLAB_SCENARIOS_DIR; }

}  // namespace punchlab::loader
