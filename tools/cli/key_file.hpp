#pragma once
// A peer's key pair as a file, and public keys as text: 64 hexadecimal digits.
#include <string>

#include "protocol/session/keys.hpp"

namespace punchlab::cli {

std::string to_text(const session::PublicKey& key);
/// Throws CommandError (wrong usage), naming `option`, when `text` is no public key.
session::PublicKey public_key_of(const std::string& option, const std::string& text);
/// Writes a new file that only its owner may read. Throws CommandError when there is a file already, or it cannot be written.
void write_key_file(const std::string& path, const session::KeyPair& keys);
/// Throws CommandError when it cannot be read, is no key file, or others may read it.
session::KeyPair read_key_file(const std::string& path);

}  // namespace punchlab::cli
