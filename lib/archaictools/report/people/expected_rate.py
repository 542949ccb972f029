"""The match rate that is expected without archaic ancestry, as a mark in the plot of match rates.

It is the mean of ``NAME_expected`` over segments; each is that of its person and chromosome outside of called segments,
see :mod:`archaictools.haplotypes.match_rates`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from archaictools.report.wording import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archaictools.report.blocks import Chart


def expected_rate(segments: pd.DataFrame, names: Sequence[str]) -> float | None:
    """Return the mean expected match rate of segments, 0 to 1; of several genomes, the highest mean.

    None if the table has none, as one of an earlier run.
    """
    columns = [f"{name}_expected" for name in names if f"{name}_expected" in segments]
    means = segments[columns].astype(float).mean().dropna()
    return float(means.max()) if len(means) else None


def with_expected(drawn: Chart, expected: Sequence[float | None]) -> Chart:
    """Return a chart with a dashed line at the expected rate of each axis, as far as they are known."""
    known = {letter: value for letter, value in zip("xy", expected, strict=False) if value is not None}
    if not known:
        return drawn
    frame = pd.DataFrame({"rate": [round(value, 4) for value in known.values()]}, index=list(known))
    tooltip = [alt.Tooltip("rate:Q", title="Expected without archaic ancestry", format=".3f")]
    lines = [
        alt.Chart(frame.loc[[letter]])
        .mark_rule(color="#444444", strokeDash=[5, 4], strokeWidth=1.5)
        .encode(**{letter: alt.X("rate:Q") if letter == "x" else alt.Y("rate:Q"), "tooltip": tooltip})
        for letter in known
    ]
    values = joined([f"{100 * value:.1f} % ({'across' if letter == 'x' else 'up'})" for letter, value in known.items()])
    return replace(
        drawn,
        chart=alt.layer(drawn.chart, *lines),
        caption=f"{drawn.caption} Dashed: the rate expected without archaic ancestry, {values}.",
    )
