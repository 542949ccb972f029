"""Section on match rates: which share of a segment's rare alleles each archaic genome carries.

The plot is that of the SPrime literature (Browning et al. 2018, doi:10.1016/j.cell.2018.02.031): one archaic genome
against the other. There a point is a set of alleles of a population that the outgroup lacks. Here it is a called
segment of one haplotype, and its alleles are those that at most 10 % of the outgroup carries; so rates are lower.

The rate of a genome is ``NAME_shared / NAME_compared``. ``NAME_compared`` is ``NAME_called`` if the genome's file has
REF calls. Without REF calls such a genome is called only where it carries the allele, and ``NAME_shared /
NAME_called`` would be near 1 everywhere; ``NAME_compared`` then also counts missing calls, as if they were REF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from archaictools.haplotypes.lineages import Lineage
from archaictools.haplotypes.sources import OTHER, OWN
from archaictools.report.blocks import Absent, Chart, Column, Notes, Section, Table, Text
from archaictools.report.people.expected_rate import expected_rate, with_expected
from archaictools.report.people.marks import Marks, whole_numbers
from archaictools.report.people.reference_calls import missing_archaic_calls
from archaictools.report.wording import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archaictools.haplotypes.lineages import Source
    from archaictools.report.blocks import Block
    from archaictools.report.people.results import PeopleResults

ID, TITLE = "match-rate", "Match with the archaic genomes"

#: Fewest alleles to compare in a segment that is shown.
MIN_ALLELES = 10
#: Most segments that are drawn one by one; more are counted in cells.
MAX_POINTS = 2_000
#: Cells on each axis, and bars of a histogram.
CELLS = 20


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis: a genome, or the best of several.

    Attributes
    ----------
    label
        As a reader sees it.
    names
        Names of the genomes; the highest rate among them counts.
    """

    label: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        """Title of the axis."""
        return f"Match rate with {self.label}"


def section(results: PeopleResults) -> Section | Absent:
    """Return the section; without an archaic genome, how to add one."""
    if not results.archaic:
        return Absent(id=ID, title=TITLE, how="No archaic genome was given. Name one: haplotypes --archaic.")
    axes = axes_of(results.archaic)
    frame = rates(results.segments, axes)
    blocks: list[Block] = [Text(_shown(frame, len(results.segments), axes))]
    if len(frame):
        expected = [expected_rate(results.segments, axis.names) for axis in axes]
        blocks += [with_expected(_chart(frame, axes, results.sources), expected), _table(results)]
    blocks += _notes(results, axes)
    return Section(id=ID, title=TITLE, lead=_lead(axes), blocks=tuple(blocks))


def axes_of(archaic: Sequence[Source]) -> tuple[Axis, ...]:
    """Return the axes: one for one genome, else two.

    If there are three or more, the Neanderthals share the first axis, and the Denisovans the second. Genomes of unknown
    lineage take the place of a lineage that is missing. Genomes of one lineage only give the first two of them.
    """
    if len(archaic) <= 2:
        chosen = sorted(archaic, key=lambda source: source.lineage is Lineage.DENISOVAN)
        return tuple(Axis(label=source.label, names=(source.name,)) for source in chosen)
    groups = [[source for source in archaic if source.lineage is lineage] for lineage in Lineage]
    filled = [group for group in groups if group][:2]
    if len(filled) < 2:
        filled = [[source] for source in archaic[:2]]
    return tuple(
        Axis(
            label=group[0].label if len(group) == 1 else f"the best {group[0].lineage} genome",
            names=tuple(source.name for source in group),
        )
        for group in filled
    )


def rates(segments: pd.DataFrame, axes: Sequence[Axis]) -> pd.DataFrame:
    """Return the match rates of segments on each axis.

    Parameters
    ----------
    segments
        Table of ``predict --segments``.
    axes
        One or two axes.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, haplotype`` (``SAMPLE.1``), ``source``, and ``x``, ``x_alleles``, ``y``, ``y_alleles``:
        rate from 0 to 1 and alleles compared; without a second axis no ``y``. Only segments with at least
        :data:`MIN_ALLELES` alleles on every axis. On an axis of several genomes, the highest rate counts.
    """
    frame = segments[["chrom", "start", "end", "source"]].copy()
    frame["haplotype"] = segments["sample"].astype(str) + "." + segments["haplotype"].astype(str)
    for letter, axis in zip("xy", axes, strict=False):
        each = np.array([_rate(segments, name) for name in axis.names])  # genomes, 2, segments
        best = np.nan_to_num(each[:, 0], nan=-1.0).argmax(axis=0)
        frame[letter], alleles = each[best, :, np.arange(len(segments))].T
        frame[f"{letter}_alleles"] = np.nan_to_num(alleles).astype(np.int64)
    return frame.dropna(subset=[*"xy"[: len(axes)]]).reset_index(drop=True)


def _rate(segments: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rate of a genome in each segment, and the alleles compared; both are NaN for too few alleles."""
    shared, compared = (segments[f"{name}_{what}"].to_numpy(dtype=np.float64) for what in ("shared", "compared"))
    compared = np.where(compared >= MIN_ALLELES, compared, np.nan)
    return shared / compared, compared


def median_rate(segments: pd.DataFrame, name: str) -> tuple[float, int]:
    """Return the median match rate of segments with a genome, 0 to 1, and how many have enough alleles; NaN and 0."""
    rate = pd.Series(_rate(segments, name)[0])
    return float(rate.median()), int(rate.notna().sum())


def _lead(axes: Sequence[Axis]) -> str:
    """Return what a reader sees, and what it means."""
    lead = "The match rate is the share of a segment's rare alleles that an archaic genome carries. "
    if len(axes) == 1:
        return lead + f"Segments on the right match {axes[0].label}; those on the left do not."
    right, top = (axis.label for axis in axes)
    return lead + (
        f"Segments at the lower right match {right}, and those at the upper left {top}. "
        "Those at the lower left match neither."
    )


def _shown(frame: pd.DataFrame, total: int, axes: Sequence[Axis]) -> str:
    """Return how many segments are shown, and how many are left out."""
    if not total:
        return "No segment was called, so there is nothing to compare."
    left = total - len(frame)
    both = "" if len(axes) == 1 else " with both"
    return (
        f"{len(frame):,} of {total:,} segments are shown. "
        f"{left:,} are left out, since they have fewer than {MIN_ALLELES} rare alleles to compare{both}."
    )


def _chart(frame: pd.DataFrame, axes: Sequence[Axis], sources: Sequence[Source]) -> Chart:
    """Return a histogram of one axis; of two, points, or counts in cells if there are many."""
    marks = Marks([source for source in sources if (frame["source"] == source.name).any()])
    labels = {source.name: source.label for source in sources}
    frame = frame.assign(source=frame["source"].map(labels))
    if len(axes) == 1:
        return _histogram(frame, axes[0], marks)
    if len(frame) <= MAX_POINTS:
        return _points(frame, axes, marks)
    return _cells(frame, axes, marks)


def _histogram(frame: pd.DataFrame, axis: Axis, marks: Marks) -> Chart:
    """Return numbers of segments by match rate, stacked by source."""
    frame = frame.assign(low=_cell(frame["x"]) / CELLS)
    counts = frame.groupby(["low", "source"], as_index=False).size().rename(columns={"size": "segments"})
    order = marks.labels
    counts = counts.sort_values("source", key=lambda names: names.map(order.index), kind="stable")
    counts["high"], counts["top"] = counts["low"] + 1 / CELLS, counts.groupby("low")["segments"].cumsum()
    counts["bottom"] = counts["top"] - counts["segments"]
    chart = (
        alt.Chart(counts, width="container", height=260)
        .mark_rect(strokeWidth=1.2)
        .encode(
            x=alt.X("low:Q", title=axis.title, scale=_UNIT, axis=_TICKS),
            x2="high:Q",
            y=alt.Y("bottom:Q", title="Number of segments", axis=whole_numbers(counts["top"].max())),
            y2="top:Q",
            color=marks.colour,
            stroke=marks.stroke,
            fillOpacity=marks.fill,
            tooltip=[
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("low:Q", title="Match rate from", format=".2f"),
                alt.Tooltip("high:Q", title="to", format=".2f"),
                alt.Tooltip("segments:Q", title="Segments", format=","),
            ],
        )
    )
    return Chart(
        name="match-rate-genomes",
        chart=chart,
        caption=f"Segments by the share of their rare alleles that {axis.label} carries. "
        "Solid bars: segments named after it; hollow bars: all others.",
    )


def _points(frame: pd.DataFrame, axes: Sequence[Axis], marks: Marks) -> Chart:
    """Return one point for each segment."""
    columns = (frame[name].tolist() for name in ("chrom", "start", "end"))
    locus = [place(*where) for where in zip(*columns, strict=True)]
    chart = (
        alt.Chart(frame.assign(locus=locus).round({"x": 4, "y": 4}), width="container", height=420)
        .mark_point(filled=True, size=50, opacity=0.55)
        .encode(
            x=alt.X("x:Q", title=axes[0].title, scale=_UNIT, axis=_TICKS),
            y=alt.Y("y:Q", title=axes[1].title, scale=_UNIT, axis=_TICKS),
            color=marks.colour,
            shape=marks.symbol,
            tooltip=[
                alt.Tooltip("locus:N", title="Segment"),
                alt.Tooltip("haplotype:N", title="Haplotype"),
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("x:Q", title=f"Rate, {axes[0].label}", format=".2f"),
                alt.Tooltip("x_alleles:Q", title=f"Alleles, {axes[0].label}", format=","),
                alt.Tooltip("y:Q", title=f"Rate, {axes[1].label}", format=".2f"),
                alt.Tooltip("y_alleles:Q", title=f"Alleles, {axes[1].label}", format=","),
            ],
        )
    )
    return Chart(
        name="match-rate-genomes",
        chart=chart,
        caption=f"One point for each segment: share of its rare alleles that {axes[0].label} carries (across) and "
        f"that {axes[1].label} carries (up). Colour and shape show the source that was named.",
    )


def _cells(frame: pd.DataFrame, axes: Sequence[Axis], marks: Marks) -> Chart:
    """Return numbers of segments in cells, and the median of each source."""
    cells = pd.DataFrame({"x": _cell(frame["x"]) / CELLS, "y": _cell(frame["y"]) / CELLS})
    counts = cells.groupby(["x", "y"], as_index=False).size().rename(columns={"size": "segments"})
    counts["x2"], counts["y2"] = counts["x"] + 1 / CELLS, counts["y"] + 1 / CELLS
    x = alt.X("x:Q", title=axes[0].title, scale=_UNIT, axis=_TICKS)
    y = alt.Y("y:Q", title=axes[1].title, scale=_UNIT, axis=_TICKS)
    heat = (
        alt.Chart(counts)
        .mark_rect(color="#777777")
        .encode(
            x=x,
            x2="x2:Q",
            y=y,
            y2="y2:Q",
            opacity=alt.Opacity(
                "segments:Q",
                title="Segments in a cell",
                scale=alt.Scale(type="sqrt", domainMin=0, range=[0.05, 1]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("x:Q", title=f"Rate from, {axes[0].label}", format=".2f"),
                alt.Tooltip("y:Q", title=f"Rate from, {axes[1].label}", format=".2f"),
                alt.Tooltip("segments:Q", title="Segments", format=","),
            ],
        )
    )
    medians = frame.groupby("source", as_index=False).agg(x=("x", "median"), y=("y", "median"), segments=("x", "size"))
    points = (
        alt.Chart(medians)
        .mark_point(filled=True, size=180, opacity=1, stroke="white", strokeWidth=1.5)
        .encode(
            x=x,
            y=y,
            color=marks.colour,
            shape=marks.symbol,
            tooltip=[
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("x:Q", title=f"Median rate, {axes[0].label}", format=".2f"),
                alt.Tooltip("y:Q", title=f"Median rate, {axes[1].label}", format=".2f"),
                alt.Tooltip("segments:Q", title="Segments", format=","),
            ],
        )
    )
    return Chart(
        name="match-rate-genomes",
        chart=alt.layer(heat, points).properties(width="container", height=420),
        caption=f"Number of segments by the share of their rare alleles that {axes[0].label} carries (across) and "
        f"that {axes[1].label} carries (up). Symbols mark the median of each source that was named.",
    )


def _table(results: PeopleResults) -> Table:
    """Return the median match rate of each source with each genome."""
    segments, rows = results.segments, []
    for source in results.sources:
        own = segments[segments["source"] == source.name]
        if own.empty:
            continue
        row: dict[str, Any] = {"source": source.label, "segments": len(own)}
        for number, genome in enumerate(results.archaic):
            median, counted = median_rate(own, genome.name)
            row |= {f"median{number}": 100 * median, f"counted{number}": counted}
            expected = expected_rate(own, [genome.name])
            row[f"expected{number}"] = float("nan") if expected is None else 100 * expected
        rows.append(row)
    columns = [
        Column(field="source", title="Source"),
        Column(field="segments", title="Segments", kind="number"),
    ]
    for number, genome in enumerate(results.archaic):
        columns += [
            Column(
                field=f"median{number}",
                title=f"{genome.label} (%)",
                kind="number",
                digits=1,
                help=f"Median share of rare alleles that {genome.label} carries, over the segments compared.",
            ),
            Column(
                field=f"counted{number}",
                title=f"{genome.label} (n)",
                kind="number",
                help=f"Segments with at least {MIN_ALLELES} rare alleles to compare.",
            ),
        ]
        if f"{genome.name}_expected" in segments:
            columns.append(
                Column(
                    field=f"expected{number}",
                    title=f"{genome.label}, expected (%)",
                    kind="number",
                    digits=1,
                    help="Mean share expected without archaic ancestry: that of the same people and chromosomes, "
                    "outside of called segments.",
                )
            )
    return Table(
        name="match-rate-medians",
        frame=pd.DataFrame(rows),
        columns=tuple(columns),
        caption="Median match rate with each genome, and number of segments compared, by the source that was named.",
    )


def _notes(results: PeopleResults, axes: Sequence[Axis]) -> Iterable[Block]:
    """Yield what a reader must mistrust, and how the rates are measured."""
    if missing := missing_archaic_calls(results):
        yield Notes(warning=True, items=(f"{missing} Compare these rates with each other, not with published ones.",))
    items = [
        "Alleles count if at most 10 % of the outgroup carries them. SPrime uses rarer ones, so its rates tend to be "
        "higher.",
        f"In simulated people, a genome shared {100 * OWN[0] / sum(OWN):.0f} % of these alleles in segments of its "
        f"own lineage, and {100 * OTHER[0] / sum(OTHER):.0f} % in others, on average.",
        "Haplotypes without archaic ancestry share some of these alleles, too. What is expected of them is measured "
        "outside of the called segments, in the same person and chromosome. False calls match more than that, because "
        "the model sees the matches.",
        "The source is named from these same alleles, so the colours are no independent evidence.",
        "A segment that several haplotypes inherited from one ancestor counts once for each of them.",
    ]
    labels = {source.name: source.label for source in results.archaic}
    for axis in axes:
        if len(axis.names) > 1:
            names = ", ".join(labels[name] for name in axis.names)
            items.insert(0, f"Each segment counts with its highest rate among {names}.")
    drawn = {name for axis in axes for name in axis.names}
    if unused := [label for name, label in labels.items() if name not in drawn]:
        items.insert(0, f"Only in the table, not in the chart: {', '.join(unused)}.")
    yield Notes(title="How the match rate is measured", items=tuple(items))


_UNIT, _TICKS = alt.Scale(domain=[0, 1]), alt.Axis(tickCount=10)


def _cell(rate: pd.Series[Any]) -> pd.Series[Any]:
    """Return the number of the cell of each rate; a rate of 1 is in the last."""
    return ((rate * CELLS + 1e-9) // 1).clip(upper=CELLS - 1)
