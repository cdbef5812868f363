// Cases
//  1. Paths that are no readable file: missing, a directory, a device, a folder in place of a file's folder.
//  2. A file without read permission (where permissions bind the user that runs the test).
//  3. Bytes that are no text: NUL, UTF-16, control characters; brackets nested without end; a file of 9 MB.
//  4. A mistake in a preset or a population is told with that file's own path and place.
//  5. Presets beside the scenario come before the shipped ones; a preset's name must be its file's.
//  6. A folder without presets, and a preset without a gateway, are problems for those who want profiles.
//  7. Line breaks in a value never break the one line of a problem.
//  8. Aliases that contain themselves, or that would be endless to write out, get an answer at once.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenarios/loader/scenario_files_for_test.hpp"

namespace punchlab::loader {
namespace {

class Files : public ScenarioFiles {};

TEST_F(Files, ThatAreNoFiles) {  // case 1
  EXPECT_EQ(problem_of(folder / "none.yaml"), "none.yaml: no such file; check the path");
  EXPECT_EQ(problem_of(folder / ""), ": a directory, not a file; name a file in it");
  EXPECT_EQ(problem_of("/dev/null"), "/dev/null: not a regular file; name a YAML file");
  write("s.yaml", scenario());
  EXPECT_NE(problem_of(folder / "s.yaml" / "t.yaml"), "");
  EXPECT_NE(problem_of(""), "");
}

TEST_F(Files, WithoutPermission) {  // case 2
  const auto file = write("s.yaml", scenario());
  ASSERT_EQ(chmod(file.c_str(), 0), 0);
  // Root reads everything; then the file must simply load.
  const bool readable = access(file.c_str(), R_OK) == 0;
  EXPECT_EQ(problem_of(file), readable ? "" : "s.yaml: cannot be read (Permission denied); check its permissions");
}

TEST_F(Files, ThatAreNoText) {  // case 3
  EXPECT_EQ(problem(std::string("na\0me: s\n", 9)), "s.yaml:1:3: not a text file; save it as UTF-8");
  EXPECT_EQ(problem("\xFF\xFEn"), "s.yaml:1:1: not a text file; save it as UTF-8");
  EXPECT_EQ(problem("name: s\nx: \x1B[2J\n"), "s.yaml:2:4: not a text file; save it as UTF-8");
  EXPECT_EQ(problem(std::string(100'000, '[')),
            "s.yaml:1:1: brackets or indentation nested too deeply; a scenario needs a few levels");
  EXPECT_EQ(problem(std::string(9'000'000, '#')), "s.yaml: larger than 8 MB; that is no scenario");
}

TEST_F(Files, MistakesInPresets) {  // case 4
  write("nats/mine.yaml", "name: mine\nmapping: none\n");
  EXPECT_EQ(problem("name: s\nclient: {nat: mine}\nconnector: {nat: open}\n"),
            "nats/mine.yaml:2:10: \"none\" is not a known mapping; the nearest is \"address-dependent\" (known: "
            "endpoint-independent, address-dependent, address-and-port-dependent)");
  write("populations/us.yaml", "name: us\nmembers:\n  - {nat: open, share: 40 %}\n");
  EXPECT_EQ(problem("name: s\nclient: {nat: {population: us}}\nconnector: {nat: open}\n"),
            "populations/us.yaml:3:3: the shares sum to 40 %; make it 100 %, or add rest: proportional");
}

TEST_F(Files, PresetsBesideTheScenario) {  // case 5
  write("nats/full-cone.yaml", "name: full-cone\nfiltering: address-dependent\n");
  const auto got = plan("name: s\nclient: {nat: full-cone}\nconnector: {nat: symmetric}\n");
  ASSERT_EQ(got.cells.size(), 1U);
  EXPECT_EQ(got.cells[0].client.nats.at(0).filtering, nat::Dependence::address_dependent);
  EXPECT_EQ(got.cells[0].connector.nats.at(0).mapping, nat::Dependence::address_and_port_dependent);
  write("nats/other.yaml", "name: else\n");
  EXPECT_EQ(problem("name: s\nclient: {nat: other}\nconnector: {nat: open}\n"),
            "nats/other.yaml:1:7: the NAT's name is \"else\" but its file is other.yaml; make them the same");
}

TEST_F(Files, Profiles) {  // case 6
  EXPECT_TRUE(std::holds_alternative<Problem>(load_nat_profiles(folder)));
  EXPECT_TRUE(std::holds_alternative<Problem>(load_nat_profiles(folder / "none")));
  EXPECT_TRUE(std::holds_alternative<Problem>(load_nat_profile(presets_directory() / "nats" / "open.yaml")));
  const auto result = load_nat_profile(presets_directory() / "nats" / "symmetric.yaml");
  ASSERT_TRUE(std::holds_alternative<nat::Profile>(result));
  EXPECT_EQ(std::get<nat::Profile>(result).port_allocation, nat::PortAllocation::random);
}

TEST_F(Files, ProblemsAreOneLine) {  // case 7
  EXPECT_EQ(problem("name: \"a\\nb\"\nclient: {nat: open}\nconnector: {nat: open}\n"),
            "s.yaml:1:7: \"a b\" is no scenario name; use up to 64 letters, digits, '.', '_' and '-', a letter or "
            "digit first");
}

TEST_F(Files, Aliases) {  // case 8
  EXPECT_EQ(problem("name: s\nclient: {nat: &a [[*a]]}\nconnector: {nat: open}\n"),
            "s.yaml:2:15: a NAT is a list; give one word or quantity");
  std::string bomb = "&a0 [x, x]";
  for (int i = 1; i < 40; ++i) bomb += fmt::format(", &a{} [*a{}, *a{}]", i, i - 1, i - 1);
  EXPECT_EQ(problem(scenario("expect: [{client: {not: [" + bomb + "]}, direct: 100 %}]\n")),
            "s.yaml:4:26: client is a list; give one word or quantity");
  EXPECT_NE(problem("name: s\nclient: {nat: [*b]}\nconnector: {nat: open}\n"), "");
  EXPECT_NE(problem("name: s\n? &c {a: *c}\n: 1\nclient: {nat: open}\nconnector: {nat: open}\n"), "");
}

}  // namespace
}  // namespace punchlab::loader
