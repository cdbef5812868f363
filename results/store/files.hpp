#pragma once
// Small files written so that a reader, or a crash, never sees half of one.
#include <filesystem>
#include <string>
#include <string_view>

#include "results/store/result.hpp"

namespace punchlab::results {

/// "cannot write PATH: No space left on device"; `number` is an errno value.
Error io_error(std::string_view doing, const std::filesystem::path& path, int number);

/// Writes beside the file, syncs, and renames over it. The old content stays whole when anything fails.
Status replace_file(const std::filesystem::path& path, std::string_view content);

Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace punchlab::results
