"""What docs/ promises is run as it stands there. Cases:

 1. ci.md: both jobs are YAML with the parts that their services need. Every shell command of theirs runs, in the shell
    that a container has (sh), with apt-get and cmake replaced by stand-ins that write down their arguments, tools/setup
    itself, and a repository of punchlab that git clones by its tag: green on the page's own nat.yaml.
 2. The same jobs are red when the policy of nat.yaml is worse, and leave JUnit and summary all the same.
 3. A second run finds punchlab in its cache: nothing is cloned or compiled again.
 4. export.md: both pieces of Python run, and what they load is what summary.json counts.
"""

import json
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

import yaml
from cli_fixture import PATIENCE, PUNCHLAB, SOURCE, Command

STAND_IN = '#!/bin/sh\necho "$0" "$@" >> "$CALLS"\n'


def blocks(page, language):
    """The pieces of code of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (SOURCE / "docs" / page).read_text(), flags=re.DOTALL | re.MULTILINE)


class CiPage(Command):
    def setUp(self):
        super().setUp()
        self.scenario, self.github, self.gitlab = blocks("ci.md", "yaml")
        for name in ("apt-get", "cmake"):
            self.write(f"bin/{name}", STAND_IN).chmod(0o755)
        self.repository()
        self.environment |= {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.folder / "calls"),
                             "GITHUB_STEP_SUMMARY": str(self.folder / "step-summary.md"), "HOME": str(self.folder)}
        self.product = self.folder / "product"
        self.write("product/nat.yaml", self.scenario)
        self.punchlab("check", "product/nat.yaml", "--baseline", "product/nat-baseline.yaml", "--backend", "memory", "--trials", "100",
                      "--update-baseline")

    def repository(self):
        """Of punchlab: its set-up, and the program where the build would leave it."""
        self.write("punchlab.git/tools/setup", (SOURCE / "tools/setup").read_bytes()).chmod(0o755)
        (self.folder / "punchlab.git/build").mkdir()
        (self.folder / "punchlab.git/build/punchlab").symlink_to(PUNCHLAB)
        git = ["git", "-C", self.folder / "punchlab.git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "All"], ["tag", "v0.1.0"]):
            subprocess.run([*git, *command], check=True, capture_output=True)

    def step(self, commands, variables=None):
        """The exit status of a step, in the shell of a container."""
        done = subprocess.run(["sh", "-ec", commands], cwd=self.product, env=self.environment | (variables or {}), timeout=PATIENCE,
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def run_github(self):
        """Status of the job: the first step that fails ends it, but for those that always run."""
        job, = yaml.safe_load(self.github)["jobs"].values()
        status, output = 0, ""
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout") and "with" in step and not (self.product / "punchlab").exists():
                self.assertEqual(step["with"]["path"], "punchlab")
                shutil.copytree(self.folder / "punchlab.git", self.product / "punchlab", symlinks=True)
            if "run" in step and (status == 0 or step.get("if") == "always()"):
                ended, told = self.step(step["run"])
                status, output = status or ended, output + told
        return status, output

    def run_gitlab(self):
        job = yaml.safe_load(self.gitlab)["nat traversal"]
        variables = job["variables"] | {"PUNCHLAB": f"file://{self.folder}/punchlab.git"}
        return self.step("\n".join(job["before_script"] + job["script"]), variables)

    def calls(self):
        return (self.folder / "calls").read_text()

    def test_are_jobs(self):
        github = yaml.safe_load(self.github)
        self.assertEqual(github[True], ["push", "pull_request"])  # YAML 1.1 reads the key `on` as true
        self.assertEqual(github["jobs"]["check"]["container"], "debian:12")
        for step in github["jobs"]["check"]["steps"]:
            self.assertEqual(("run" in step) + ("uses" in step), 1, step)
            self.assertRegex(step.get("uses", "a/b@v1"), r"^[a-z]+/[a-z-]+@v\d+$")
        gitlab = yaml.safe_load(self.gitlab)["nat traversal"]
        self.assertEqual(gitlab["image"], "debian:12")
        self.assertTrue(all(isinstance(line, str) for line in gitlab["before_script"] + gitlab["script"]))
        self.assertEqual(gitlab["artifacts"]["reports"], {"junit": "junit.xml"})

    def test_github(self):
        status, output = self.run_github()
        self.assertEqual(status, 0, output)
        self.assertIn("our-product: no regression in 4 cells", output)
        self.assertIn("apt-get update\n", self.calls())
        self.assertRegex(self.calls(), r"cmake -S \. -B build -G Ninja")
        self.assertTrue((self.folder / "step-summary.md").read_text().startswith("### ✅ our-product"))
        self.worsen()
        status, output = self.run_github()
        self.assertEqual(status, 1, output)
        self.assertIn("### ❌ our-product", (self.folder / "step-summary.md").read_text())
        self.assert_red()

    def test_gitlab(self):
        status, output = self.run_gitlab()
        self.assertEqual(status, 0, output)
        self.assertIn("our-product: no regression in 4 cells", output)
        self.assertNotIn("--build", self.calls())
        (self.product / "punchlab/build/punchlab").rename(self.folder / "away")
        self.assertNotEqual(self.run_gitlab()[0], 0, "without a program the job fails")
        self.assertIn("cmake --build punchlab/build --target punchlab\n", self.calls())
        (self.folder / "away").rename(self.product / "punchlab/build/punchlab")
        shutil.rmtree(self.folder / "punchlab.git")  # the cache is enough
        self.worsen()
        status, output = self.run_gitlab()
        self.assertEqual(status, 1, output)
        self.assert_red()

    def worsen(self):
        self.write("product/nat.yaml", self.scenario.replace("pacing: 5 ms", "pacing: 20 ms"))

    def assert_red(self):
        root = xml.etree.ElementTree.parse(self.product / "junit.xml").getroot()
        self.assertIn("time to direct", [failure.get("type") for failure in root.iter("failure")])
        self.assertTrue((self.product / "summary.md").read_text().startswith("### ❌ our-product"))


class ExportPage(Command):
    RUN = "results/runs/classic-nats/20260101T120000Z-1"
    PRINT = """
import json
print(json.dumps({"trials": len(trials), "direct": {f"{a},{b}": direct[b][a] for a in direct.index for b in direct.columns},
                  "median": {",".join(pair): value for pair, value in median.items()}, "rows": len(rows),
                  "nanoseconds": int(rows.time_to_direct_ns.sum())}))
"""

    def test_pandas(self):
        self.write("scenario.yaml", "name: tiny\ntrials: 5\nclient: {nat: [{base: full-cone, name: None}, symmetric]}\nconnector: {nat: symmetric}\n")
        self.run_scenario("scenario.yaml", "--out", self.RUN)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/punchlab").symlink_to(PUNCHLAB)
        pieces = blocks("export.md", "python")
        self.assertEqual(len(pieces), 2)
        page = self.write("page.py", "\n".join(pieces) + self.PRINT)
        done = subprocess.run(["/usr/bin/python3", page], cwd=self.folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
                              env=self.environment | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"})
        self.assertEqual(done.returncode, 0, done.stderr)
        loaded = json.loads(done.stdout)
        cells = json.loads((self.folder / self.RUN / "summary.json").read_text())["cells"]
        self.assertEqual((loaded["trials"], loaded["rows"]), (10, 10))
        self.assertEqual(loaded["direct"], {f"{cell['client']},{cell['connector']}": cell["direct"]["rate"] for cell in cells})
        medians = {f"{cell['client']},{cell['connector']}": cell["time_to_direct_ms"]["p50"] for cell in cells}
        self.assertEqual(loaded["median"], {pair: float("inf") if value is None else value for pair, value in medians.items()})
        self.assertEqual(set(loaded["direct"].values()), {0, 1})
        self.assertEqual(loaded["nanoseconds"], sum(time or 0 for (time,) in self.rows(self.RUN, "time_to_direct_ns")))


if __name__ == "__main__":
    unittest.main()
