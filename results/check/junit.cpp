// JUnit XML as Apache Ant's schema and that of the Jenkins xUnit plugin allow it: what both take, and nothing more.
#include <fmt/format.h>

#include "results/check/check_report.hpp"

namespace punchlab::results {
namespace {

/// Character data and attribute values; what XML 1.0 forbids becomes a question mark.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += byte < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string case_name(const CellKey& key) { return key.pooled() ? "all cells" : key.client + "," + key.connector; }

std::string suite_name(const CheckReport& report, const CellKey& key) {
  return report.scenario + "." + key.policy + (key.link.empty() ? "" : "." + key.link);
}

std::string failure(const CheckReport& report, const CellVerdict& cell) {
  std::string type, message, text;
  for (const Answer* answer : regressions_of(cell)) {
    if (type.empty()) {
      type = name_of(answer->measure);
      message = size_text(*answer, cell);
    }
    text += size_text(*answer, cell) + "\n";
    const auto why = cause(*answer, cell.baseline, cell.now);
    if (!why.empty()) text += "reason: " + why + "\n";
  }
  const auto again = again_text(report, cell);
  return fmt::format("<failure type=\"{}\" message=\"{}\">{}</failure>", escaped(type), escaped(message),
                     escaped(text + (again.empty() ? "" : "see: " + again + "\n")));
}

std::string test_case(const std::string& suite, const std::string& name, const std::string& content) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0.000\"{}\n", escaped(suite), escaped(name),
                     content.empty() ? "/>" : ">" + content + "</testcase>");
}

struct Suite {
  std::string name;
  std::string cases;
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::string said{};  ///< what is worth reading of cases that did not fail

  void add(const std::string& case_of, const std::string& failed) {
    ++tests;
    failures += failed.empty() ? 0 : 1;
    cases += test_case(name, case_of, failed);
  }
};

std::string to_xml(const Suite& suite, std::size_t id, const CheckReport& report) {
  const auto property = [](const char* name, const std::string& value) {
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escaped(value));
  };
  return fmt::format(
             "  <testsuite name=\"{}\" package=\"punchlab\" id=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
             "time=\"{:.3f}\" timestamp=\"{:.19}\" hostname=\"localhost\">\n    <properties>\n",
             escaped(suite.name), id, suite.tests, suite.failures, id == 0 ? report.seconds : 0.0, report.start) +
         property("seed", fmt::format("{}", report.seed)) + property("backend", report.backend) +
         property("trials", fmt::format("{}", report.trials)) + property("baseline", report.baseline) +
         property("command", report.command) + "    </properties>\n" + suite.cases + "    <system-out>" +
         escaped(suite.said) + "</system-out>\n    <system-err></system-err>\n  </testsuite>\n";
}

Suite& suite_of(std::vector<Suite>& suites, const std::string& name) {
  for (Suite& suite : suites)
    if (suite.name == name) return suite;
  return suites.emplace_back(Suite{name, {}});
}

}  // namespace

std::string to_junit(const CheckReport& report) {
  std::vector<Suite> suites;
  for (const CellVerdict& cell : report.cells) {
    Suite& suite = suite_of(suites, suite_name(report, cell.baseline.key));
    suite.add(case_name(cell.baseline.key), cell.worse() ? failure(report, cell) : "");
    for (const auto& doubt : doubts_of(report, cell)) suite.said += "undecided: " + doubt + "\n";
  }
  for (const auto& missed : report.missed)
    suite_of(suites, report.scenario + ".expect")
        .add(fmt::format("line {}", missed.line),
             fmt::format("<failure type=\"expectation\" message=\"{}\">{}</failure>", escaped(missed.text),
                         escaped(missed.measured)));
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (std::size_t id = 0; id < suites.size(); ++id) text += to_xml(suites[id], id, report);
  return text + "</testsuites>\n";
}

}  // namespace punchlab::results
