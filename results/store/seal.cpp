#include "results/store/seal.hpp"

#include <fmt/format.h>

#include "results/store/sha256.hpp"

namespace punchlab::results {
namespace {

constexpr std::string_view kMember = ",\n \"sha256\": \"";

std::string seal_of(std::string_view body) { return fmt::format("{}{}\"\n}}\n", kMember, sha256_hex(body)); }

}  // namespace

std::string sealed(std::string_view object) {
  const auto body = object.substr(0, object.find_last_not_of(" \n", object.rfind('}') - 1) + 1);
  return std::string(body) + seal_of(body);
}

bool seal_holds(std::string_view text) {
  const auto at = text.rfind(kMember);
  return at != std::string_view::npos && text.substr(at) == seal_of(text.substr(0, at));
}

}  // namespace punchlab::results
