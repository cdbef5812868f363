#include "net/lab/captures.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>

namespace punchlab::lab {
namespace {

constexpr std::array<const char*, trial::kPlaces> kNames{"client", "connector", "relay", "shared"};

/// Headers of draft-ietf-opsawg-pcap, with times in nanoseconds, in the machine's byte order.
struct FileHeader {
  std::uint32_t magic = 0xA1B23C4D;
  std::uint16_t major = 2;
  std::uint16_t minor = 4;
  std::uint32_t reserved[2] = {};
  std::uint32_t longest = 65535;
  std::uint32_t link_type = 101;  ///< raw IP
};
struct PacketHeader {
  std::uint32_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::uint32_t captured = 0;
  std::uint32_t length = 0;
};

}  // namespace

Captures::File Captures::open(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "wbe"));
  const FileHeader header;
  if (!file || std::fwrite(&header, sizeof header, 1, file.get()) != 1)
    throw std::system_error(errno, std::generic_category(), "write " + path.string());
  return file;
}

Captures::Captures(const std::filesystem::path& folder, const trial::Topology& topology)
    : start_(std::chrono::system_clock::now().time_since_epoch()) {
  std::filesystem::create_directories(folder);
  for (std::size_t place = 0; place < trial::kPlaces; ++place) {
    const auto id = static_cast<trial::HostId>(place);
    if (!topology.has(id)) continue;
    for (std::size_t hop = 0; hop <= topology.host(id).gateways.size(); ++hop)
      for (const char* end : {"-inner", "-outer"})
        files_[place].push_back(open(folder / (kNames[place] + ("-" + std::to_string(hop)) + end + ".pcap")));
  }
}

void Captures::add(Duration since_start, trial::HostId side, std::size_t hop, bool inner, Bytes packet) {
  std::FILE* file = files_[static_cast<std::size_t>(side)][2 * hop + (inner ? 0 : 1)].get();
  const auto at = start_ + since_start;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto size = static_cast<std::uint32_t>(packet.size());
  const PacketHeader header{static_cast<std::uint32_t>(seconds.count()),
                            static_cast<std::uint32_t>((at - seconds).count()), size, size};
  if (std::fwrite(&header, sizeof header, 1, file) != 1 || std::fwrite(packet.data(), 1, size, file) != size)
    throw std::system_error(errno, std::generic_category(), "write a capture");
}

}  // namespace punchlab::lab
