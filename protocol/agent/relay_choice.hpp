#pragma once
// Which transport carries what an agent says to its relay: they are tried in the policy's order, each a while after the one
// before or as soon as that has failed, as RFC 8305 section 5 does with addresses. The first that is heard of is chosen.
#include <array>
#include <optional>

#include "protocol/base/address.hpp"
#include "protocol/base/time.hpp"

namespace punchlab::agent {

class RelayChoice {
 public:
  explicit RelayChoice(Duration wait) : wait_(wait) {}

  /// One more transport, after those before; to be called before `start`.
  void add(Transport transport);
  /// The first one is due. Where there is only one, it is chosen already.
  void start(Time now);
  /// The transport that is to be tried now, once for each.
  std::optional<Transport> due(Time now);
  /// An attempt failed, so that the next transport is due. True when none is left, nor a stream's attempt under way.
  bool failed(Time now, Transport transport);
  /// The relay was reached over `transport`. False when another was chosen before.
  bool choose(Transport transport);
  /// What was chosen has failed and is due again; or, before the choice, all that failed.
  void retry(Time now);

  const std::optional<Transport>& chosen() const { return chosen_; }
  /// Tried, and neither chosen nor failed.
  bool under_way(Transport transport) const;
  /// When the next transport is due; kNever when none is left, or one was chosen.
  Time next() const { return at_; }

 private:
  enum class State : std::uint8_t { untried, under_way, failed };
  struct Attempt {
    Transport transport = Transport::udp;
    State state = State::untried;
  };
  Attempt* first_untried();
  Attempt* find(Transport transport);

  Duration wait_;
  std::array<Attempt, 3> attempts_{};
  std::size_t count_ = 0;
  std::optional<Transport> chosen_;
  Time at_ = kNever;
};

}  // namespace punchlab::agent
