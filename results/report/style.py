"""How all figures look: palette, type, footer, files. Figures differ in what they show, never in how."""

import functools
import io
import textwrap

import fontTools.subset
import matplotlib

matplotlib.use("Agg")
from matplotlib.backends import _backend_pdf_ps  # noqa: E402
from matplotlib import colors, pyplot  # noqa: E402  the backend has to be chosen first

# Okabe and Ito (2008): told apart with every kind of colour blindness, and in grey.
DIRECT = "#0072B2"
RELAYED = "#E69F00"
RELAYED_INK = "#8A5A00"  # the same hue, dark enough to write with
FAILED = "#7A1F3D"
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#8A6D00")
INK = "#1B1F24"
INK_ON_COLOUR = "#111417"  # stays dark in dark mode, as the cells that it stands on stay as they are
PAPER = "#FFFFFF"
FAINT = "#5B6570"
GRID = "#D9DEE3"
# From always relayed to always direct, in the same two hues; its lightness is lowest at the ends.
RATE = colors.LinearSegmentedColormap.from_list("rate", ["#F2B134", "#F8DFAE", "#F4F4F1", "#A9CCE3", "#0072B2"])

# What page.css gives other values in dark mode, by the names of its variables. Files keep the colours above.
FOLLOWS_PAGE = {"ink": INK, "faint": FAINT, "grid": GRID, "paper": PAPER, "relayed-ink": RELAYED_INK, "failed": FAILED}

SETTINGS = {
    "svg.fonttype": "none",  # text stays text: it can be searched, copied and restyled
    "pdf.fonttype": 42,  # the same, for those who edit figures of a paper
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 8.5,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.titlesize": 8.5,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAPER,
    "legend.frameon": False,
}

MARGIN = 0.15  # inches, on every side
TITLE_HEIGHT = 0.58  # inches above the plot, for one line of title and the subtitle
FOOTER_LINE = 0.15  # inches per line below it


def percent(rate):
    """"100 %", "97.5 %"; never rounds to 0 or 100 what is not."""
    if rate in (0, 1):
        return f"{100 * rate:.0f} %"
    value = 100 * rate
    return "<0.1 %" if value < 0.05 else ">99.9 %" if value > 99.95 else f"{value:.1f} %"


def percent_range(part):
    """The interval of one outcome of summary.json, "98.1–100 %"."""
    return f"{_end_of_range(part['low'])}–{_end_of_range(part['high'])} %"


def _end_of_range(rate):
    """With as many decimals as tell it from 0 and 100; summary.json has six of a rate, which are four of a percentage."""
    texts = [f"{100 * rate:.{decimals}f}" for decimals in range(1, 5)]
    return next((text for text in texts if 0 < float(text) < 100), f"{100 * rate:.0f}")


def ms_range(low, high):
    """"265.0–1,290.0 ms", or one number where both show the same: milliseconds always, here and in the terminal."""
    texts = [f"{value:,.1f}".replace("-0.0", "0.0").replace("-", "−") for value in (low, high)]
    return f"{'–'.join(dict.fromkeys(texts))} ms"


def milliseconds(value):
    return ms_range(value, value)


def trials_text(group):
    """"n = 3,200 (200 per pair)"."""
    counts = sorted(cell.summary["trials"] for cell in group.cells)
    each = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
    return f"n = {sum(counts):,} trials, {each} per pair"


def footer_lines(run, group, width):
    """What is needed to make a figure again, wrapped to `width` inches."""
    manifest = run.manifest
    commit = manifest["commit"][:12] or "unknown"
    facts = [trials_text(group), f"seed {run.summary['seed']}", f"backend {run.summary['backend']}",
             f"punchlab {manifest['version']}, commit {commit}"]
    facts = [f"{run.name}, {group.label}"] + [fact.replace(" ", UNBROKEN) for fact in facts]
    return wrapped(" · ".join(facts), width) + wrapped("Make it again: " + manifest["command"], width)


UNBROKEN = "\N{NO-BREAK SPACE}"


def wrapped(text, width):
    """Lines of a footer `width` inches wide. They break at spaces, not at no-break spaces, which end as spaces."""
    return [line.replace(UNBROKEN, " ") for line in textwrap.wrap(text, int((width - 2 * MARGIN) / 0.056))]


def title_lines(title, width):
    """The title, wrapped to a figure `width` inches wide."""
    return textwrap.wrap(title, int((width - 2 * MARGIN) / 0.091))


def add_frame(figure, title, subtitle, footer):
    """Title and subtitle at the top left, footer at the bottom left, in inches from the edges."""
    width, height = figure.get_size_inches()
    left = MARGIN / width
    title = "\n".join(title_lines(title, width))
    figure.text(left, 1 - MARGIN / height, title, fontsize=11, fontweight="bold", va="top")
    down = MARGIN + 0.2 * (1 + title.count("\n")) + 0.03
    figure.text(left, 1 - down / height, subtitle, fontsize=8.5, color=FAINT, va="top")
    for i, line in enumerate(reversed(footer)):
        figure.text(left, (MARGIN + i * FOOTER_LINE) / height, line, fontsize=6.5, color=FAINT, va="bottom")


def heights(title, footer, width):
    """Inches that title and footer take at the top and the bottom of a figure."""
    return TITLE_HEIGHT + 0.2 * (len(title_lines(title, width)) - 1), MARGIN + FOOTER_LINE * len(footer) + 0.08


def plain_axes(axes, grid):
    """Only what carries information: no box, a faint grid along `grid` ("x" or "y")."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=2.5, width=0.6)


USUAL = frozenset(map(chr, (*range(0x20, 0x250), *range(0x2000, 0x2300))))  # Latin, punctuation, arrows, mathematics


def _cut(font, characters):
    """The bytes of a font with the glyphs of `characters` only, without the tables that lay out text, which a PDF does not use."""
    options = fontTools.subset.Options(glyph_names=True, recommended_glyphs=True)
    options.drop_tables += ["FFTM", "PfEd", "BDF", "GDEF", "GPOS", "GSUB", "kern"]
    with fontTools.subset.load_font(font, options) as loaded:
        subsetter = fontTools.subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(loaded)
        cut = io.BytesIO()
        loaded.save(cut, reorderTables=False)
        return cut


@functools.cache
def _usual_part(path):
    return _cut(path, "".join(sorted(USUAL))).getvalue()


def _font_subset(path, characters):
    """What a PDF embeds of a font. Matplotlib cuts each figure's out of the whole font, which is half of all work of a report."""
    return _cut(io.BytesIO(_usual_part(path)) if USUAL.issuperset(characters) else path, characters)


_backend_pdf_ps.get_glyphs_subset = _font_subset


def save(figure, stem):
    """Writes stem.svg, stem.png (200 dpi) and stem.pdf, the same bytes each time, and returns the SVG's text."""
    with matplotlib.rc_context({"svg.hashsalt": stem.name}):
        figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(stem.with_suffix(".png"), dpi=200, metadata={"Software": None})
    figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None, "Creator": None, "Producer": None})
    pyplot.close(figure)
    return stem.with_suffix(".svg").read_text(encoding="utf-8")
