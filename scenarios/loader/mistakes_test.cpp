// Cases: every way to get a scenario wrong, with the exact line it is answered with.
//  1. Keys: unknown (near and far), doubled, no word.
//  2. Scalars: no unit, wrong unit, no number, negative, zero, too much, a list, nothing; integers and switches.
//  3. Traffic.  4. Links, media and distributions.  5. Policies.  6. Sides: NATs, chains, populations.
//  7. Expectations.  9. Shared networks.  8. Files that are no scenario (those that cannot be read are in
//  files_test.cpp).
// A control stands first: the scenario that each of them spoils is right.
#include <gtest/gtest.h>

#include "scenarios/loader/scenario_files_for_test.hpp"

namespace punchlab::loader {
namespace {

struct Mistake {
  const char* text;
  const char* answer;
};

class Mistakes : public ScenarioFiles {
 protected:
  template <std::size_t N>
  void expect(const Mistake (&mistakes)[N], std::string (*whole)(const std::string&)) {
    for (const auto& mistake : mistakes) EXPECT_EQ(problem(whole(mistake.text)), mistake.answer) << mistake.text;
  }
};

/// The texts follow a right scenario of three lines.
std::string after(const std::string& more) { return scenario(more); }
/// The texts are the value of `client` on line 2.
std::string as_client(const std::string& client) {
  return "name: s\nclient: " + client + "\nconnector: {nat: symmetric}\n";
}
std::string alone(const std::string& text) { return text; }

TEST_F(Mistakes, ControlIsRight) { EXPECT_EQ(problem(scenario()), ""); }

TEST_F(Mistakes, Keys) {  // case 1
  const Mistake mistakes[] = {
      {"polcy: ice\n", "s.yaml:4:1: unknown key \"polcy\" in the scenario; did you mean \"policy\"?"},
      {"zzzzzzzz: 1\n",
       "s.yaml:4:1: unknown key \"zzzzzzzz\" in the scenario; the nearest is \"name\" (known: name, title, "
       "seed, trials, timeout, policy, relay, client, connector, shared, traffic, session, expect)"},
      {"trials: 5\ntrials: 6\n", "s.yaml:5:1: \"trials\" is given twice in the scenario; keep one"},
      {"[a]: 1\n", "s.yaml:4:1: a key of the scenario is a list; keys are words"},
      {"traffic: {probe: 3}\n", "s.yaml:4:11: unknown key \"probe\" in traffic; did you mean \"probes\"?"},
      {"name2: s\n", "s.yaml:4:1: unknown key \"name2\" in the scenario; did you mean \"name\"?"},
  };
  expect(mistakes, after);
}

TEST_F(Mistakes, Scalars) {  // case 2
  const Mistake mistakes[] = {
      {"timeout: 5\n", "s.yaml:4:10: \"5\" has no unit; write a duration such as 20 ms (units: ns, us, ms, s, min, h)"},
      {"timeout: 5 sec\n", "s.yaml:4:10: \"sec\" is not a unit of a duration; use one of ns, us, ms, s, min, h"},
      {"timeout: 5 Mbit/s\n", "s.yaml:4:10: \"Mbit/s\" is not a unit of a duration; use one of ns, us, ms, s, min, h"},
      {"timeout: soon\n",
       "s.yaml:4:10: \"soon\" is not a duration; write one such as 20 ms (units: ns, us, ms, s, min, h)"},
      {"timeout: -5 s\n", "s.yaml:4:10: -5 s is negative; a duration starts at 0"},
      {"timeout: 0 s\n", "s.yaml:4:10: 0 s is too short; give more than 0"},
      {"timeout: 1000 h\n", "s.yaml:4:10: 1000 h is too much; a duration is at most 720 h"},
      {"timeout: nan s\n",
       "s.yaml:4:10: \"nan s\" is not a duration; write one such as 20 ms (units: ns, us, ms, s, min, h)"},
      {"timeout: [1 s]\n", "s.yaml:4:10: a duration is a list; give one word or quantity"},
      {"timeout:\n", "s.yaml:4:1: a duration is empty; give one word or quantity"},
      {"timeout: {uniform: [1 s, 2 s]}\n", "s.yaml:4:10: a duration is a mapping; give one word or quantity"},
      {"seed: -1\n", "s.yaml:4:7: \"-1\" is not a whole number from 0 to 18446744073709551615"},
      {"seed: 1.5\n", "s.yaml:4:7: \"1.5\" is not a whole number from 0 to 18446744073709551615"},
      {"trials: 0\n", "s.yaml:4:9: \"0\" is not a whole number from 1 to 100000000"},
      {"trials: many\n", "s.yaml:4:9: \"many\" is not a whole number from 1 to 100000000"},
      {"session: maybe\n",
       "s.yaml:4:10: \"maybe\" is not a known switch; the nearest is \"false\" (known: off, on, false, true)"},
  };
  expect(mistakes, after);
}

TEST_F(Mistakes, Traffic) {  // case 3
  const Mistake mistakes[] = {
      {"traffic: {size: 200}\n", "s.yaml:4:17: \"200\" has no unit; write a size such as 200 B (units: B, kB)"},
      {"traffic: {size: 20 B}\n", "s.yaml:4:17: 20 B is not a whole number of bytes from 32 B to 1200 B"},
      {"traffic: {size: 5 kB}\n", "s.yaml:4:17: 5 kB is not a whole number of bytes from 32 B to 1200 B"},
      {"traffic: {probes: 0}\n", "s.yaml:4:19: \"0\" is not a whole number from 1 to 100000"},
      {"traffic: 5\n", "s.yaml:4:10: traffic is a text; give a mapping of keys to values"},
  };
  expect(mistakes, after);
}

TEST_F(Mistakes, Links) {  // case 4
  const Mistake mistakes[] = {
      {"relay: {latency: 20ms, jiter: 1 ms}\n",
       "s.yaml:4:24: unknown key \"jiter\" in relay; did you mean \"jitter\"?"},
      {"relay: {loss: 150 %}\n", "s.yaml:4:15: 150 % is over 100 %"},
      {"relay: {loss: 1.5}\n",
       "s.yaml:4:15: 1.5 is over 1; a plain number is a probability, write 1.5 % for a percentage"},
      {"relay: {loss: -1 %}\n", "s.yaml:4:15: -1 % is negative; a probability lies between 0 and 1"},
      {"relay: {loss: some}\n", "s.yaml:4:15: \"some\" is not a probability; write one such as 0.1 % or 0.001"},
      {"relay: {bandwidth: 10 Mbit}\n",
       "s.yaml:4:20: \"Mbit\" is not a unit of a rate; use one of bit/s, kbit/s, Mbit/s, Gbit/s"},
      {"relay: {bandwidth: 0 bit/s}\n", "s.yaml:4:20: 0 bit/s carries nothing; a rate is at least 1 bit/s"},
      {"relay: {medium: fibre}\n", "s.yaml:4:17: \"fibre\" is not a known medium; did you mean \"wire\"?"},
      {"relay: {medium: bottleneck}\n",
       "s.yaml:4:8: a bottleneck has no \"bandwidth\"; add the rate of the narrow place"},
      {"relay: {cross-traffic: 1 Mbit/s}\n", "s.yaml:4:24: cross-traffic needs medium: bottleneck"},
      {"relay: []\n", "s.yaml:4:8: relay is an empty list; give at least one"},
      {"relay: [{latency: 1 ms}, {latency: 2 ms}]\n", "s.yaml:4:9: a link in a list needs a \"name\"; add one"},
      {"relay: [{name: a}, {name: a}]\n", "s.yaml:4:20: there are two links named \"a\"; give each its own name"},
      {"relay: {latency: {uniform: [2 ms, 1 ms]}}\n",
       "s.yaml:4:35: the upper end of uniform lies below the lower one; write [low, high]"},
      {"relay: {latency: {uniform: 2 ms}}\n", "s.yaml:4:28: uniform takes a list of 2, as in [a, b]"},
      {"relay: {latency: {gauss: [2 ms, 1 ms]}}\n",
       "s.yaml:4:19: unknown key \"gauss\" in a distribution; the nearest is \"pareto\" (known: uniform, "
       "normal, exponential, pareto)"},
      {"relay: {latency: {normal: [2 ms, -1 ms]}}\n", "s.yaml:4:34: -1 ms is negative; a duration starts at 0"},
      {"relay: {latency: {pareto: [2 ms, 0]}}\n",
       "s.yaml:4:34: the shape 0 is not above 0; write a plain number such as 1.5"},
      {"relay: {latency: {}}\n", "s.yaml:4:18: a distribution has one key: uniform, normal, exponential or pareto"},
      {"relay: {latency: {uniform: [1 ms, 2 ms], exponential: 3 ms}}\n",
       "s.yaml:4:18: a distribution has one key: uniform, normal, exponential or pareto"},
  };
  expect(mistakes, after);
  EXPECT_EQ(problem("name: s\nclient: {nat: open, access: {latency: {exponential: 5 ms}}}\nconnector: {nat: "
                    "open}\nrelay: {client-distance: 5 ms}\n"),
            "s.yaml:4:8: an exponential or pareto latency cannot be made longer by a relay's distance");
}

TEST_F(Mistakes, Policies) {  // case 5
  const Mistake mistakes[] = {
      {"policy: relayfirst\n", "s.yaml:4:9: no policy named \"relayfirst\"; did you mean \"relay-first\"?"},
      {"policy: []\n", "s.yaml:4:9: policy is an empty list; give at least one"},
      {"policy: [ice, ice]\n", "s.yaml:4:15: there are two policies named \"ice\"; give each its own name"},
      {"policy: {base: ice}\n", "s.yaml:4:9: a policy has no \"name\"; add it"},
      {"policy: {name: x, pacing: 5 ms}\n", "s.yaml:4:9: a policy has no \"base\"; add it"},
      {"policy: {base: ice, name: x, pasing: 5 ms}\n",
       "s.yaml:4:30: unknown key \"pasing\" in a policy; did you mean \"pacing\"?"},
      {"policy: {base: ice, name: x, pacing: 1 us}\n", "s.yaml:4:38: pacing 1 us is too fast; at least 1 ms"},
      {"policy: {base: ice, name: x, relay-transports: [udp, tpc]}\n",
       "s.yaml:4:54: \"tpc\" is not a known transport; did you mean \"tcp\"?"},
      {"policy: {base: ice, name: x, relay-transports: [tcp, tcp]}\n", "s.yaml:4:54: this transport is named twice"},
      {"policy: {base: ice, name: x, relay-transports: []}\n",
       "s.yaml:4:48: relay-transports is an empty list; give at least one"},
      {"policy: {base: ice, name: x, relay-wait: 0 s}\n", "s.yaml:4:42: 0 s is too short; give more than 0"},
      {"policy: {base: ice, name: a b}\n",
       "s.yaml:4:27: \"a b\" is no policy name; use up to 64 letters, digits, '.', '_' and '-', a letter or "
       "digit first"},
  };
  expect(mistakes, after);
}

TEST_F(Mistakes, Agents) {  // case 6
  const Mistake mistakes[] = {
      {"client: {nat: open, agent: libnise}\nconnector: {nat: open}\n",
       "s.yaml:2:28: no agent named \"libnise\"; did you mean \"libnice\"? (a driver of your own has a path: "
       "./libnise)"},
      {"client: {nat: open, agent: same}\nconnector: {nat: open}\n",
       "s.yaml:2:28: only a connector has the same agent as the other side"},
      {"client: {nat: open}\nconnector: {nat: open, agent: [same, pion]}\n",
       "s.yaml:3:12: \"same\" stands alone, and a population takes one agent; give the client one, or name the "
       "connector's"},
  };
  expect(mistakes, [](const std::string& sides) { return "name: s\n" + sides; });
}

TEST_F(Mistakes, Sides) {  // case 6
  const Mistake mistakes[] = {
      {"{}", "s.yaml:2:9: client has no \"nat\"; add it"},
      {"{nat: symetric}", "s.yaml:2:15: no NAT named \"symetric\"; did you mean \"symmetric\"?"},
      {"{nat: ./my-nat.yaml}",
       "s.yaml:2:15: \"./my-nat.yaml\" is a path; put the NAT into nats/my-nat.yaml beside the scenario and write "
       "my-nat"},
      {"{nat: []}", "s.yaml:2:15: nat is an empty list; give at least one"},
      {"{nat: [full-cone, full-cone]}", "s.yaml:2:27: there are two NATs named \"full-cone\"; keep one or rename it"},
      {"{nat: [[]]}", "s.yaml:2:16: a chain is an empty list; give at least one"},
      {"{nat: {mapping: endpoint-independent}}", "s.yaml:2:15: a NAT has no \"name\"; add it"},
      {"{nat: {name: x, mapping: endpoint-independant}}",
       "s.yaml:2:34: \"endpoint-independant\" is not a known mapping; did you mean \"endpoint-independent\"?"},
      {"{nat: {name: x, mappping: endpoint-independent}}",
       "s.yaml:2:25: unknown key \"mappping\" in a NAT; did you mean \"mapping\"?"},
      {"{nat: {name: x, ports: [2000, 1000]}}", "s.yaml:2:39: the last port lies below the first; write [first, last]"},
      {"{nat: {name: x, ports: [0, 70000]}}", "s.yaml:2:33: \"0\" is not a whole number from 1 to 65535"},
      {"{nat: {name: x, addresses: 17}}", "s.yaml:2:36: \"17\" is not a whole number from 1 to 16"},
      {"{nat: {name: x, port-allocation: block, ports: [1024, 1100], block-size: 512}}",
       "s.yaml:2:82: blocks of 512 ports do not fit into 77 ports"},
      {"{nat: {name: x, base: symetric}}", "s.yaml:2:31: no NAT named \"symetric\"; did you mean \"symmetric\"?"},
      {"{nat: {population: halkes2012}}",
       "s.yaml:2:28: no population named \"halkes2012\"; did you mean \"halkes2011\"?"},
      {"{nat: [full-cone, {population: halkes2011}]}",
       "s.yaml:2:27: a population stands alone; write nat: {population: ...}"},
      {"{nat: {population: [{nat: full-cone, share: 50 %}]}}",
       "s.yaml:2:28: the shares sum to 50 %; make it 100 %, or add rest: proportional"},
      {"{nat: {population: [{nat: full-cone, share: 50 %}, {nat: symmetric, share: 60 %}]}}",
       "s.yaml:2:28: the shares sum to 110 %, over 100 %"},
      {"{nat: {population: [{nat: full-cone}]}}", "s.yaml:2:29: a member has no \"share\"; add it"},
      {"{nat: {population: []}}", "s.yaml:2:28: members is an empty list; give at least one"},
      {"{nat: ../nats/full-cone}",
       "s.yaml:2:15: \"../nats/full-cone\" is a path; put the NAT into nats/full-cone.yaml beside the scenario and "
       "write full-cone"},
      {"{nat: {name: x, timers: {udp: 30 s}}}",
       "s.yaml:2:34: unknown key \"udp\" in timers; the nearest is \"udp-replied\" (known: udp-unreplied, "
       "udp-replied, udp-assured-after, tcp-transitory, tcp-established, icmp-query)"},
      {"full-cone", "s.yaml:2:9: client is a text; give a mapping of keys to values"},
      {"[]", "s.yaml:2:9: client is an empty list; give at least one"},
      {"[{nat: full-cone}, {nat: full-cone}]",
       "s.yaml:2:28: \"full-cone\" stands twice in client; rename a NAT or a link"},
      {"[{nat: {population: halkes2011}}, {nat: open}]",
       "s.yaml:2:16: a population stands alone; give client one mapping"},
      {"{nat: {population: {members: [{nat: open, share: 0 %}], rest: proportional}}}",
       "s.yaml:2:38: every share is 0; give at least one above"},
      {"{nat: {chain: [full-cone], name: a/b}}",
       "s.yaml:2:42: \"a/b\" is no chain name; use up to 64 letters, digits, '.', '_' and '-', a letter or "
       "digit first"},
      {"&a [*a]", "s.yaml:2:9: client is a list; give a mapping of keys to values"},
  };
  expect(mistakes, as_client);
}

TEST_F(Mistakes, Expectations) {  // case 7
  const Mistake mistakes[] = {
      {"expect: []\n", "s.yaml:4:9: expect is an empty list; give at least one"},
      {"expect: [{client: full-cone}]\n",
       "s.yaml:4:10: the expectation demands nothing; add one such as direct: 100 %"},
      {"expect: [{client: fullcone, direct: 100 %}]\n",
       "s.yaml:4:19: no client of this scenario is \"fullcone\"; did you mean \"full-cone\"?"},
      {"expect: [{client: full-cone, direct: all}]\n",
       "s.yaml:4:38: \"all\" is not a probability; write one such as 0.1 % or 0.001; or compare: \">= 95 "
       "%\", \"<= 300 ms\", 86 % +- 0.5 %"},
      {"expect: [{client: full-cone, direct: 101 %}]\n",
       "s.yaml:4:38: 101 % is over 100 %; or compare: \">= 95 %\", \"<= 300 ms\", 86 % +- 0.5 %"},
      {"expect: [{direct: 86 % +- x}]\n",
       "s.yaml:4:19: \"x\" is not a probability; write one such as 0.1 % or 0.001; or compare: \">= 95 %\", "
       "\"<= 300 ms\", 86 % +- 0.5 %"},
      {"expect: [{time-to-direct-p50: 300}]\n",
       "s.yaml:4:31: \"300\" has no unit; write a duration such as 20 ms (units: ns, us, ms, s, min, h); or "
       "compare: \">= 95 %\", \"<= 300 ms\", 86 % +- 0.5 %"},
      {"expect: [{link: wifi, direct: 100 %}]\n", "s.yaml:4:17: no link of this scenario is \"wifi\"; none is known"},
      {"expect: [{client: {only: full-cone}, direct: 100 %}]\n",
       "s.yaml:4:20: unknown key \"only\" in client; the nearest is \"not\" (known: not)"},
      {"expect: [{client: {not: [full-cone]}, direct: 100 %}]\n",
       "s.yaml:4:10: the expectation matches no cell; check its names together"},
      {"expect: [{direct: 90 % to 80 %}]\n",
       "s.yaml:4:19: the range ends below its start; write low to high; or compare: \">= 95 %\", \"<= 300 "
       "ms\", 86 % +- 0.5 %"},
      {"expect: [{dirct: 90 %}]\n", "s.yaml:4:11: unknown key \"dirct\" in an expectation; did you mean \"direct\"?"},
  };
  expect(mistakes, after);
}

TEST_F(Mistakes, Files) {  // case 8
  const Mistake mistakes[] = {
      {"client: {nat: open}\nconnector: {nat: open}\n", "s.yaml:1:1: the scenario has no \"name\"; add it"},
      {"name: s\nclient: {nat: open}\n", "s.yaml:1:1: the scenario has no \"connector\"; add it"},
      {"name: a/b\nclient: {nat: open}\nconnector: {nat: open}\n",
       "s.yaml:1:7: \"a/b\" is no scenario name; use up to 64 letters, digits, '.', '_' and '-', a letter "
       "or digit first"},
      {"name: s\n\tclient: 5\n", "s.yaml:2:1: a tab indents this line; use spaces"},
      {"", "s.yaml:1:1: the file is empty; see docs/scenarios.md"},
      {"# nothing\n", "s.yaml:1:1: the file is empty; see docs/scenarios.md"},
      {"just text\n", "s.yaml:1:1: the scenario is a text; give a mapping of keys to values"},
      {"- a\n- b\n", "s.yaml:1:1: the scenario is a list; give a mapping of keys to values"},
      {"name: [s\nclient: 5\n",
       "s.yaml:2:7: not YAML: end of sequence flow not found; check indentation, brackets and quotes"},
      {"name: s\n  client: 5\n", "s.yaml:2:9: not YAML: illegal map value; check indentation, brackets and quotes"},
      {"name: s: t\n", "s.yaml:1:8: not YAML: illegal map value; check indentation, brackets and quotes"},
      {"a: *unknown\n",
       "s.yaml:1:4: not YAML: the referenced anchor is not defined; check indentation, brackets and quotes"},
      {"name: s\n---\nname: t\n", "s.yaml:1:1: the file holds several YAML documents; keep one"},
  };
  expect(mistakes, alone);
}

TEST_F(Mistakes, SharedNetworks) {  // case 9
  const Mistake mistakes[] = {
      {"shared: {access: {latency: 5 ms}}\n", "s.yaml:4:9: shared has no \"nat\"; add it"},
      {"shared: {nats: cgn}\n", "s.yaml:4:10: unknown key \"nats\" in shared; did you mean \"nat\"?"},
      {"shared: {nat: cng}\n", "s.yaml:4:15: no NAT named \"cng\"; did you mean \"cgn\"?"},
      {"shared: {nat: open}\n",
       "s.yaml:4:15: \"open\" is no gateway; without one there is nothing to share, so leave \"shared\" away"},
      {"shared: {nat: {population: halkes2011}}\n", "s.yaml:4:15: a population is of sides; list the shared NATs"},
      {"shared: {nat: [cgn, cgn]}\n", "s.yaml:4:21: there are two NATs named \"cgn\"; keep one or rename it"},
      {"shared: [{nat: cgn}, {nat: cgn}]\n", "s.yaml:4:22: \"cgn\" stands twice in shared; rename a NAT or a link"},
      {"shared: {nat: cgn, access: {latency: 5}}\n",
       "s.yaml:4:38: \"5\" has no unit; write a duration such as 20 ms (units: ns, us, ms, s, min, h)"},
      {"relay: {client-distance: 5 ms}\nshared: {nat: cgn}\n",
       "s.yaml:4:8: both sides are equally far from the relay behind a shared network; write the distance as its "
       "access or "
       "the relay's latency"},
      {"shared: {nat: cgn}\nexpect: [{shared: cng, direct: 0 %}]\n",
       "s.yaml:5:19: no shared of this scenario is \"cng\"; did you mean \"cgn\"?"},
  };
  expect(mistakes, after);
}

}  // namespace
}  // namespace punchlab::loader
