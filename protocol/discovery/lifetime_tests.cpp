#include "protocol/discovery/lifetime_tests.hpp"

namespace punchlab::discovery {

using std::chrono::seconds;

namespace {

/// The observer gets ready this long before it asks; its own mapping lives longer.
constexpr Duration kAhead = std::chrono::milliseconds{900};

}  // namespace

Step LifetimeTest::next(Time now, const Outcome& last, Context& context) {
  if (high_ == 0) {
    limit_ = std::chrono::duration_cast<seconds>(context.longest_timer()).count();
    high_ = limit_ + 1;
    pair_.start(kind_);
  }
  if (stage_ == Stage::ask) {
    (last.answered ? low_ : high_) = candidate();
    if (high_ - low_ <= 1) return conclude(context);
    pair_.start(kind_);
    stage_ = Stage::prepare;
  }
  if (stage_ == Stage::prepare) {
    if (auto step = pair_.prepare(now, last, context)) return *step;
    if (!pair_.ready()) return Done{};
    stage_ = Stage::observe;
    pair_.start_observing();
    return Wait{pair_.since() + seconds{candidate()} - kAhead};
  }
  if (stage_ == Stage::observe) {
    if (auto step = pair_.observe(last, context)) return *step;
    stage_ = Stage::wait;
    return Wait{pair_.since() + seconds{candidate()}};
  }
  stage_ = Stage::ask;
  return pair_.ask_whether_alive(context);
}

Step LifetimeTest::conclude(Context& context) const {
  if (high_ > limit_) return Done{};  // longer than was waited for
  (kind_ == Kind::unreplied ? context.findings.unreplied : context.findings.replied) = seconds{high_};
  return Done{};
}

Step RefreshTest::next(Time now, const Outcome& last, Context& context) {
  if (!context.findings.replied) return Done{};
  const Duration most = *context.findings.replied * 7 / 10;
  if (!started_) pair_.start(ProbePair::Kind::replied);
  started_ = true;
  switch (stage_) {
    case Stage::prepare:
      if (auto step = pair_.prepare(now, last, context)) return *step;
      if (!pair_.ready()) return Done{};
      stage_ = Stage::halfway;
      pair_.start_observing();
      return Wait{pair_.since() + most};
    case Stage::halfway:
      if (auto step = pair_.observe(last, context)) return *step;
      stage_ = Stage::touch;
      return outbound_ ? pair_.refresh_outbound(context) : pair_.ask_whether_alive(context);
    case Stage::touch:
      stage_ = Stage::rest;
      pair_.start_observing();
      return Wait{pair_.since() + most * 2};
    case Stage::rest:
      if (auto step = pair_.observe(last, context)) return *step;
      stage_ = Stage::ask;
      return pair_.ask_whether_alive(context);
    case Stage::ask:
      break;
  }
  if (!outbound_) {
    const bool inbound = last.answered;
    context.findings.refresh = outbound_refreshes_ ? (inbound ? Refresh::both : Refresh::outbound)
                                                   : (inbound ? Refresh::inbound : Refresh::neither);
    return Done{};
  }
  outbound_refreshes_ = last.answered;
  outbound_ = false;
  stage_ = Stage::prepare;
  pair_.start(ProbePair::Kind::replied);
  return next(now, {}, context);
}

}  // namespace punchlab::discovery
