"""Distribution of the time to direct. Trials that never got there are missing mass: the curve stops below 100 %."""

import numpy
from matplotlib import pyplot, ticker

import style


FAR = 1e9  # ms, beyond every axis
WIDEST = 3.8  # points, of the curve that is drawn first
DASHES = ("-", (0, (7, 2.5)), (0, (4, 2)), (0, (2, 1.5)), (0, (1, 1)), (0, (8, 1.5, 1, 1.5)))


def title_of(group):
    direct = group.pooled["time_to_direct_ms"]
    trials = group.pooled["trials"]
    never = trials - direct["measured"]
    if direct["measured"] == 0:
        return f"None of {trials:,} trials ever became direct"
    medians = group.medians("time_to_direct_ms")
    if not group.one_population and medians:
        tail = f"; {style.percent(never / trials)} of all trials never are" if never else ""
        verb = "is" if len(medians) == 1 else "are"
        span = style.ms_range(min(medians), max(medians))
        return f"{len(medians)} of {len(group.cells)} pairs {verb} direct after {span} in the median{tail}"
    if group.one_population and direct["p50"] is not None:
        tail = f"; {style.percent(never / trials)} never get there" if never else "; all get there"
        return f"Half of all trials are direct after {style.milliseconds(direct['p50'])}{tail}"
    values = group.times("time_to_direct")
    return (f"{style.percent(direct['measured'] / trials)} of all trials become direct, half of these within "
            f"{style.milliseconds(numpy.nanmedian(values))}")


def steps(values, trials):
    """x and y of the empirical distribution over `trials`, infinities included: y ends below 100 when some are missing."""
    finite = numpy.sort(values[~numpy.isnan(values)])
    # A drawing needs no more points than it has pixels; the ends always stay.
    keep = numpy.unique(numpy.linspace(0, len(finite) - 1, min(len(finite), 2000)).round().astype(int)) if len(finite) else []
    x = finite[keep]
    y = 100 * (numpy.asarray(keep) + 1) / trials
    # From 0 % at the first, and on to the right of everything: the curve stays where it ends.
    return (numpy.concatenate([x[:1], x, [FAR]]), numpy.concatenate([[0], y, y[-1:]])) if len(x) else (x, y)


def sides(group):
    """(what the coloured curves tell apart, {name: its cells}): the clients, or the connectors where there is one client only."""
    side = "client" if len(group.clients) > 1 else "connector"
    found = {}
    for cell in group.cells:
        found.setdefault(getattr(cell, side), []).append(cell)
    return side, found


def curve_of(cells):
    """x and y over all trials of `cells`: also of pairs that never become direct, which keep the curve below 100 %."""
    values = numpy.concatenate([cell.times["time_to_direct"] for cell in cells])
    x, y = steps(values, len(values))
    return (x, y) if len(x) else (numpy.array([1 / FAR, FAR]), numpy.zeros(2))


def _draw_sides(axes, group):
    """One curve per client. Where curves coincide, the wide ones below show beside and between the dashes of those above."""
    side, found = sides(group)
    if len(found) == 1:
        return
    few = len(found) <= len(style.LINES)
    for i, (name, cells) in enumerate(found.items()):
        x, y = curve_of(cells)
        if few:
            axes.plot(x, y, color=style.LINES[i], linewidth=WIDEST - 0.5 * i, linestyle=DASHES[i], drawstyle="steps-post",
                      solid_capstyle="butt", dash_capstyle="butt", label=f"{side} {name}: {style.percent(y[-1] / 100)}")
        else:
            axes.plot(x, y, color="#9AA5AF", linewidth=0.8, alpha=0.8, drawstyle="steps-post", label=None if i else f"each {side}")


def _draw_missing(axes, group):
    """A bracket beside the axes, from where the curve of all pairs ends up to 100 %."""
    trials = group.pooled["trials"]
    reached = 100 * group.pooled["time_to_direct_ms"]["measured"] / trials
    if reached == 100:
        return
    beside = axes.get_yaxis_transform()
    axes.plot([1.012, 1.03, 1.03, 1.012], [reached, reached, 100, 100], transform=beside, clip_on=False, color=style.RELAYED_INK,
              linewidth=1.2)
    text = f"{style.percent(1 - reached / 100)}\nnever\nbecame\ndirect"
    middle = min(max((reached + 100) / 2, 12), 88)
    axes.text(1.045, middle, text, transform=beside, va="center", fontsize=7.5, linespacing=1.15, color=style.RELAYED_INK)


def _scale_time(axes, values):
    low, high = numpy.nanmin(values), numpy.nanmax(values)
    if low > 0 and high / low > 6:
        axes.set_xscale("log")
        axes.set_xlim(0.85 * low, 1.15 * high)
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:,.0f}" if x >= 1 else f"{x:g}"))
    else:
        axes.set_xlim(0.9 * low, 1.06 * high)


def _draw_curves(axes, group):
    values = group.times("time_to_direct")
    least = group.times("least_time_to_direct")
    if numpy.isnan(values).all():
        axes.text(0.5, 50, "no trial became direct", ha="center", va="center", color=style.FAINT)
        axes.set_xlim(0, 1)
        return
    _draw_sides(axes, group)
    x, y = steps(values, len(values))
    axes.plot(x, y, color=style.INK, linewidth=2.2, drawstyle="steps-post", label="all pairs together", zorder=5)
    both = values
    if not numpy.isnan(least).all():
        # Against the same trials: those that became direct.
        least = numpy.where(numpy.isnan(values), numpy.nan, least)
        x, y = steps(least, len(values))
        if len(x):
            ratio = numpy.nanmedian(values / least)
            axes.plot(x, y, color=style.INK, linewidth=1.4, linestyle=(0, (4, 2)), drawstyle="steps-post", zorder=4,
                      label=f"least that the message flow allows (median {ratio:.2f} × that)")
        both = numpy.concatenate([values, least])
    _scale_time(axes, both)


def subtitle_of(group):
    side, found = sides(group)
    of = f"Share of all trials{f' of a {side}' if len(found) > 1 else ''} that are direct by then"
    return f"{of}; what is missing to 100 % never got there"


def draw(run, group):
    width, plot_height = 6.9, 3.0
    title = title_of(group)
    footer = style.footer_lines(run, group, width)
    top, bottom = style.heights(title, footer, width)
    figure = pyplot.figure(figsize=(width, plot_height))
    axes = figure.add_axes([0, 0, 1, 1])
    style.plain_axes(axes, "both")
    axes.set_ylim(0, 101.5)
    axes.set_yticks([0, 25, 50, 75, 100])
    _draw_curves(axes, group)
    _draw_missing(axes, group)
    axes.set_xlabel("time to direct, ms, from the start of the later side")
    axes.set_ylabel("% of all its trials")
    handles, labels = axes.get_legend_handles_labels()
    columns = 1 if len(labels) <= 2 else 2
    rows = -(-len(labels) // columns)
    legend = 0.19 * rows + 0.08 if labels else 0
    height = top + plot_height + legend + 0.45 + bottom
    figure.set_size_inches(width, height)
    axes.set_position([0.62 / width, (bottom + 0.45) / height, (width - 1.42) / width, plot_height / height])
    if labels:
        order = sorted(range(len(labels)), key=lambda i: not labels[i].startswith(("all", "least")))
        figure.legend([handles[i] for i in order], [labels[i] for i in order], loc="upper left", ncols=columns, fontsize=8, handlelength=2.2,
                      bbox_to_anchor=(0.05 / width, 1 - (top - 0.06) / height), borderpad=0.2, labelspacing=0.35)
    style.add_frame(figure, title, subtitle_of(group), footer)
    return figure
