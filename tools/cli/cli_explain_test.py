#!/usr/bin/python3
"""Replay and explain, as a user meets them.

  Replay:   every trial of a run again from its folder alone (the scenario and its presets are gone), on memory and on ns-3, with
            loss, jitter, Wi-Fi, populations and policies of the command line; a changed row is noticed; a foreign, broken or older
            folder, and a trial that is not there, are refused in one line.
  Explain:  the sentence and the packets; a typical trial of a cell; a page and a capture, which tshark reads with every verdict.
  WhatIf:   the changes that help a trial; those of a whole run, on paper and in what-if.json; in time. In every report unless
            switched off, whatever the jobs; made anew when the trials are others; a budget leaves the smallest cells out.
"""

import json
import re
import shutil
import sqlite3
import subprocess
import unittest

from cli_fixture import TINY, Command, seal

# A bit of everything that a trial's draws depend on.
MIXED = """\
name: mixed
seed: 11
trials: 3
policy: [relay-first, libwebrtc]
relay: [{name: near, latency: 5 ms}, {name: far, latency: 60 ms, loss: 1 %}]
client: {nat: {population: halkes2011}, access: {latency: {normal: [20 ms, 5 ms]}, jitter: {uniform: [0 ms, 10 ms]}, loss: 2 %}}
connector: {nat: [cgn, mine, open], start: {uniform: [0 ms, 500 ms]}}
"""


class Replay(Command):
    def test_every_trial_from_the_folder_alone(self):
        self.write("nats/mine.yaml", "name: mine\nmapping: address-dependent\nport-allocation: random\n")
        self.write("s.yaml", MIXED)
        for backend in ("memory", "ns3"):
            with self.subTest(backend):
                self.run_scenario("s.yaml", "--backend", backend, "--policy", "libwebrtc", "--policy", "libnice", "--out", backend)
        shutil.rmtree(self.folder / "nats")
        (self.folder / "s.yaml").unlink()
        for backend in ("memory", "ns3"):
            trials = self.rows(backend, "cell, trial")
            self.assertGreater(len(trials), 20)
            for cell, trial in trials[::4]:
                out, _ = self.punchlab("replay", backend, "--trial", f"{cell}-{trial}")
                self.assertIn("bit-identical: trace hash ", out)
                self.assertIn(f"trial {cell}-{trial} of ", out)

    def test_wifi(self):
        self.write("s.yaml", TINY.replace("latency: 10 ms, jitter: 1 ms, loss: 1 %", "latency: 10 ms, medium: wifi"))
        self.run_scenario("s.yaml", "--backend", "ns3", "--trials", "2", "--out", "run")
        out, _ = self.punchlab("replay", "run", "--trial", "1-1")
        self.assertIn("bit-identical", out)

    def test_a_changed_row_is_noticed(self):
        self.write("tiny.yaml", TINY)
        self.run_scenario("tiny.yaml", "--out", "run")
        database = sqlite3.connect(self.folder / "run/trials.sqlite")
        database.execute("UPDATE trials SET trace_hash = trace_hash + 1 WHERE cell = 1 AND trial = 2")
        database.commit()
        database.close()
        out, _ = self.punchlab("replay", "run", "--trial", "1-2", status=1)
        self.assertIn("not the same", out)
        self.punchlab("replay", "run", "--trial", "1-3")
        manifest = json.loads((self.folder / "run/manifest.json").read_text())
        if manifest["commit"] and not manifest["commit"].endswith("+"):  # a build of what is committed
            self.assertIn("trials.sqlite says, though the same commit made the run", self.refused("explain", "run", "--trial", "1-2"))
        self.write("run/manifest.json", seal.sealed(json.dumps(manifest | {"commit": "another"})))
        out, _ = self.punchlab("explain", "run", "--trial", "1-2")
        self.assertIn("NOT as stored", out)

    def test_a_part_of_a_run_keeps_its_numbers(self):
        self.write("tiny.yaml", TINY)
        self.run_scenario("tiny.yaml", "--out", "part", "--cell", "symmetric,symmetric", "--trial", "4")
        self.assertEqual(self.rows("part", "cell, trial"), [(3, 4)])
        out, _ = self.punchlab("replay", "part", "--trial", "3-4")
        self.assertIn("symmetric,symmetric", out)

    def test_refusals(self):
        self.write("tiny.yaml", TINY)
        self.run_scenario("tiny.yaml", "--out", "run")
        self.write("empty/thesis.tex", "work")
        for arguments, says in (
            (["nowhere", "--trial", "0-0"], "nowhere holds no run"),
            (["empty", "--trial", "0-0"], "empty holds no run (no manifest.json)"),
            (["run"], "--trial CELL-TRIAL or --cell CLIENT,CONNECTOR is missing"),
            (["run", "--trial", "3"], "--trial 3: also give the cell"),
            (["run", "--trial", "0-99"], "run has no trial 0-99"),
            (["run", "--trial", "9-0"], "run has no trial 9-0"),
            (["run", "--trial", "a-b"], "--trial a-b: write CELL-TRIAL, such as 3-17"),
            (["run", "--trial", "0-0", "--cell", "any,any"], "names the cell; leave out --cell"),
            (["run", "--cell", "symetric,symmetric"], 'did you mean "symmetric"?'),
            (["run", "--cell", "any,any", "--policy", "ice"], "--policy ice: no cell of the run has it"),
        ):
            for command in ("replay", "explain"):
                with self.subTest([command, *arguments]):
                    self.assertIn(says, self.refused(command, *arguments))
        manifest = json.loads((self.folder / "run/manifest.json").read_text())
        self.write("run/manifest.json", json.dumps(manifest | {"seed": 8}, indent=1))
        self.assertIn("it was altered or damaged after punchlab wrote it", self.refused("explain", "run", "--trial", "0-0"))
        for change, says in (({"format_version": 1}, "it was written by another version (format 1, this one reads 4)"),
                             ({"scenario": manifest["scenario"] | {"text": TINY + "# edited\n"}}, "text is not what its hash says"),
                             ({"backend": "pigeons"}, "was run on backend pigeons, which this punchlab does not know"),
                             ({"backend": "sockets"}, "trial 0-0 of run has no recording, and real sockets cannot run it again")):
            self.write("run/manifest.json", seal.sealed(json.dumps(manifest | change)))
            with self.subTest(says):
                self.assertIn(says, self.refused("explain", "run", "--trial", "0-0"))


class Explain(Command):
    def setUp(self):
        super().setUp()
        self.write("tiny.yaml", TINY)
        self.run_scenario("tiny.yaml", "--out", "run")

    def test_sentence_and_packets(self):
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,symmetric")
        lines = out.split("\n")
        self.assertRegex(lines[0], r"^trial 3-\d of symmetric,symmetric \(relay-first\)$")
        self.assertRegex(lines[1], r"^Relayed, because the (client|connector)'s NAT mapping varies: the relay sees the (client|connector) at [\d.:]+, .*\.$")
        for words in ("mapping-created", "filtered-by-", "check, controlling", "Noise IK message 1", "has sent to",
                      "table of client's NAT after its last packet", "packets of application data"):
            self.assertIn(words, out)
        everything, _ = self.punchlab("explain", "run", "--cell", "symmetric,symmetric", "--all")
        self.assertGreater(len(everything), len(out))
        direct, _ = self.punchlab("explain", "run", "--cell", "full-cone,any", "--trial", "2")
        self.assertIn("\nDirect ", direct)

    def test_a_typical_trial(self):
        reasons = self.rows("run", "cell, trial, reason")
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,port-restricted-cone")
        cell, trial = map(int, re.match(r"trial (\d+)-(\d+) ", out).groups())
        counts = [reason for c, _, reason in reasons if c == cell]
        self.assertEqual(max(set(counts), key=counts.count), next(r for c, t, r in reasons if (c, t) == (cell, trial)))

    def test_page_and_capture(self):
        out, _ = self.punchlab("explain", "run", "--trial", "3-1", "--html", "why.html", "--pcap", "why.pcapng")
        self.assertIn("diagram: why.html", out)
        page = (self.folder / "why.html").read_text()
        self.assertIn("<svg", page)
        self.assertIn("punchlab explain run --trial 3-1", page)
        self.assertEqual([url for url in re.findall(r"https?://[^\"' <]+", page) if url != "http://www.w3.org/2000/svg"], [])
        self.punchlab("explain", "run", "--trial", "3-1", "--html", "why.svg")
        self.assertTrue((self.folder / "why.svg").read_text().startswith("<svg"))
        refused = self.punchlab("explain", "run", "--trial", "3-1", "--html", "no/such/folder.html", status=3)[1]
        self.assertIn("no/such", refused)

    def test_tshark_reads_the_capture(self):
        tshark = shutil.which("tshark")
        self.assertTrue(tshark, "tshark is missing: run tools/setup")
        self.punchlab("explain", "run", "--trial", "3-1", "--pcap", "why.pcapng")
        fields = [option for field in ("frame.interface_name", "_ws.col.Protocol", "frame.comment") for option in ("-e", field)]
        done = subprocess.run([tshark, "-r", self.folder / "why.pcapng", "-T", "fields", *fields], capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertGreater(len(rows), 100)
        self.assertTrue(all(len(row) == 3 and row[2].startswith("packet ") for row in rows))
        self.assertIn("client's NAT", {row[0] for row in rows})
        self.assertIn("STUN", {row[1] for row in rows})
        self.assertTrue(any("dropped by" in row[2] and "filtered-by-" in row[2] for row in rows))
        broken = subprocess.run([tshark, "-r", self.folder / "why.pcapng", "-Y", "_ws.malformed"], capture_output=True, text=True, check=True)
        self.assertEqual(broken.stdout, "")


class WhatIf(Command):
    def setUp(self):
        super().setUp()
        self.write("tiny.yaml", TINY)
        self.run_scenario("tiny.yaml", "--out", "run")

    def test_a_trial(self):
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,port-restricted-cone", "--what-if")
        self.assertIn("This trial would be direct with any of these", out)
        self.assertIn("  client gateway 1: mapping endpoint-independent\n", out)
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,symmetric", "--what-if")
        self.assertRegex(out, r"\n  client gateway 1: .* \+ client gateway 1: .*\n")

    def test_a_run(self):
        out, _ = self.punchlab("explain", "run", "--what-if")
        self.assertIn("share of all trials that would become direct", out)
        data = json.loads((self.folder / "run/what-if.json").read_text())
        cells = {(cell["client"], cell["connector"]): cell for cell in data["cells"]}
        self.assertEqual(set(cells), {("symmetric", "port-restricted-cone"), ("symmetric", "symmetric")})
        mended = {entry["change"]: entry["direct"] for entry in cells["symmetric", "port-restricted-cone"]["changes"]}
        self.assertEqual(mended["client gateway 1: mapping endpoint-independent"], 6)
        self.assertNotIn("client gateway 1: filtering endpoint-independent", mended)
        self.assertEqual(cells["symmetric", "symmetric"]["changes"], [])
        self.assertTrue(all(len(names) == 2 for names in cells["symmetric", "symmetric"]["smallest"]))
        shares = {entry["change"]: entry["share"] for entry in data["population"]}
        self.assertAlmostEqual(shares["client gateway 1: mapping endpoint-independent"], 0.25)
        before = (self.folder / "run/what-if.json").read_bytes()
        self.punchlab("explain", "run", "--what-if")
        self.assertEqual((self.folder / "run/what-if.json").read_bytes(), before)

    def report_of(self, folder, *arguments):
        """(report.html, what-if.json or None) of a run that makes its report."""
        self.punchlab("run", "tiny.yaml", "--backend", "memory", "--out", folder, *arguments)
        path = self.folder / folder / "what-if.json"
        return (self.folder / folder / "report.html").read_text(), path.read_bytes() if path.exists() else None

    def test_in_every_report(self):
        page, found = self.report_of("one", "--jobs", "1")
        self.assertIn("What would have to change", page)
        self.assertIn("No single change makes its trials direct (6 tried)", page)
        self.assertEqual(self.report_of("three", "--jobs", "3")[1], found)
        page, none = self.report_of("without", "--no-what-if")
        self.assertNotIn("What would have to change", page)
        self.assertIsNone(none)
        self.punchlab("report", "without")
        self.assertEqual((self.folder / "without/what-if.json").read_bytes(), found)

    def test_is_of_the_same_trials(self):
        self.report_of("run-1", "--trials", "3")
        path = self.folder / "run-1/what-if.json"
        stale = path.read_text()
        path.write_text(stale.replace('"sample": 10', '"sample": 9'))
        self.punchlab("report", "run-1")
        self.assertIn('"sample": 9', path.read_text(), "of the same trials: kept")
        page, found = self.report_of("run-1", "--resume")
        self.assertEqual(json.loads(found)["cells"][0]["not_direct"], 6)
        path.write_text(stale)
        self.punchlab("report", "run-1", "--no-what-if")
        self.assertNotIn("What would have to change", (self.folder / "run-1/report.html").read_text())
        path.write_text("[")
        self.punchlab("report", "run-1")
        self.assertEqual(path.read_bytes(), found)

    def test_within_a_budget(self):
        names = ", ".join(f"{{base: symmetric, name: s{i}}}" for i in range(15))
        self.write("tiny.yaml", f"name: many\ntrials: 1\nclient: {{nat: [{names}]}}\nconnector: {{nat: [{names}]}}\ntraffic: {{probes: 2, interval: 20 ms}}\n")
        page, found = self.report_of("many")
        found = json.loads(found)
        self.assertGreater(found["cells_left_out"], 0)
        self.assertEqual(found["cells_left_out"] + len(found["cells"]), 225)
        self.assertTrue(f"{found['cells_left_out']} cells with fewer such trials were not tried" in page)

    def test_files_need_a_trial(self):
        self.assertIn("--html needs --trial or --cell", self.refused("explain", "run", "--what-if", "--html", "x.html"))

if __name__ == "__main__":
    unittest.main()
