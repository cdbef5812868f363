#pragma once
// What a policy can do beyond its constants. A technique is one object in one file: write `my_technique.cpp`, list it in
// technique.cpp, and a scenario can name it: `policy: {base: relay-first, name: mine, techniques: [my-technique]}`.
#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"

namespace punchlab {

/// A packet that leaves on each direct pair ahead of its check, opens the own NAT, and dies before it reaches the peer's.
struct Opener {
  std::uint8_t ttl = 0;  ///< 0: there is none
  Duration lead{0};      ///< the checks follow this much later
  friend bool operator==(const Opener&, const Opener&) = default;
};

/// Stateless, so that one object serves every agent. Called by the ICE agent on the paths named below; never allocates.
class Technique {
 public:
  /// Guesses that one call may give.
  static constexpr std::size_t kMaxGuesses = 8;

  virtual ~Technique() = default;
  /// As scenarios spell it.
  virtual std::string_view name() const = 0;

  /// Sent at the timed start.
  virtual Opener opener() const { return {}; }

  /// Where else the peer may be reached, guessed from a server-reflexive address that it has told. Writes addresses to
  /// `out` (kMaxGuesses) and returns how many; they are checked like candidates of the peer, after the one told.
  virtual std::size_t guess([[maybe_unused]] const TransportAddress& reflexive,
                            [[maybe_unused]] std::span<TransportAddress> out) const {
    return 0;
  }
};

/// All there are, in the order documentation lists them; they live as long as the program.
std::span<const Technique* const> techniques();
/// By name, or null.
const Technique* find_technique(std::string_view name);

}  // namespace punchlab
