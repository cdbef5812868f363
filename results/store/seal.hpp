#pragma once
// A seal on a JSON file of a run folder, so that damage and edits are noticed: the last member, "sha256", is the
// SHA-256 of all the text before it. Later formats keep it as it is: that a file was altered is told before its format
// is looked at, and a file of another version that nobody touched is not called altered.
#include <string>
#include <string_view>

namespace punchlab::results {

/// `object`, the text of a JSON object with at least one member, with the seal as its last.
std::string sealed(std::string_view object);

/// Whether `text` ends with a seal, of whatever text.
bool has_seal(std::string_view text);

/// Whether `text` ends with a seal that fits it to the byte.
bool seal_holds(std::string_view text);

}  // namespace punchlab::results
