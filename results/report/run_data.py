"""A run folder as Python values: what summary.json, manifest.json and trials.sqlite say. Nothing here draws."""

import dataclasses
import json
import pathlib
import sqlite3

import numpy

import seal

FORMAT = 4  # of manifest.json (results/store/manifest.cpp)
OUTCOMES = ("direct", "relayed", "failed")
TIMES = ("time_to_direct", "least_time_to_direct", "rtt_direct", "rtt_relayed")


class RunError(Exception):
    """The folder is no run, or a broken one. The text is one line for the user."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One pair of NATs: its entry of summary.json and its trials' times in milliseconds (NaN: it never happened)."""

    summary: dict
    times: dict

    @property
    def client(self):
        return self.summary["client"]

    @property
    def connector(self):
        return self.summary["connector"]


@dataclasses.dataclass(frozen=True)
class Group:
    """All cells of one policy over one link variant: what one set of figures shows."""

    policy: str
    link: str
    pooled: dict
    cells: list

    @property
    def clients(self):
        return list(dict.fromkeys(cell.client for cell in self.cells))

    @property
    def connectors(self):
        return list(dict.fromkeys(cell.connector for cell in self.cells))

    @property
    def label(self):
        return f"policy {self.policy}" + (f", link {self.link}" if self.link else "")

    @property
    def one_population(self):
        """Its trials are draws from one population, or of one cell: pooled rates and times are those of something that exists. Else the
        scenario lists its pairs: the rate is the mean of theirs, and a pooled time is that of a mixture which nobody meets."""
        return self.pooled.get("strata", 1) == 1  # summaries of earlier versions do not say

    def medians(self, quantity):
        """Of the cells that have a finite one, in milliseconds; of a `quantity` of summary.json."""
        found = (cell.summary[quantity]["p50"] for cell in self.cells)
        return [median for median in found if median is not None]

    def cell(self, client, connector):
        """The cell of a pair, or None when the run has none."""
        for cell in self.cells:
            if (cell.client, cell.connector) == (client, connector):
                return cell
        return None

    def times(self, name):
        """One quantity of all trials together, in milliseconds, NaN where it never happened."""
        return numpy.concatenate([cell.times[name] for cell in self.cells])


@dataclasses.dataclass(frozen=True)
class Run:
    folder: pathlib.Path
    manifest: dict
    summary: dict
    groups: list

    @property
    def name(self):
        return self.summary["scenario"]


def _load_json(path):
    try:
        text = path.read_text(encoding="utf-8")
        loaded = json.loads(text)
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise RunError(f"{path} is no JSON: {error}") from error
    _check_whole(path, text, loaded)
    return loaded


def _check_whole(path, text, loaded):
    """A file of another version that nobody touched is not called altered; only manifests name their format."""
    of_manifest = isinstance(loaded, dict) and loaded.get("format") == "punchlab run"
    version = loaded.get("format_version") if of_manifest else FORMAT
    if not seal.holds(text) and (seal.present(text) or version == FORMAT):
        raise RunError(f"{path} was altered or damaged after punchlab wrote it (its seal, the last line, does not fit): put the original back, "
                       "or run the scenario again")
    if version != FORMAT:
        raise RunError(f"{path} was written by another version (format {version}, this one reads {FORMAT}): run the scenario again with this one, "
                       f"or read it with punchlab {loaded.get('version', '')}, which wrote it")


def _load_times(connection, cell):
    """The times of one cell's trials, in the order of the trials."""
    columns = ", ".join(f"{name}_ns" for name in TIMES)
    rows = connection.execute(f"SELECT {columns} FROM trials WHERE cell = ? ORDER BY trial", (cell,)).fetchall()
    table = numpy.array(rows, dtype=float).reshape(len(rows), len(TIMES)) / 1e6
    return {name: table[:, i] for i, name in enumerate(TIMES)}


def _check_counts(path, connection, summary):
    """summary.json must be of these trials; another one beside them would make the report tell what never was."""
    counts = {}
    for cell, outcome, count in connection.execute("SELECT cell, outcome, count(*) FROM trials GROUP BY cell, outcome"):
        counts[cell, outcome] = count
    said = {(cell["cell"], outcome): cell[outcome]["count"] for cell in summary["cells"] for outcome in OUTCOMES if cell[outcome]["count"]}
    if said != counts:
        raise RunError(f"summary.json is not of the trials in {path}: go on with the command that made the run, --resume and --out")


def _load_cells(path, summary):
    if not path.exists():
        raise RunError(f"cannot read {path}: No such file or directory")
    try:
        connection = sqlite3.connect(path)
        try:
            _check_counts(path, connection, summary)
            return [Cell(cell, _load_times(connection, cell["cell"])) for cell in summary["cells"]]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise RunError(f"cannot read {path}: {error}") from error


def load(folder):
    """Reads a run folder; RunError when that is not possible."""
    folder = pathlib.Path(folder)
    manifest = _load_json(folder / "manifest.json")
    summary = _load_json(folder / "summary.json")
    if not summary.get("cells"):
        raise RunError(f"{folder} holds no finished trial")
    cells = _load_cells(folder / "trials.sqlite", summary)
    groups = [
        Group(pooled["policy"], pooled["link"], pooled,
              [c for c in cells if (c.summary["policy"], c.summary["link"]) == (pooled["policy"], pooled["link"])])
        for pooled in summary["pooled"]
    ]
    return Run(folder, manifest, summary, groups)
