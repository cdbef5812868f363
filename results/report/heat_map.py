"""Heat map: how often each pair goes direct, with the interval and the number of trials in each cell."""

import re

from matplotlib import patches, pyplot

import style

LEGEND = 0.22  # inches below the matrix, for the note


def title_of(group):
    rates = [cell.summary["direct"] for cell in group.cells]
    always = sum(rate["rate"] == 1 for rate in rates)
    never = sum(rate["count"] == 0 for rate in rates)
    parts = [(count, word) for count, word in
             ((always, "always"), (never, "never"), (len(rates) - always - never, "sometimes")) if count]
    first = f"{parts[0][0]} {parts[0][1]} connect{'s' if parts[0][0] == 1 else ''} directly"
    return f"Of {len(rates)} pair{'s' if len(rates) > 1 else ''}, " + ", ".join([first] + [f"{n} {word}" for n, word in parts[1:]])


def _broken(name, width):
    """A name over several lines, broken behind hyphens and an agent's colon where it is longer than `width` characters."""
    lines = [""]
    for piece in re.sub("[-:]", "\\g<0>\0", name).split("\0"):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def ink_on(colour):
    """The colour to write with on another."""
    red, green, blue = colour[:3]
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else style.INK_ON_COLOUR


def _draw_cell(axes, x, y, cell, scale):
    if cell is None:
        axes.add_patch(patches.Rectangle((x, y), 1, 1, facecolor="white", edgecolor=style.GRID, hatch="////", linewidth=0))
        axes.text(x + 0.5, y + 0.5, "not run", ha="center", va="center", fontsize=6.5 * scale, color=style.FAINT,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
        return
    direct, failed = cell.summary["direct"], cell.summary["failed"]
    colour = style.RATE(direct["rate"])
    ink = ink_on(colour)
    axes.add_patch(patches.Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.2))
    axes.text(x + 0.5, y + 0.34, style.percent(direct["rate"]), ha="center", va="center", color=ink,
              fontsize=10.5 * scale, fontweight="bold")
    axes.text(x + 0.5, y + 0.59, style.percent_range(direct), ha="center", va="center", color=ink, fontsize=7 * scale)
    n_text = f"n = {cell.summary['trials']:,}"
    axes.text(x + 0.5, y + 0.77, n_text, ha="center", va="center", color=ink, fontsize=6.5 * scale)
    if failed["count"]:
        axes.add_patch(patches.Polygon([(x + 0.8, y + 0.012), (x + 0.988, y + 0.012), (x + 0.988, y + 0.2)], color=style.FAILED))


class Layout:
    """Where the parts of a matrix lie in a figure that grows with it, so that the writing in its cells keeps its size."""

    def __init__(self, clients, connectors, title, footer_of):
        """`footer_of`: from the figure's width in inches to the lines of the footer."""
        self.clients, self.title = clients, title
        self.size = 0.98 if len(connectors) <= 6 else 0.84
        self.scale = 1 if self.size > 0.9 else 0.86
        self.left = 0.42 + 0.067 * max(map(len, clients))
        self.names = [_broken(name, 13 if self.scale == 1 else 10) for name in connectors]
        above = 0.28 + 0.15 * max(name.count("\n") + 1 for name in self.names)
        self.width = max(self.left + self.size * len(connectors) + 0.25, 5.6)
        self.footer = footer_of(self.width)
        top, self.bottom = style.heights(title, self.footer, self.width)
        self.height = top + above + self.size * len(clients) + LEGEND + self.bottom

    def make(self):
        """(figure, axes); the cell of row r and column c is the unit square at (c, r), downwards."""
        rows, columns = len(self.clients), len(self.names)
        figure = pyplot.figure(figsize=(self.width, self.height))
        axes = figure.add_axes([self.left / self.width, (self.bottom + LEGEND) / self.height,
                                self.size * columns / self.width, self.size * rows / self.height])
        axes.set_xlim(0, columns)
        axes.set_ylim(rows, 0)
        axes.set_xticks([i + 0.5 for i in range(columns)], self.names)
        axes.set_yticks([i + 0.5 for i in range(rows)], self.clients)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, pad=3)
        axes.set_xlabel("connector's NAT", color=style.FAINT, labelpad=6)
        axes.xaxis.set_label_position("top")
        axes.set_ylabel("client's NAT", color=style.FAINT)
        for spine in axes.spines.values():
            spine.set_visible(False)
        return figure, axes

    def finish(self, figure, note, subtitle):
        figure.text(self.left / self.width, (self.bottom + 0.06) / self.height, note, fontsize=7, color=style.FAINT)
        style.add_frame(figure, self.title, subtitle, self.footer)


def draw(run, group):
    layout = Layout(group.clients, group.connectors, title_of(group), lambda width: style.footer_lines(run, group, width))
    figure, axes = layout.make()
    for row, client in enumerate(group.clients):
        for column, connector in enumerate(group.connectors):
            _draw_cell(axes, column, row, group.cell(client, connector), layout.scale)
    note = "Blue: direct. Yellow: relayed or failed." + (" Dark corner: some trials failed." if group.pooled["failed"]["count"] else "")
    layout.finish(figure, note, "Share of trials that end on a direct path, Wilson 95 % interval, trials")
    return figure
