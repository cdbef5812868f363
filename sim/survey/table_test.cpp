// The table of NATs.
//
// 1. A row says what the profile declares, that discovery agrees, and which requirements are broken.
// 1b. What discovery does not find is named, and marked in the table: hairpinning of varying mappings, timers beyond
// its patience.
// 2. Columns line up; a row whose discovery differs says so, and why below the table.
#include "sim/survey/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punchlab::survey {
namespace {

using testing::HasSubstr;

nat::Profile symmetric() {
  nat::Profile p;
  p.name = "symmetric";
  p.mapping = nat::Dependence::address_and_port_dependent;
  p.port_allocation = nat::PortAllocation::random;
  return p;
}

TEST(Table, SaysWhatIsDeclaredAndFound) {
  const Row row = survey(symmetric(), 1);
  EXPECT_EQ(row.mapping, "address-and-port-dependent");
  EXPECT_EQ(row.port_allocation, "random");
  EXPECT_EQ(row.timers, "120 s / 300 s");
  EXPECT_THAT(row.found, HasSubstr("mapping: address-and-port-dependent\n"));
  EXPECT_TRUE(row.agrees());
  EXPECT_THAT(row.broken_requirements, testing::Contains(testing::StartsWith("REQ-1:")));
}

TEST(Table, MarksWhatDiscoveryDoesNotFind) {
  EXPECT_THAT(survey(symmetric(), 1).not_found, testing::ElementsAre("hairpinning"));
  nat::Profile lasting;
  EXPECT_THAT(survey(lasting, 1).not_found, testing::IsEmpty());
  lasting.timers.udp_unreplied = lasting.timers.udp_replied = std::chrono::hours{720};
  const Row row = survey(lasting, 1);
  EXPECT_EQ(row.timers, "30 d / 30 d");
  EXPECT_THAT(row.not_found, testing::ElementsAre("timers"));
  EXPECT_THAT(render(std::vector{row}),
              testing::AllOf(HasSubstr("  30 d / 30 d*  agrees"), HasSubstr("\n* as declared")));
}

TEST(Table, LeavesOutWhatDoesNotApply) {
  nat::Profile p;
  p.translates = false;
  EXPECT_EQ(survey(p, 1).mapping, "-");
  EXPECT_TRUE(survey(p, 1).agrees());
}

TEST(Table, LinesUpAndTellsDifferences) {
  std::vector<Row> rows;
  rows.push_back(survey(symmetric(), 1));
  nat::Profile other;
  other.name = "x";
  rows.push_back(survey(other, 1));
  rows[1].disagreements = {"filtering: declared a, found b"};
  const std::string text = render(rows);
  EXPECT_EQ(
      text,
      "NAT        mapping       filtering     ports     pooling      hairpinning       UDP timers     discovery  "
      "breaks "
      "RFC 4787\n"
      "symmetric  address+port  address+port  random    one address  external-source*  120 s / 300 s  agrees     REQ-1 "
      "REQ-8\n"
      "x          independent   address+port  preserve  one address  external-source   120 s / 300 s  DIFFERS    "
      "REQ-8\n"
      "* as declared: discovery cannot see it from one host behind this NAT, or not within 30 minutes\n"
      "x: filtering: declared a, found b\n");
}

}  // namespace
}  // namespace punchlab::survey
