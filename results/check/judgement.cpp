#include "results/check/judgement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace punchlab::results {
namespace {

constexpr double kMoreFrequent = 0.02;  ///< share of trials by which a reason must have grown to be named

/// At most so many of a baseline's trials lie beyond its own quantile.
std::uint64_t beyond(const Figures& baseline, unsigned percent) {
  return baseline.trials - (percent * baseline.trials + 99) / 100;
}

Answer share(Measure measure, std::uint64_t bad, const Figures& baseline, std::uint64_t bad_now, const Observed& now) {
  Answer answer;
  answer.measure = measure;
  answer.baseline = {bad, baseline.trials};
  answer.now = {bad_now, now.trials()};
  return answer;
}

using Counter = std::uint64_t (Observed::*)(std::int64_t) const;
using Mark = std::optional<std::int64_t>;

/// A quantile of the baseline, and how to count what lies beyond it.
struct Quantile {
  Measure measure;
  unsigned percent;
  bool over_least;
  Mark was;
  Mark is;
  Counter beyond;
};

std::vector<Quantile> quantiles(const Figures& was, const Figures& is) {
  std::vector<Quantile> all;
  const auto add = [&](Measure measure, unsigned percent, bool over_least, Mark before, Mark after, Counter beyond) {
    if (before) all.push_back({measure, percent, over_least, before, after, beyond});
  };
  add(Measure::first_byte, 50, false, was.first_byte.p50, is.first_byte.p50, &Observed::first_byte_later_than);
  add(Measure::first_byte, 95, false, was.first_byte.p95, is.first_byte.p95, &Observed::first_byte_later_than);
  if (was.over_least) {
    const Excess& before = *was.over_least;
    const Excess after = is.over_least.value_or(Excess{});
    add(Measure::time_to_direct, 25, true, before.p25, after.p25, &Observed::over_least_than);
    add(Measure::time_to_direct, 50, true, before.p50, after.p50, &Observed::over_least_than);
    add(Measure::time_to_direct, 95, true, before.p95, after.p95, &Observed::over_least_than);
  } else {
    add(Measure::time_to_direct, 50, false, was.time_to_direct.p50, is.time_to_direct.p50, &Observed::later_than);
    add(Measure::time_to_direct, 95, false, was.time_to_direct.p95, is.time_to_direct.p95, &Observed::later_than);
  }
  add(Measure::added_latency, 50, false, was.added_latency.p50, is.added_latency.p50, &Observed::longer_way_than);
  add(Measure::added_latency, 95, false, was.added_latency.p95, is.added_latency.p95, &Observed::longer_way_than);
  return all;
}

/// `improved` when significantly fewer than the baseline's lie even above its quantile less the slack.
std::vector<Answer> asked(const Figures& b, const Observed& now, double alarm) {
  std::vector<Answer> answers{
      share(Measure::success, b.failed, b, now.count(Outcome::failed), now),
      share(Measure::relay_share, b.trials - b.direct, b, now.trials() - now.count(Outcome::direct), now)};
  for (Answer& answer : answers) answer.improved = fisher_greater(answer.baseline, answer.now) <= alarm;
  for (const Quantile& q : quantiles(b, now.figures(b.key))) {
    Answer answer = share(q.measure, beyond(b, q.percent), b, (now.*q.beyond)(*q.was + slack(*q.was)), now);
    answer.percent = q.percent;
    answer.over_least = q.over_least;
    answer.was = q.was;
    answer.is = q.is;
    const Proportion even_above{(now.*q.beyond)(*q.was - slack(*q.was)), now.trials()};
    answer.improved = fisher_greater(answer.baseline, even_above) <= alarm;
    answers.push_back(answer);
  }
  return answers;
}

void explain_doubt(Answer& answer, const SequentialLimits& limits) {
  answer.open = newcombe(answer.now, answer.baseline, 1 - 2 * limits.miss).high;
  answer.growth = deciding_growth(answer.baseline, answer.now, limits);
}

bool risen(const std::vector<Answer>& answers, Measure measure) {
  return std::any_of(answers.begin(), answers.end(),
                     [&](const Answer& a) { return a.measure == measure && a.decision == Decision::risen; });
}

std::string grown_reasons(const Figures& baseline, const Figures& now) {
  std::string text;
  for (const auto& [reason, count] : now.reasons) {
    const auto before = baseline.reasons.find(reason);
    const std::uint64_t was = before == baseline.reasons.end() ? 0 : before->second;
    if (Proportion{count, now.trials}.value() < Proportion{was, baseline.trials}.value() + kMoreFrequent) continue;
    text += fmt::format("{}{} in {} of {} trials (was {} of {})", text.empty() ? "" : ", ", reason, count, now.trials,
                        was, baseline.trials);
  }
  return text;
}

std::string ms(const std::optional<std::int64_t>& ns) {
  return ns ? fmt::format("{:.1f} ms", static_cast<double>(*ns) / 1e6) : "never";
}

std::string changed(const char* what, const std::string& was, const std::string& is) {
  return was == is ? fmt::format("{} as before ({})", what, is) : fmt::format("{} {} instead of {}", what, is, was);
}

}  // namespace

std::string_view name_of(Measure measure) {
  switch (measure) {
    case Measure::success:
      return "success";
    case Measure::relay_share:
      return "relay share";
    case Measure::first_byte:
      return "time to first byte";
    case Measure::time_to_direct:
      return "time to direct";
    case Measure::added_latency:
      return "added latency";
  }
  return "";
}

std::int64_t slack(std::int64_t mark) { return std::max<std::int64_t>(1'000'000, mark / 50); }

double margin(Measure measure, unsigned percent) {
  if (measure == Measure::success || measure == Measure::relay_share) return 0.06;
  return percent == 25 ? 0.15 : percent == 50 ? 0.25 : 0.10;
}

std::size_t questions(const Figures& b) { return 2 + quantiles(b, b).size(); }

std::vector<Answer> judge(const Figures& baseline, const Observed& now, unsigned look, const SequentialLimits& limits) {
  auto answers = asked(baseline, now, limits.false_alarm / limits.looks);
  for (Answer& answer : answers) {
    SequentialLimits of_question = limits;
    of_question.margin = margin(answer.measure, answer.percent);
    answer.margin = of_question.margin;
    answer.decision = decide(answer.baseline, answer.now, look, of_question);
    if (answer.decision == Decision::undecided) explain_doubt(answer, of_question);
  }
  const bool lost = risen(answers, Measure::success);
  const bool relayed_more = now.count(Outcome::relayed) * baseline.trials > baseline.relayed * now.trials();
  const bool indirect = risen(answers, Measure::relay_share);
  for (Answer& answer : answers) {
    const bool follows = (answer.measure == Measure::relay_share && lost && !relayed_more) ||
                         (answer.measure == Measure::first_byte && lost) ||
                         (answer.measure >= Measure::time_to_direct && (lost || indirect));
    if (follows && answer.decision == Decision::risen) answer.decision = Decision::undecided;
  }
  return answers;
}

std::string cause(const Answer& answer, const Figures& baseline, const Figures& now) {
  auto text = grown_reasons(baseline, now);
  if (answer.measure != Measure::time_to_direct && answer.measure != Measure::first_byte) return text;
  const auto packets = [](const Figures& f) { return f.packets ? fmt::format("{}", *f.packets) : "infinitely many"; };
  return text + (text.empty() ? "" : "; ") +
         changed("first byte", ms(baseline.first_byte.p50), ms(now.first_byte.p50)) + ", " +
         changed("packets until direct", packets(baseline), packets(now));
}

}  // namespace punchlab::results
