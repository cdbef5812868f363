#pragma once
// How long mappings live and what keeps them alive (RFC 5780 section 4.6, RFC 4787 section 4.3).
#include "protocol/discovery/probe_pair.hpp"
#include "protocol/discovery/step.hpp"

namespace punchlab::discovery {

/// Binary search over whole seconds, with a fresh mapping for each.
class LifetimeTest final : public Test {
 public:
  using Kind = ProbePair::Kind;
  explicit LifetimeTest(Kind kind) : kind_(kind) {}
  Step next(Time now, const Outcome& last, Context& context) override;

 private:
  enum class Stage : std::uint8_t { prepare, observe, wait, ask };
  std::int64_t candidate() const { return low_ + (high_ - low_) / 2; }
  Step conclude(Context& context) const;

  Kind kind_;
  ProbePair pair_;
  Stage stage_ = Stage::prepare;
  std::int64_t low_ = 0;   ///< seconds after which a mapping was alive
  std::int64_t high_ = 0;  ///< seconds after which it was not; 0 before the first call
  std::int64_t limit_ = 0;
};

/// Twice waits most of the replied lifetime, with a packet out, or one in, in between.
class RefreshTest final : public Test {
 public:
  Step next(Time now, const Outcome& last, Context& context) override;

 private:
  enum class Stage : std::uint8_t { prepare, halfway, touch, rest, ask };

  ProbePair pair_;
  Stage stage_ = Stage::prepare;
  bool outbound_ = true;  ///< the direction under test
  bool outbound_refreshes_ = false;
  bool started_ = false;
};

}  // namespace punchlab::discovery
