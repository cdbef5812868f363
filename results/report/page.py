"""report.html: one file that loads nothing, reads on a phone and in the dark, and works with the keyboard alone."""

import html
import pathlib
import re

import jinja2
import markupsafe

import agent_race
import style

QUANTITIES = (
    ("time_to_first_byte_ms", "time to first byte"),
    ("time_to_direct_ms", "time to direct"),
    ("least_time_to_direct_ms", "least time to direct"),
    ("rtt_direct_ms", "round trip, direct"),
    ("rtt_relayed_ms", "round trip, relayed"),
    ("added_latency_ms", "added latency"),
)


PREDICTIONS = {"may": "may be direct"}  # the others are clear as they stand


OUTCOME_COLOURS = {"direct": style.DIRECT, "relayed": style.RELAYED, "failed": style.FAILED}


LARGER = 1.2  # than the drawing's own size, in which it is printed: letters of all drawings are equally tall


def following_page(svg):
    """The drawing with page.css's variables for ink, paper and the like. White writing stands on a colour and stays white."""
    names = {colour.lower(): name for name, colour in style.FOLLOWS_PAGE.items()}
    return re.sub(r'<text style="fill: #ffffff|#[0-9a-f]{6}\b',
                  lambda match: f"var(--figure-{names[match[0]]},{match[0]})" if match[0] in names else match[0], svg)


def inline_svg(svg, title, prefix, keep=False):
    """The drawing without its XML prolog, with a title for screen readers and ids that are its own in the page. `keep` leaves the
    attributes of its <svg> element as they are; else it fills the page up to LARGER times its own width in points, and scrolls
    below that width."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(xlink:href="#|href="#|url\(#)', lambda match: match.group(1) + prefix + "-", svg)
    if keep:
        return markupsafe.Markup(svg)
    svg = following_page(svg)

    def head(match):
        pixels = float(match.group(1).split()[2]) * 4 / 3
        return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{match.group(1)}" '
                f'style="max-width:{LARGER * pixels:.0f}px;min-width:min(32rem,{pixels:.0f}px)" role="img"><title>{html.escape(title)}</title>')

    svg = re.sub(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", head, svg, count=1)
    return markupsafe.Markup(svg)


COMES = ("time_to_first_byte_ms", "time_to_direct_ms")  # or never comes; a round trip or what is derived from one is there or is not


def no_value(key):
    """Of a quantity that no trial has."""
    return "never" if key in COMES else "–"


def quantile(of, percentile, key):
    """A quantile of an entry of summary.json as the page shows it; null is infinite."""
    value = of[key][percentile]
    return style.milliseconds(value) if value is not None else "∞" if of[key]["measured"] else no_value(key)


def typical(group, key):
    """(text, of what) of a median: over all trials where they are of one population, else from the least to the largest of the pairs'."""
    if group.one_population:
        return quantile(group.pooled, "p50", key), "of all trials"
    medians = group.medians(key)
    text = style.ms_range(min(medians), max(medians)) if medians else "∞" if group.pooled[key]["measured"] else no_value(key)
    return text, f"{len(medians)} of {len(group.cells)} pairs"


def cell_colour(rate):
    red, green, blue, _ = style.RATE(rate, bytes=True)
    return f"#{red:02x}{green:02x}{blue:02x}"


def cell_ink(rate):
    red, green, blue, _ = style.RATE(rate)
    return "#fff" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else style.INK


def environment():
    found = jinja2.Environment(loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent), autoescape=True,
                               trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    found.globals.update(percent=style.percent, percent_range=style.percent_range, quantile=quantile, typical=typical, cell_colour=cell_colour,
                         cell_ink=cell_ink, quantities=QUANTITIES, trials_text=style.trials_text, race_of=agent_race.of_group,
                         outcome_colours=OUTCOME_COLOURS, predictions=PREDICTIONS)
    return found


def filters_of(groups):
    """(name, label, values) of what a reader can choose between."""
    values = (("policy", "Policy", [group.policy for group in groups]), ("link", "Link", [group.link for group in groups]),
              ("client", "Client's NAT", [name for group in groups for name in group.clients]),
              ("connector", "Connector's NAT", [name for group in groups for name in group.connectors]))
    unique = [(name, label, list(dict.fromkeys(found))) for name, label, found in values]
    return [(name, label, found) for name, label, found in unique if len(found) > 1]


def render(run, drawings, explanations=None, what_if=None):
    """`drawings`: for each group {figure: (title, SVG text, file stem)}; the others as explanations.of_run gives them."""
    figures = [[(title, inline_svg(svg, title, stem), stem) for title, svg, stem in drawn.values()] for drawn in drawings]
    changes = {entry["cell"]: entry for entry in what_if["cells"]} if what_if else {}
    return environment().get_template("page.html.j2").render(
        run=run, manifest=run.manifest, summary=run.summary, sections=list(zip(run.groups, figures)), filters=filters_of(run.groups),
        explanations=explanations or {}, what_if=what_if, changes=changes)


def render_several(runs):
    """Several runs side by side. Each of `runs` has its own report beside its data."""
    labels = list(dict.fromkeys((group.policy, group.link) for run in runs for group in run.groups))
    sections = [(policy, link, [(number, run, group) for number, run in enumerate(runs, 1) for group in run.groups
                                if (group.policy, group.link) == (policy, link)]) for policy, link in labels]
    return environment().get_template("several.html.j2").render(runs=runs, sections=sections,
                                                                filters=filters_of([group for run in runs for group in run.groups]))
