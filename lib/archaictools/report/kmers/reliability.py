"""The chart of reliability: observed share by predicted probability, in which bins with few windows are hollow."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

#: Fewest windows of a bin of the reliability curve that has an interval: blocks with so few hardly vary.
FEWEST = 10

#: How the chart is to be read.
READING = (
    f"Points grow with their windows; hollow ones have fewer than {FEWEST} windows and are no evidence. "
    "Upright lines are 95 % intervals; bins without a window have no point. The dotted diagonal is perfect calibration."
)


def axis_of(column: str, title: str, channel: Any = alt.X) -> Any:
    """Return an axis from 0 to 1."""
    scale = alt.Scale(domain=[0, 1], nice=False)
    return channel(f"{column}:Q", title=title, scale=scale, axis=alt.Axis(format=".1f", tickCount=10))


def reliability_chart(rows: pd.DataFrame, series: str) -> alt.LayerChart:
    """Return the chart of reliability curves.

    Parameters
    ----------
    rows
        ``mean_probability, introgressed_share, n``, optionally ``low, high``, and the column of ``series``.
    series
        Column that tells the curves apart.
    """
    names = list(dict.fromkeys(rows[series]))
    title = series.capitalize()
    colour = alt.Color(f"{series}:N", title=title, scale=alt.Scale(domain=names))
    shape = alt.Shape(f"{series}:N", title=title, scale=alt.Scale(domain=names, range=["circle", "diamond"]))
    tooltip = [
        alt.Tooltip(f"{series}:N", title=title),
        alt.Tooltip("mean_probability:Q", title="Mean probability", format=".3f"),
        alt.Tooltip("introgressed_share:Q", title="Share introgressed", format=".3f"),
        alt.Tooltip("n:Q", title="Windows", format=","),
    ]
    base = alt.Chart(rows).encode(
        x=axis_of("mean_probability", "Predicted probability (mean of the bin)"),
        color=colour,
        tooltip=tooltip,
    )
    size = alt.Size("n:Q", title="Windows", scale=alt.Scale(type="sqrt", domainMin=0, range=[30, 150]), legend=None)
    found = "Share of windows introgressed"
    share = axis_of("introgressed_share", found, alt.Y)
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(strokeDash=[2, 4], color="#888888")
    layers = [
        diagonal.encode(x="x:Q", y="y:Q"),
        base.transform_filter(alt.datum.n >= FEWEST)
        .mark_point(filled=True, opacity=0.75)
        .encode(y=share, shape=shape, size=size),
        base.transform_filter(alt.datum.n < FEWEST)
        .mark_point(filled=False, opacity=1)
        .encode(y=share, shape=shape, size=size),
    ]
    if "low" in rows:
        layers.insert(1, base.mark_rule().encode(y=axis_of("low", found, alt.Y), y2="high:Q"))
    return alt.LayerChart(layer=layers).properties(width="container", height=360)
