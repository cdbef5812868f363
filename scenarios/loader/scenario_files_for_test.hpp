#pragma once
// For tests: a temporary folder of scenario files, and short words for loading them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "scenarios/loader/loader.hpp"

namespace punchlab::loader {

class ScenarioFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::string pattern = (std::filesystem::temp_directory_path() / "punchlab-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr) << test->name();
    folder = pattern;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }

  /// The plan of a scenario with this text; an empty one and a failure when there is a problem.
  trial::Plan plan(const std::string& text, const Overrides& overrides = {}) const {
    auto result = load(write("s.yaml", text), overrides);
    if (const auto* problem = std::get_if<Problem>(&result)) {
      ADD_FAILURE() << problem->to_string();
      return {};
    }
    return std::get<trial::Plan>(std::move(result));
  }

  /// What is wrong with it, without the folder: "s.yaml:3:5: ..."; empty when nothing is.
  std::string problem(const std::string& text, const Overrides& overrides = {}) const {
    return problem_of(write("s.yaml", text), overrides);
  }
  std::string problem_of(const std::filesystem::path& file, const Overrides& overrides = {}) const {
    const auto result = load(file, overrides);
    const auto* found = std::get_if<Problem>(&result);
    if (!found) return {};
    auto line = found->to_string();
    EXPECT_EQ(line.find('\n'), line.npos) << line;
    const auto prefix = folder.string() + "/";
    if (const auto at = line.find(prefix); at != line.npos) line.erase(at, prefix.size());
    return line;
  }

  std::filesystem::path folder;
};

/// A scenario that is right, to be made wrong or longer by what follows it (from line 4).
inline std::string scenario(const std::string& more = "") {
  return "name: s\nclient: {nat: full-cone}\nconnector: {nat: symmetric}\n" + more;
}

}  // namespace punchlab::loader
