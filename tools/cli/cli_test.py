"""The command line as a user meets it. Cases:

 1. Folders: --out never touches what is there; --resume goes on only with a run, and with the same run.
 2. Output: stdout holds results only; progress goes to stderr, as a bar on a terminal and as lines elsewhere; the last
    lines tell speed, run folder and report.
 3. Verdicts: 1 when an expectation fails or the oracle is contradicted, 2 when a backend cannot model the scenario.
 4. The same trials: for any --jobs, picked out with --cell and --trial, and on both backends.
 5. The table of presets, as text and as JSON.
Wrong usage and wrong scenarios are in cli_usage_test.py; full disks, signals and kills in cli_faults_test.py.
"""

import json
import os
import pty
import shlex
import unittest

from cli_fixture import LONG, SOURCE, TINY, Command

PROGRESS = r"\d+ of \d+ trials, \d+/s\n"


class Folders(Command):
    def setUp(self):
        super().setUp()
        self.write("tiny.yaml", TINY)

    def out(self, *arguments, status=2):
        return self.refused("run", "tiny.yaml", "--backend", "memory", "--no-report", *arguments, status=status)

    def test_foreign_folder(self):
        self.write("mine/thesis.tex", "years of work")
        for resume in ([], ["--resume"]):
            self.assertEqual(self.out("--out", "mine", *resume), "mine is not empty and holds no run (no manifest.json)")

    def test_onto_a_file(self):
        self.write("file", "data")
        for resume in ([], ["--resume"]):
            self.assertEqual(self.out("--out", "file", *resume), "file is not a folder")

    def test_below_a_file(self):
        self.write("file", "data")
        self.assertIn("file/run", self.out("--out", "file/run", status=3))

    def test_onto_a_run(self):
        self.run_scenario("tiny.yaml", "--out", "run")
        self.assertEqual(self.out("--out", "run"),
                         "run holds a run already: take it up with --resume, or choose another --out")

    def test_another_run_is_not_resumed(self):
        self.run_scenario("tiny.yaml", "--out", "run")
        self.write("other.yaml", TINY + "timeout: 9 s\n")
        for arguments, says in (
            (["tiny.yaml", "--seed", "8"], "cannot resume run: its seed is 7, not 8"),
            (["tiny.yaml", "--backend", "ns3"], "cannot resume run: its backend is memory, not ns3"),
            (["other.yaml"], "cannot resume run: its scenario is another"),
            (["tiny.yaml", "--policy", "ice"], "cannot resume run: it has cell 0, full-cone,"),
            (["tiny.yaml", "--cell", "full-cone,any"], "cannot resume run: it has cell 2, symmetric,"),
            (["tiny.yaml", "--cell", "symmetric,any"], "cannot resume run: it has cell 0, full-cone,"),
        ):
            with self.subTest(arguments):
                backend = [] if "--backend" in arguments else ["--backend", "memory"]
                self.assertIn(says, self.refused("run", *arguments, *backend, "--out", "run", "--resume"))

    def test_an_edited_preset_is_another_scenario(self):
        preset = (SOURCE / "scenarios/nats/symmetric.yaml").read_text()
        self.write("nats/symmetric.yaml", preset)
        self.run_scenario("tiny.yaml", "--out", "run")
        self.write("nats/symmetric.yaml", preset + "# a thought\n")
        self.assertIn("cannot resume run: nats/symmetric.yaml, which its scenario names, is another",
                      self.refused("run", "tiny.yaml", "--backend", "memory", "--out", "run", "--resume"))

    def test_a_part_is_resumed_as_the_whole(self):
        self.run_scenario("tiny.yaml", "--out", "whole")
        self.run_scenario("tiny.yaml", "--out", "grown", "--cell", "symmetric,any")
        self.assertEqual({cell for cell, in self.rows("grown", "cell")}, {2, 3})
        part = self.rows("grown")
        self.run_scenario("tiny.yaml", "--out", "grown", "--resume")
        self.assertEqual(self.rows("grown"), self.rows("whole"))
        self.assertEqual([row for row in self.rows("grown") if row[0] >= 2], part)
        self.assertEqual(self.summary("grown"), self.summary("whole"))

    def test_a_manifest_of_an_older_format(self):
        self.run_scenario("tiny.yaml", "--out", "run")
        manifest = json.loads((self.folder / "run/manifest.json").read_text())
        del manifest["sha256"]  # that format had none
        manifest["format_version"] = 1
        self.write("run/manifest.json", json.dumps(manifest, indent=1))
        for command in (["report", "run"], ["export", "run"], ["compare", "run", "run"], ["explain", "run", "--trial", "0-0"]):
            said = self.refused(*command)
            self.assertIn("it was written by another version (format 1, this one reads 4): run the scenario again with this one, or read it with "
                          f"punchlab {manifest['version']}", said)
            self.assertNotIn("altered", said)

    def test_broken_run(self):
        self.run_scenario("tiny.yaml", "--out", "lacking")
        (self.folder / "lacking/trials.sqlite").unlink()
        for command in ("report", "export", "explain"):
            self.assertIn("lacking is broken: it has no trials.sqlite", self.refused(command, "lacking"))
        for name, content in (("trials.sqlite", "no database at all, but long enough " * 9), ("manifest.json", "{")):
            with self.subTest(name):
                self.run_scenario("tiny.yaml", "--out", name + "-run")
                self.write(f"{name}-run/{name}", content)
                self.assertIn(name + "-run", self.out("--out", name + "-run", "--resume"))
                self.assertIn(name + "-run", self.refused("report", name + "-run"))

    def test_report_of_what_is_no_run(self):
        (self.folder / "empty").mkdir()
        for name in ("empty", "missing"):
            self.assertEqual(self.refused("report", name), f"{name} holds no run (no manifest.json)")
        self.assertEqual(self.refused("report", "tiny.yaml"), "tiny.yaml is not a folder")

    def test_default_folder(self):
        out, _ = self.run_scenario("tiny.yaml", "--seed", "3")
        folders = list((self.folder / "results/runs/tiny").iterdir())
        self.assertEqual(len(folders), 1)
        self.assertRegex(folders[0].name, r"\A\d{8}T\d{6}Z-3\Z")
        self.assertTrue(out.endswith(f"run folder: results/runs/tiny/{folders[0].name}\n"), out)

    def test_the_manifest_repeats_the_run(self):
        odd = self.write("it's tiny.yaml", TINY)
        self.run_scenario(odd.name, "--out", "a b", "--cell", "full-cone,any")
        command = json.loads((self.folder / "a b/manifest.json").read_text())["command"]
        arguments = shlex.split(command)
        self.assertEqual(arguments[:3], ["punchlab", "run", "it's tiny.yaml"])
        arguments[arguments.index("a b")] = "again"
        self.punchlab(*arguments[1:])
        self.assertEqual(self.summary("again"), self.summary("a b"))


class Output(Command):
    def setUp(self):
        super().setUp()
        self.write("tiny.yaml", TINY)

    def test_streams(self):
        out, err = self.run_scenario("tiny.yaml", "--out", "run", "--jobs", "2")
        self.assertRegex(err, rf"\A({PROGRESS})+\Z")
        self.assertNotRegex(out, PROGRESS)
        self.assertNotRegex(out, "[\r\x1b]")
        self.assertIn("full-cone", out)
        self.assertRegex(out, r"\ntime: 24 trials in \d+\.\d s, \d+ trials/s with 2 jobs; \d+\.\d s for the summary\n"
                              r"run folder: run\n\Z")

    def test_bar_on_a_terminal(self):
        self.write("long.yaml", LONG)
        parent, child = pty.openpty()
        process = self.start_run("long.yaml", "--out", "run", stderr=child)
        os.close(child)
        drawn = b""
        while True:
            try:
                piece = os.read(parent, 4096)
            except OSError:  # the other end was closed
                break
            if not piece:
                break
            drawn += piece
        os.close(parent)
        out, _ = self.ended(process, 0)
        self.assertNotIn("\r", out)
        states = drawn.decode().rstrip("\r\n").split("\r")
        self.assertGreater(len(states), 2, drawn)
        for state in states[1:]:
            self.assertRegex(state, r"\A█*░*  \d+ of 600 trials, \d+/s, \d+ s left \x1b\[K\Z")
        self.assertIn("█" * 32 + "  600 of 600 trials", states[-1])

    def test_report(self):
        out, err = self.punchlab("run", "tiny.yaml", "--backend", "memory", "--out", "run")
        self.assertRegex(err, rf"\A({PROGRESS})+\Z")
        self.assertRegex(out, r", \d+\.\d s for the report\nrun folder: run\nreport: run/report.html\n\Z")
        page = self.folder / "run/report.html"
        first = page.read_bytes()
        page.unlink()
        self.assertEqual(self.punchlab("report", "run"), ("report: run/report.html\n", ""))
        self.assertEqual(page.read_bytes(), first)

    def test_results_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            process = self.start_run("tiny.yaml", "--out", "run", stdout=full)
        _, err = self.ended(process, 3)
        self.assertIn("No space left on device", err)
        self.assertEqual(len(self.rows("run")), 24)

    def test_nothing_left_to_run(self):
        self.run_scenario("tiny.yaml", "--out", "run")
        before = self.summary("run")
        out, _ = self.run_scenario("tiny.yaml", "--out", "run", "--resume")
        self.assertIn("time: no trial was left to run; ", out)
        self.assertEqual(self.summary("run"), before)


class Verdicts(Command):
    def test_expectation_met(self):
        self.write("s.yaml", TINY + "expect: [{connector: symmetric, client: symmetric, direct: 0 %}]\n")
        self.run_scenario("s.yaml", "--out", "run")

    def test_expectation_fails(self):
        self.write("s.yaml", TINY + "expect: [{connector: symmetric, client: symmetric, direct: 100 %}]\n")
        out, err = self.run_scenario("s.yaml", "--out", "run", status=1)
        self.assertIn("missed  line 6: client: symmetric, connector: symmetric, direct: 100 %", out)
        self.assertIn("run folder: run\n", out)
        self.assertRegex(err, rf"\A({PROGRESS})+\Z")
        self.assertEqual(json.loads((self.folder / "run/manifest.json").read_text())["state"], "complete")

    def test_oracle_is_contradicted(self):
        """Nobody becomes direct on a timeout of a moment, nor relayed; the oracle says that these NATs always let it happen."""
        nats = "[full-cone, symmetric]"
        self.write("s.yaml", f"name: s\ntrials: 3\ntimeout: 30 ms\nclient: {{nat: {nats}}}\nconnector: {{nat: symmetric}}\n")
        out, _ = self.run_scenario("s.yaml", "--out", "run", status=1)
        self.assertIn("oracle contradicted in full-cone,symmetric (relay-first): must be direct, 0 of 3 were\n", out)
        self.assertIn("oracle contradicted in symmetric,symmetric (relay-first): must be relayed, 0 of 3 were\n", out)

    def test_backend_that_cannot(self):
        scenario = SOURCE / "scenarios/access.yaml"
        line = self.refused("run", scenario, "--backend", "memory", "--out", "run")
        self.assertTrue(line.startswith("backend memory cannot model cell port-restricted-cone,"), line)


class SameTrials(Command):
    """Results depend on scenario and seed, and on nothing else."""

    def setUp(self):
        super().setUp()
        self.write("tiny.yaml", TINY)

    def test_any_number_of_jobs(self):
        for jobs in ("1", "2", "5"):
            self.run_scenario("tiny.yaml", "--out", jobs, "--trials", "11", "--jobs", jobs)
        for jobs in ("2", "5"):
            self.assertEqual(self.summary(jobs), self.summary("1"))
            self.assertEqual(self.rows(jobs), self.rows("1"))

    def test_another_seed_is_another_run(self):
        """The control of the others: rows do differ where they may."""
        self.run_scenario("tiny.yaml", "--out", "7")
        self.run_scenario("tiny.yaml", "--out", "8", "--seed", "8")
        self.assertNotEqual(self.rows("7", "trace_hash"), self.rows("8", "trace_hash"))

    def test_picked_out(self):
        self.run_scenario("tiny.yaml", "--out", "whole")
        whole = self.named_rows("whole")
        self.assertEqual(len(whole), 24)
        for cell, trial, count in (("symmetric,port-restricted-cone", 4, 1), ("any,symmetric", 2, 2), ("any,any", 5, 4)):
            with self.subTest(cell):
                self.run_scenario("tiny.yaml", "--out", cell, "--cell", cell, "--trial", trial)
                picked = self.named_rows(cell)
                self.assertEqual({key[2] for key in picked}, {trial})
                self.assertEqual(len(picked), count)
                self.assertEqual(picked, {key: whole[key] for key in picked})

    def named_rows(self, run):
        """{(client, connector, trial): what was measured}; the index of a cell depends on which cells a run has."""
        rows = self.query(run, "SELECT client, connector, trials.* FROM trials JOIN cells USING (cell)")
        named = {(row[0], row[1], row[3]): row[4:] for row in rows}
        self.assertEqual(len(named), len(rows))
        return named

    def test_both_backends(self):
        """Streams are ns-3's own TCP there (docs/worlds.md), so that where a peer has no UDP only the ending is the same."""
        trials = {"classic-nats": 32, "rfc4787": 162, "shared-nat": 144, "kernel-nat": 128, "twingate": 36, "halkes2011": 50}
        for name, count in trials.items():
            with self.subTest(name):
                memory, ns3 = (self.trials_of(name, backend, count if name == "halkes2011" else 2) for backend in ("memory", "ns3"))
                self.assertEqual(len(ns3), count)
                ending = ("client", "connector", "cell", "trial", "outcome", "reason")
                for one, other in zip(memory, ns3):
                    over_stream = {one["client"], one["connector"]} & {"udp-blocked", "https-only"}
                    self.assertEqual(*({key: trial[key] for key in (ending if over_stream else trial)} for trial in (one, other)))

    def trials_of(self, name, backend, trials):
        """Every column of every trial but the world's own number of events."""
        run = f"{name}-{backend}"
        scenario, _, _ = (SOURCE / f"scenarios/{name}.yaml").read_text().partition("\nexpect:")  # which wants more trials
        self.write(f"{name}.yaml", scenario + "\n")
        self.run_scenario(f"{name}.yaml", "--backend", backend, "--trials", str(trials), "--out", run)
        columns = [name for name, in self.query(run, "SELECT name FROM pragma_table_info('trials')") if name != "events"]
        rows = self.query(run, f"SELECT client, connector, {', '.join(f'trials.{c}' for c in columns)} FROM trials JOIN cells USING (cell) "
                               "ORDER BY trials.cell, trial")
        return [dict(zip(("client", "connector", *columns), row)) for row in rows]


class Nats(Command):
    def test_table_and_json(self):
        presets = json.loads(self.punchlab("nats", "--json")[0])
        names = [preset["name"] for preset in presets]
        self.assertLessEqual({"full-cone", "symmetric", "EIM-EIF", "APDM-APDF"}, set(names))
        table, err = self.punchlab("nats")
        self.assertEqual(err, "")
        self.assertEqual([line.split()[0] for line in table.splitlines()[1 : len(names) + 1]], names)
        for preset in presets:
            self.assertTrue(preset["agrees"], preset)

    def test_own_presets(self):
        self.write("mine/wide.yaml", "name: wide\nmapping: endpoint-independent\nfiltering: endpoint-independent\n")
        self.assertEqual([p["name"] for p in json.loads(self.punchlab("nats", "--json", "--presets", "mine")[0])], ["wide"])
        self.write("mine/wide.yaml", "name: wide\nmaping: endpoint-independent\n")
        self.assertTrue(self.refused("nats", "--presets", "mine").startswith("mine/wide.yaml:2:1: "))
        self.assertIn("none", self.refused("nats", "--presets", "none"))


if __name__ == "__main__":
    unittest.main()
