"""Small multiples: one panel per client, one row per connector in each. Readable from 1 to 81 pairs and beyond."""

import math

from matplotlib import pyplot

import style

ROW = 0.2  # inches
GAP = 0.42  # inches between panels, for the client's name


def make(run, group, title, subtitle, xlabel, legend_height=0.3):
    """(figure, {client: axes}); the rows of an axes are at y = 0, 1, ... downwards, in the order of group.connectors."""
    clients, connectors = group.clients, group.connectors
    columns = 1 if len(clients) == 1 else 2 if len(clients) <= 4 else 3
    rows = math.ceil(len(clients) / columns)
    label = 0.1 + 0.078 * max(map(len, connectors))
    panel_width = {1: 4.6, 2: 2.9, 3: 2.15}[columns]
    width = style.MARGIN + label + columns * (panel_width + 0.25) + 0.1
    footer = style.footer_lines(run, group, width)
    top, bottom = style.heights(title, footer, width)
    panel_height = ROW * len(connectors) + 0.08
    height = top + legend_height + rows * (panel_height + GAP) + 0.3 + bottom
    figure = pyplot.figure(figsize=(width, height))
    panels = {}
    for i, client in enumerate(clients):
        x = style.MARGIN + label + (i % columns) * (panel_width + 0.25)
        y = height - top - legend_height - (i // columns + 1) * (panel_height + GAP) + 0.1
        axes = figure.add_axes([x / width, y / height, panel_width / width, panel_height / height])
        style.plain_axes(axes, "x")
        axes.set_ylim(len(connectors) - 0.5, -0.5)
        axes.set_yticks(range(len(connectors)), connectors if i % columns == 0 else [])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_title(f"client: {client}", loc="left", fontweight="bold", pad=3)
        below = i + columns >= len(clients)
        axes.tick_params(axis="x", labelbottom=below)
        if below:
            axes.set_xlabel(xlabel)
        panels[client] = axes
    style.add_frame(figure, title, subtitle, footer)
    return figure, panels


def legend(figure, handles):
    """In a row below the subtitle, at the figure's left edge."""
    width, height = figure.get_size_inches()
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0 + 0.05 / width, 1 - (style.TITLE_HEIGHT - 0.1) / height),
                  ncols=len(handles), handlelength=1.4, columnspacing=1.6, fontsize=8, borderpad=0.2)
