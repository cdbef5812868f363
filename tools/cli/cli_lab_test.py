"""`punchlab run --backend sockets`: trials over real Linux stacks. Needs user namespaces. Cases:

 1. Every pair of the classic NATs comes out as in memory, cell by cell, outcome and reason; so do chosen cells and trials.
 1a. So does every pair of RFC 4787 mapping and filtering, in its outcome.
 1b. So do pairs whose UDP is blocked, over TCP and over TLS on port 443; a policy without these fails them, as in memory.
 2. What wires cannot carry is refused with status 2, before anything is written.
 3. A machine that forbids namespaces: status 3, what to allow, nothing written.
 4. Where /dev/net/tun is closed, veths serve: outcomes as in memory. So they do for the kernel's own NATs.
 4b. On sockets-kernel the kernel's NATs come out as in memory; NATs that no kernel can be are refused with status 2.
 4c. The interface of a host goes down in the midst of a run: one trial fails for that reason, the run goes on to its end.
 4d. A machine that brings packets late is named: in one line of run, report and compare, in the summary, and as the reason of
    trials that were slow for it. (It is made late: the workers are stopped again and again.)
 5. Nothing is left: no process, no interface, no namespace, after success, Ctrl-C, the death of a worker and of the parent.
    Control: while the run goes on, its namespaces are there to be seen. Afterwards --resume goes on.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from cli_fixture import PATIENCE, PUNCHLAB, SOURCE, Command

NATS = "[full-cone, restricted-cone, port-restricted-cone, symmetric]"
CLASSIC = f"""\
name: classic
seed: 3
trials: 2
client: {{nat: {NATS}, access: {{latency: 5 ms}}}}
connector: {{nat: {NATS}, access: {{latency: 5 ms}}}}
relay: {{latency: 5 ms}}
traffic: {{probes: 3, interval: 20 ms}}
"""
# Long enough to be disturbed in its midst.
LONG = CLASSIC.replace("trials: 2", "trials: 40")
NAMESPACE = re.compile(r"net:\[\d+\]")


class Lab(Command):
    def setUp(self):
        super().setUp()
        self.write("classic.yaml", CLASSIC)
        self.write("long.yaml", LONG)
        self.interfaces = sorted(os.listdir("/sys/class/net"))
        self.addCleanup(self.assert_nothing_left)

    def start_sockets(self, scenario, *arguments, **options):
        return self.start_run(scenario, "--backend", "sockets", *arguments, **options)

    def run_sockets(self, scenario, *arguments, status=0):
        return self.ended(self.start_sockets(scenario, *arguments), status)

    def namespaces(self):
        """Network namespaces that processes of this test hold, beside the machine's own."""
        found = set()
        for process in self.processes():
            folder = pathlib.Path(f"/proc/{process}")
            try:
                links = [folder / "ns/net", *(folder / "fd").iterdir()]
            except OSError:
                continue  # it ended
            for link in links:
                try:
                    found.update(NAMESPACE.findall(os.readlink(link)))
                except OSError:
                    continue
        return found - {os.readlink("/proc/self/ns/net")}

    def assert_nothing_left(self):
        self.assert_nothing_runs()
        self.assertEqual(sorted(os.listdir("/sys/class/net")), self.interfaces)

    def outcomes(self, run):
        """Of direct trials without a reason: it says why they were slow, and real time is slower."""
        return self.rows(run, "cell, trial, outcome, CASE outcome WHEN 'direct' THEN '' ELSE reason END")


class SocketsAgree(Lab):
    def test_with_memory(self):
        out, _ = self.run_sockets("classic.yaml", "--out", "sockets")
        self.run_scenario("classic.yaml", "--out", "memory")
        self.assertEqual(len(self.outcomes("sockets")), 32)
        self.assertEqual(self.outcomes("sockets"), self.outcomes("memory"))
        self.assertIn("oracle: 16 of 16 cells agree with what their NATs allow", out)

    def test_rfc4787_with_memory(self):
        scenario = SOURCE / "scenarios/rfc4787.yaml"
        out, _ = self.run_sockets(scenario, "--trials", "1", "--out", "sockets")
        self.run_scenario(scenario, "--trials", "1", "--out", "memory")
        outcomes = [self.rows(run, "cell, outcome") for run in ("sockets", "memory")]
        self.assertEqual(len(outcomes[0]), 81)
        self.assertEqual(outcomes[0], outcomes[1])
        self.assertIn("oracle: 81 of 81 cells agree with what their NATs allow", out)

    def test_blocked_udp(self):
        blocked = CLASSIC.replace(NATS, "[udp-blocked, https-only, symmetric]").replace("trials: 2", "trials: 1")
        self.write("blocked.yaml", blocked)
        out, _ = self.run_sockets("blocked.yaml", "--out", "sockets")
        self.run_scenario("blocked.yaml", "--out", "memory")
        self.assertEqual([row[2:] for row in self.outcomes("sockets")],
                         [("relayed", "udp-blocked")] * 8 + [("relayed", "mapping-varies")])
        self.assertEqual(self.outcomes("sockets"), self.outcomes("memory"))
        self.assertIn("oracle: 9 of 9 cells agree with what their NATs allow", out)

    def test_blocked_udp_without_tcp(self):
        self.write("udp.yaml", CLASSIC.replace(NATS, "[udp-blocked, full-cone]").replace("trials: 2", "trials: 1\n"
                   "timeout: 4 s\npolicy: {base: relay-first, name: udp-only, relay-transports: [udp]}"))
        self.run_sockets("udp.yaml", "--out", "sockets")
        self.run_scenario("udp.yaml", "--out", "memory")
        self.assertEqual([row[2] for row in self.outcomes("sockets")], ["failed"] * 3 + ["direct"])
        self.assertEqual(self.outcomes("sockets"), self.outcomes("memory"))

    def test_chosen_trials(self):
        self.run_sockets("classic.yaml", "--out", "one", "--cell", "symmetric,any", "--trial", "1", "--jobs", "3", "--pcap")
        self.assertEqual([row[1] for row in self.outcomes("one")], [1] * 4)
        captures = sorted(path.name for path in (self.folder / "one/pcap/cell12-trial1").iterdir())
        self.assertEqual(captures, [f"{side}-{hop}-{end}.pcap" for side, hops in (("client", 2), ("connector", 2), ("relay", 1))
                                    for hop in range(hops) for end in ("inner", "outer")])

    def test_report(self):
        out, _ = self.punchlab("run", "classic.yaml", "--backend", "sockets", "--trials", "1", "--out", "run")
        self.assertIn("report: run/report.html", out)
        self.assertIn("sockets", (self.folder / "run/report.html").read_text())


class SocketsWithoutTun(Lab):
    def test_over_veths(self):
        """In a mount namespace of its own, where /dev/net is empty."""
        self.run_without_tun("classic.yaml", "sockets")

    def test_kernel_gateways_over_veths(self):
        self.write("kernel.yaml", CLASSIC.replace(NATS, "[linux-masquerade, linux-address-restricted]"))
        self.run_without_tun("kernel.yaml", "sockets-kernel")

    def run_without_tun(self, scenario, backend):
        """It comes out as in memory."""
        script = ('mount -t tmpfs none /dev/net && [ ! -e /dev/net/tun ] && '
                  f'exec "$0" run {scenario} --backend {backend} --no-report --out veths')
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        done = subprocess.run(["unshare", *as_root, "--mount", "--propagation", "private", "sh", "-c", script, PUNCHLAB],
                              cwd=self.folder, env=self.environment, timeout=PATIENCE, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.run_scenario(scenario, "--out", "memory")
        self.assertEqual(self.outcomes("veths"), self.outcomes("memory"))


class SocketsFaults(Lab):
    def take_interface_down(self, worker):
        """Of one of the worker's hosts."""
        for link in pathlib.Path(f"/proc/{worker}/fd").iterdir():
            if not os.readlink(link).startswith("net:"):
                continue
            done = subprocess.run(["nsenter", "--user", "--preserve-credentials", "--target", str(worker), f"--net={link}",
                                   "ip", "link", "set", "access", "down"], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
        self.fail("no host was found: " + done.stderr)

    def test_interface_down(self):
        process = self.start_sockets("classic.yaml", "--out", "run", "--jobs", "2")
        self.wait_for_trials(process, "run")
        worker = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        self.take_interface_down(worker)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertIn(process.returncode, (0, 1), f"1 where the oracle wants a direct path\n{out}\n{err}")
        rows = self.rows("run", "outcome, reason")
        down = [row for row in rows if row[1].endswith("-interface-down")]
        self.assertEqual(len(rows), 32)
        self.assertEqual([outcome for outcome, _ in down], ["failed"])
        self.assertEqual(len([row for row in rows if row[0] == "failed"]), 1)


class SocketsLate(Lab):
    def stop_again_and_again(self, process):
        """The workers, two thirds of the time, until the run has ended."""
        end = time.monotonic() + PATIENCE
        while process.poll() is None:
            self.assertLess(time.monotonic(), end, "the run does not end")
            try:
                workers = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            except OSError:
                break  # it ended
            for what, seconds in ((signal.SIGSTOP, 0.04), (signal.SIGCONT, 0.02)):
                for worker in workers:
                    try:
                        os.kill(int(worker), what)
                    except ProcessLookupError:
                        continue  # it ended
                time.sleep(seconds)

    def test_is_named(self):
        process = self.start_sockets("classic.yaml", "--cell", "full-cone,any", "--out", "run", "--jobs", "2")
        self.wait_until(lambda: (self.folder / "run/trials.sqlite").exists(), "the beginning of the run")
        self.stop_again_and_again(process)
        out, _ = self.ended(process, 0)
        warning = re.search(r"^the machine delivered packets late \(in the median trial p50 [\d.]+ ms, p99 [\d.]+ ms\): "
                            r"times are not to be trusted; .*$", out, re.MULTILINE)
        self.assertTrue(warning, out)
        summary = json.loads((self.folder / "run/summary.json").read_text())
        self.assertEqual(summary["warning"], warning.group())
        self.assertGreater(summary["pooled"][0]["late_p99_ms"]["p50"], 10)
        self.assertIn("machine-late", summary["pooled"][0]["slow_reasons"])
        cell, trial = self.query("run", "SELECT cell, trial FROM trials WHERE reason = 'machine-late'")[0]
        out, _ = self.punchlab("explain", "run", "--trial", f"{cell}-{trial}")
        self.assertRegex(out, r"\nDirect, but only after [^\n]*: the machine that ran the lab was late with packets and timers for ")
        out, _ = self.punchlab("report", "run", "--no-what-if")
        self.assertIn(f"run: {warning.group()}\n", out)
        self.assertIn(warning.group()[1:], (self.folder / "run/report.html").read_text())
        self.run_scenario("classic.yaml", "--cell", "full-cone,any", "--out", "memory")
        out, _ = self.punchlab("compare", "memory", "run")
        self.assertEqual(out.count(warning.group()), 1)
        summary = json.loads((self.folder / "memory/summary.json").read_text())
        self.assertEqual((summary["warning"], summary["pooled"][0]["late_p99_ms"]["measured"]), (None, 0))


class KernelGateways(Lab):
    def test_outcomes(self):
        nats = "[linux-masquerade, linux-masquerade-random]"
        self.write("kernel.yaml", CLASSIC.replace(NATS, nats))
        self.run_scenario("kernel.yaml", "--backend", "sockets-kernel", "--out", "kernel")
        self.run_scenario("kernel.yaml", "--out", "memory")
        self.assertEqual(len(self.outcomes("kernel")), 8)
        self.assertEqual(self.outcomes("kernel"), self.outcomes("memory"))

    def test_no_rules(self):
        self.assertEqual(self.refused("run", "classic.yaml", "--backend", "sockets-kernel"),
                         "backend sockets-kernel cannot model cell full-cone,full-cone: neither side has a NAT with kernel "
                         "rules; use NATs with the key kernel, or --backend sockets")


class SocketsRefuse(Lab):
    def test_media(self):
        self.write("wifi.yaml", CLASSIC.replace("access: {latency: 5 ms}", "access: {medium: wifi}"))
        self.assertEqual(self.refused("run", "wifi.yaml", "--backend", "sockets"),
                         "backend sockets cannot model cell full-cone,full-cone: the sockets backend models wires only, "
                         "not Wi-Fi or shared bottlenecks")

    def test_no_namespaces(self):
        """Inside a user namespace that allows no further ones."""
        script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" run classic.yaml --backend sockets'
        before = self.tree()
        done = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", script, PUNCHLAB], cwd=self.folder,
                              env=self.environment, timeout=PATIENCE, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertRegex(done.stderr, r"\Apunchlab: cannot make namespaces: No space left on device\. [^\n]*"
                                      r"sysctl -w user\.max_user_namespaces=\d+[^\n]*\n\Z")
        self.assertEqual(self.tree(), before)


class SocketsLeaveNothing(Lab):
    def disturbed(self, disturb, status):
        process = self.start_sockets("long.yaml", "--out", "run", "--jobs", "6", start_new_session=True)
        self.wait_for_trials(process, "run")
        self.assertGreaterEqual(len(self.namespaces()), 4, "of a worker and its hosts")
        disturb(process)
        _, err = self.ended(process, status)
        self.assert_nothing_left()
        self.assertLess(len(self.outcomes("run")), 640, "the run was not disturbed in its midst")
        return err

    def assert_resumes(self):
        """With what is left of one cell, for the sake of time."""
        kept = self.outcomes("run")
        process = self.start_sockets("long.yaml", "--out", "run", "--resume")
        self.wait_until(lambda: len(self.outcomes("run")) > len(kept), "another trial")
        process.send_signal(signal.SIGINT)
        self.ended(process, 130)
        self.assertLessEqual(set(kept), set(self.outcomes("run")))

    def test_interrupt(self):
        err = self.disturbed(lambda process: os.killpg(process.pid, signal.SIGINT), 130)
        self.assertIn("punchlab: interrupted", err)
        self.assert_resumes()

    def test_killed_worker(self):
        def kill_one(process):
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[2]), signal.SIGKILL)
        err = self.disturbed(kill_one, 3)
        self.assertIn("punchlab: a worker process was ended by signal 9 (Killed)", err)

    def test_killed_parent(self):
        self.disturbed(lambda process: process.kill(), -signal.SIGKILL)
        self.assert_resumes()


if __name__ == "__main__":
    unittest.main()
