"""punchlab compare as a user meets it. Cases:

 1. A run and the same run of another commit's constants (two policies): what differs is named, with its size. All cells together are
    the mean of listed pairs, and one sample of a population.
 2. Policies of one run; a run of one policy alone needs a second one.
 3. The pictures: three formats each, and comparison.json beside them; every picture says seed, n, backend, commit and command.
 4. Memory against ns-3 on one seed: nothing differs.
 5. Real sockets against memory on one seed: times that differ within the tolerance are named as such, with their intervals;
    without tolerance they differ. Where outcomes differ, the first packet at which a pair of trials parts. Needs user namespaces.
 6. Wrong usage, foreign and corrupt run folders, runs without a common cell: one line, status 2, nothing written.
"""

import json
import re
import sqlite3
import unittest

from cli_fixture import TINY, Command

POLICIES = TINY + "policy: [relay-first, {base: relay-first, name: slow, pacing: 200 ms}]\n"
CALM = TINY.replace("loss: 1 %", "loss: 0 %").replace("trials: 6", "trials: 12")


class Comparing(Command):
    def setUp(self):
        super().setUp()
        self.write("calm.yaml", CALM)

    def run_as(self, out, *arguments, scenario="calm.yaml"):
        self.run_scenario(scenario, "--out", out, *arguments)

    def test_what_differs_is_named(self):
        self.write("slow.yaml", CALM + "policy: {base: relay-first, name: slow, pacing: 200 ms}\n")
        self.run_as("before")
        self.run_as("after", scenario="slow.yaml")
        out, err = self.punchlab("compare", "before", "after")
        self.assertEqual(err, "")
        self.assertIn("Policy relay-first → slow: 48 pairs of trials in the same worlds", out)
        self.assertRegex(out, r"full-cone,port-restricted-cone \(relay-first → slow\)\n  time to direct: median [\d.]+ ms → [\d.]+ ms, \+\d")
        self.assertRegex(out, r"2 of 4 cells differ by more than chance")
        self.assertIn("Mean of 4 cells: direct 50.0 % → 50.0 % (−12.1 to +12.1)", out)
        again, _ = self.punchlab("compare", "before", "before")
        self.assertIn("0 of 4 cells differ", again)

    def test_a_population_is_one_sample(self):
        half = "{population: [{nat: symmetric, share: 50 %}, {nat: port-restricted-cone, share: 50 %}]}"
        self.write("mix.yaml", CALM.replace("trials: 12", "trials: 40").replace("[full-cone, symmetric]", half)
                   .replace("[port-restricted-cone, symmetric]", half))
        self.run_as("mix", scenario="mix.yaml")
        out, _ = self.punchlab("compare", "mix", "mix", "--out", "pictures")
        self.assertRegex(out, r"\nAll trials: direct ([\d.]+) % → \1 % \(")
        self.assertEqual([pooled["strata"] for pooled in json.loads((self.folder / "pictures/comparison.json").read_text())["pooled"]], [1])

    def test_policies_of_one_run(self):
        self.write("two.yaml", POLICIES)
        self.run_as("two", scenario="two.yaml")
        out, _ = self.punchlab("compare", "two")
        self.assertIn("Policy relay-first → slow", out)
        self.run_as("one")
        self.assertEqual(self.refused("compare", "one"), "one has one policy only: name a second run")

    def test_pictures(self):
        self.write("two.yaml", POLICIES)
        self.run_as("two", scenario="two.yaml")
        out, _ = self.punchlab("compare", "two", "--out", "pictures")
        self.assertIn("pictures: pictures\n", out)
        names = {f"difference-{what}.{kind}" for what in ("direct", "time-to-direct") for kind in ("svg", "png", "pdf")}
        self.assertEqual({path.name for path in (self.folder / "pictures").iterdir()}, names | {"comparison.json"})
        comparison = json.loads((self.folder / "pictures/comparison.json").read_text())
        self.assertEqual(len(comparison["cells"]), 4)
        for what in ("direct", "time-to-direct"):
            text = " ".join(re.findall(r">([^<>]+)</text>", (self.folder / f"pictures/difference-{what}.svg").read_text()))
            for fact in ("seed 7", "n = 24 pairs of trials, 6 per cell", "backend memory", "commit ",
                         "Make it again: punchlab compare two --out pictures"):
                self.assertIn(fact, text)
        self.assertEqual((self.folder / "pictures/difference-direct.png").read_bytes()[:4], b"\x89PNG")
        self.assertEqual((self.folder / "pictures/difference-direct.pdf").read_bytes()[:5], b"%PDF-")

    def test_backends_agree(self):
        self.run_as("memory")
        self.run_as("ns3", "--backend", "ns3")
        out, _ = self.punchlab("compare", "memory", "ns3")
        self.assertIn("0 of 4 cells differ", out)
        self.assertRegex(out, r"first:  memory: tiny, memory, seed 7.*\nsecond: ns3: tiny, ns3, seed 7")

    def test_refuses(self):
        self.run_as("run")
        self.write("other.yaml", CALM.replace("full-cone", "restricted-cone").replace("symmetric", "cgn"))
        self.run_as("other", scenario="other.yaml")
        self.assertRegex(self.refused("compare", "run", "other"), "^run and other have no cell in common")
        self.assertIn("holds no run", self.refused("compare", "run", "nowhere"))
        self.write("mine/notes.txt", "mine")
        self.assertIn("holds no run", self.refused("compare", "mine", "run"))
        self.assertIn("one or two", self.refused("compare", "run", "run", "--run", "run"))
        self.punchlab("compare", status=2)
        self.punchlab("compare", "run", "run", "run", status=2)
        trials = self.folder / "other/trials.sqlite"
        whole = trials.read_bytes()
        trials.write_bytes(whole[:5000])
        self.assertIn("trials.sqlite", self.refused("compare", "run", "other"))
        trials.write_bytes(whole.replace(b"direct", b"failed"))
        self.assertIn("trials.sqlite", self.refused("compare", "run", "other"))
        self.write("run/manifest.json", "{}")
        self.assertIn("manifest.json", self.refused("compare", "run", "other"))


REAL = """\
name: real
seed: 4
trials: 12
client: {nat: [full-cone, mine], access: {latency: 5 ms}}
connector: {nat: port-restricted-cone, access: {latency: 5 ms}}
relay: {latency: 5 ms}
traffic: {probes: 3, interval: 20 ms}
"""


class ComparingSockets(Command):
    def setUp(self):
        super().setUp()
        self.write("real.yaml", REAL)
        self.addCleanup(self.assert_nothing_runs)

    def run_as(self, out, nat, backend):
        self.write("nats/mine.yaml", f"name: mine\n{nat}\n")
        self.run_scenario("real.yaml", "--backend", backend, "--out", out)

    def test_tolerance(self):
        self.run_as("memory", "mapping: endpoint-independent", "memory")
        self.run_as("sockets", "mapping: endpoint-independent", "sockets")
        out, _ = self.punchlab("compare", "memory", "sockets", "--tolerance", "1000")
        self.assertIn("0 of 2 cells differ by more than chance", out)
        self.assertIn("≈ too, but not more than 1000 ms beyond chance", out)
        self.assertRegex(out, r"more than chance, but not shown to exceed the tolerance of 1000 ms \(--tolerance\): 2 cells\n"
                              r"(  \S+,port-restricted-cone \(relay-first\): .*time to direct \+\d+\.\d ms \(\+\d+\.\d ms to \+\d+\.\d ms\).*\n){2}")
        self.assertNotIn("where packets part", out)
        out, _ = self.punchlab("compare", "memory", "sockets", "--tolerance", "0")
        self.assertIn("2 of 2 cells differ by more than chance", out)
        self.assertNotIn("tolerance", out)
        self.assertNotIn("≈", out)
        by_default, _ = self.punchlab("compare", "memory", "sockets", "--out", "pictures")
        self.assertIn("not more than 3 ms beyond chance", by_default)
        comparison = json.loads((self.folder / "pictures/comparison.json").read_text())
        self.assertEqual(comparison["tolerance_ms"], 3)
        for cell in comparison["cells"]:
            time = cell["time_to_direct_ms"]
            self.assertLess(time["p_any_holm"], 0.05)
            self.assertTrue(time["within_tolerance"] or time["difference"] > 3, time)
        self.assertIn("--tolerance -1: not a number of milliseconds", self.refused("compare", "memory", "sockets", "--tolerance", "-1"))
        simulated, _ = self.punchlab("compare", "memory", "memory")
        self.assertNotIn("≈", simulated)

    def test_where_packets_part(self):
        """The preset was edited between the two runs, which have seed, cells and names in common."""
        strict = "mapping: address-and-port-dependent\nfiltering: address-and-port-dependent\nport-allocation: random"
        self.run_as("memory", "mapping: endpoint-independent", "memory")
        self.run_as("sockets", strict, "sockets")
        out, _ = self.punchlab("compare", "memory", "sockets", "--out", "pictures")
        self.assertRegex(out, r"mine,port-restricted-cone \(relay-first\)\n  direct: 100 % \(.*\) → 0 % \(.*\), −100\.0 points")
        self.assertRegex(out, r"where packets part:\nmine,port-restricted-cone \(relay-first\): 12 of 12 pairs ended otherwise\n"
                              r"  trial 1-\d+: memory direct, sockets relayed \(mapping-varies\)\n"
                              r"  at -?[\d.]+ ms \w+ \S+ -> \S+ .*: memory .*; sockets ")
        cells = json.loads((self.folder / "pictures/comparison.json").read_text())["cells"]
        self.assertEqual([cell["ended_otherwise"] for cell in cells], [0, 12])
        self.assertEqual(cells[0]["parting"], "")
        self.assertIn("trial 1-", cells[1]["parting"])
        database = sqlite3.connect(self.folder / "sockets/trials.sqlite")
        database.execute("DELETE FROM recordings")
        database.commit()
        database.close()
        out, _ = self.punchlab("compare", "memory", "sockets")
        self.assertIn("  no recording of any: run it over real sockets with --recordings all\n", out)


if __name__ == "__main__":
    unittest.main()
