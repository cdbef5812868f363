"""Makes report.html and its plots out of a run folder:  report.py RUN_DIR
Several runs side by side on one page:                  report.py RUN_DIR RUN_DIR... --out FILE

Exit status: 0 fine, 2 the folder is no finished run, 3 something cannot be written or a package is missing.
"""

import concurrent.futures
import os
import pathlib
import re
import sys

try:
    import jinja2  # noqa: F401
    import matplotlib
except ImportError as missing:
    print(f"the report needs Debian's python3-matplotlib and python3-jinja2 ({missing}): apt-get install python3-matplotlib python3-jinja2",
          file=sys.stderr)
    sys.exit(3)

import explanations
import heat_map
import outcomes
import page
import round_trips
import run_data
import style
import time_to_direct

FIGURES = {
    "heat-map": heat_map,
    "outcomes": outcomes,
    "time-to-direct": time_to_direct,
    "round-trips": round_trips,
}


def stem_of(group, figure):
    """A file name of its own for each figure: "relay-first-wifi-heat-map"."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", f"{group.policy} {group.link} {figure}").strip("-").replace(".", "_")


def draw_group(run, index):
    """All figures of one group, as {name: (title, SVG text, file stem)}."""
    group = run.groups[index]
    drawn = {}
    with matplotlib.rc_context(style.SETTINGS):
        for name, module in FIGURES.items():
            stem = stem_of(group, name)
            drawn[name] = (module.title_of(group), style.save(module.draw(run, group), run.folder / "plots" / stem), stem)
    return drawn


SOON = 8  # so many figures are drawn before anybody wonders


def draw_all(run):
    """Groups are drawn side by side: matplotlib uses one core only."""
    figures = len(run.groups) * len(FIGURES)
    if figures > SOON:
        print(f"report: drawing {figures} figures", file=sys.stderr, flush=True)
    workers = min(len(run.groups), len(os.sched_getaffinity(0)))
    if workers == 1:
        return [draw_group(run, index) for index in range(len(run.groups))]
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        return list(pool.map(draw_group, [run] * len(run.groups), range(len(run.groups))))


def make(folder):
    """Writes plots/ and report.html into the run folder, and returns the path of report.html."""
    run = run_data.load(folder)
    (run.folder / "plots").mkdir(exist_ok=True)
    html = page.render(run, draw_all(run), *explanations.of_run(run))
    return write(run.folder / "report.html", html)


def make_several(folders, path):
    """Writes one page with several runs side by side to `path`, and returns it."""
    return write(path, page.render_several([run_data.load(folder) for folder in folders]))


def write(path, html):
    """Never leaves half a page behind."""
    part = path.with_suffix(".html.part")
    part.write_text(html, encoding="utf-8")
    part.replace(path)
    return path


def main(arguments):
    several = len(arguments) > 3 and arguments[-2] == "--out"
    folders = arguments[:-2] if several else arguments
    if not several and len(arguments) != 1 or any(folder.startswith("-") for folder in folders):
        print(__doc__.strip(), file=sys.stderr)
        return 0 if arguments in (["--help"], ["-h"]) else 2
    try:
        print(make_several(folders, pathlib.Path(arguments[-1])) if several else make(pathlib.Path(arguments[0])))
    except run_data.RunError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"report: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
