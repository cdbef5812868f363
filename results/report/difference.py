"""Pictures of a comparison:  difference.py FOLDER  reads FOLDER/comparison.json and draws beside it, as SVG, PNG and PDF,
how the share of direct trials and the median time to direct changed in every pair: difference-direct, difference-time-to-direct.

Exit status: 0 fine, 2 the file is no comparison, 3 something cannot be written.
"""

import json
import pathlib
import re
import sys

from matplotlib import colors, patches, pyplot, rc_context

import heat_map
import style

# Worse to better in the palette's two hues; nothing changed is white.
CHANGE = colors.LinearSegmentedColormap.from_list("change", ["#C8740B", "#F2C879", "#FFFFFF", "#A9CCE3", "#0072B2"])
MINUS = "\N{MINUS SIGN}"


def signed(value, decimals=1):
    """"+1.5", "0"; infinity for None is the caller's business."""
    text = f"{abs(value):.{decimals}f}"
    return "0" if float(text) == 0 else (MINUS if value < 0 else "+") + text


class Direct:
    """The share of direct trials, in points."""

    name = "difference-direct"
    key = "direct"
    subtitle = "Direct: points of change, 95 % interval; bold: more than chance"

    @staticmethod
    def measured(entry):
        return True

    @staticmethod
    def shade(entry):
        return 0.5 + entry["difference"]  # half of all trials more or less are the palette's ends

    @staticmethod
    def lines(entry):
        before, after = (100 * entry[side]["rate"] for side in ("first", "second"))
        return (signed(100 * entry["difference"]), f"{before:.1f} → {after:.1f} %",
                f"{signed(100 * entry['low'])} to {signed(100 * entry['high'])}")


class TimeToDirect:
    """The median time to direct, in milliseconds; less is better."""

    name = "difference-time-to-direct"
    key = "time_to_direct_ms"
    subtitle = "Median time to direct: change in ms, 95 % interval; bold: more than chance"

    @staticmethod
    def measured(entry):
        return entry["measured"]

    @staticmethod
    def shade(entry):
        medians = [entry["first_median"], entry["second_median"]]
        if None in medians or entry["difference"] is None:
            return 0.5 if medians[0] == medians[1] else 0.0 if medians[1] is None else 1.0
        return 0.5 - entry["difference"] / max(*medians, 1e-9)

    @staticmethod
    def lines(entry):
        def ms(value):
            return "∞" if value is None else f"{value:.1f}"

        def bound(value):
            return "∞" if value is None else signed(value)

        change = bound(entry["difference"]) if entry["difference"] is not None else "±∞"
        return change, f"{ms(entry['first_median'])} → {ms(entry['second_median'])}", f"{bound(entry['low'])} to {bound(entry['high'])}"


def title_of(cells, quantity):
    entries = [cell[quantity.key] for cell in cells if quantity.measured(cell[quantity.key])]
    differing = sum(entry["differs"] for entry in entries)
    what = {"direct": "how often they are direct", "time_to_direct_ms": "how soon they are direct"}[quantity.key]
    if not differing:
        return f"None of {len(entries)} pairs differs in {what}"
    return f"{differing} of {len(entries)} pairs differ{'s' if differing == 1 else ''} in {what}"


def _draw_cell(axes, x, y, cell, quantity, scale):
    entry = cell and cell[quantity.key]
    if not entry or not quantity.measured(entry):
        axes.add_patch(patches.Rectangle((x, y), 1, 1, facecolor="white", edgecolor=style.GRID, hatch="////", linewidth=0))
        axes.text(x + 0.5, y + 0.5, "never" if entry else "not run", ha="center", va="center", fontsize=6.5 * scale, color=style.FAINT,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
        return
    colour = CHANGE(min(max(quantity.shade(entry), 0), 1))
    ink = heat_map.ink_on(colour)
    axes.add_patch(patches.Rectangle((x, y), 1, 1, facecolor=colour, edgecolor=style.GRID, linewidth=0.8))
    sizes = ((0.32, 10), (0.58, 6.6), (0.77, 6.2))
    for text, (down, size) in zip(quantity.lines(entry), sizes):
        axes.text(x + 0.5, y + down, text, ha="center", va="center", color=ink, fontsize=size * scale,
                  fontweight="bold" if entry["differs"] and size == 10 else "normal")


def footer_lines(comparison, cells, width):
    """What is needed to make the picture again."""
    sides = [f"{side}: {run['scenario']}, backend {run['backend']}, seed {run['seed']}, commit {run['commit'][:12] or 'unknown'}"
             for side, run in (("first", comparison["first"]), ("second", comparison["second"]))]
    first = cells[0]
    policy = first["first_policy"] if first["first_policy"] == first["second_policy"] else f"{first['first_policy']} → {first['second_policy']}"
    trials = [cell["direct"]["first"]["trials"] for cell in cells]
    kind = "pairs of trials" if all(cell["pairs"] for cell in cells) else "independent trials"
    link = f", link {first['link']}" if first["link"] else ""
    n = f"n = {sum(trials):,} {kind}, {min(trials):,}" + (f" to {max(trials):,}" if max(trials) > min(trials) else "") + " per cell"
    return style.wrapped(f"policy {policy}{link} · {n}", width) + [line for side in sides for line in style.wrapped(side, width)] \
        + style.wrapped("Make it again: " + comparison["command"], width)


def draw(comparison, cells, quantity):
    clients = list(dict.fromkeys(cell["client"] for cell in cells))
    connectors = list(dict.fromkeys(cell["connector"] for cell in cells))
    layout = heat_map.Layout(clients, connectors, title_of(cells, quantity), lambda width: footer_lines(comparison, cells, width))
    figure, axes = layout.make()
    by_pair = {(cell["client"], cell["connector"]): cell for cell in cells}
    for row, client in enumerate(clients):
        for column, connector in enumerate(connectors):
            _draw_cell(axes, column, row, by_pair.get((client, connector)), quantity, layout.scale)
    layout.finish(figure, "Blue: better than before. Orange: worse.", quantity.subtitle)
    return figure


def make(folder):
    """Draws all pictures of the comparison in `folder`, and returns their stems."""
    comparison = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    groups = {}
    for cell in comparison["cells"]:
        groups.setdefault((cell["first_policy"], cell["second_policy"], cell["link"]), []).append(cell)
    stems = []
    with rc_context(style.SETTINGS):
        for (_, second, link), cells in groups.items():
            for quantity in (Direct, TimeToDirect):
                if not any(quantity.measured(cell[quantity.key]) for cell in cells):
                    continue
                parts = [second, link, quantity.name] if len(groups) > 1 else [quantity.name]
                stem = re.sub(r"[^A-Za-z0-9.]+", "-", " ".join(parts)).strip("-").replace(".", "_")
                style.save(draw(comparison, cells, quantity), folder / stem)
                stems.append(stem)
    return stems


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 0 if arguments in (["--help"], ["-h"]) else 2
    try:
        make(pathlib.Path(arguments[0]))
    except (ValueError, KeyError) as error:
        print(f"difference: {arguments[0]}/comparison.json is no comparison: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"difference: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
