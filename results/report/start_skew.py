"""Draws success against start skew, one curve per run and series:  start_skew.py --out STEM RUN_DIR...

Policies named SERIES-NUMBER are the points of a series; NUMBER is the skew in milliseconds (scenarios/conntrack-clash.yaml).
Writes STEM.svg, .png and .pdf, and prints where each curve of the first series falls through 50 %. The cells are those of
--client, by default the run's first. Exit status: 0 fine, 2 a folder is no such run.
"""

import argparse
import pathlib
import re
import sys

import matplotlib
from matplotlib import pyplot

import run_data
import style

WIDTH, HEIGHT = 6.4, 3.6
LABELS = {"sockets": "model, real sockets", "sockets-kernel": "the kernel's NAT, real sockets"}


def series_of(run, client):
    """{series: [(skew, part of summary.json called direct)]}, in the order of the scenario, skews ascending."""
    series = {}
    for cell in run.summary["cells"]:
        named = re.fullmatch(r"(.+)-(\d+)", cell["policy"])
        if named and cell["client"] == client:
            series.setdefault(named[1], []).append((int(named[2]), cell["direct"]))
    return {name: sorted(points, key=lambda point: point[0]) for name, points in series.items()}


def flip_of(points):
    """The skew at which a falling curve goes through one half, between its points; None when it never does."""
    for (left, before), (right, after) in zip(points, points[1:]):
        if before["rate"] >= 0.5 > after["rate"]:
            return left + (right - left) * (before["rate"] - 0.5) / (before["rate"] - after["rate"])
    return None


def label_of(run):
    """What stood between the peers."""
    backend = run.summary["backend"]
    return LABELS.get(backend, f"model on {backend}")


def draw_run(axes, run, client, number):
    """The curves of one run: the first series solid, others dashed. Returns its flip."""
    flip = None
    for order, (name, points) in enumerate(series_of(run, client).items()):
        skews = [skew for skew, _ in points]
        rates = [100 * direct["rate"] for _, direct in points]
        colour = style.LINES[number % len(style.LINES)]
        text = label_of(run) + ("" if order == 0 else f", {name}")
        # Later runs in smaller marks, so that equal curves stay visible on each other.
        axes.plot(skews, rates, color=colour, linewidth=2.2 - 0.9 * number if order == 0 else 1.0, linestyle="-" if order == 0 else "--",
                  marker="os^Dv"[number % 5], markersize=max(3.0, 7.0 - 2.5 * number), label=text, zorder=3 + number)
        axes.fill_between(skews, [100 * direct["low"] for _, direct in points], [100 * direct["high"] for _, direct in points],
                          color=colour, alpha=0.08, linewidth=0)
        if order == 0:
            flip = flip_of(points)
    return flip


def subtitle_of(runs, flips):
    said = [f"{label_of(run)}: {flip:.1f} ms" if flip is not None else f"{label_of(run)}: never"
            for run, flip in zip(runs, flips)]
    return "falls through 50 % at: " + "; ".join(said)


def draw(runs, client, stem):
    """Writes the figure and returns each run's flip."""
    with matplotlib.rc_context(style.SETTINGS):
        footer = []
        for run in runs:
            footer += style.wrapped(f"{label_of(run)}: {run.summary['cells'][0]['trials']} trials per point, seed "
                                    f"{run.summary['seed']}, commit {run.manifest['commit'][:12]}: {run.manifest['command']}", WIDTH)
        title = f"{client}: direct connections against start skew"
        top, bottom = style.heights(title, footer, WIDTH)
        figure, axes = pyplot.subplots(figsize=(WIDTH, HEIGHT + top + bottom))
        flips = [draw_run(axes, run, client, number) for number, run in enumerate(runs)]
        height = figure.get_size_inches()[1]
        figure.subplots_adjust(left=0.1, right=0.97, top=1 - top / height, bottom=(bottom + 0.45) / height)
        style.plain_axes(axes, "y")
        axes.set_xlabel("later start minus earlier start, ms")
        axes.set_ylabel("direct, %")
        axes.set_ylim(-4, 104)
        axes.legend(loc="center right", title="shaded: 95 % intervals", alignment="left")
        style.add_frame(figure, title, subtitle_of(runs, flips), footer)
        style.save(figure, stem)
    return flips


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--client")
    parser.add_argument("runs", nargs="+", type=pathlib.Path)
    options = parser.parse_args(arguments)
    try:
        runs = [run_data.load(folder) for folder in options.runs]
    except run_data.RunError as error:
        print(f"start_skew.py: {error}", file=sys.stderr)
        return 2
    client = options.client or runs[0].summary["cells"][0]["client"]
    for run in runs:
        if not series_of(run, client):
            print(f"start_skew.py: {run.folder}: no policies named SERIES-NUMBER with client {client}", file=sys.stderr)
            return 2
    for run, flip in zip(runs, draw(runs, client, options.out)):
        print(f"{label_of(run)}: " + ("never falls through 50 %" if flip is None else f"{flip:.1f} ms"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
