#include "tools/runner/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace punchlab::runner {
namespace {

constexpr std::uint64_t kWidth = 32;  ///< of the bar, in characters
constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLine{5};

std::string bar(std::uint64_t done, std::uint64_t total) {
  const auto full = total == 0 ? kWidth : done * kWidth / total;
  std::string text;
  for (std::uint64_t i = 0; i < kWidth; ++i) text += i < full ? "█" : "░";
  return text;
}

}  // namespace

Progress::Progress(std::uint64_t total, std::uint64_t done)
    : total_(total),
      done_(done),
      first_(done),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(SteadyClock::now()),
      last_(start_) {}

double Progress::rate() const {
  const auto seconds = std::chrono::duration<double>(SteadyClock::now() - start_).count();
  return static_cast<double>(done_ - first_) / std::max(seconds, 1e-3);
}

void Progress::update() {
  const auto now = SteadyClock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(kRedraw) : std::chrono::milliseconds(kLine))) return;
  last_ = now;
  draw();
}

void Progress::draw() {
  const double speed = rate();
  const auto left = static_cast<double>(total_ - std::min(done_, total_)) / std::max(speed, 1e-3);
  const auto numbers = fmt::format("{} of {} trials, {:.0f}/s", done_, total_, speed);
  if (terminal_)
    fmt::print(stderr, "\r{}  {}, {:.0f} s left \x1b[K", bar(done_, total_), numbers, left);
  else
    fmt::print(stderr, "{}\n", numbers);
  std::fflush(stderr);
}

void Progress::finish() {
  draw();
  if (terminal_) fmt::print(stderr, "\n");
}

}  // namespace punchlab::runner
