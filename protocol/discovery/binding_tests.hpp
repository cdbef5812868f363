#pragma once
// Mapping and filtering (RFC 5780 sections 4.3 and 4.4).
#include "protocol/discovery/step.hpp"

namespace punchlab::discovery {

/// Asks the primary address, then the alternate address, then the alternate address and port, from one socket, and
/// compares what the server saw. Learns the alternate address on the way, and whether there is a NAT at all.
class MappingTest final : public Test {
 public:
  Step next(Time now, const Outcome& last, Context& context) override;

 private:
  int step_ = 0;
  SocketId socket_;
  TransportAddress second_;
};

/// From a fresh socket that only ever sent to the primary address: does an answer from elsewhere get in?
class FilteringTest final : public Test {
 public:
  Step next(Time now, const Outcome& last, Context& context) override;

 private:
  int step_ = 0;
  SocketId socket_;
};

}  // namespace punchlab::discovery
