#include "scenarios/loader/presets.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/loader/scalars.hpp"

namespace punchlab::loader {
namespace {

namespace fs = std::filesystem;

NatDefinition read_nat_document(const Value& document, const fs::path& file) {
  const Section section{document, "a NAT", nat_keys()};
  NatDefinition definition;
  read_nat(section, definition);
  const auto expected = file.stem().string();
  if (const auto* name = section.find("name"); name && definition.profile.name != expected)
    name->fail(fmt::format("the NAT's name is \"{}\" but its file is {}.yaml; make them the same",
                           definition.profile.name, expected));
  return definition;
}

/// Presets by their `order`, then by name.
bool comes_before(const NatDefinition& a, const NatDefinition& b) {
  return a.order != b.order ? a.order < b.order : a.profile.name < b.profile.name;
}

/// Fails, and says so, where a path stands instead of a name.
bool refuse_path(const Value& where, const char* folder, const char* what) {
  const fs::path path = where.text(fmt::format("{} name", what));
  if (!path.has_parent_path() && path.extension() != ".yaml") return false;
  where.fail(fmt::format("\"{}\" is a path; put the {} into {}/{}.yaml beside the scenario and write {}", path.string(),
                         what, folder, path.stem().string(), path.stem().string()));
  return true;
}

}  // namespace

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".yaml") files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<NatDefinition> read_nat_file(const fs::path& file, Report& report) {
  const auto found = read_file(file, report);
  if (!found) return std::nullopt;
  return read_nat_document(found->root, file);
}

Presets::Presets(fs::path near, fs::path shipped, Report& report)
    : roots_{std::move(near), std::move(shipped)}, report_(report) {}

Presets::Presets(const std::vector<trial::PresetText>& texts, Report& report) : from_texts_(true), report_(report) {
  for (const auto& preset : texts) texts_[preset.name] = preset.text;
}

std::vector<trial::PresetText> Presets::used() const {
  std::vector<trial::PresetText> out;
  for (const auto& [name, text] : texts_) out.push_back({name, text});
  return out;
}

std::vector<std::string> Presets::names(const char* folder) const {
  std::vector<std::string> out;
  for (const auto& root : roots_)
    for (const auto& file : yaml_files(root / folder)) out.push_back(file.stem().string());
  for (const auto& entry : texts_)
    if (const fs::path path = entry.first; path.parent_path() == folder) out.push_back(path.stem().string());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::optional<Value> Presets::open(const Value& where, const char* folder, const char* what) {
  if (refuse_path(where, folder, what)) return std::nullopt;
  const auto name = read_name(where, fmt::format("{} name", what));
  const auto key = fmt::format("{}/{}.yaml", folder, name);
  std::error_code error;
  std::optional<File> found;
  for (const auto& root : roots_) {
    const auto file = root / key;
    if (!where.ok() || !fs::exists(file, error)) continue;
    found = read_file(file, report_);
    if (!found) return std::nullopt;
    texts_[key] = found->text;
    return found->root;
  }
  if (const auto text = texts_.find(key); from_texts_ && text != texts_.end()) {
    found = parse_file(key, text->second, report_);
    return found ? std::optional{found->root} : std::nullopt;
  }
  where.fail(fmt::format("no {} named \"{}\"; {}", what, name, suggest(name, names(folder))));
  return std::nullopt;
}

NatDefinition Presets::nat(const Value& where) {
  const auto key = where.text("a NAT");
  if (const auto known = nats_.find(key); known != nats_.end()) return known->second;
  const auto document = open(where, "nats", "NAT");
  if (!document) return {};
  return nats_[key] = read_nat_document(*document, document->path());
}

std::optional<Value> Presets::population(const Value& where) { return open(where, "populations", "population"); }

std::variant<std::vector<nat::Profile>, Problem> load_nat_profiles(const fs::path& directory) {
  Report report;
  std::vector<NatDefinition> definitions;
  const auto files = yaml_files(directory);
  if (files.empty()) return Problem{directory.string(), 0, 0, "holds no NAT presets (*.yaml); check the path"};
  for (const auto& file : files)
    if (auto definition = read_nat_file(file, report)) definitions.push_back(std::move(*definition));
  if (report.first()) return *report.first();
  std::sort(definitions.begin(), definitions.end(), comes_before);
  std::vector<nat::Profile> profiles;
  for (auto& definition : definitions)
    if (definition.gateway) profiles.push_back(std::move(definition.profile));
  return profiles;
}

std::variant<nat::Profile, Problem> load_nat_profile(const fs::path& file) {
  Report report;
  const auto definition = read_nat_file(file, report);
  if (report.first()) return *report.first();
  if (!definition->gateway) return Problem{file.string(), 1, 1, "is no gateway (gateway: none) and has no profile"};
  return definition->profile;
}

}  // namespace punchlab::loader
