"""The map of the vectors that the network has learnt for k-mers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from archaictools.report.blocks import Absent, Chart, Dataset, Notes, Section

if TYPE_CHECKING:
    import pandas as pd

    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "embedding", "Map of k-mer vectors"
DATASET = "kmers-map"

#: Colours from depleted over neither to introgressed: grey is visible on light and on dark pages.
DIVERGING = ("#0072b2", "#a0a0a0", "#cc3311")

#: Which class a k-mer is more frequent in: the sign of its log odds, told by the shape of its point.
SIGNS = ("introgressed", "depleted or neither")

#: Largest number of k-mers on the map: the most frequent.
MOST = 10_000


def section(results: KmerResults) -> Section | Absent:
    """Return the map twice: coloured by class, and by GC content."""
    if results.embedding is None:
        return Absent(id=ID, title=TITLE, how="Add --umap (of 'archaictools embedding').")
    shown = mapped(results.embedding)
    if not len(shown):
        return Section(id=ID, title=TITLE, lead="The map has no k-mer.", blocks=())
    rest = len(results.embedding) - len(shown)
    return Section(
        id=ID,
        title=TITLE,
        lead=f"Each point is one of {len(shown):,} k-mers; neighbours have similar vectors in the network. "
        "If points of one colour lie together, the network has learnt what the colour shows.",
        blocks=(
            _chart(
                "kmers-map-class",
                alt.Color(
                    "log_odds:Q",
                    title="Log odds (nats)",
                    scale=alt.Scale(range=list(DIVERGING), domain=_limits(shown), clamp=True, interpolate="rgb"),
                ),
                "K-mers by log odds: red triangles that point up are more frequent in introgressed training windows, "
                "blue ones that point down in depleted ones.",
                shape=alt.Shape(
                    "sign:N",
                    title="More frequent in",
                    legend=alt.Legend(symbolFillColor="#888888", symbolStrokeColor="#888888"),
                    scale=alt.Scale(domain=list(SIGNS), range=["triangle-up", "triangle-down"]),
                ),
            ),
            _chart(
                "kmers-map-gc",
                alt.Color("gc:Q", title="GC content (%)", scale=alt.Scale(scheme="viridis", domain=[0, 100])),
                "The same map by GC content: if its pattern is that of the first, composition explains the vectors.",
            ),
            Notes(
                title="How to read it",
                items=(
                    "The map is a UMAP: only near neighbours carry meaning. Distances between clusters, their sizes "
                    "and their places carry none.",
                    "Log odds compare the classes of training windows: above 0 a k-mer is more frequent in "
                    "introgressed ones. The colours end at the 99th percentile.",
                    *((f"{rest:,} rarer k-mers are not shown.",) if rest else ()),
                ),
            ),
        ),
    )


def datasets(results: KmerResults) -> tuple[Dataset, ...]:
    """Return the points of the map, which both of its charts share."""
    if results.embedding is None or not len(results.embedding):
        return ()
    return (Dataset(name=DATASET, frame=mapped(results.embedding)),)


def mapped(table: pd.DataFrame) -> pd.DataFrame:
    """Return the k-mers of the map, at most :data:`MOST`, those with the highest log odds last, so on top.

    Returns
    -------
    pandas.DataFrame
        ``kmer, umap1, umap2, count, gc`` (GC content in percent), ``log_odds`` and ``sign`` (of :data:`SIGNS`).
    """
    top = table.sort_values("count", ascending=False, kind="stable").head(MOST)
    top = top.iloc[np.argsort(top["log_odds"].abs().to_numpy(), kind="stable")]
    gc = (100 * (1 - top["at_content"].astype(float))).round(1)
    sign = np.where(top["log_odds"] > 0, *SIGNS)
    columns = ["kmer", "umap1", "umap2", "count", "gc", "log_odds", "sign"]
    return top.assign(gc=gc, sign=sign)[columns].reset_index(drop=True)


def _limits(shown: pd.DataFrame) -> list[float]:
    """Return a symmetric domain of colours that ends at the 99th percentile of the log odds."""
    limit = max(0.1, float(shown["log_odds"].abs().quantile(0.99)))
    return [-limit, 0.0, limit]


def _chart(name: str, colour: alt.Color, caption: str, *, shape: alt.Shape | None = None) -> Chart:
    axis = alt.Axis(labels=False, ticks=False, grid=False)
    chart = (
        alt.Chart(alt.NamedData(DATASET))
        .mark_point(size=26, opacity=0.8, filled=True)
        .encode(
            x=alt.X("umap1:Q", title="UMAP 1 (no unit)", axis=axis, scale=alt.Scale(zero=False)),
            y=alt.Y("umap2:Q", title="UMAP 2 (no unit)", axis=axis, scale=alt.Scale(zero=False)),
            color=colour,
            tooltip=[
                alt.Tooltip("kmer:N", title="k-mer"),
                alt.Tooltip("count:Q", title="Count in training", format=","),
                alt.Tooltip("gc:Q", title="GC content (%)", format=".0f"),
                alt.Tooltip("log_odds:Q", title="Log odds (nats)", format="+.2f"),
            ],
        )
        .properties(width="container", height=420)
    )
    if shape is not None:
        chart = chart.encode(shape=shape)
    return Chart(name=name, chart=chart, caption=caption, large=True)
