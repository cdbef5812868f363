#!/usr/bin/python3
"""Who is the first to a direct path: from a run of scenarios/agent-race.yaml, the median time to direct of each agent with
itself, as a Markdown table. Usage: tools/agents/compare.py RUN... Exit status 1 unless punchlab is the first in every cell."""

import csv
import pathlib
import sys

AGENTS = ("punchlab", "libnice", "aioice", "pion")


def main(*runs):
    cells = {}
    for run in runs:
        with open(pathlib.Path(run) / "summary.csv", newline="", encoding="utf-8") as file:
            cells |= {(row["client"], row["connector"]): row for row in csv.DictReader(file)}
    nats = list(dict.fromkeys(client.split(":")[1] for client, _ in cells))
    print("| client | connector | " + " | ".join(f"{agent} (direct)" for agent in AGENTS) + " |")
    print("|---|---|" + "--:|" * len(AGENTS))
    first = True
    for x in nats:
        for y in nats:
            rows = [cells[f"{agent}:{x}", f"{agent}:{y}"] for agent in AGENTS]
            if not any(int(row["direct"]) for row in rows):
                continue
            times = [float(row["time_to_direct_ms_p50"] or "inf") for row in rows]
            first &= times[0] == min(times)
            print(f"| {x} | {y} | " + " | ".join(
                f"{time:.0f} ms ({row['direct']}/{row['trials']})" if time < float("inf") else
                f"– ({row['direct']}/{row['trials']})" for time, row in zip(times, rows)) + " |")
    return 0 if first else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
