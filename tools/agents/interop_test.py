"""Other people's agents in the lab, against ours and among themselves (docs/agents.md). Needs user namespaces, their
packages and coturn; `tools/test --interop` installs them. Cases:

 1. Plain: each agent with itself, no NAT between: direct (but for aioice, see 2), and all echoes come back.
 2. Matrix: every pair that includes our core or is of one maker, in both roles, behind the four classic NATs, over our
    relay and over coturn: nothing fails; relayed wherever direct cannot work; direct wherever it must, except where aioice
    controls, which takes whichever pair succeeded last, also a relayed one.
 3. Chromium with itself through NATs, our relay as STUN and TURN server: direct, and relayed where direct cannot work.
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(os.environ["PUNCHLAB_SOURCE"]) / "tools" / "cli"))
from cli_fixture import Command  # noqa: E402  (the fixture is the command line's)

NATS = ("full-cone", "restricted-cone", "port-restricted-cone", "symmetric")
OTHERS = ("libnice", "aioice", "pion")

SCENARIO = """\
name: interop
trials: {trials}
timeout: 15 s
relay: {{latency: 20 ms, server: {server}}}
client: {{nat: [{nats}], agent: [{clients}], access: {{latency: 10 ms}}}}
connector: {{nat: [{nats}], agent: [{connectors}], access: {{latency: 15 ms}}}}
traffic: {{probes: 10, size: 400 B}}
"""


def cannot_be_direct(client, connector):
    """RFC 5128: a symmetric NAT against another, or against a filter by port."""
    return "symmetric" in (client, connector) and {client, connector} <= {"symmetric", "port-restricted-cone"}


class Interop(Command):
    def outcomes(self, name, clients, connectors, nats=NATS, server="punchlab", trials=1):
        """(client agent, client NAT, connector agent, connector NAT): the outcomes of that cell's trials."""
        self.write(f"{name}.yaml", SCENARIO.format(
            trials=trials, server=server, nats=", ".join(nats), clients=", ".join(clients), connectors=", ".join(connectors)))
        process = self.start_run(f"{name}.yaml", "--backend", "sockets", "--out", name)
        process.communicate(timeout=600)
        self.assertIn(process.returncode, (0, 1))  # 1: the oracle's word is judged below, agent by agent
        cells = [(a, x, b, y) for a in clients for x in nats for b in connectors for y in nats]
        found = {}
        for cell, outcome, reason, answered in self.rows(name, "cell, outcome, reason, probes_answered"):
            found.setdefault(cells[cell], []).append((outcome, reason, answered))
        self.assertEqual(len(found), len(cells))
        return found

    def judge(self, found, may_be_relayed=lambda a, b: False):
        wrong = []
        for (a, x, b, y), results in found.items():
            for outcome, reason, _ in results:
                if cannot_be_direct(x, y):
                    fits = outcome == "relayed"
                else:
                    fits = outcome == "direct" or (outcome == "relayed" and may_be_relayed(a, b))
                if not fits:
                    wrong.append(f"{a}:{x},{b}:{y}: {outcome} {reason}")
        self.assertEqual(wrong, [])


class Plain(Interop):
    def test_each_agent_with_itself(self):
        for agent in (*OTHERS, "punchlab", "chromium"):
            with self.subTest(agent):
                found = self.outcomes(f"plain-{agent}", [agent], [agent], nats=["open"])
                [[(outcome, _, answered)]] = found.values()
                self.assertIn(outcome, ("direct", "relayed") if agent == "aioice" else ("direct",))
                self.assertEqual(answered, 10)


class OursAgainst(Interop):
    def against(self, clients, connectors):
        for server in ("punchlab", "coturn"):
            with self.subTest(server):
                name = f"{'-'.join(clients)}-{'-'.join(connectors)}-{server}"
                self.judge(self.outcomes(name, clients, connectors, server=server), may_be_relayed=lambda a, b: a == "aioice")

    def test_ours_in_control(self):
        self.against(["punchlab"], [*OTHERS, "punchlab"])

    def test_ours_controlled(self):
        self.against(OTHERS, ["punchlab"])


class Alone(Interop):
    def test_each_other_agent_with_itself(self):
        for agent in OTHERS:
            for server in ("punchlab", "coturn"):
                with self.subTest(agent=agent, server=server):
                    found = self.outcomes(f"{agent}-{server}", [agent], [agent], server=server)
                    self.judge(found, may_be_relayed=lambda a, b: a == "aioice")


class Chromium(Interop):
    def test_through_nats(self):
        self.judge(self.outcomes("chromium", ["chromium"], ["chromium"], nats=("port-restricted-cone", "symmetric")))


if __name__ == "__main__":
    unittest.main()
