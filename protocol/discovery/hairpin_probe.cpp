#include "protocol/discovery/hairpin_probe.hpp"

namespace punchlab::discovery {

Step HairpinTest::next(Time, const Outcome& last, Context& context) {
  Findings& f = context.findings;
  switch (step_++) {
    case 0:
      if (!f.translates) return Done{};
      first_ = context.open();
      return Exchange{first_, context.server().at(0), first_};
    case 1:
      first_mapped_ = last.mapped;
      if (!last.answered) return Done{};
      second_ = context.open();
      return Exchange{second_, context.server().at(0), second_};
    case 2:
      second_mapped_ = last.mapped;
      if (!last.answered) return Done{};
      return Exchange{first_, second_mapped_, second_};
    case 3:
      if (last.answered) {
        judge(last, context.local(first_), f);
        return Done{};
      }
      return Exchange{second_, first_mapped_, first_};
    default:
      judge(last, context.local(second_), f);
      return Done{};
  }
}

void HairpinTest::judge(const Outcome& last, const TransportAddress& sender, Findings& f) const {
  const bool can_arrive =
      f.mapping == Behaviour::endpoint_independent || f.filtering == Behaviour::endpoint_independent;
  if (last.answered) {
    f.hairpinning = last.source == sender ? Hairpinning::internal_source : Hairpinning::external_source;
  } else if (can_arrive) {
    f.hairpinning = Hairpinning::none;
  }
}

}  // namespace punchlab::discovery
