// What the tests of allocations stand on: every form of operator new is counted, and operator delete is not.
#include <gtest/gtest.h>

#include <new>

#include "protocol/base/count_of_news.hpp"

namespace punchlab {
namespace {

TEST(CountOfNews, CountsEveryForm) {
  const auto before = count_of_news();
  ::operator delete(::operator new(1));
  EXPECT_EQ(count_of_news(), before + 1);
  ::operator delete(::operator new(1, std::nothrow), std::nothrow);
  EXPECT_EQ(count_of_news(), before + 2);
  ::operator delete[](::operator new[](1));
  EXPECT_EQ(count_of_news(), before + 3);
  ::operator delete[](::operator new[](1, std::nothrow), std::nothrow);
  EXPECT_EQ(count_of_news(), before + 4);
}

}  // namespace
}  // namespace punchlab
