"""Small multiples: one panel per client, one row per connector in each. Readable from 1 to 81 pairs and beyond."""

import math

from matplotlib import pyplot

import style

ROW = 0.2  # inches
GAP = 0.4  # inches between panels, for the client's name
BETWEEN = 0.36  # inches between columns of panels
LEGEND = 0.26  # inches


def make(run, group, title, subtitle, xlabel, handles):
    """(figure, {client: axes}); the rows of an axes are at y = 0, 1, ... downwards, in the order of group.connectors.

    `handles` make the legend, in one row below the subtitle.
    """
    clients, connectors = group.clients, group.connectors
    columns = 1 if len(clients) == 1 else 2 if len(clients) <= 4 else 3
    rows = math.ceil(len(clients) / columns)
    label = 0.1 + 0.07 * max(map(len, connectors))
    panel_width = {1: 4.6, 2: 2.9, 3: 2.15}[columns]
    width = style.MARGIN + label + columns * (panel_width + BETWEEN)
    footer = style.footer_lines(run, group, width)
    top, bottom = style.heights(title, footer, width)
    panel_height = ROW * len(connectors) + 0.08
    height = top + LEGEND + rows * (panel_height + GAP) + 0.34 + bottom
    figure = pyplot.figure(figsize=(width, height))
    panels = {}
    for i, client in enumerate(clients):
        x = style.MARGIN + label + (i % columns) * (panel_width + BETWEEN)
        y = height - top - LEGEND - (i // columns + 1) * (panel_height + GAP) + 0.1
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
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.05 / width, 1 - (top - 0.06) / height), ncols=len(handles),
                  handlelength=1.4, columnspacing=1.6, fontsize=8, borderpad=0.2)
    style.add_frame(figure, title, subtitle, footer)
    return figure, panels
