"""What the tests of the command line share: a folder of their own, a small scenario, and words for running punchlab.

The environment names the program (PUNCHLAB) and the source tree (PUNCHLAB_SOURCE).
"""

import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

PUNCHLAB = os.environ["PUNCHLAB"]
SOURCE = pathlib.Path(os.environ["PUNCHLAB_SOURCE"])
sys.path.append(str(SOURCE / "results" / "report"))
import seal  # noqa: E402, F401  seals of the files of a run folder

PATIENCE = 240  # seconds that anything may take on a busy machine

TINY = """\
name: tiny
seed: 7
trials: 6
client: {nat: [full-cone, symmetric], access: {latency: 10 ms, jitter: 1 ms, loss: 1 %}}
connector: {nat: [port-restricted-cone, symmetric]}
"""
# The same with trials long enough to be interrupted in the midst of them.
LONG = TINY.replace("trials: 6", "trials: 150") + "traffic: {probes: 400, interval: 10 ms}\n"


class Command(unittest.TestCase):
    """One test, in its own folder."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="punchlab-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.mark = uuid.uuid4().hex
        self.environment = os.environ | {"PUNCHLAB_TEST_MARK": self.mark}

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def start(self, *arguments, **options):
        """A running punchlab, in the test's folder."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        process = subprocess.Popen([PUNCHLAB, *map(str, arguments)], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.DEVNULL, **options)
        self.addCleanup(self.put_away, process)
        return process

    @staticmethod
    def put_away(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

    def ended(self, process, status):
        """Its (stdout, stderr) once it has ended, as it should."""
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, status, f"{process.args}\n{out}\n{err}")
        return out, err

    def punchlab(self, *arguments, status=0, **options):
        return self.ended(self.start(*arguments, **options), status)

    def start_run(self, scenario, *arguments, **options):
        """`punchlab run` on the memory backend; further arguments may name another."""
        backend = () if "--backend" in arguments else ("--backend", "memory")
        return self.start("run", scenario, *backend, "--no-report", *arguments, **options)

    def run_scenario(self, scenario, *arguments, status=0, **options):
        return self.ended(self.start_run(scenario, *arguments, **options), status)

    def refused(self, *arguments, status=2):
        """The one line on stderr, without its "punchlab: ", of a command that must leave the folder as it was."""
        before = self.tree()
        out, err = self.punchlab(*arguments, status=status)
        self.assertEqual(out, "")
        self.assertEqual(self.tree(), before, "something was written")
        self.assertRegex(err, r"\Apunchlab: [^\n]+\n\Z")
        return err[len("punchlab: "):].rstrip("\n")

    def tree(self):
        """Every path below the test's folder, with what files hold."""
        return {str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
                for path in self.folder.rglob("*")}

    def summary(self, run):
        return {name: (self.folder / run / name).read_bytes() for name in ("summary.json", "summary.csv")}

    def query(self, run, sql):
        """Reads as any tool would, also while the run goes on."""
        database = sqlite3.connect(self.folder / run / "trials.sqlite", timeout=PATIENCE)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def rows(self, run, columns="*"):
        """The trials of a run, in order."""
        return self.query(run, f"SELECT {columns} FROM trials ORDER BY cell, trial")

    def wait_until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.01)

    def wait_for_trials(self, process, run):
        """Until the first trials lie in the run folder, and the run still goes on."""
        def there():
            self.assertIsNone(process.poll(), "the run ended before it could be disturbed")
            try:
                return len(self.rows(run, "trial")) > 0
            except sqlite3.OperationalError:
                return False  # no file or no table yet
        self.wait_until(there, "the first trials")

    def processes(self):
        """The processes that this test started, however far they have gone from it."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and self.mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # ended, or not ours
        return found

    def assert_nothing_runs(self):
        self.wait_until(lambda: not self.processes(), "the end of every worker process")
