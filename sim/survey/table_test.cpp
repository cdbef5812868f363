// The table of NATs.
//
// 1. A row says what the profile declares, that discovery agrees, and which requirements are broken.
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
      "NAT        mapping       filtering     ports     pooling      hairpinning      UDP timers     discovery  breaks "
      "RFC 4787\n"
      "symmetric  address+port  address+port  random    one address  external-source  120 s / 300 s  agrees     REQ-1 "
      "REQ-8\n"
      "x          independent   address+port  preserve  one address  external-source  120 s / 300 s  DIFFERS    REQ-8\n"
      "x: filtering: declared a, found b\n");
}

}  // namespace
}  // namespace punchlab::survey
