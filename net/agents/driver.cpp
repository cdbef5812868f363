#include "net/agents/driver.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

namespace punchlab::agents {
namespace {

namespace fs = std::filesystem;

/// Standard streams of the program: nothing to read, and files to print to.
int run(const Command& command, const fs::path& out, const fs::path& error) {
  setsid();
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  const int files[] = {open("/dev/null", O_RDONLY), open(out.c_str(), kWrite, 0600), open(error.c_str(), kWrite, 0600)};
  for (int i = 0; i < 3; ++i)
    if (files[i] < 0 || dup2(files[i], i) < 0) return 126;
  for (const int file : files)
    if (file > 2) close(file);
  return lab::execute(command);
}

std::uintmax_t size_of(const fs::path& path) {
  std::error_code missing;
  const auto size = fs::file_size(path, missing);
  return missing ? 0 : size;
}

std::string text_of(const fs::path& path, std::size_t from = 0) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(from));
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Driver::Driver(const lab::NetworkNamespace& host, const Command& command, fs::path directory, std::string name)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      program_(host, [&] { return run(command, file("json"), file("err")); }) {}

bool Driver::exists(const char* kind) const {
  std::error_code error;
  return fs::exists(file(kind), error);
}

void Driver::go() const { std::ofstream(file("go")).close(); }

std::optional<DriverReport> Driver::report() const { return parse_report(text_of(file("json"))); }

bool Driver::floods() const {
  return size_of(file("json")) > kMostOutput || size_of(file("err")) > kMostOutput || size_of(file("out")) > kMostOutput;
}

std::string Driver::heard() {
  const auto out = file("out");
  if (size_of(out) <= read_) return {};
  auto text = text_of(out, read_);
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: no whole line
  read_ += text.size();
  return text;
}

void Driver::tell(const std::string& lines) const { std::ofstream(file("in"), std::ios::app | std::ios::binary) << lines; }

}  // namespace punchlab::agents
