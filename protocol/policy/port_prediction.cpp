// A symmetric NAT that hands out ports in sequence gives the next destination the next port: the peer's next mappings lie
// just above the one that the relay saw.
#include <algorithm>

#include "protocol/policy/technique_list.hpp"

namespace punchlab {
namespace {

class PortPrediction final : public Technique {
 public:
  std::string_view name() const override { return "port-prediction"; }
  std::size_t guess(const TransportAddress& reflexive, std::span<TransportAddress> out) const override {
    const std::size_t room = std::size_t{65535} - reflexive.port;
    const auto count = std::min({out.size(), kMaxGuesses, room});
    for (std::size_t i = 0; i < count; ++i)
      out[i] = {reflexive.address, static_cast<std::uint16_t>(reflexive.port + 1 + i)};
    return count;
  }
};

}  // namespace

const Technique& port_prediction() {
  static const PortPrediction technique;
  return technique;
}

}  // namespace punchlab
