#pragma once
#include <nettle/sha2.h>

#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace punchlab::results {

/// SHA-256 (FIPS 180-4) of what is added piece by piece.
class Sha256 {
 public:
  Sha256() { sha256_init(&context_); }
  void add(Bytes bytes) { sha256_update(&context_, bytes.size(), bytes.data()); }
  /// Of all that was added since the last call, in lower-case hexadecimal.
  std::string hex();

 private:
  sha256_ctx context_;
};

std::string sha256_hex(std::string_view text);

}  // namespace punchlab::results
