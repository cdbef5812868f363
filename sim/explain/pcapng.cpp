#include "sim/explain/pcapng.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>

#include "sim/explain/words.hpp"

namespace punchlab::explain {
namespace {

using trial::HostId;
using Kind = trial::PacketEvent::Kind;

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kLinkRaw = 101;
constexpr std::uint16_t kComment = 1;      // of any block
constexpr std::uint16_t kApplication = 4;  // of the section
constexpr std::uint16_t kName = 2;         // of an interface
constexpr std::uint16_t kResolution = 9;   // of an interface: 10 to the minus what follows

/// Little-endian, as the section header's magic says.
class Block {
 public:
  explicit Block(std::uint32_t type) {
    u32(type);
    u32(0);  // length, when it is known
  }
  void u16(std::uint16_t v) {
    bytes_.push_back(static_cast<std::uint8_t>(v));
    bytes_.push_back(static_cast<std::uint8_t>(v >> 8));
  }
  void u32(std::uint32_t v) {
    u16(static_cast<std::uint16_t>(v));
    u16(static_cast<std::uint16_t>(v >> 16));
  }
  void padded(Bytes content) {
    bytes_.insert(bytes_.end(), content.begin(), content.end());
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
  }
  void option(std::uint16_t code, std::string_view text) {
    u16(code);
    u16(static_cast<std::uint16_t>(text.size()));
    padded({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  void append_to(std::vector<std::uint8_t>& out) {
    u32(0);  // end of options
    const auto size = static_cast<std::uint32_t>(bytes_.size() + 4);
    u32(size);
    for (std::size_t i = 0; i < 4; ++i) bytes_[4 + i] = static_cast<std::uint8_t>(size >> (8 * i));
    out.insert(out.end(), bytes_.begin(), bytes_.end());
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

class Capture {
 public:
  explicit Capture(const Recording& recording) {
    Block header(kSectionHeader);
    header.u32(0x1A2B3C4D);
    header.u16(1);  // version 1.0
    header.u16(0);
    header.u32(0xFFFFFFFF);  // section length: not given
    header.u32(0xFFFFFFFF);
    header.option(kApplication, "punchlab explain");
    header.append_to(out_);
    for (const auto side : {HostId::client, HostId::connector, HostId::relay, HostId::shared}) {
      if (!recording.topology.has(side)) continue;
      if (side != HostId::shared) add_interface(side, -1, name_of(side));
      for (std::size_t g = 0; g <= recording.topology.host(side).gateways.size(); ++g)
        add_interface(side, static_cast<int>(g),
                      g == recording.topology.host(side).gateways.size() ? name_of(side) + "'s access link"
                                                                         : name_of(recording, side, g));
    }
  }

  void add(const Event& event, const std::string& comment) {
    const bool at_host = event.kind == Kind::sent || event.kind == Kind::delivered || event.kind == Kind::ignored;
    const auto place = interfaces_.find({event.side, at_host ? -1 : static_cast<int>(event.gateway)});
    const auto ns = static_cast<std::uint64_t>(event.at.time_since_epoch().count());
    const auto size = static_cast<std::uint32_t>(event.packet.size());
    Block block(kEnhancedPacket);
    block.u32(place->second);
    block.u32(static_cast<std::uint32_t>(ns >> 32));
    block.u32(static_cast<std::uint32_t>(ns));
    block.u32(size);
    block.u32(size);
    block.padded(event.packet);
    block.option(kComment, comment);
    block.append_to(out_);
  }

  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  void add_interface(HostId side, int gateway, const std::string& name) {
    interfaces_.emplace(std::pair{side, gateway}, static_cast<std::uint32_t>(interfaces_.size()));
    Block block(kInterface);
    block.u16(kLinkRaw);
    block.u16(0);
    block.u32(0);  // no limit to what is captured
    block.option(kName, name);
    block.option(kResolution, "\x09");
    block.append_to(out_);
  }

  std::map<std::pair<HostId, int>, std::uint32_t> interfaces_;
  std::vector<std::uint8_t> out_;
};

}  // namespace

std::vector<std::uint8_t> pcapng(const Recording& recording, const std::vector<Journey>& journeys) {
  std::vector<std::string> comments(recording.events.size());
  for (std::size_t number = 0; number < journeys.size(); ++number)
    for (const auto& hop : journeys[number].hops)
      comments[hop.event] = fmt::format("packet {}: {}; {}", number + 1, journeys[number].meaning,
                                        verdict(recording, recording.events[hop.event]));
  Capture capture(recording);
  for (std::size_t i = 0; i < recording.events.size(); ++i) capture.add(recording.events[i], comments[i]);
  return capture.take();
}

}  // namespace punchlab::explain
