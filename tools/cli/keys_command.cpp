// punchlab keys: who a peer is.
#include <fmt/format.h>

#include "net/host/system_rng.hpp"
#include "tools/cli/key_file.hpp"
#include "tools/cli/command.hpp"

namespace punchlab::cli {

namespace po = boost::program_options;

int keys_command(const Arguments& arguments) {
  Syntax syntax{
      .usage = "punchlab keys FILE [--show]",
      .about = "Makes a key pair, writes it to FILE, which nobody else may read, and prints the public key: the name under "
               "which other peers reach this one. With --show: prints the public key of a file that is there.",
      .example = "punchlab keys me.key",
      .options = po::options_description("options"),
      .positional = "file",
  };
  syntax.options.add_options()("file", po::value<std::string>(), "the key file")(
      "show", po::bool_switch(), "print the public key of FILE");
  const auto values = parse(syntax, arguments);
  if (!values) return kFine;
  const auto& path = (*values)["file"].as<std::string>();
  if ((*values)["show"].as<bool>()) {
    fmt::print("{}\n", to_text(read_key_file(path).public_key));
    return kFine;
  }
  net::SystemRng rng;
  const auto keys = session::KeyPair::generate(rng);
  write_key_file(path, keys);
  fmt::print("{}\n", to_text(keys.public_key));
  return kFine;
}

}  // namespace punchlab::cli
