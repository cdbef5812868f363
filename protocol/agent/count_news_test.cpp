// Counts `operator new` for this test program, in a file of its own so that calls are never inlined into a mismatch.
#include <cstdlib>
#include <new>

#include "protocol/agent/count_news.hpp"

namespace punchlab::agent {
namespace {
std::uint64_t news = 0;
}
std::uint64_t count_of_news() { return news; }
}  // namespace punchlab::agent

void* operator new(std::size_t size) {
  ++punchlab::agent::news;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}
// Sanitizers bring their own of this one, which would not match the `delete` below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++punchlab::agent::news;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
