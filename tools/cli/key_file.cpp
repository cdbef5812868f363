#include "tools/cli/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "tools/cli/command.hpp"

namespace punchlab::cli {
namespace {

constexpr const char* kFirstLine = "punchlab secret key";

std::string hex(std::span<const std::uint8_t, session::kKeySize> bytes) {
  std::array<char, session::kKeySize * 2 + 1> text{};
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

bool from_hex(const std::string& text, std::span<std::uint8_t, session::kKeySize> out) {
  std::size_t size = 0;
  return text.size() == out.size() * 2 && sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, nullptr) == 0 &&
         size == out.size();
}

}  // namespace

std::string to_text(const session::PublicKey& key) { return hex(key.bytes); }

session::PublicKey public_key_of(const std::string& option, const std::string& text) {
  session::PublicKey key;
  if (!from_hex(text, key.bytes))
    throw CommandError(kWrongUsage, fmt::format("--{} {}: it must be the 64 digits that 'punchlab keys' prints", option, text));
  return key;
}

void write_key_file(const std::string& path, const session::KeyPair& keys) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) throw CommandError(kWrongUsage, fmt::format("{} is there already; it is left as it was", path));
  if (fd < 0) throw CommandError(kMachineLacks, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  auto text = fmt::format("{}\n{}\n", kFirstLine, hex(keys.secret.bytes()));
  const bool whole = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  sodium_memzero(text.data(), text.size());
  if (whole) return;
  unlink(path.c_str());
  throw CommandError(kMachineLacks, fmt::format("cannot write {}: {}", path, std::strerror(error)));
}

session::KeyPair read_key_file(const std::string& path) {
  std::ifstream file(path);
  std::string first, second;
  if (!file || !std::getline(file, first)) throw CommandError(kWrongUsage, fmt::format("--key {}: cannot read it; 'punchlab keys {}' makes one", path, path));
  std::getline(file, second);
  session::SecretKey secret;
  if (first != kFirstLine || !from_hex(second, secret.writable())) throw CommandError(kWrongUsage, fmt::format("--key {}: it is no key file", path));
  sodium_memzero(second.data(), second.size());
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    throw CommandError(kWrongUsage, fmt::format("--key {}: others may read it; 'chmod 600 {}' ends that, and a new key is better", path, path));
  return session::KeyPair::from_secret(secret);
}

}  // namespace punchlab::cli
