"""Stacked bars: direct, relayed, failed of every pair, with the intervals of both borders."""

from matplotlib import lines, patches

import panels
import style

COLOURS = {"direct": style.DIRECT, "relayed": style.RELAYED, "failed": style.FAILED}


def title_of(group):
    said = ", ".join(f"{style.percent(group.pooled[name]['rate'])} {name}" for name in COLOURS)
    pairs = len(group.cells)
    return f"{'Over all trials' if group.one_population else f'Mean of {pairs} pairs'}: {said}"


OFFSET = 0.18  # rows: the interval of direct lies above the middle of its bar, that of failed below, so that none hides the other


def _interval(axes, row, low, high):
    """Drawn twice, so that it shows on every colour."""
    for colour, width in (("white", 2.4), (style.INK, 0.9)):
        axes.plot([low, high], [row, row], color=colour, linewidth=width, solid_capstyle="butt", zorder=3)
        for end in (low, high):
            axes.plot([end, end], [row - 0.11, row + 0.11], color=colour, linewidth=width, solid_capstyle="butt", zorder=3)


def _draw_row(axes, row, cell):
    start = 0
    for name, colour in COLOURS.items():
        share = 100 * cell.summary[name]["rate"]
        axes.barh(row, share, left=start, height=0.72, color=colour, edgecolor="white", linewidth=0.5)
        start += share
    direct, failed = cell.summary["direct"], cell.summary["failed"]
    _interval(axes, row - OFFSET, 100 * direct["low"], 100 * direct["high"])
    if failed["count"]:
        _interval(axes, row + OFFSET, 100 - 100 * failed["high"], 100 - 100 * failed["low"])


def _handles(group):
    """The legend says which interval is which; without failed trials there is one only."""
    handles = [patches.Patch(color=colour, label=name) for name, colour in COLOURS.items()]
    failed = group.pooled["failed"]["count"] > 0
    for label in ("95 % interval of direct (upper)", "of failed (lower)") if failed else ("95 % interval of direct",):
        handles.append(lines.Line2D([], [], color=style.INK, marker="|", markersize=6, linewidth=1, label=label))
    return handles


def draw(run, group):
    """The interval in the upper half of a bar is that of direct, from the left; in the lower half of failed, from the right."""
    figure, axes_of = panels.make(run, group, title_of(group), "Rows: connector's NAT. How trials end, with Wilson 95 % intervals",
                                  "% of trials", _handles(group))
    for client, axes in axes_of.items():
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 25, 50, 75, 100])
        for row, connector in enumerate(group.connectors):
            cell = group.cell(client, connector)
            if cell is None:
                axes.text(1, row, "not run", va="center", fontsize=7, color=style.FAINT)
            else:
                _draw_row(axes, row, cell)
    return figure
