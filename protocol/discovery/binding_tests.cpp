#include "protocol/discovery/binding_tests.hpp"

namespace punchlab::discovery {

Step MappingTest::next(Time, const Outcome& last, Context& context) {
  Findings& f = context.findings;
  switch (step_++) {
    case 0:
      socket_ = context.open();
      return Exchange{socket_, context.server().at(0), socket_};
    case 1:
      f.reachable = last.answered;
      f.local = context.local(socket_);
      f.mapped = last.mapped;
      f.translates = last.answered && f.mapped.address != f.local.address;
      f.other_address = last.other.port != 0 && last.other.address != context.server().address[0];
      if (!last.answered || last.other.port == 0) return Done{};
      context.set_server(
          {{context.server().address[0], last.other.address}, {context.server().port[0], last.other.port}});
      return Exchange{socket_, context.server().at(2), socket_};
    case 2:
      second_ = last.mapped;
      if (!last.answered || second_ == f.mapped) {
        if (last.answered) f.mapping = Behaviour::endpoint_independent;
        return Done{};
      }
      return Exchange{socket_, context.server().at(3), socket_};
    default:
      if (last.answered)
        f.mapping = last.mapped == second_ ? Behaviour::address_dependent : Behaviour::address_and_port_dependent;
      return Done{};
  }
}

Step FilteringTest::next(Time, const Outcome& last, Context& context) {
  Findings& f = context.findings;
  switch (step_++) {
    case 0:
      if (context.server().address[0] == context.server().address[1]) return Done{};
      socket_ = context.open();
      return Exchange{socket_, context.server().at(0), socket_};
    case 1:
      if (!last.answered) return Done{};
      return Exchange{socket_, context.server().at(0), socket_, Change::address_and_port};
    case 2:
      if (last.answered) {
        f.filtering = Behaviour::endpoint_independent;
        return Done{};
      }
      return Exchange{socket_, context.server().at(0), socket_, Change::port};
    default:
      f.filtering = last.answered ? Behaviour::address_dependent : Behaviour::address_and_port_dependent;
      return Done{};
  }
}

}  // namespace punchlab::discovery
