#include "tools/cli/command.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <fstream>
#include <iostream>

namespace punchlab::cli {

namespace po = boost::program_options;

namespace {

/// A file of `key = value` lines for the options that the command line leaves out.
void read_config(const std::string& path, const po::options_description& options, po::variables_map& values) {
  std::ifstream file(path);
  if (!file) throw CommandError(kWrongUsage, fmt::format("--config {}: cannot read it", path));
  try {
    po::store(po::parse_config_file(file, options), values);
  } catch (const po::error& error) {
    throw CommandError(kWrongUsage, fmt::format("--config {}: {}", path, error.what()));
  }
}

}  // namespace

std::optional<po::variables_map> parse(const Syntax& syntax, const Arguments& arguments) {
  po::options_description all;
  all.add(syntax.options).add_options()("help,h", "this text");
  po::positional_options_description positional;
  if (!syntax.positional.empty()) positional.add(syntax.positional.c_str(), syntax.positional_count);
  po::variables_map values;
  try {
    // Guessing of abbreviated options is off: a new option must not change what an old command line means.
    const auto style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), values);
    if (values.count("help") > 0) {
      std::cout << "usage: " << syntax.usage << "\n\n" << syntax.about << "\n\n";
      syntax.options.print(std::cout, 30);
      std::cout << "\nexample:\n  " << syntax.example << "\n";
      return std::nullopt;
    }
    if (values.count("config") > 0) read_config(values["config"].as<std::string>(), syntax.options, values);
    po::notify(values);
  } catch (const po::error& error) {
    throw CommandError(kWrongUsage, fmt::format("{}\nusage: {}", error.what(), syntax.usage));
  }
  if (!syntax.positional.empty() && values.count(syntax.positional) == 0)
    throw CommandError(kWrongUsage, fmt::format("{} is missing\nusage: {}", syntax.positional, syntax.usage));
  return values;
}

}  // namespace punchlab::cli
