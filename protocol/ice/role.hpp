#pragma once
// Which side nominates (RFC 8445 section 6.1.1).
#include <cstdint>

namespace punchlab::ice {

enum class Role : std::uint8_t { controlling, controlled };

constexpr Role opposite(Role r) { return r == Role::controlling ? Role::controlled : Role::controlling; }

}  // namespace punchlab::ice
