"""The figure of success against start skew.

1. A falling curve flips between its points, in proportion; one that never falls through one half has no flip.
2. Policies named SERIES-NUMBER become series with ascending skews; others, and other clients, are left out.
3. Runs are named by what stood between the peers.
4. The figure is written in three formats; a run without such policies is refused with one line.
"""

import contextlib
import io
import pathlib
import tempfile
import types
import unittest
from unittest import mock

import start_skew


def part(rate):
    return {"rate": rate, "low": max(0, rate - 0.1), "high": min(1, rate + 0.1)}


def a_run(points, backend="ns3", command="punchlab run clash.yaml", client="nat"):
    cells = [{"policy": policy, "client": client, "direct": part(rate), "trials": 5} for policy, rate in points]
    return types.SimpleNamespace(folder="folder", manifest={"command": command, "commit": "0123456789abcdef"},
                                 summary={"backend": backend, "seed": 1, "cells": cells})


class StartSkew(unittest.TestCase):
    def test_flips_between_points(self):
        flip = start_skew.flip_of([(40, part(1.0)), (50, part(0.75)), (60, part(0.25)), (70, part(0.0))])
        self.assertAlmostEqual(flip, 55)
        self.assertIsNone(start_skew.flip_of([(40, part(1.0)), (50, part(0.6))]))
        self.assertAlmostEqual(start_skew.flip_of([(49, part(1.0)), (50, part(0.0))]), 49.5)

    def test_finds_the_series(self):
        run = a_run([("skew-60", 0), ("skew-0", 1), ("opener-60", 1), ("relay-first", 1)])
        self.assertEqual({name: [skew for skew, _ in points] for name, points in start_skew.series_of(run, "nat").items()},
                         {"skew": [0, 60], "opener": [60]})
        self.assertEqual(start_skew.series_of(run, "another"), {})

    def test_names_what_stood_between(self):
        self.assertEqual(start_skew.label_of(a_run([])), "model on ns3")
        self.assertEqual(start_skew.label_of(a_run([], "sockets")), "model, real sockets")
        self.assertEqual(start_skew.label_of(a_run([], "sockets-kernel")), "the kernel's NAT, real sockets")

    def test_draws(self):
        run = a_run([("skew-0", 1), ("skew-60", 0), ("opener-60", 1)])
        with tempfile.TemporaryDirectory() as folder:
            stem = pathlib.Path(folder) / "figure"
            with mock.patch.object(start_skew.run_data, "load", return_value=run), contextlib.redirect_stdout(io.StringIO()) as out:
                self.assertEqual(start_skew.main(["--out", str(stem), "one", "two"]), 0)
            self.assertEqual(out.getvalue(), "model on ns3: 30.0 ms\n" * 2)
            for suffix in (".svg", ".png", ".pdf"):
                self.assertGreater(stem.with_suffix(suffix).stat().st_size, 1000)

    def test_refuses_other_runs(self):
        with mock.patch.object(start_skew.run_data, "load", return_value=a_run([("relay-first", 1)])), \
                contextlib.redirect_stderr(io.StringIO()) as error:
            self.assertEqual(start_skew.main(["--out", "unused", "one"]), 2)
        self.assertIn("SERIES-NUMBER", error.getvalue())


if __name__ == "__main__":
    unittest.main()
