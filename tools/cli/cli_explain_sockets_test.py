#!/usr/bin/python3
"""Explanations of trials that real sockets ran, as a user meets them: from what the lab wrote down, in text, page and capture; which
trials have a recording, and what is said of one that has none; what if, also in the report, and replay are simulations and say so; a
broken recording, or one that is another trial's, is refused; a kill loses no recording of a trial that is there. Needs user
namespaces, as `punchlab run --backend sockets` does.
"""

import hashlib
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import unittest

from cli_fixture import PATIENCE, Command, seal

# Short trials over real sockets, of which half are relayed.
REAL = """\
name: real
seed: 4
trials: 5
client: {nat: [full-cone, symmetric], access: {latency: 5 ms}}
connector: {nat: [port-restricted-cone, symmetric], access: {latency: 5 ms}}
relay: {latency: 5 ms}
traffic: {probes: 3, interval: 20 ms}
"""


class Sockets(Command):
    def setUp(self):
        super().setUp()
        self.write("real.yaml", REAL)
        self.addCleanup(self.assert_nothing_runs)

    def run_real(self, *arguments):
        """A few at a time, so that trials do not make each other late. Whether the oracle agrees (status 1) is not asked: on a
        busy machine a trial of real time may fail."""
        process = self.start_run("real.yaml", "--backend", "sockets", "--out", "run", "--jobs", "4", *arguments)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertIn(process.returncode, (0, 1), err)

    def recorded(self):
        return set(self.query("run", "SELECT cell, trial FROM recordings"))

    def change(self, sql, *values):
        database = sqlite3.connect(self.folder / "run/trials.sqlite")
        database.execute(sql, values)
        database.commit()
        database.close()

    def soften_symmetric(self):
        """Makes the preset that the run folder keeps another, so that the simulation ends trials direct that were not."""
        manifest = json.loads((self.folder / "run/manifest.json").read_text())
        preset = next(preset for preset in manifest["scenario"]["presets"] if preset["name"] == "nats/symmetric.yaml")
        text = preset["text"].replace("mapping: address-and-port-dependent", "mapping: endpoint-independent")
        self.assertNotEqual(text, preset["text"])
        preset |= {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        self.write("run/manifest.json", seal.sealed(json.dumps(manifest)))

    def test_sentence_and_packets(self):
        self.run_real()
        (self.folder / "real.yaml").unlink()
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,symmetric")
        lines = out.split("\n")
        self.assertRegex(lines[0], r"^trial 3-\d of symmetric,symmetric \(relay-first\), as it ran over real sockets \(backend sockets\)$")
        self.assertRegex(lines[1], r"^Relayed, because the (client|connector)'s NAT mapping varies: the relay sees the (client|connector) at [\d.:]+, .*\.$")
        for words in ("mapping-created", "filtered-by-", "check, controlling", "Noise IK message 1", "has sent to", "+ 192.168.1.10:40000 = ",
                      "table of client's NAT after its last packet"):
            self.assertIn(words, out)
        self.assertRegex(out, r"\(\d+ packets? of application data, \d+ delivered\)")
        trial = lines[0].split()[1]  # the same one: in real time each has other packets
        everything, _ = self.punchlab("explain", "run", "--trial", trial, "--all")
        self.assertGreater(len(everything), len(out))
        direct, _ = self.punchlab("explain", "run", "--cell", "full-cone,any")
        self.assertRegex(direct, r"\nDirect[ ,]")  # real time: on a busy machine it may be slow
        self.assertIn("sends directly from now on", direct)

    def test_page_and_capture(self):
        self.run_real("--cell", "symmetric,symmetric", "--trial", "1")
        self.punchlab("explain", "run", "--trial", "3-1", "--html", "why.html", "--pcap", "why.pcapng")
        page = (self.folder / "why.html").read_text()
        self.assertIn("<svg", page)
        self.assertIn("over real sockets", page)
        tshark = shutil.which("tshark")
        self.assertTrue(tshark, "tshark is missing: run tools/setup")
        fields = [option for field in ("frame.interface_name", "frame.time_delta", "frame.comment") for option in ("-e", field)]
        done = subprocess.run([tshark, "-r", self.folder / "why.pcapng", "-T", "fields", *fields], capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertGreater(len(rows), 80)
        self.assertTrue(all(len(row) == 3 and row[2].startswith("packet ") for row in rows), "an event belongs to no packet")
        self.assertTrue(all(float(row[1]) >= 0 for row in rows), "the capture is not in the order of time")
        self.assertTrue(any("dropped by" in row[2] and "filtered-by-" in row[2] for row in rows))
        broken = subprocess.run([tshark, "-r", self.folder / "why.pcapng", "-Y", "_ws.malformed"], capture_output=True, text=True, check=True)
        self.assertEqual(broken.stdout, "")

    def test_which_are_recorded(self):
        self.run_real("--cell", "any,symmetric")
        first = {(cell, trial) for cell in (1, 3) for trial in range(3)}
        why = set(self.query("run", "SELECT cell, trial FROM trials WHERE reason <> ''"))
        self.assertGreaterEqual(len(why), 5, "the symmetric pair is relayed")
        self.assertEqual(self.recorded(), first | why)
        self.change("DELETE FROM recordings WHERE cell = 1 AND trial = 1")
        said = self.refused("explain", "run", "--trial", "1-1")
        self.assertIn("trial 1-1 of run has no recording, and real sockets cannot run it again: of its cell 1-0, 1-2", said)
        self.assertIn("punchlab run real.yaml --backend sockets --cell full-cone,symmetric --trial 1 --recordings all", said)
        outcome, = self.query("run", "SELECT outcome FROM trials WHERE cell = 1 AND trial = 1")[0]
        out, _ = self.punchlab("replay", "run", "--trial", "1-1", status=0 if outcome == "direct" else 1)
        self.assertIn("the trial has no recording, so packets are not compared", out)

    def test_all_and_none(self):
        self.run_real("--cell", "full-cone,symmetric", "--recordings", "all")
        self.assertEqual(self.recorded(), set(self.rows("run", "cell, trial")))
        shutil.rmtree(self.folder / "run")
        self.run_real("--cell", "full-cone,symmetric", "--recordings", "none")
        self.assertEqual(self.recorded(), set())
        self.assertIn("none of its cell has one", self.refused("explain", "run", "--cell", "any,any"))
        for arguments, says in ((["--backend", "sockets", "--recordings", "few"], "--recordings few: some, all and none are possible"),
                                (["--backend", "memory", "--recordings", "all"], "`punchlab explain` runs trials of --backend memory again")):
            self.assertIn(says, self.refused("run", "real.yaml", *arguments))

    def test_what_if_is_a_prediction(self):
        self.run_real()
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,port-restricted-cone", "--what-if")
        self.assertIn("What follows is a prediction by the model: real sockets cannot run this trial again, so the same seed and world\nare simulated.", out)
        self.assertIn("In the simulation the trial ends relayed (mapping-varies); over real sockets it ended relayed (mapping-varies).\n", out)
        self.assertNotIn("otherwise", out)
        self.assertIn("  client gateway 1: mapping endpoint-independent\n", out)
        out, _ = self.punchlab("explain", "run", "--what-if")
        self.assertIn("A prediction by the model: ", out)
        data = json.loads((self.folder / "run/what-if.json").read_text())
        self.assertIs(data["prediction"], True)
        mended = {cell["cell"]: {entry["change"]: entry["direct"] for entry in cell["changes"]} for cell in data["cells"]}
        self.assertEqual(mended[2]["client gateway 1: mapping endpoint-independent"], 5)
        # A world in which the simulation disagrees: what it says is no use, and it says so.
        self.soften_symmetric()
        out, _ = self.punchlab("explain", "run", "--what-if")
        self.assertIn("5 more are direct in the simulation as they are", out)
        out, _ = self.punchlab("explain", "run", "--cell", "symmetric,symmetric", "--what-if")
        self.assertIn("The simulation ends it otherwise", out)
        self.assertNotIn("What if?", out)

    def test_what_if_of_a_trial_that_the_model_has_in_time(self):
        """No change can be the cure: all of them, and none, do."""
        self.run_real("--cell", "full-cone,port-restricted-cone", "--trial", "0")
        out, _ = self.punchlab("explain", "run", "--trial", "0-0", "--what-if")
        self.assertIn("The model is direct in time without any change: what the lab saw came from its machine", out)
        self.assertNotIn("What if?", out)
        self.run_scenario("real.yaml", "--cell", "full-cone,port-restricted-cone", "--out", "memory")
        out, _ = self.punchlab("explain", "memory", "--trial", "0-0", "--what-if")
        self.assertIn("This trial is direct in time: there is nothing to cure.\n", out)
        self.assertNotIn("What if?", out)

    def test_report_predicts(self):
        self.run_real()
        self.punchlab("report", "run")
        page = (self.folder / "run/report.html").read_text()
        for words in ("What would have to change, as the model predicts", "A prediction by the model: real sockets cannot run trials again",
                      "in a simulation of the same worlds", "client gateway 1: mapping endpoint-independent"):
            self.assertIn(words, page)

    def test_replay_is_a_simulation(self):
        self.run_real()
        out, _ = self.punchlab("replay", "run", "--cell", "symmetric,symmetric")
        self.assertRegex(out, r"\Atrial 3-\d of symmetric,symmetric \(relay-first\)\nover real sockets \(backend sockets\): relayed \(mapping-varies\)\n"
                              r"on ns3, same seed and world: relayed \(mapping-varies\)\nthe same outcome and reason\. Real time has no seed")
        self.assertGreater(int(re.search(r"(\d+) alike .*, \d+ not", out).group(1)), 20)
        # A run that ended otherwise than the model: status 1, and the packet at which they part.
        self.soften_symmetric()
        out, _ = self.punchlab("replay", "run", "--cell", "symmetric,symmetric", status=1)
        self.assertIn("another outcome", out)
        self.assertRegex(out, r"the first that differs: at -?[\d.]+ ms (client|connector|relay) \S+ -> \S+ .*: sockets .*; ns3 ")

    def test_broken_recordings(self):
        self.run_real("--cell", "symmetric,symmetric")
        whole, = self.query("run", "SELECT bytes FROM recordings WHERE cell = 3 AND trial = 1")[0]
        broken = bytearray(whole)
        broken[len(whole) // 2] ^= 4
        other, = self.query("run", "SELECT bytes FROM recordings WHERE cell = 3 AND trial = 2")[0]
        for bytes_, says in ((bytes(broken), "is corrupt: "), (whole[:-3], "is corrupt: "), (b"", "is corrupt: it is too short"),
                             (other, "is corrupt: it is of another trial")):
            self.change("UPDATE recordings SET bytes = ? WHERE cell = 3 AND trial = 1", bytes_)
            for command in ("explain", "replay"):
                with self.subTest(says, command=command):
                    out, err = self.punchlab(command, "run", "--trial", "3-1", status=2)
                    self.assertRegex(err, r"\Apunchlab: run/trials\.sqlite: the recording of trial 3-1 [^\n]+\n\Z")
                    self.assertIn(says, err)
        self.change("UPDATE recordings SET bytes = ? WHERE cell = 3 AND trial = 1", whole)
        self.punchlab("explain", "run", "--trial", "3-1")
        self.change("UPDATE trials SET reason = 'lost' WHERE cell = 3 AND trial = 1")
        self.assertIn("the trial's row was changed", self.refused("explain", "run", "--trial", "3-1"))
        file = self.folder / "run/trials.sqlite"
        file.write_bytes(file.read_bytes()[:9000])
        self.assertIn("trials.sqlite", self.refused("explain", "run", "--trial", "3-1"))

    def test_a_kill_loses_no_recording(self):
        self.write("real.yaml", REAL.replace("trials: 5", "trials: 30"))
        process = self.start_run("real.yaml", "--backend", "sockets", "--out", "run", "--jobs", "6")
        self.wait_for_trials(process, "run")
        process.kill()
        self.ended(process, -signal.SIGKILL)
        self.assert_nothing_runs()
        missing = "SELECT count(*) FROM trials WHERE (reason <> '' OR trial < 3) AND (cell, trial) NOT IN (SELECT cell, trial FROM recordings)"
        self.assertEqual(self.query("run", missing), [(0,)])
        before = len(self.rows("run"))
        self.assertLess(before, 120)
        self.run_real("--resume", "--cell", "any,any")
        self.assertEqual(len(self.rows("run")), 120)
        self.assertEqual(self.query("run", missing), [(0,)])
        for cell, trial in sorted(self.recorded())[::25]:
            self.punchlab("explain", "run", "--trial", f"{cell}-{trial}")

    def test_kernel_gateways(self):
        self.write("kernel.yaml", REAL.replace("[full-cone, symmetric]", "[linux-masquerade-random]").replace("[port-restricted-cone, symmetric]",
                                                                                                       "[linux-masquerade-random]"))
        self.run_scenario("kernel.yaml", "--backend", "sockets-kernel", "--trials", "2", "--out", "run")
        out, _ = self.punchlab("explain", "run", "--trial", "0-1")
        self.assertIn("over real sockets (backend sockets-kernel)\nRelayed, because the ", out)
        self.assertIn("client's NAT: mapping-created, ", out)
        self.assertIn("dropped by connector's NAT: filtered-by-", out)
        self.assertIn("table of client's NAT: the Linux kernel's own, which does not show it", out)
        self.assertIn("the same outcome and reason", self.punchlab("replay", "run", "--trial", "0-1")[0])


if __name__ == "__main__":
    unittest.main()
