#include "results/store/seal.hpp"

#include <fmt/format.h>

#include "results/store/sha256.hpp"

namespace punchlab::results {
namespace {

constexpr std::string_view kMember = ",\n \"sha256\": \"";
constexpr std::string_view kEnd = "\"\n}\n";
constexpr std::size_t kDigits = 64;

std::string seal_of(std::string_view body) { return fmt::format("{}{}{}", kMember, sha256_hex(body), kEnd); }

}  // namespace

std::string sealed(std::string_view object) {
  const auto body = object.substr(0, object.find_last_not_of(" \n", object.rfind('}') - 1) + 1);
  return std::string(body) + seal_of(body);
}

bool has_seal(std::string_view text) {
  const auto at = text.rfind(kMember);
  if (at == std::string_view::npos) return false;
  const auto seal = text.substr(at + kMember.size());
  return seal.size() == kDigits + kEnd.size() && seal.ends_with(kEnd) &&
         seal.find_first_not_of("0123456789abcdef") == kDigits;
}

bool seal_holds(std::string_view text) {
  const auto at = text.rfind(kMember);
  return at != std::string_view::npos && text.substr(at) == seal_of(text.substr(0, at));
}

}  // namespace punchlab::results
