"""Whole runs in trials per second of CPU time, and the benchmarks of the parts.

CPU seconds of the run and its workers, user and system, stand in the place of wall time: other load on the machine then
matters less. Each whole run is repeated in turn with the others, and the best of each is printed, with the spread.
"""

import argparse
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PUNCHLAB = ROOT / "build/punchlab"
SCENARIO = ROOT / "scenarios/classic-nats.yaml"
POPULATION = ROOT / "scenarios/halkes2011.yaml"
# The program takes a tenth of a second to start, which must not count in runs of the fast backend.
MEMORY_FACTOR = 10


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_command(scenario, folder, *options):
    return [PUNCHLAB, "run", scenario, "--jobs", "1", "--no-report", "--out", folder, *options]


def trials_per_second(scenario, backend, trials, cells, folder):
    """Of one run on one core."""
    shutil.rmtree(folder, ignore_errors=True)
    before = cpu_seconds()
    command = run_command(scenario, folder, "--backend", backend, "--trials", str(trials))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return trials * cells / (cpu_seconds() - before)


def whole_runs(folder, repeats, trials):
    """Prints the table of whole runs of classic-nats, 16 cells."""
    plain = folder / "no-session.yaml"
    plain.write_text(SCENARIO.read_text() + "\nsession: off\n")
    kinds = {
        "ns3": (SCENARIO, "ns3"),
        "ns3, session off": (plain, "ns3"),
        "memory": (SCENARIO, "memory"),
        "memory, session off": (plain, "memory"),
    }
    rates = {name: [] for name in kinds}
    for _ in range(repeats):
        for name, (scenario, backend) in kinds.items():
            count = trials * (MEMORY_FACTOR if backend == "memory" else 1)
            rates[name].append(trials_per_second(scenario, backend, count, 16, folder / "run"))
    slowest = max(rates["ns3"])
    print(f"\nwhole runs of {SCENARIO.name}: trials per second and core ({repeats} runs each, best; worst in brackets)\n")
    for name, values in rates.items():
        print(f"  {name:<22}{max(values):8.0f}  ({min(values):.0f})   {max(values) / slowest:5.2f} x ns3")


def worker_memory(folder, trials):
    """Peak resident memory of the worker process, in MiB, just before it ends."""
    shutil.rmtree(folder, ignore_errors=True)
    command = run_command(POPULATION, folder, "--backend", "memory", "--trials", str(trials))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        try:
            for child in children.read_text().split():
                status = pathlib.Path(f"/proc/{child}/status").read_text()
                peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")])
        except OSError:
            pass  # it ended between two looks
        time.sleep(0.02)
    return peak / 1024


def memory(folder):
    print("\npeak memory of a worker (halkes2011, memory backend)\n")
    for trials in (1_000, 10_000, 100_000):
        print(f"  after {trials:>7,} trials {worker_memory(folder / 'run', trials):8.1f} MiB")


def profile(folder, backend):
    """Where the time of a whole run goes, by function."""
    if not shutil.which("perf"):
        print("\nwhere the time goes: needs perf (apt-get install linux-perf)")
        return
    data = folder / "perf.data"
    shutil.rmtree(folder / "run", ignore_errors=True)
    record = ["perf", "record", "-q", "-o", data, "--"]
    command = run_command(SCENARIO, folder / "run", "--backend", backend)
    done = subprocess.run(record + command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        print(f"\nwhere the time goes: perf is not allowed here: {done.stderr.strip().splitlines()[-1:]}")
        return
    for sort in ("dso", "symbol"):
        report = subprocess.run(["perf", "report", "-i", data, "--no-children", "--sort", sort, "--stdio", "-g", "none"],
                                capture_output=True, text=True, check=True).stdout
        lines = [line for line in report.splitlines() if "%" in line and not line.startswith("#")]
        print(f"\nwhere the time of a run on {backend} goes, by {sort}\n")
        print("\n".join("  " + line.strip()[:110] for line in lines[:12]))


def parts(pattern):
    for program in sorted((ROOT / "build").rglob("*_bench")):
        if pattern in program.name and "sanitized" not in program.parts:
            print(f"\n{program.name}\n", flush=True)
            subprocess.run([program, "--benchmark_min_time=0.2"], check=True, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench", description="Measures the speed of whole runs and of the parts.",
                                     epilog="example: tools/bench --only runs")
    parser.add_argument("--only", choices=["runs", "memory", "profile", "parts"], help="one section instead of all")
    parser.add_argument("--repeats", type=int, default=3, help="whole runs of each kind (default 3)")
    parser.add_argument("--trials", type=int, default=200, help="per cell in whole runs on ns-3, ten times as many in memory (default 200)")
    parser.add_argument("--part", default="", help="only benchmark programs with this in their name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.only in (None, "runs"):
            whole_runs(folder, options.repeats, options.trials)
        if options.only in (None, "memory"):
            memory(folder)
        if options.only in (None, "profile"):
            profile(folder, "ns3")
            profile(folder, "memory")
        if options.only in (None, "parts"):
            parts(options.part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
