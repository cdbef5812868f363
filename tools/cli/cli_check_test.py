"""punchlab check as a user meets it. Cases:

 1. A baseline is made, is small text, and the same scenario passes against it: also on another seed and another backend.
 2. A policy with a worsened constant, and one with a technique off, fails with status 1 and names cell, size, cause and a trial;
    so does a later first byte, where the time to direct stays.
 3. JUnit and Markdown: a case per cell; valid under junit.xsd, of a check that passes, of one that does not, and with a file whose name
    is no XML; the schema refuses what breaks it.
 4. An expectation of the scenario that no longer holds fails the check, one that chance explains does not.
 5. Populations: rare cells get as many trials as the mean one, all cells together those that were drawn.
 6. The result does not depend on the number of jobs; nothing of it depends on the clock.
 7. With few trials cells stay undecided, and say how many would tell: these do.
 8. Wrong usage, broken baselines, baselines of other cells: one line, status 2, nothing written.
"""

import os
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from cli_fixture import Command

NOISY = """\
name: noisy
trials: 100
client: {nat: [port-restricted-cone, symmetric], access: {latency: {uniform: [5 ms, 30 ms]}, loss: 2 %, jitter: {exponential: 2 ms}}}
connector: {nat: [full-cone, port-restricted-cone], access: {latency: 15 ms}}
policy: {base: relay-first, name: ours}
traffic: {probes: 5, interval: 20 ms}
"""
PEOPLE = """\
name: people
trials: 120
client: {nat: {population: [{nat: full-cone, share: 57 %}, {nat: symmetric, share: 39 %}, {nat: cgn, share: 4 %}]}}
connector: {nat: {population: [{nat: port-restricted-cone, share: 70 %}, {nat: symmetric, share: 30 %}]}}
traffic: {probes: 5, interval: 20 ms}
"""


class Checking(Command):
    def setUp(self):
        super().setUp()
        self.write("noisy.yaml", NOISY)

    def update(self, scenario="noisy.yaml", *arguments):
        return self.punchlab("check", scenario, "--baseline", "b.yaml", "--backend", "memory", "--update-baseline", *arguments)

    def check(self, scenario="noisy.yaml", *arguments, status=0):
        return self.punchlab("check", scenario, "--baseline", "b.yaml", *arguments, status=status)[0]

    def test_the_same_passes(self):
        out, _ = self.update()
        self.assertEqual(out, "baseline of 4 cells, 400 trials: b.yaml\n")
        text = (self.folder / "b.yaml").read_text()
        self.assertLess(len(text), 2500)
        self.update()
        self.assertEqual((self.folder / "b.yaml").read_text(), text)
        for arguments in ([], ["--seed", "5"], ["--seed", "6"], ["--backend", "ns3", "--seed", "7"]):
            self.assertIn("noisy: no regression", self.check("noisy.yaml", *arguments))

    def test_worse_fails(self):
        self.update()
        for constant in ("pacing: 20 ms", "synchronised-start: off"):
            self.write("worse.yaml", NOISY.replace("name: ours", f"name: ours, {constant}"))
            out = self.check("worse.yaml", "--seed", "3", status=1)
            self.assertRegex(out, r"port-restricted-cone,full-cone \(ours\)\n  time to direct over the least possible: (median|\d+ % quantile) "
                                  r"[\d.]+ ms → [\d.]+ ms \(\+[\d.]+ ms\); beyond ")
            self.assertRegex(out, r"; the whole time to direct, with what its links take: median [\d.]+ ms → [\d.]+ ms\n")
            self.assertRegex(out, r"reason: .*first byte .*, packets until direct \d+ instead of \d+")
            again = re.search(r"see: punchlab (run .*)\n", out)[1].split()
            self.punchlab(*again, "--no-report", "--out", f"again-{constant[:4]}")

    def test_later_first_byte_fails(self):
        self.update()
        self.write("worse.yaml", NOISY.replace("name: ours", "name: ours, relay-first: off"))
        out = self.check("worse.yaml", "--seed", "3", "--junit", "j.xml", status=1)
        self.assertRegex(out, r"time to first byte: median [\d.]+ ms → [\d.]+ ms \(\+[\d.]+ ms\); beyond [\d.]+ ms: ")
        self.assertIn('<failure type="time to first byte"', (self.folder / "j.xml").read_text())

    def test_says_what_would_tell(self):
        self.update()
        out = self.check("noisy.yaml", "--seed", "3", "--trials", "40")
        self.assertRegex(out, r"noisy: no regression, 5 undecided in 4 cells")
        told = re.search(r"undecided: symmetric,port-restricted-cone \(ours\): success: \d+\.\d points more are not ruled out, 6\.0 matter; "
                         r"--trials (\d+) would tell\n", out)[1]
        self.assertNotIn("symmetric,port-restricted-cone (ours): success", self.check("noisy.yaml", "--seed", "3", "--trials", told))

    def test_relayed_more_fails(self):
        self.update()
        self.write("worse.yaml", NOISY.replace("full-cone, port-restricted-cone", "{base: symmetric, name: full-cone}, port-restricted-cone"))
        out = self.check("worse.yaml", status=1)
        self.assertRegex(out, r"port-restricted-cone,full-cone \(ours\)\n  relay share: relayed 0 % of 100 → 100 % of \d+")
        self.assertRegex(out, r"reason: mapping-varies in \d+ of \d+ trials \(was 0 of 100\)")

    def test_junit_and_markdown(self):
        self.update()
        self.write("worse.yaml", NOISY.replace("name: ours", "name: ours, pacing: 60 ms"))
        self.check("worse.yaml", "--junit", "j.xml", "--markdown", "m.md", status=1)
        self.assertEqual(self.junit_problem("j.xml"), "")
        root = xml.etree.ElementTree.parse(self.folder / "j.xml").getroot()
        for number, suite in enumerate(root):
            self.assertEqual(suite.get("id"), str(number))
            self.assertEqual(len(suite.findall("testcase")), int(suite.get("tests")))
            self.assertEqual(len(suite.findall(".//failure")), int(suite.get("failures")))
        names = [case.get("name") for case in root.iter("testcase")]
        self.assertEqual(len(names), 5)
        self.assertIn("symmetric,full-cone", names)
        markdown = (self.folder / "m.md").read_text()
        self.assertTrue(markdown.startswith("### ❌ noisy: "))
        self.assertIn("| port-restricted-cone,full-cone (ours) | time to direct over the least possible: ", markdown)

    def junit_problem(self, name):
        """What junit.xsd has against a file; nothing when it is valid."""
        self.assertIsNotNone(shutil.which("xmllint"), "xmllint is missing: apt-get install libxml2-utils")
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", pathlib.Path(__file__).with_name("junit.xsd"), name],
                              cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr)  # 3: not valid; anything else: no answer
        return "" if done.returncode == 0 else done.stderr

    def test_junit_of_every_kind(self):
        self.write("o&d<.yaml", NOISY + "expect:\n  - {relayed: 0 %}\n")
        self.update("o&d<.yaml")
        self.write("o&d<.yaml", NOISY.replace("name: ours", "name: ours, pacing: 60 ms") + "expect:\n  - {relayed: 0 %}\n")
        self.check("o&d<.yaml", "--junit", "j.xml", status=1)
        self.assertEqual(self.junit_problem("j.xml"), "")
        good = (self.folder / "j.xml").read_text()
        self.assertIn("o&amp;d&lt;.yaml", good)
        for before, after, words in ((' time="0.000"', "", "attribute 'time' is required"),
                                     ("<properties>", "<properties><owner/>", "'owner'"),
                                     ("    <system-out>", "    <testcase/><system-out>", "'testcase'"),
                                     ("<failure type=", "<failure kind=", "'kind'"),
                                     ("  </testsuite>", "    <system-out/>\n  </testsuite>", "'system-out'"),
                                     (' id="0"', ' id="first"', "'first'"),
                                     ('timestamp="2', 'timestamp="Monday 2', "Monday")):
            self.assertIn(before, good)
            self.write("broken.xml", good.replace(before, after, 1))
            self.assertIn(words, self.junit_problem("broken.xml"))
        self.update()
        self.check("noisy.yaml", "--seed", "5", "--junit", "fine.xml")
        self.assertEqual(self.junit_problem("fine.xml"), "")

    def test_expectations(self):
        self.update()
        self.write("expects.yaml", NOISY + "expect:\n  - {connector: full-cone, direct: \">= 99.9 %\"}\n  - {failed: 0 %}\n")
        self.check("expects.yaml")
        self.write("expects.yaml", NOISY + "expect:\n  - {relayed: 0 %}\n")
        out = self.check("expects.yaml", "--junit", "j.xml", status=1)
        self.assertIn("expectation missed, line 8: ", out)
        self.assertIn("noisy: no regression, 1 expectation missed", out)
        self.assertIn('type="expectation"', (self.folder / "j.xml").read_text())

    def test_populations(self):
        self.write("people.yaml", PEOPLE)
        self.update("people.yaml")
        text = (self.folder / "b.yaml").read_text()
        self.assertIn("trials: 120\n", text)
        self.assertIn("  - {client: cgn, connector: port-restricted-cone, policy: relay-first, trials: 100, ", text)
        self.assertIn("  - {policy: relay-first, trials: 120,", text)
        for seed in ("2", "3", "4"):
            self.assertIn("people: no regression", self.check("people.yaml", "--seed", seed))
        self.write("people.yaml", PEOPLE.replace("share: 57 %", "share: 27 %").replace("share: 39 %", "share: 69 %"))
        self.assertIn("all cells (relay-first)\n  relay share: ", self.check("people.yaml", "--seed", "2", status=1))

    def test_jobs_do_not_matter(self):
        self.update("noisy.yaml", "--jobs", "3")
        text = (self.folder / "b.yaml").read_text().replace(" --jobs 3", "")
        self.update("noisy.yaml", "--jobs", "1")
        self.assertEqual((self.folder / "b.yaml").read_text().replace(" --jobs 1", ""), text)
        self.write("worse.yaml", NOISY.replace("name: ours", "name: ours, pacing: 20 ms"))
        self.assertEqual(self.check("worse.yaml", "--jobs", "1", status=1), self.check("worse.yaml", "--jobs", "3", status=1))

    def test_refuses(self):
        self.update()
        self.assertIn("--baseline is missing", self.refused("check", "noisy.yaml"))
        self.assertIn("make it with --update-baseline", self.refused("check", "noisy.yaml", "--baseline", "none.yaml"))
        self.assertIn("virtual time", self.refused("check", "noisy.yaml", "--baseline", "b.yaml", "--backend", "sockets"))
        self.assertIn("no baseline", self.refused("check", "noisy.yaml", "--baseline", "noisy.yaml"))
        self.write("other.yaml", NOISY.replace("symmetric", "cgn"))
        self.assertIn("of other cells", self.refused("check", "other.yaml", "--baseline", "b.yaml"))
        self.write("people.yaml", PEOPLE)
        self.assertIn("of other cells", self.refused("check", "people.yaml", "--baseline", "b.yaml"))
        self.write("broken.yaml", (self.folder / "b.yaml").read_text().replace("failed: 0", "failed: 7", 1))
        self.assertRegex(self.refused("check", "noisy.yaml", "--baseline", "broken.yaml"), r"^broken\.yaml:\d+: direct, relayed and failed")
        self.assertIn("leave out", self.refused("check", "noisy.yaml", "--baseline", "b.yaml", "--update-baseline", "--junit", "j.xml"))
        if os.geteuid() != 0:  # root may write anywhere
            self.refused("check", "noisy.yaml", "--baseline", "/b.yaml", "--update-baseline", status=3)


if __name__ == "__main__":
    unittest.main()
