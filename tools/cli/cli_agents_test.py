"""Other programs than our core take the sides of a trial (docs/agents.md), here `punchlab agent` and drivers that
misbehave. Needs user namespaces. Cases:

 1. Our core under the contract: direct where the NATs allow it, relayed where not, and the reason says why. Its trials are
    explained from their recordings; what only a simulation can answer is refused, and the report says that it is not predicted.
 1b. A side without UDP reaches the relay over TCP and is relayed, in either role.
 2. Each way to misbehave is a reason that names the side; the other trials of the run are not disturbed: never loads,
    hangs, exits early, prints rubbish, floods its output, floods its signalling, claims echoes that never were.
 2b. The relay is killed in the midst of a trial: that ends it at once, with a reason; the next trial has a new relay.
 3. What a driver starts ends with it, also a process that left its group.
 4. Ctrl-C and SIGKILL in the midst of a trial leave no process behind. Control: before, there are some.
 5. Agents on a simulating backend, coturn without agents, unknown keys: status 2, one line, nothing written. A driver that
    is not there: status 3.
"""

import os
import pathlib
import signal
import unittest

from cli_fixture import Command

PAIR = """\
name: pair
trials: 1
timeout: 8 s
client: {nat: [full-cone, symmetric], agent: punchlab, access: {latency: 5 ms}}
connector: {nat: [port-restricted-cone, symmetric], access: {latency: 5 ms}}
relay: {latency: 5 ms}
traffic: {probes: 5, size: 100 B}
expect:
  - {client: full-cone, connector: any, direct: 100 %}
  - {client: symmetric, connector: any, relayed: 100 %}
"""

# What all the misbehaving drivers begin with. No imports of more than they need: many start at once.
DRIVER = """\
#!/usr/bin/python3 -IS
import os, sys, time
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
def path(kind): return arguments["--sig"] + "/" + arguments["--name"] + "." + kind
def mark(kind): open(path(kind), "w").close()
def await_go():
    while not os.path.exists(path("go")): time.sleep(0.005)
"""
REPORT = ('{"agent":"liar","outcome":"direct","ms_connected":5,"echo":{"sent":5,"ok":5,"bytes":100,"rtt_ms":1},'
          '"error":""}')
MISBEHAVIOUR = {
    "idles": ("time.sleep(60)", "client-agent-not-loaded"),
    "hangs": ("mark('ready'); await_go(); time.sleep(60)", "client-agent-hung"),
    "exits": ("mark('ready'); await_go()", "client-agent-exited"),
    "crashes": ("os.abort()", "client-agent-exited"),
    "babbles": ("mark('ready'); await_go(); print('?'); sys.stdout.flush(); mark('done'); time.sleep(60)",
                "client-agent-rubbish"),
    "prints": ("mark('ready'); await_go()\nwhile True: print('x' * 1000)", "client-agent-floods"),
    "shouts": ("mark('ready'); await_go(); out = open(path('out'), 'w')\nwhile True: out.write('candidate:x\\n')",
               "client-agent-floods"),
    "lies": (f"mark('ready'); await_go(); print('{REPORT}'); sys.stdout.flush(); mark('done'); time.sleep(60)",
             "too-late"),
}


class Agents(Command):
    def driver(self, name, body):
        self.write(name, DRIVER + body + "\n").chmod(0o755)

    def run_sockets(self, scenario, *arguments, status=0):
        return self.run_scenario(scenario, "--backend", "sockets", *arguments, status=status)

    def test_our_core_under_the_contract(self):
        self.write("pair.yaml", PAIR)
        self.run_sockets("pair.yaml", "--out", "run")
        self.assertEqual(self.rows("run", "outcome, reason, probes_answered"),
                         [("direct", "", 5)] * 2 + [("relayed", "mapping-varies", 5)] * 2)
        self.assert_nothing_runs()
        out, _ = self.punchlab("explain", "run", "--trial", "2-0")
        self.assertIn("\nRelayed, because the client's NAT mapping varies: ", out)
        self.assertIn("dropped by connector's NAT: filtered-by-", out)
        self.assertIn("which no simulation runs", self.refused("replay", "run", "--trial", "2-0"))
        self.assertIn("--what-if simulates our own core", self.refused("explain", "run", "--trial", "2-0", "--what-if"))
        self.assertIn("--what-if simulates our own core", self.refused("explain", "run", "--what-if"))
        self.punchlab("report", "run")
        self.assertIn("Not predicted: the sides are agents under the driver contract, and the model runs only our own core.",
                      (self.folder / "run/report.html").read_text().replace("&#39;", "'"))

    def test_without_udp(self):
        text = PAIR.replace("[full-cone, symmetric]", "[full-cone, udp-blocked]", 1).replace("[port-restricted-cone, symmetric]",
                                                                                          "[full-cone, udp-blocked]")
        self.write("pair.yaml", text.partition("expect")[0].replace("8 s", "15 s"))
        self.run_sockets("pair.yaml", "--out", "run")
        self.assertEqual(self.rows("run", "outcome, reason, probes_answered"), [("direct", "", 5)] + [("relayed", "udp-blocked", 5)] * 3)
        self.assert_nothing_runs()

    def test_misbehaving_drivers_are_named(self):
        for name, (body, _) in MISBEHAVIOUR.items():
            self.driver(name, body)
        agents = ", ".join(f"./{name}" for name in MISBEHAVIOUR)
        self.write("faults.yaml", f"""\
name: faults
trials: 1
timeout: 3 s
client: {{nat: open, agent: [{agents}, punchlab]}}
connector: {{nat: open, agent: punchlab}}
traffic: {{probes: 5, size: 100 B}}
""")
        out, _ = self.run_sockets("faults.yaml", "--out", "run", status=1)
        expected = [("failed", reason) for _, reason in MISBEHAVIOUR.values()] + [("direct", "")]
        self.assertEqual(self.rows("run", "outcome, reason"), expected, out)
        self.assert_nothing_runs()
        hung = list(MISBEHAVIOUR).index("hangs")
        out, _ = self.punchlab("explain", "run", "--trial", f"{hung}-0")
        self.assertIn("\nFailed, because of client-agent-hung (docs/reasons.md).\n", out)

    def test_killed_relay_is_named(self):
        self.driver("hangs", "mark('ready'); await_go(); open('goes', 'w').close(); time.sleep(60)")
        self.write("pair.yaml", PAIR.replace("agent: punchlab", "agent: [./hangs, punchlab]", 1).replace("8 s", "200 s")
                   .replace("[full-cone, symmetric]", "full-cone").partition("expect")[0])
        process = self.start_run("pair.yaml", "--backend", "sockets", "--jobs", "1", "--out", "run", "--cell", "any,port-restricted-cone")
        self.wait_until((self.folder / "goes").exists, "the first trial")
        relay, = (p for p in self.processes() if b"\0relay\0" in pathlib.Path(f"/proc/{p}/cmdline").read_bytes())
        os.kill(relay, signal.SIGKILL)
        self.ended(process, 1)
        self.assertEqual(self.rows("run", "outcome, reason"), [("failed", "relay-ended"), ("direct", "")])
        self.assert_nothing_runs()

    def test_what_a_driver_starts_ends_with_it(self):
        self.driver("parent", "mark('ready'); await_go()\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(120)")
        self.write("pair.yaml", PAIR.replace("agent: punchlab", "agent: ./parent").partition("expect")[0])
        self.run_sockets("pair.yaml", "--out", "run", "--cell", "parent:full-cone,any", status=1)
        self.assertEqual({row[0] for row in self.rows("run", "reason")}, {"client-agent-exited"})
        self.assert_nothing_runs()

    def test_interrupts_leave_nothing(self):
        self.driver("hangs", MISBEHAVIOUR["hangs"][0])
        self.write("pair.yaml", PAIR.replace("agent: punchlab", "agent: ./hangs").partition("expect")[0])
        for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(number):
                process = self.start_run("pair.yaml", "--backend", "sockets", "--out", f"run-{int(number)}")
                self.wait_until(lambda: len(self.processes()) > 4, "the drivers")
                process.send_signal(number)
                self.ended(process, status)
                self.assert_nothing_runs()

    def test_what_cannot_be_is_refused(self):
        self.write("pair.yaml", PAIR)
        for backend in ("memory", "ns3"):
            self.assertIn("--backend sockets", self.refused("run", "pair.yaml", "--backend", backend))
        self.write("coturn.yaml", PAIR.replace(" agent: punchlab,", "").replace("{latency: 5 ms}\ntraffic",
                                                                              "{server: coturn}\ntraffic"))
        self.assertIn("coturn", self.refused("run", "coturn.yaml", "--backend", "sockets"))
        self.write("key.yaml", PAIR.replace("agent: punchlab", "agent: {name: punchlab, option: ice}"))
        self.assertIn("options", self.refused("run", "key.yaml", "--backend", "sockets"))
        self.write("missing.yaml", PAIR.replace("agent: punchlab", "agent: ./no-such-driver"))
        self.assertIn("no-such-driver", self.refused("run", "missing.yaml", "--backend", "sockets", status=3))


if __name__ == "__main__":
    unittest.main()
