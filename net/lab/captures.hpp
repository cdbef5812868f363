#pragma once
// One capture file per interface of the lab: each end of each link, named as ns-3's captures are ("client-0-inner" is
// the client host's own interface, "client-0-outer" what it is plugged into, and so on towards the core).
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "sim/trial/topology.hpp"

namespace punchlab::lab {

class Captures {
 public:
  /// Opens the files in `folder`, which is made; throws std::system_error.
  Captures(const std::filesystem::path& folder, const trial::Topology& topology);

  /// `packet` passed, `since_start` of the capture, the inner or outer end of the side's link number `hop`.
  void add(Duration since_start, trial::HostId side, std::size_t hop, bool inner, Bytes packet);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  static File open(const std::filesystem::path& path);

  Duration start_;                                       ///< since 1970
  std::array<std::vector<File>, trial::kPlaces> files_;  ///< per side: inner and outer end of each link
};

}  // namespace punchlab::lab
