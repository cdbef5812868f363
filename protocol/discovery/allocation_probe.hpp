#pragma once
// Port allocation and pooling: what external endpoints many sockets get, asked one after another (RFC 4787
// sections 4.1, 4.2).
#include <array>

#include "protocol/discovery/step.hpp"

namespace punchlab::discovery {

class AllocationTest final : public Test {
 public:
  Step next(Time now, const Outcome& last, Context& context) override;

 private:
  /// With two external addresses, as many sockets all meet the same one by chance once in 32,768 times.
  static constexpr std::size_t kSockets = 16;
  struct Sample {
    std::uint16_t local_port = 0;
    TransportAddress external;
  };
  void judge(Findings& findings) const;
  Allocation allocation() const;
  bool counts_up() const;

  std::array<Sample, kSockets> samples_;
  std::size_t count_ = 0;
  std::size_t asked_ = 0;
  SocketId socket_;
};

}  // namespace punchlab::discovery
