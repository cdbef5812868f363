// From a path to a parsed YAML document, with one clear sentence for each way in which that can go wrong.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "scenarios/loader/value.hpp"

namespace punchlab::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 8'000'000;

/// Why the path cannot be read as a file; empty when it can.
std::string obstacle(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return "no such file; check the path";
  if (error) return fmt::format("cannot be read ({})", error.message());
  if (fs::is_directory(status)) return "a directory, not a file; name a file in it";
  if (!fs::is_regular_file(status)) return "not a regular file; name a YAML file";
  if (fs::file_size(path, error) > kLargestFile && !error) return "larger than 8 MB; that is no scenario";
  return {};
}

std::optional<std::string> read_text(const fs::path& path, Report& report) {
  auto why = obstacle(path);
  if (why.empty()) {
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.is_open() && !in.bad()) return text;
    why = fmt::format("cannot be read ({}); check its permissions", std::strerror(errno));
  }
  report.add({path.string(), 0, 0, why});
  return std::nullopt;
}

/// Length of the UTF-8 sequence (RFC 3629) that starts here; 0 when none does. Overlong ones are left to YAML.
std::size_t sequence_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  return length;
}

/// What YAML would accept or misread but a person would not see: byte order marks, control characters, tabs that
/// indent.
void check_characters(const std::string& text, const std::string& path, Report& report) {
  if (text.starts_with("\xEF\xBB\xBF"))
    return report.add({path, 1, 1, "the file starts with a byte order mark; save it as UTF-8 without one"});
  Problem place{path, 1, 0, ""};
  bool indent = true;
  std::size_t at = 0, covered = 0;  // by the last whole UTF-8 sequence
  for (const char c : text) {
    ++place.column;
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\t' && indent) place.text = "a tab indents this line; use spaces";
    const bool continues = (byte & 0xC0) == 0x80 && at < covered;
    if (!continues) covered = at + sequence_at(std::string_view(text).substr(at));
    if ((byte < 0x20 && !std::strchr("\t\n\r", c)) || byte == 0 || covered <= at)
      place.text = "not a text file; save it as UTF-8";
    ++at;
    if (!place.text.empty()) return report.add(place);
    if (c != ' ') indent = false;
    if (c == '\n') place = {path, place.line + 1, 0, ""}, indent = true;
  }
}

std::string sentence_of(const YAML::ParserException& e) {
  return fmt::format("not YAML: {}; check indentation, brackets and quotes", e.msg);
}

std::optional<YAML::Node> parse(const std::string& text, const std::string& path, Report& report) {
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() == 1 && !documents[0].IsNull()) return documents[0];
    report.add({path, 1, 1,
                documents.size() > 1 ? "the file holds several YAML documents; keep one"
                                     : "the file is empty; see docs/scenarios.md"});
  } catch (const YAML::DeepRecursion&) {
    report.add({path, 1, 1, "brackets or indentation nested too deeply; a scenario needs a few levels"});
  } catch (const YAML::ParserException& e) {
    report.add({path, e.mark.line + 1, e.mark.column + 1, sentence_of(e)});
  } catch (const YAML::Exception& e) {
    report.add({path, 1, 1, fmt::format("not YAML: {}", e.msg)});
  }
  return std::nullopt;
}

}  // namespace

std::optional<File> read_file(const fs::path& path, Report& report) {
  const auto text = read_text(path, report);
  return text ? parse_file(path, *text, report) : std::nullopt;
}

std::optional<File> parse_file(const fs::path& path, const std::string& text, Report& report) {
  const auto name = std::make_shared<const std::string>(path.string());
  check_characters(text, *name, report);
  if (!report.ok()) return std::nullopt;
  const auto node = parse(text, *name, report);
  if (!node) return std::nullopt;
  return File{{*node, node->Mark(), name, report}, text};
}

}  // namespace punchlab::loader
