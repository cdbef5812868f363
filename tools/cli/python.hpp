#pragma once
#include <string>
#include <vector>

namespace punchlab::cli {

/// Runs a script of the source tree ("results/report/report.py") with Debian's own interpreter, which sees the packages
/// that drawing needs, and without our stdout, which is for results. An interrupt ends it. Its exit status, or -1 when
/// it could not be started or was killed.
int run_python(const std::string& script, const std::vector<std::string>& arguments);

/// The packages that every drawing needs, for messages.
inline constexpr const char* kPythonPackages = "python3-matplotlib, python3-jinja2, python3-numpy";

}  // namespace punchlab::cli
