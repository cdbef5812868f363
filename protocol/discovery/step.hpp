#pragma once
// The vocabulary of discovery tests: what a test asks the client to do next, and what came of it.
#include <cstdint>
#include <vector>

#include "protocol/base/address.hpp"
#include "protocol/base/endpoint.hpp"
#include "protocol/discovery/findings.hpp"
#include "protocol/discovery/responder.hpp"

namespace punchlab::discovery {

/// CHANGE-REQUEST of RFC 5780 section 7.2.
enum class Change : std::uint8_t { nothing = 0, port = 2, address_and_port = 6 };

/// Sends a Binding request from `from` and waits for its answer, or for the request itself by a hairpin, on `at`.
struct Exchange {
  SocketId from;
  TransportAddress to;
  SocketId at;
  Change change = Change::nothing;
  std::uint16_t response_port = 0;  ///< 0: none
};
struct Wait {
  Time until;
};
/// The test has written its findings.
struct Done {};
using Step = std::variant<Exchange, Wait, Done>;

/// How the last step ended.
struct Outcome {
  bool answered = false;
  Time sent;                ///< when the last request of the exchange left
  TransportAddress source;  ///< of what arrived
  TransportAddress mapped;  ///< XOR-MAPPED-ADDRESS, or unspecified
  TransportAddress other;   ///< OTHER-ADDRESS, or unspecified
};

/// What tests share: the sockets, the server and the findings so far.
class Context {
 public:
  virtual ~Context() = default;
  /// A new UDP socket, closed by the client at the end of the test that opened it.
  virtual SocketId open() = 0;
  virtual TransportAddress local(SocketId socket) const = 0;
  virtual const ServerAddresses& server() const = 0;
  virtual void set_server(const ServerAddresses& server) = 0;
  virtual Duration longest_timer() const = 0;
  Findings findings;
};

/// One test of RFC 5780 section 4 or like it. `next` is called with an empty outcome first and then after each step.
class Test {
 public:
  virtual ~Test() = default;
  virtual Step next(Time now, const Outcome& last, Context& context) = 0;
};

}  // namespace punchlab::discovery
