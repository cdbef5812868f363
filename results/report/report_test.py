"""The report, on invented runs of every shape (made by results_synthetic, whose path is in PUNCHLAB_SYNTHETIC):

 1. report.html and a complete set of plots per policy and link, for 4x4, 9x9, a population with missing pairs, several links.
 2. No two texts of any figure touch, and none leaves the figure.
 3. The page loads nothing from anywhere, and its ids are unique. Its drawings have no ink, paper or grid of their own.
 4. Every figure carries seed, number of trials, backend, commit and the command; none of these breaks over two lines.
 5. The distribution of the time to direct stops where the share of direct trials says, for all pairs and for each client, over all its
    pairs; curves that coincide can be told apart. Titles say what the numbers say. No interval covers another.
    Of pairs that a scenario lists, the medians' range is told, not the median of what was never mixed.
 6. The same run gives the same bytes. PDFs have the letters of their texts.
 7. Several runs side by side: every run named with what makes it again, its matrices, no figure, nothing loaded.
 8. A run of several agents has the table of who is first to a direct path; its marks are at the least medians, pairs behind which
    nobody is direct are left out, half direct and less is no median. Runs without agents have no such table.
 9. A report of many figures says on stderr that it draws them, one of few says nothing.
10. What is not known has no row or column: the least time to direct of cells without one, links of a run without any.
11. Folders that are no run, or broken ones, get one line and status 2; a name with markup stays text.
"""

import contextlib
import dataclasses
import html.parser
import io
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import fontTools.ttLib
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import agent_race  # noqa: E402
import heat_map  # noqa: E402
import outcomes  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import round_trips  # noqa: E402
import run_data  # noqa: E402
import seal  # noqa: E402
import style  # noqa: E402
import time_to_direct  # noqa: E402

SHAPES = ("classic", "rfc4787", "population", "access", "agents")


class Page(html.parser.HTMLParser):
    """Collects what a browser would fetch, and all ids."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.targets = [], [], []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "srcset", "data") and not value.startswith("#"):
                self.loads.append((tag, value))
            if name == "href" and value.startswith("#") and len(value) > 1:
                self.targets.append(value[1:])
            if name == "id":
                self.ids.append(value)


def overlapping_texts(figure):
    """Pairs of texts whose boxes intersect, and texts that leave the figure."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    hidden = {id(tick.label1) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for tick in axis.get_major_ticks()
              if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())}
    texts = [t for t in figure.findobj(report.matplotlib.text.Text)
             if t.get_visible() and t.get_text().strip() and id(t) not in hidden]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    boxes = [(text, box) for text, box in boxes if box.width > 0 and box.height > 0]
    found = []
    for (text, box), (other, other_box) in itertools.combinations(boxes, 2):
        width = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
        height = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
        # Line boxes include room for accents and descenders; a pixel or two of that may be shared.
        if width > 1 and height > 2.5:
            found.append((text, other))
    sheet = figure.bbox
    found += [(text, "edge") for text, box in boxes
              if box.x0 < sheet.x0 - 1 or box.x1 > sheet.x1 + 1 or box.y0 < sheet.y0 - 1 or box.y1 > sheet.y1 + 1]
    return found


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="punchlab-report-"))
        cls.runs = {shape: cls.folder / shape for shape in SHAPES}
        for shape, run in cls.runs.items():
            subprocess.run([os.environ["PUNCHLAB_SYNTHETIC"], shape, run], check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_writes_page_and_plots(self):
        for shape in ("classic", "population"):
            path = report.make(self.runs[shape])
            plots = sorted(p.name for p in (self.runs[shape] / "plots").iterdir())
            self.assertEqual(len(plots), 12, plots)
            text = path.read_text(encoding="utf-8")
            self.assertEqual(text.count("<figure>"), 4)
            found = Page()
            found.feed(text)
            self.assertEqual(found.loads, [])
            self.assertEqual(len(found.ids), len(set(found.ids)))
            self.assertNotRegex(text, r"url\((?!#)|@import")
            drawings = re.sub(r"var\(--figure-[a-z-]+,#[0-9a-f]{6}\)|<text style=\"fill: #ffffff", "", "".join(re.findall("<figure>.*?</figure>", text, re.DOTALL)))
            for name, colour in style.FOLLOWS_PAGE.items():
                self.assertNotIn(colour.lower(), drawings)
                self.assertIn(f"--figure-{name}:", text)
            cells = [cell["cell"] for cell in run_data.load(self.runs[shape]).summary["cells"]]
            self.assertEqual([i for i in found.ids if re.fullmatch(r"cell-\d+", i)], [f"cell-{cell}" for cell in cells])
            self.assertEqual(sorted(re.findall(r'<a href="#(cell-\d+)" aria-haspopup="dialog"', text)), sorted(f"cell-{cell}" for cell in cells))
            self.assertEqual([i for i in found.targets if i not in found.ids], [])

    def test_says_what_takes_long(self):
        said = {}
        for shape in ("classic", "access"):
            run = run_data.load(self.runs[shape])
            with unittest.mock.patch.object(report, "draw_group", lambda run, index: {}), \
                    unittest.mock.patch.object(report.os, "sched_getaffinity", lambda _: {0}), \
                    contextlib.redirect_stderr(io.StringIO()) as stderr:
                report.draw_all(run)
            said[shape] = stderr.getvalue()
        self.assertEqual(said, {"classic": "", "access": "report: drawing 40 figures\n"})

    def test_names_one_set_per_policy_and_link(self):
        run = run_data.load(self.runs["access"])
        stems = {report.stem_of(group, figure) for group in run.groups for figure in report.FIGURES}
        self.assertEqual(len(stems), 10 * 4)
        self.assertIn("ice-wifi-heat-map", stems)

    def test_texts_do_not_touch(self):
        with report.matplotlib.rc_context(style.SETTINGS):
            for shape in SHAPES:
                run = run_data.load(self.runs[shape])
                for group in run.groups[-2:]:
                    for name, module in report.FIGURES.items():
                        figure = module.draw(run, group)
                        with self.subTest(shape=shape, group=group.label, figure=name):
                            self.assertEqual(overlapping_texts(figure), [])
                        style.pyplot.close(figure)

    def test_figures_say_how_to_make_them_again(self):
        run = run_data.load(self.runs["classic"])
        footer = " ".join(style.footer_lines(run, run.groups[0], 6))
        for fact in ("seed 1", "n = 3,200 trials, 200 per pair", "backend memory", "commit 0123456789ab", run.manifest["command"]):
            self.assertIn(fact, footer)
        for width in numpy.arange(5, 12, 0.1):
            lines = style.footer_lines(run, run.groups[0], width)
            for fact in ("seed 1", "n = 3,200 trials, 200 per pair", f"punchlab {run.manifest['version']}, commit 0123456789ab"):
                self.assertTrue(any(fact in line for line in lines), (fact, lines))

    def test_missing_mass_stays_missing(self):
        x, y = time_to_direct.steps(numpy.array([3.0, numpy.nan, 1.0, 2.0]), 4)
        self.assertEqual(list(x), [1, 1, 2, 3, time_to_direct.FAR])
        self.assertEqual(list(y), [0, 25, 50, 75, 75])
        self.assertEqual(len(time_to_direct.steps(numpy.array([numpy.nan]), 1)[0]), 0)
        _, many = time_to_direct.steps(numpy.arange(100_000.0), 100_000)
        self.assertEqual((many[-1], len(many) < 3000), (100, True))

    def test_curves_count_pairs_that_never_are(self):
        group = run_data.load(self.runs["classic"]).groups[0]
        side, found = time_to_direct.sides(group)
        self.assertEqual((side, list(found)), ("client", ["full-cone", "restricted-cone", "port-restricted-cone", "symmetric"]))
        self.assertEqual([float(time_to_direct.curve_of(cells)[1][-1]) for cells in found.values()], [100, 100, 75, 50])
        with report.matplotlib.rc_context(style.SETTINGS):
            axes = time_to_direct.draw(run_data.load(self.runs["classic"]), group).axes[0]
        curves = [line for line in axes.lines if line.get_label().startswith("client ")]
        self.assertEqual([line.get_label().split(": ")[1] for line in curves], ["100 %", "100 %", "75.0 %", "50.0 %"])
        # Two that coincide both show: the one above is thinner, and has gaps.
        self.assertEqual(sorted({line.get_linewidth() for line in curves}, reverse=True), [line.get_linewidth() for line in curves])
        self.assertTrue(all(line.is_dashed() for line in curves[1:]))
        style.pyplot.close(axes.figure)

    def test_one_client_has_curves_of_its_connectors(self):
        cells = run_data.load(self.runs["access"]).groups[0].cells
        group = run_data.Group("relay-first", "", {}, [cell for cell in cells if cell.client == "symmetric"])
        side, found = time_to_direct.sides(group)
        self.assertEqual((side, list(found)), ("connector", ["port-restricted-cone", "symmetric"]))
        self.assertEqual([list(time_to_direct.curve_of(pair)[1]) for pair in found.values()], [[0, 0], [0, 0]])

    def test_intervals_do_not_hide_each_other(self):
        run = run_data.load(self.runs["population"])
        cell = next(c for c in run.groups[0].cells if c.summary["failed"]["count"])
        figure, axes = style.pyplot.subplots()
        outcomes._draw_row(axes, 3, cell)
        heights = {line.get_ydata()[0] for line in axes.lines if line.get_ydata()[0] == line.get_ydata()[1]}
        tops, bottoms = zip(*((min(line.get_ydata()), max(line.get_ydata())) for line in axes.lines))
        style.pyplot.close(figure)
        upper, lower = sorted(heights)
        self.assertLess(max(b for b in bottoms if b < 3), min(t for t in tops if t > 3))
        self.assertTrue(upper < 3 < lower)
        labels = [handle.get_label() for handle in outcomes._handles(run.groups[0])]
        self.assertEqual(labels[3:], ["95 % interval of direct (upper)", "of failed (lower)"])
        labels = [handle.get_label() for handle in outcomes._handles(run_data.load(self.runs["classic"]).groups[0])]
        self.assertEqual(labels[3:], ["95 % interval of direct"])

    def test_titles_say_what_is_seen(self):
        group = run_data.load(self.runs["classic"]).groups[0]
        self.assertEqual(heat_map.title_of(group), "Of 16 pairs, 13 always connect directly, 3 never")
        self.assertRegex(time_to_direct.title_of(group),
                         r"^13 of 16 pairs are direct after 1\d\d\.\d–1\d\d\.\d ms in the median; 18\.8 % of all trials never are$")
        self.assertIn("longer than the direct one, in the 13 pairs that have both", round_trips.title_of(group))
        symmetric = run_data.Group(group.policy, "", group.cells[-1].summary, group.cells[-1:])
        self.assertEqual(time_to_direct.title_of(symmetric), "None of 200 trials ever became direct")
        self.assertEqual(round_trips.title_of(symmetric), "No pair has both paths: round trips relayed")

    def test_percentages_do_not_pretend(self):
        self.assertEqual([style.percent(rate) for rate in (0, 1, 0.99999, 0.00001, 0.5)], ["0 %", "100 %", ">99.9 %", "<0.1 %", "50.0 %"])

    def test_intervals_do_not_pretend_either(self):
        ranges = [style.percent_range({"low": low, "high": high}) for low, high in ((0.981155, 1), (0.99996, 1), (0, 0.00004), (0.999999, 1))]
        self.assertEqual(ranges, ["98.1–100 %", "99.996–100 %", "0–0.004 %", "99.9999–100 %"])

    def test_times_are_milliseconds(self):
        self.assertEqual([style.milliseconds(value) for value in (265, 1150.26, -0.01, -9.1)], ["265.0 ms", "1,150.3 ms", "0.0 ms", "−9.1 ms"])
        self.assertEqual(style.ms_range(265, 290.04), "265.0–290.0 ms")

    def test_listed_pairs_are_not_mixed(self):
        group = run_data.load(self.runs["classic"]).groups[0]
        self.assertFalse(group.one_population)
        medians = [cell.summary["time_to_direct_ms"]["p50"] for cell in group.cells if cell.summary["direct"]["count"]]
        self.assertEqual(page.typical(group, "time_to_direct_ms"), (style.ms_range(min(medians), max(medians)), "13 of 16 pairs"))
        self.assertEqual(outcomes.title_of(group), "Mean of 16 pairs: 81.2 % direct, 18.8 % relayed, 0 % failed")
        drawn = run_data.Group(group.policy, group.link, group.pooled | {"strata": 1}, group.cells)
        self.assertEqual(page.typical(drawn, "time_to_direct_ms"), (style.milliseconds(group.pooled["time_to_direct_ms"]["p50"]), "of all trials"))
        self.assertRegex(time_to_direct.title_of(drawn), r"^Half of all trials are direct after 1\d\d\.\d ms; 18\.8 % never get there$")
        self.assertEqual(outcomes.title_of(drawn), "Over all trials: 81.2 % direct, 18.8 % relayed, 0 % failed")

    def test_fonts_of_pdfs_have_every_letter(self):
        path = report.matplotlib.font_manager.findfont("DejaVu Sans")
        for text in ("Half of 12 trials – 98.1 ∞ ▸", "λ ж"):  # the latter is not among the usual ones
            font = fontTools.ttLib.TTFont(style._font_subset(path, text))
            self.assertLessEqual(set(map(ord, text)), set(font.getBestCmap()))
            self.assertLess(font["maxp"].numGlyphs, 60)

    def test_is_reproducible(self):
        first = report.make(self.runs["population"]).read_bytes()
        self.assertEqual(report.make(self.runs["population"]).read_bytes(), first)

    def test_leaves_out_what_is_not_known(self):
        run = run_data.load(self.runs["classic"])
        unknown = {"p50": None, "p95": None, "p99": None, "measured": 0}
        run.summary["cells"][0] |= {"least_time_to_direct_ms": unknown, "time_to_direct_ms": unknown, "oracle": "may"}
        panels = page.render(run, [{}]).split("<dialog ")[1:]
        self.assertEqual([">least time to direct<" in panel for panel in panels],
                         [False] + [cell["direct"]["count"] > 0 for cell in run.summary["cells"][1:]])
        self.assertIn('<th scope="row">time to direct</th><td class="n">never</td>', panels[0])
        run.summary["cells"][0] |= {key: unknown for key in ("rtt_relayed_ms", "added_latency_ms", "time_to_first_byte_ms")}
        panel = page.render(run, [{}]).split("<dialog ")[1]
        for name, shown in (("time to first byte", "never"), ("round trip, relayed", "–"), ("added latency", "–")):
            self.assertEqual(re.findall(f'<th scope="row">{name}</th>' + 3 * '<td class="n">(.*?)</td>', panel), [3 * (shown,)])
        self.assertIn("nothing tells what the direct route takes", panel)
        for strata, of in ((1, "of all trials"), (16, "0 of 16 pairs")):
            group = dataclasses.replace(run.groups[0], pooled=run.groups[0].pooled | {"strata": strata, "added_latency_ms": unknown,
                                                                                     "time_to_direct_ms": unknown})
            for cell in group.cells:
                cell.summary.update({"added_latency_ms": unknown, "time_to_direct_ms": unknown})
            self.assertEqual([page.typical(group, key) for key in ("time_to_direct_ms", "added_latency_ms")], [("never", of), ("–", of)])
        self.assertIn("the NATs' axes predict: may be direct", panels[0].replace("&#39;", "'"))
        run = run_data.load(self.runs["access"])
        nowhere = dataclasses.replace(run, groups=[dataclasses.replace(group, link="") for group in run.groups])
        self.assertIn(">Link</th>", page.render(run, len(run.groups) * [{}]))
        self.assertNotIn(">Link</th>", page.render(nowhere, len(run.groups) * [{}]))

    def test_several_side_by_side(self):
        path = report.make_several([self.runs["classic"], self.runs["rfc4787"], self.runs["classic"]], self.folder / "several.html")
        text = path.read_text(encoding="utf-8")
        found = Page()
        found.feed(text)
        self.assertEqual(found.loads, [])
        self.assertEqual(len(found.ids), len(set(found.ids)))
        self.assertEqual(text.count('<table class="matrix">'), 3)
        for fact in ("3 runs side by side", "synthetic-rfc4787", "0123456789ab", run_data.load(self.runs["classic"]).manifest["command"]):
            self.assertIn(fact, text)

    def test_agents_race(self):
        group = run_data.load(self.runs["agents"]).groups[0]
        race = agent_race.of_group(group)
        self.assertEqual(race.teams, ["punchlab", "libnice", "aioice"])
        self.assertEqual([(row.client, row.connector, row.fastest) for row in race.rows],
                         [("full-cone", "full-cone", [0]), ("full-cone", "symmetric", [0]), ("symmetric", "full-cone", [0])])
        self.assertEqual(race.wins, [("punchlab", 3)])
        text = report.make(self.runs["agents"]).read_text(encoding="utf-8")
        self.assertIn("punchlab is the fastest in 3 of 3 pairs of NATs", text)
        rows = re.search(r'<table class="list race">.*?</table>', text, re.DOTALL)[0].split("<tr>")[2:]
        self.assertEqual([len(re.findall("▸ [0-9.]+ ms", row)) for row in rows], [1, 1, 1])
        self.assertTrue(all("200 of 200" in row for row in rows))
        self.assertNotIn('class="list race"', report.make(self.runs["classic"]).read_text(encoding="utf-8"))

    def test_agents_race_counts_what_never_was(self):
        cells = run_data.load(self.runs["agents"]).groups[0].cells
        cells[0].summary["time_to_direct_ms"]["p50"] = None  # half of its trials or more were relayed
        alone = [cell for cell in cells if not cell.client.startswith("aioice")]
        race = agent_race.of_group(run_data.Group("relay-first", "", {}, alone))
        self.assertEqual([row.fastest for row in race.rows], [[1], [0], [0]])
        self.assertIsNone(agent_race.of_group(run_data.Group("relay-first", "", {}, cells[:4])))

    def test_refuses_what_is_no_run(self):
        broken = self.folder / "broken"
        shutil.copytree(self.runs["classic"], broken)
        script = pathlib.Path(report.__file__)

        def refused(folder):
            done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            return done.stderr

        self.assertIn("No such file", refused(self.folder / "nowhere"))
        summary = (broken / "summary.json").read_text()
        for edited in (summary.replace('"low":', '"low":0', 1), summary.replace('"p50":2', '"p50":9', 1), summary + " ",
                       summary.rpartition(",\n")[0] + "}\n"):
            self.assertNotEqual(edited, summary)
            (broken / "summary.json").write_text(edited)
            self.assertRegex(refused(broken), r"summary.json (was altered or damaged after punchlab wrote it|is no JSON)")
        (broken / "summary.json").write_text(seal.sealed(summary.replace('"count":200', '"count":199', 1)))
        self.assertIn("summary.json is not of the trials", refused(broken))
        (broken / "summary.json").write_text(summary)
        (broken / "trials.sqlite").write_text("no database at all " * 20)
        self.assertIn("trials.sqlite", refused(broken))
        (broken / "summary.json").write_text("{")
        self.assertIn("is no JSON", refused(broken))
        (broken / "summary.json").write_text(seal.sealed('{"cells":[]}'))
        self.assertIn("no finished trial", refused(broken))
        manifest = json.loads((broken / "manifest.json").read_text())
        del manifest["sha256"]
        for version, seals, says in ((3, str, "was written by another version (format 3, this one reads 4): run the scenario again"),
                                     (5, seal.sealed, "was written by another version (format 5, this one reads 4)"),
                                     (4, str, "was altered or damaged after punchlab wrote it")):
            (broken / "manifest.json").write_text(seals(json.dumps(manifest | {"format_version": version}, indent=1) + "\n"))
            self.assertIn("manifest.json " + says, refused(broken))
        edited = seal.sealed(json.dumps(manifest | {"format_version": 5}, indent=1)).replace('"seed": ', '"seed": 1', 1)
        (broken / "manifest.json").write_text(edited)
        self.assertIn("manifest.json was altered or damaged", refused(broken))

    def test_markup_in_names_stays_text(self):
        hostile = self.folder / "hostile"
        shutil.copytree(self.runs["classic"], hostile)
        manifest = json.loads((hostile / "manifest.json").read_text())
        manifest["scenario"]["title"] = "<script>alert(1)</script>"
        (hostile / "manifest.json").write_text(seal.sealed(json.dumps(manifest)))
        summary = (hostile / "summary.json").read_text()
        (hostile / "summary.json").write_text(seal.sealed(summary.replace('"symmetric"', '"<b>$x^2$</b>"')))
        text = report.make(hostile).read_text(encoding="utf-8")
        self.assertNotIn("<script>alert", text)
        self.assertIsNone(re.search(r"<b>\$x", text))


if __name__ == "__main__":
    unittest.main()
