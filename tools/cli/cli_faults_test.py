"""What happens to a run from outside. Cases:

 1. A full disk, made of a small file system in a mount namespace of its own: status 3, what was finished is kept, and once
    there is room the run is resumed.
 2. The run folder vanishes: status 3, and nothing is promised of it.
 3. SIGINT and SIGTERM: status 130, what was finished is kept; also while the report is made.
 4. A worker process is killed: status 3 with the reason.
 5. kill -9 of the whole, at 50 random moments (or PUNCHLAB_KILLS), of which some are in the midst of its trials.
Whatever happened, --resume ends with the very bytes of an uninterrupted run, no trial lost or run twice, and no worker
process outlives its parent.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from cli_fixture import LONG, PATIENCE, PUNCHLAB, TINY, Command

TRIALS = 600  # of LONG
GO_ON = "; what was finished is kept; go on with the same command, --resume and --out run\n"


class Faults(Command):
    def setUp(self):
        super().setUp()
        self.write("long.yaml", LONG)
        self.addCleanup(self.assert_nothing_runs)

    def disturbed(self, disturb, status):
        """The stderr of a run that was disturbed in its midst; what it finished is kept."""
        process = self.start_run("long.yaml", "--out", "run", "--jobs", "2")
        self.wait_for_trials(process, "run")
        disturb(process)
        _, err = self.ended(process, status)
        self.assert_nothing_runs()
        return err

    def assert_kept(self):
        """Some trials, not all, each once; told to those who ask for a report."""
        rows = self.rows("run", "cell, trial")
        self.assertEqual(len(rows), len(set(rows)))
        self.assertTrue(0 < len(rows) < TRIALS, f"{len(rows)} trials; the run was not disturbed in its midst")
        self.assertIn("run has no summary.json: the run did not end", self.refused("report", "run"))

    def state(self):
        return json.loads((self.folder / "run/manifest.json").read_text())["state"]

    def assert_resumes_to_the_same(self):
        kept = self.rows("run")
        self.run_scenario("long.yaml", "--out", "run", "--resume", "--jobs", "2")
        self.run_scenario("long.yaml", "--out", "uninterrupted", "--jobs", "2")
        self.assertEqual(self.state(), "complete")
        self.assertEqual(self.rows("run"), self.rows("uninterrupted"))
        self.assertEqual(self.summary("run"), self.summary("uninterrupted"))
        self.assertEqual(len(self.rows("run")), TRIALS)
        self.assertLessEqual(set(kept), set(self.rows("run")))


class Signals(Faults):
    def test_interrupt(self):
        err = self.disturbed(lambda process: process.send_signal(signal.SIGINT), 130)
        self.assertTrue(err.endswith("\npunchlab: interrupted" + GO_ON), err)
        self.assert_kept()
        self.assertEqual(self.state(), "interrupted")
        self.assert_resumes_to_the_same()

    def test_terminate(self):
        err = self.disturbed(lambda process: process.send_signal(signal.SIGTERM), 130)
        self.assertTrue(err.endswith("\npunchlab: interrupted" + GO_ON), err)
        self.assert_kept()
        self.assert_resumes_to_the_same()

    def test_interrupt_of_the_whole_group(self):
        """As a terminal does it: the workers hear of it too."""
        process = self.start_run("long.yaml", "--out", "run", "--jobs", "2", start_new_session=True)
        self.wait_for_trials(process, "run")
        os.killpg(process.pid, signal.SIGINT)
        _, err = self.ended(process, 130)
        self.assertTrue(err.endswith("\npunchlab: interrupted" + GO_ON), err)
        self.assert_kept()

    def test_interrupt_of_the_report(self):
        self.write("tiny.yaml", TINY)
        process = self.start("run", "tiny.yaml", "--backend", "memory", "--out", "run")
        self.wait_until((self.folder / "run/summary.csv").exists, "the summary")
        process.send_signal(signal.SIGINT)
        out, err = self.ended(process, 130)
        self.assertTrue(err.endswith("\npunchlab: interrupted; the run is complete, its report is not made: "
                                     "punchlab report run\n"), err)
        self.assertTrue(out.endswith("\nrun folder: run\n"), out)
        self.assertEqual(self.state(), "complete")
        self.punchlab("report", "run")


class KilledWorker(Faults):
    def kill_a_worker(self, process):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        self.assertEqual(len(children), 2)
        os.kill(int(children[0]), signal.SIGKILL)

    def test_killed_worker(self):
        err = self.disturbed(self.kill_a_worker, 3)
        self.assertTrue(err.endswith("\npunchlab: a worker process was ended by signal 9 (Killed)" + GO_ON), err)
        self.assert_kept()
        self.assertEqual(self.state(), "failed")
        self.assert_resumes_to_the_same()


class Killed(Faults):
    KILLS = int(os.environ.get("PUNCHLAB_KILLS", "50"))

    def test_killed_again_and_again(self):
        """One run after the other, each killed again and again until it is complete, and compared then."""
        start = time.monotonic()
        self.run_scenario("long.yaml", "--out", "uninterrupted", "--jobs", "2")
        length = time.monotonic() - start
        seed = int(os.environ.get("PUNCHLAB_TEST_SEED", random.randrange(1 << 32)))
        moments, again = random.Random(seed), f"repeat with PUNCHLAB_TEST_SEED={seed}"
        kills, kept, complete = 0, [0], 0
        for _ in range(2 * self.KILLS):
            process = self.start_run("long.yaml", "--out", "run", "--resume", "--jobs", "2")
            time.sleep(moments.uniform(0, length / 2))
            kills += process.poll() is None
            process.kill()
            process.wait()
            self.assert_nothing_runs()
            kept.append(self.trials_kept())
            self.assertGreaterEqual(kept[-1], kept[-2], f"the kill lost trials; {again}")
            if kills == self.KILLS or kept[-1] == TRIALS:
                self.assert_complete_after_all(again)
                complete += 1
                kept.append(0)
            if kills == self.KILLS:
                break
        self.assertEqual(kills, self.KILLS, "runs ended before they were killed")
        midst = sum(0 < trials < TRIALS for trials in kept)
        self.assertGreater(midst, self.KILLS // 10, f"few kills in the midst of the trials: {kept}")
        self.assertGreater(complete, 0)

    def assert_complete_after_all(self, again):
        self.run_scenario("long.yaml", "--out", "run", "--resume", "--jobs", "2")
        self.assertEqual(self.rows("run"), self.rows("uninterrupted"), again)
        self.assertEqual(self.summary("run"), self.summary("uninterrupted"), again)
        self.assertEqual(self.state(), "complete")
        shutil.rmtree(self.folder / "run")

    def trials_kept(self):
        """How many trials the run folder has, which may not be there yet. Looks into a copy: --resume is to find what the kill left."""
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        try:
            shutil.copytree(self.folder / "run", self.folder / "copy")
            return len(self.rows("copy", "trial"))
        except (FileNotFoundError, sqlite3.OperationalError):
            return 0

    def test_killed_in_its_midst(self):
        process = self.start_run("long.yaml", "--out", "run", "--jobs", "2")
        self.wait_for_trials(process, "run")
        process.kill()
        process.wait()
        self.assert_nothing_runs()
        self.assert_kept()
        self.assertEqual(self.state(), "running")
        self.assert_resumes_to_the_same()


class VanishedFolder(Faults):
    def test_removed(self):
        err = self.disturbed(lambda process: shutil.rmtree(self.folder / "run"), 3)
        self.assertTrue(err.endswith("\npunchlab: the run folder vanished: cannot write run/trials.sqlite: "
                                     "No such file or directory\n"), err)
        self.assertFalse((self.folder / "run").exists())

    def test_moved(self):
        """What was finished is found where the folder went, and is resumed there."""
        err = self.disturbed(lambda process: (self.folder / "run").rename(self.folder / "elsewhere"), 3)
        self.assertIn("the run folder vanished", err)
        (self.folder / "elsewhere").rename(self.folder / "run")
        self.assert_kept()
        self.assert_resumes_to_the_same()


class FullDisk(Faults):
    # In a mount namespace of its own, which takes the file system with it when the script ends, however it ends.
    SCRIPT = """
set -u
mount -t tmpfs -o size=96k,mode=700 punchlab-test disk || exit 99
"$PUNCHLAB" run many.yaml --backend memory --no-report --jobs 2 --out disk/run >full.out 2>full.err; echo $? >full.status
cp -a disk/run kept
mount -o remount,size=64m disk || exit 99
"$PUNCHLAB" run many.yaml --backend memory --no-report --jobs 2 --out disk/run --resume >resumed.out 2>resumed.err
echo $? >resumed.status
cp -a disk/run run
"""

    def test_full_disk(self):
        self.write("many.yaml", LONG.replace("trials: 150", "trials: 1500").replace("probes: 400", "probes: 1"))
        (self.folder / "disk").mkdir()
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        done = subprocess.run(["unshare", *as_root, "--mount", "--propagation", "private", "sh", "-c", self.SCRIPT],
                              cwd=self.folder, env=self.environment | {"PUNCHLAB": PUNCHLAB}, timeout=PATIENCE,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f"a file system cannot be mounted in a mount namespace:\n{done.stderr}")
        self.assertEqual(list((self.folder / "disk").iterdir()), [], "the mount has left its namespace")
        said = (self.folder / "full.err").read_text()
        self.assertEqual((self.folder / "full.status").read_text(), "3\n", said)
        self.assertRegex(said, r"(?m)^punchlab: .*disk/run.*No space left on device.*"
                               r"; what was finished is kept; go on with the same command, --resume and --out disk/run\n\Z")
        self.assertEqual((self.folder / "full.out").read_text(), "")
        self.assertEqual((self.folder / "resumed.status").read_text(), "0\n", (self.folder / "resumed.err").read_text())
        kept = self.rows("kept")
        self.assertTrue(0 < len(kept) < 6000, len(kept))
        self.run_scenario("many.yaml", "--out", "uninterrupted", "--jobs", "2")
        self.assertLessEqual(set(kept), set(self.rows("uninterrupted")))
        self.assertEqual(self.rows("run"), self.rows("uninterrupted"))
        self.assertEqual(self.summary("run"), self.summary("uninterrupted"))


if __name__ == "__main__":
    unittest.main()
