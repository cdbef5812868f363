"""Heat map: how often each pair goes direct, with the interval and the number of trials in each cell."""

from matplotlib import patches, pyplot

import style


def title_of(group):
    rates = [cell.summary["direct"] for cell in group.cells]
    always = sum(rate["rate"] == 1 for rate in rates)
    never = sum(rate["count"] == 0 for rate in rates)
    parts = [(count, word) for count, word in
             ((always, "always"), (never, "never"), (len(rates) - always - never, "sometimes")) if count]
    first = f"{parts[0][0]} {parts[0][1]} connect{'s' if parts[0][0] == 1 else ''} directly"
    return f"Of {len(rates)} pair{'s' if len(rates) > 1 else ''}, " + ", ".join([first] + [f"{n} {word}" for n, word in parts[1:]])


def _broken(name, width):
    """A name over several lines, broken behind hyphens where it is longer than `width` characters."""
    lines = [""]
    for piece in name.replace("-", "-\0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def _ink_on(colour):
    red, green, blue = colour[:3]
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else style.INK


def _draw_cell(axes, x, y, cell, scale):
    if cell is None:
        axes.add_patch(patches.Rectangle((x, y), 1, 1, facecolor="white", edgecolor=style.GRID, hatch="////", linewidth=0))
        axes.text(x + 0.5, y + 0.5, "not run", ha="center", va="center", fontsize=6.5 * scale, color=style.FAINT,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
        return
    direct, failed = cell.summary["direct"], cell.summary["failed"]
    colour = style.RATE(direct["rate"])
    ink = _ink_on(colour)
    axes.add_patch(patches.Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.2))
    axes.text(x + 0.5, y + 0.34, style.percent(direct["rate"]), ha="center", va="center", color=ink,
              fontsize=10.5 * scale, fontweight="bold")
    axes.text(x + 0.5, y + 0.59, style.percent_range(direct), ha="center", va="center", color=ink, fontsize=7 * scale)
    n_text = f"n = {cell.summary['trials']:,}"
    axes.text(x + 0.5, y + 0.77, n_text, ha="center", va="center", color=ink, fontsize=6.5 * scale)
    if failed["count"]:
        axes.add_patch(patches.Polygon([(x + 0.8, y + 0.012), (x + 0.988, y + 0.012), (x + 0.988, y + 0.2)], color=style.FAILED))


def draw(run, group):
    """A figure that grows with the matrix, so that the writing in its cells keeps its size."""
    clients, connectors = group.clients, group.connectors
    size = 0.98 if len(connectors) <= 6 else 0.84
    scale = 1 if size > 0.9 else 0.86
    left = 0.42 + 0.067 * max(map(len, clients))
    names = [_broken(name, 13 if scale == 1 else 10) for name in connectors]
    above = 0.28 + 0.15 * max(name.count("\n") + 1 for name in names)
    width = max(left + size * len(connectors) + 0.25, 5.6)
    title = title_of(group)
    footer = style.footer_lines(run, group, width)
    top, bottom = style.heights(title, footer, width)
    legend = 0.22
    height = top + above + size * len(clients) + legend + bottom
    figure = pyplot.figure(figsize=(width, height))
    axes = figure.add_axes([left / width, (bottom + legend) / height, size * len(connectors) / width, size * len(clients) / height])
    axes.set_xlim(0, len(connectors))
    axes.set_ylim(len(clients), 0)
    for row, client in enumerate(clients):
        for column, connector in enumerate(connectors):
            _draw_cell(axes, column, row, group.cell(client, connector), scale)
    axes.set_xticks([i + 0.5 for i in range(len(connectors))], names)
    axes.set_yticks([i + 0.5 for i in range(len(clients))], clients)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=3)
    axes.set_xlabel("connector's NAT", color=style.FAINT, labelpad=6)
    axes.xaxis.set_label_position("top")
    axes.set_ylabel("client's NAT", color=style.FAINT)
    for spine in axes.spines.values():
        spine.set_visible(False)
    note = "Blue: direct. Yellow: relayed or failed." + (" Dark corner: some trials failed." if group.pooled["failed"]["count"] else "")
    figure.text(left / width, (bottom + 0.06) / height, note, fontsize=7, color=style.FAINT)
    style.add_frame(figure, title, "Share of trials that end on a direct path, Wilson 95 % interval, trials", footer)
    return figure
