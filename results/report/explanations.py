"""What `punchlab explain` says of a typical trial of each cell, and what would have to change (what-if.json, when it is of the same
trials). The first needs the program, whose path is in the environment (PUNCHLAB); without it there are no explanations. Of runs over
real sockets, trials that were recorded."""

import concurrent.futures
import json
import os
import sqlite3
import subprocess
import tempfile

import page

MOST_CELLS = 100  # a page with more diagrams is too large for a phone


def is_real(run):
    """Over real sockets: trials cannot be run again, and some were recorded."""
    return run.manifest["backend"].startswith("sockets")


def typical_trial(run, cell):
    """Of the cell's most frequent outcome the trial in the middle, by the time it took; None when none can be explained."""
    explainable = " AND trial IN (SELECT trial FROM recordings WHERE recordings.cell = trials.cell)" if is_real(run) else ""
    connection = sqlite3.connect(run.folder / "trials.sqlite")
    try:
        (outcome,), = connection.execute(
            "SELECT outcome FROM trials WHERE cell = ? GROUP BY outcome ORDER BY count(*) DESC, outcome LIMIT 1", (cell,))
        which = f"FROM trials WHERE cell = ? AND outcome = ?{explainable}"
        (count,), = connection.execute(f"SELECT count(*) {which}", (cell, outcome))
        middle = connection.execute(
            f"SELECT trial {which} ORDER BY coalesce(time_to_direct_ns, time_to_first_byte_ns), trial LIMIT 1 OFFSET ?",
            (cell, outcome, max(count - 1, 0) // 2)).fetchone()
        return middle and middle[0]
    except sqlite3.OperationalError:
        return None  # a run of sockets from before there were recordings
    finally:
        connection.close()


def explain(program, run, cell):
    """{trial, sentence, svg} of a typical trial of one cell, or None."""
    number = typical_trial(run, cell)
    if number is None:
        return None
    trial = f"{cell}-{number}"
    with tempfile.TemporaryDirectory(prefix="punchlab-report-") as folder:
        drawing = os.path.join(folder, "diagram.svg")
        done = subprocess.run([program, "explain", run.folder, "--trial", trial, "--html", drawing], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0 or not os.path.exists(drawing):
            return None
        with open(drawing, encoding="utf-8") as file:
            svg = file.read()
    # The first line names the trial, the next tells why.
    lines = [line for line in done.stdout.split("\n") if line.strip()]
    sentence = lines[1] if len(lines) > 1 else ""
    return {"trial": trial, "sentence": sentence, "svg": page.inline_svg(svg, f"Sequence diagram of trial {trial}", f"trial{cell}", keep=True)}


def of_run(run):
    """({cell: explanation}, what-if.json as values or None)."""
    program = os.environ.get("PUNCHLAB")
    cells = [cell["cell"] for cell in run.summary["cells"]]
    if not program or len(cells) > MOST_CELLS:
        return {}, _what_if(run)
    first = explain(program, run, cells[0])
    if first is None and not is_real(run):
        return {}, _what_if(run)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = dict(zip(cells, [first, *pool.map(lambda cell: explain(program, run, cell), cells[1:])]))
    return {cell: explanation for cell, explanation in found.items() if explanation}, _what_if(run)


def _what_if(run):
    path = run.folder / "what-if.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = found.get("format") == "punchlab what-if" and found.get("trials_sha256") == run.manifest["trials_sha256"]
    return found if same else None
