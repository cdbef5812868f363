#pragma once
// Finds NATs and populations that a scenario names, as files beside the scenario or among the shipped ones.
#include <map>
#include <string>

#include "scenarios/loader/nat_section.hpp"

namespace punchlab::loader {

class Presets {
 public:
  /// `near` is the scenario's folder, `shipped` that of the project; each may hold `nats/` and `populations/`.
  Presets(std::filesystem::path near, std::filesystem::path shipped, Report& report);
  /// Only what is in `texts`.
  Presets(const std::vector<trial::PresetText>& texts, Report& report);

  /// The NAT that the word `where` names; fails there when no folder has it.
  NatDefinition nat(const Value& where);
  /// The document of the population that `where` names.
  std::optional<Value> population(const Value& where);
  /// What has been used so far, by name.
  std::vector<trial::PresetText> used() const;

 private:
  std::optional<Value> open(const Value& where, const char* folder, const char* what);
  std::vector<std::string> names(const char* folder) const;

  std::vector<std::filesystem::path> roots_;
  bool from_texts_ = false;
  std::map<std::string, std::string> texts_;  ///< those to use, or those used, by name
  Report& report_;
  std::map<std::string, NatDefinition> nats_;
};

/// The NAT of one preset file, whose `name` must be the file's.
std::optional<NatDefinition> read_nat_file(const std::filesystem::path& file, Report& report);

/// The *.yaml files of a folder, sorted by name; none when there is no such folder.
std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& folder);

}  // namespace punchlab::loader
