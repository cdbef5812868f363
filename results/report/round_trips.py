"""Dumbbells: the round trip of every pair over the direct path against that over the relay."""

import numpy
from matplotlib import lines

import panels
import style

KINDS = {"rtt_direct": ("direct", style.DIRECT, "o", -0.12), "rtt_relayed": ("relayed", style.RELAYED_INK, "s", 0.12)}


def _medians(cell):
    """Median over the trials that have the path; None without."""
    found = {name: values[~numpy.isnan(values)] for name, values in cell.times.items() if name in KINDS}
    return {name: numpy.median(values) if len(values) else None for name, values in found.items()}


def title_of(group):
    both = [m for m in map(_medians, group.cells) if None not in m.values()]
    if both:
        saved = [m["rtt_relayed"] - m["rtt_direct"] for m in both]
        low, high = min(saved), max(saved)
        word = "longer" if numpy.median(saved) >= 0 else "shorter"
        span = f"{abs(numpy.median(saved)):.1f} ms"
        extent = f" ({low:.1f} to {high:.1f})" if f"{low:.1f}" != f"{high:.1f}" else ""
        where = "the pair that has" if len(both) == 1 else f"the {len(both)} pairs that have"
        return f"The round trip over the relay is {span}{extent} {word} than the direct one, in {where} both"
    seen = [KINDS[name][0] for name in KINDS if any(_medians(cell)[name] is not None for cell in group.cells)]
    return "No pair has both paths: round trips " + (" and ".join(seen) if seen else "were not measured")


def _draw_row(axes, row, cell):
    medians = _medians(cell)
    if None not in medians.values():
        axes.plot(list(medians.values()), [row - 0.12, row + 0.12], color=style.GRID, linewidth=1.6, zorder=1)
    for name, (_, colour, marker, offset) in KINDS.items():
        values = cell.times[name][~numpy.isnan(cell.times[name])]
        if len(values) == 0:
            continue
        low, high = numpy.percentile(values, [5, 95])
        axes.plot([low, high], [row + offset] * 2, color=colour, linewidth=1.3, alpha=0.75, solid_capstyle="butt", zorder=2)
        axes.plot([medians[name]], [row + offset], color=colour, marker=marker, markersize=4.2, markeredgecolor="white",
                  markeredgewidth=0.5, zorder=3)


def draw(run, group):
    handles = [lines.Line2D([], [], color=colour, marker=marker, markersize=5, linewidth=1.3, label=label)
               for label, colour, marker, _ in KINDS.values()]
    figure, axes_of = panels.make(run, group, title_of(group),
                                  "Rows: connector's NAT. Median and 5–95 % of the trials that used the path", "round trip, ms",
                                  handles)
    finite = numpy.concatenate([group.times(name) for name in KINDS])
    highest = numpy.nanmax(finite) if not numpy.isnan(finite).all() else 1
    for client, axes in axes_of.items():
        axes.set_xlim(0, 1.05 * highest)
        for row, connector in enumerate(group.connectors):
            cell = group.cell(client, connector)
            if cell is None or all(median is None for median in _medians(cell).values()):
                axes.text(0.01 * highest, row, "not run" if cell is None else "no path", va="center", fontsize=7, color=style.FAINT)
            else:
                _draw_row(axes, row, cell)
    return figure
