"""The karyogram: segments of every haplotype on all chromosomes, or their density in many people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.report.blocks import Absent, Chart, Dataset, Notes, Section, Text
from archaictools.report.people.along import (
    bounds,
    by_chromosome,
    people_of,
    runs_of_windows,
    sums_in_windows,
    ticks,
    used_chromosomes,
    window_size,
    windows,
)
from archaictools.report.people.loci import source_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.report.people.results import PeopleResults

ID, TITLE = "karyogram", "Karyogram"

#: Up to so many people have their own rows.
MOST_PEOPLE = 30

#: Up to so many chromosomes are shown: the longest.
MOST_CHROMOSOMES = 40

#: Windows along the longest chromosome of the density.
DENSITY_WINDOWS = 250

#: Heights in units of a row: between people, between chromosomes, and of a chromosome in the density.
_BETWEEN_PEOPLE, _BETWEEN_CHROMOSOMES, _LANE = 0.4, 2.0, 12

#: Pixels: height that the picture should not exceed, of the lowest and the highest row, of text.
_HEIGHT, _LOWEST, _HIGHEST, _TEXT = 1_900, 3, 14, 11

#: Names of people are written at every chromosome up to so many times.
_MOST_LABELS = 250

#: Part of a row that a segment fills, from the top, and how the legend calls it.
_FILLED = {
    "full": (0.0, 1.0, "full height"),
    "upper": (0.0, 0.55, "upper half"),
    "lower": (0.45, 1.0, "lower half"),
    "middle": (0.25, 0.75, "middle"),
    "outline": (0.1, 0.9, "nearly full height"),
}

#: A grey that shows in the light and in the dark version of the page.
_GREY = "#808080"


@dataclass(frozen=True)
class _Rows:
    """Where the rows are: units from the top.

    Attributes
    ----------
    chromosomes
        Lengths of the chromosomes that are shown, in bp.
    tops
        Top of each chromosome.
    rows
        Top of each haplotype below the top of its chromosome, by ``SAMPLE.HAPLOTYPE``; empty for the density.
    height
        Height of a chromosome.
    """

    chromosomes: Mapping[str, int]
    tops: Mapping[str, float]
    rows: Mapping[str, float]
    height: float

    @property
    def total(self) -> float:
        return len(self.tops) * (self.height + _BETWEEN_CHROMOSOMES)


def section(results: PeopleResults) -> Section | Absent:
    """Return the karyogram; with more than :data:`MOST_PEOPLE` people, the density of segments."""
    chromosomes = used_chromosomes(results)
    if not chromosomes:
        return Absent(id=ID, title=TITLE, how="No haplotype has data on any chromosome.")
    notes = []
    shown = _shown(chromosomes)
    if len(shown) < len(chromosomes):
        notes.append(f"Only the {len(shown)} longest of {len(chromosomes)} chromosomes are shown.")
    if results.segments.empty:
        notes.append("No segment was called. An empty row with a grey background was read, and nothing was found.")
    blocks = _density(results) if is_density(results) else _painted(results)
    return Section(
        id=ID,
        title=TITLE,
        lead=(
            "All chromosomes with data, to scale. Grey stretches were read; where the background is empty, nothing was "
            "read, so nothing can be found there. Click a segment to see it in the genome browser."
        ),
        blocks=(*blocks, *((Notes(items=tuple(notes)),) if notes else ())),
    )


def datasets(results: PeopleResults) -> tuple[Dataset, ...]:
    """Return what only this section needs: the stretches that were read and, for many people, the density.

    The segments are the data set ``segments`` of :mod:`archaictools.report.people.browser`.
    """
    layout = _layout(results)
    if not layout.tops:
        return ()
    found = [Dataset(name="karyogram-read", frame=_read(results, layout))]
    if is_density(results):
        found.append(Dataset(name="karyogram-density", frame=density(results)))
    return tuple(found)


def is_density(results: PeopleResults) -> bool:
    """Return whether there are too many people for a row each."""
    return len(people_of(results)) > MOST_PEOPLE


def _shown(chromosomes: Mapping[str, int]) -> dict[str, int]:
    longest = sorted(chromosomes, key=lambda chrom: -chromosomes[chrom])[:MOST_CHROMOSOMES]
    return {chrom: length for chrom, length in chromosomes.items() if chrom in longest}


def _layout(results: PeopleResults) -> _Rows:
    rows: dict[str, float] = {}
    at, before = 0.0, None
    for sample, haplotype in results.haplotypes:
        at += _BETWEEN_PEOPLE if before not in (None, sample) else 0
        rows[f"{sample}.{haplotype}"] = round(at, 2)
        at, before = at + 1, sample
    dense = is_density(results)
    height = _LANE if dense else max(at, 1.0)
    chromosomes = _shown(used_chromosomes(results))
    tops = {chrom: round(n * (height + _BETWEEN_CHROMOSOMES), 2) for n, chrom in enumerate(chromosomes)}
    return _Rows(chromosomes, tops, {} if dense else rows, round(height, 2))


def _read(results: PeopleResults, layout: _Rows) -> pd.DataFrame:
    """Return where haplotypes were read: ``chromosome, left, right, top, bottom, read`` (share of all haplotypes).

    Its columns have other names than those of a segment, so that a click on the background does not move the browser.
    """
    size, count = window_size(layout.chromosomes), len(results.haplotypes)
    regions = by_chromosome(results.callable)
    parts = []
    for chrom, length in layout.chromosomes.items():
        edges = windows(length, size)
        rows = regions.get(chrom, results.callable.iloc[:0])
        bases = sums_in_windows(*bounds(rows), rows["haplotypes"].to_numpy(dtype=np.int64), edges)
        runs = runs_of_windows(edges, np.round(bases / np.diff(edges) / max(1, count), 1))
        top = layout.tops[chrom]
        parts.append(runs.assign(chromosome=chrom, top=top, bottom=top + layout.height))
    frame = pd.concat(parts, ignore_index=True)
    return frame.rename(columns={"start": "left", "end": "right", "value": "read"})


def density(results: PeopleResults) -> pd.DataFrame:
    """Return how much of what was read in windows is archaic, by source.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, source`` (label), ``share`` (bases of haplotypes in segments of the source, of all bases
        of haplotypes that were read), and ``top`` and ``bottom`` of the stacked bars. Windows without data have no row.
    """
    layout = _layout(results)
    size = window_size(layout.chromosomes, count=DENSITY_WINDOWS)
    regions = by_chromosome(results.callable)
    segments = by_chromosome(results.segments)
    labels = source_labels(results)
    parts = []
    for chrom, length in layout.chromosomes.items():
        edges = windows(length, size)
        rows = regions.get(chrom, results.callable.iloc[:0])
        read = sums_in_windows(*bounds(rows), rows["haplotypes"].to_numpy(dtype=np.int64), edges)
        there = read > 0
        own = segments.get(chrom, results.segments.iloc[:0])
        below = np.zeros(there.sum())
        for source in results.sources:
            start, end = bounds(own[own["source"] == source.name])
            bases = sums_in_windows(start, end, np.ones(len(start), dtype=np.int64), edges)
            share = np.minimum(bases[there] / read[there], 1)
            columns = {"start": edges[:-1][there], "end": edges[1:][there], "share": share, "below": below}
            parts.append(pd.DataFrame({"chrom": chrom, "source": labels[source.name], **columns}))
            below = below + share
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["share"] > 0].reset_index(drop=True)
    base = frame["chrom"].map(layout.tops).astype(float) + layout.height
    scale = layout.height / _highest(frame)
    frame["bottom"] = base - scale * frame["below"]
    frame["top"] = base - scale * (frame["below"] + frame["share"])
    return frame.drop(columns="below").round({"share": 5, "top": 3, "bottom": 3})


def _highest(frame: pd.DataFrame) -> float:
    return float((frame["below"] + frame["share"]).max()) if len(frame) else 1.0


def _painted(results: PeopleResults) -> tuple[Chart | Text, ...]:
    layout = _layout(results)
    size = window_size(layout.chromosomes)
    people = people_of(results)
    pixels = float(np.clip(_HEIGHT / layout.total, _LOWEST, _HIGHEST))
    labels = source_labels(results)
    shapes = {labels[source.name]: list(_FILLED[source.shape][:2]) for source in results.sources}
    segments = (
        alt.Chart(alt.NamedData("segments"))
        .transform_filter("isValid(karyogram_tops[datum.chrom])")
        .transform_calculate(
            row="karyogram_tops[datum.chrom] + karyogram_rows[datum.name]",
            top="datum.row + karyogram_shapes[datum.source][0]",
            bottom="datum.row + karyogram_shapes[datum.source][1]",
            reach=f"max(datum.end, datum.start + {size})",
            place=_PLACE,
            length="(datum.end - datum.start) / 1000",
        )
        .mark_rect()
        .encode(
            x=_x(layout),
            x2="reach:Q",
            y=_y(layout),
            y2="bottom:Q",
            color=_colour(results),
            opacity=alt.Opacity("score:Q", scale=alt.Scale(domain=[0, 1], range=[0.1, 1]), legend=None),
            tooltip=[
                alt.Tooltip("sample:N", title="Person"),
                alt.Tooltip("haplotype:N", title="Haplotype"),
                alt.Tooltip("place:N", title="Segment"),
                alt.Tooltip("length:Q", title="Length (kb)", format=",.1f"),
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("score:Q", title="Posterior", format=".3f"),
            ],
        )
    )
    chart = _assembled(layout, pixels, [segments, *_names(layout, people, pixels)]).add_params(
        alt.param(name="karyogram_tops", value=dict(layout.tops)),
        alt.param(name="karyogram_rows", value=dict(layout.rows)),
        alt.param(name="karyogram_shapes", value=shapes),
    )
    two = max((haplotype for _, haplotype in results.haplotypes), default=1) > 1
    caption = (
        f"Segments of {_count(len(results.haplotypes), 'haplotype', 'haplotypes')} of "
        f"{_count(len(people), 'person', 'people')}: a row for "
        f"each haplotype{', two for each person' if two else ''}. Colour and height tell the source. Pale segments "
        f"have a low posterior. Segments shorter than {size / 1000:,.0f} kb are drawn that wide, so that they show."
    )
    order = f"Rows from top to bottom: {', '.join(people)}{' (haplotype 1 above haplotype 2)' if two else ''}."
    named = Chart(name="karyogram-chart", chart=chart, caption=caption, large=len(results.segments) > 4_000)
    return (named, Text(order)) if len(people) > 1 else (named,)


def _density(results: PeopleResults) -> tuple[Chart | Text, ...]:
    layout = _layout(results)
    people = len(people_of(results))
    pixels = _HIGHEST / 4
    size = window_size(layout.chromosomes, count=DENSITY_WINDOWS)
    frame = density(results)
    top = float((frame.groupby(["chrom", "start"])["share"].sum()).max()) if len(frame) else 0.0
    bars = (
        alt.Chart(alt.NamedData("karyogram-density"))
        .transform_calculate(place=_PLACE)
        .mark_rect()
        .encode(
            x=_x(layout),
            x2="end:Q",
            y=_y(layout),
            y2="bottom:Q",
            color=_colour(results, shapes=False),
            tooltip=[
                alt.Tooltip("place:N", title="Window"),
                alt.Tooltip("source:N", title="Source"),
                alt.Tooltip("share:Q", title="Share archaic", format=".2%"),
            ],
        )
    )
    chart = _assembled(layout, pixels, [bars])
    caption = (
        f"Share of the haplotypes of {people} people that is archaic, in windows of {size / 1000:,.0f} kb. "
        f"Sources are stacked, from the bottom: {', '.join(source_labels(results).values())}. "
        f"The height of a chromosome is a share of {100 * top:.3g} %, the highest of all windows."
    )
    many = f"With more than {MOST_PEOPLE} people the karyogram shows shares. The genome browser shows each segment."
    return Chart(name="karyogram-chart", chart=chart, caption=caption, large=True), Text(many)


_PLACE = "datum.chrom + ':' + format(datum.start + 1, ',') + '-' + format(datum.end, ',')"


def _assembled(layout: _Rows, pixels: float, marks: list[alt.Chart]) -> alt.LayerChart:
    """Return the marks over the background: what was read, and the ends of chromosomes."""
    read = (
        alt.Chart(alt.NamedData("karyogram-read"))
        .mark_rect(color=_GREY)
        .encode(
            x=_x(layout, "left:Q"),
            x2="right:Q",
            y=_y(layout),
            y2="bottom:Q",
            opacity=alt.Opacity("read:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.22]), legend=None),
        )
    )
    ends = pd.DataFrame(
        [(0, length, layout.tops[chrom], layout.tops[chrom] + layout.height) for chrom, length in
         layout.chromosomes.items()],
        columns=["left", "right", "top", "bottom"],
    )  # fmt: skip
    outline = (
        alt.Chart(ends)
        .mark_rect(fillOpacity=0, stroke=_GREY, strokeWidth=0.6, strokeOpacity=0.7)
        .encode(x=_x(layout, "left:Q"), x2="right:Q", y=_y(layout), y2="bottom:Q")
    )
    height = max(60, round(layout.total * pixels))
    chart: alt.LayerChart = alt.layer(read, outline, *marks).resolve_scale(opacity="independent")
    chart.width, chart.height = "container", height
    return chart


def _names(layout: _Rows, people: list[str], pixels: float) -> list[alt.Chart]:
    """Return names of people to the right of each chromosome, or of the first: as many as are legible."""
    own = [[top for name, top in layout.rows.items() if name.rpartition(".")[0] == sample] for sample in people]
    if len(people) < 2:
        return []
    step = int(np.ceil(_TEXT / (pixels * (min(map(len, own)) + _BETWEEN_PEOPLE))))
    named = list(zip(people, own, strict=True))[::step]
    chromosomes = list(layout.chromosomes)
    if len(named) * len(chromosomes) > _MOST_LABELS:
        chromosomes = chromosomes[:1]
    rows = [
        (layout.chromosomes[chrom], layout.tops[chrom] + (min(tops) + max(tops) + 1) / 2, sample)
        for chrom in chromosomes
        for sample, tops in named
    ]
    text = (
        alt.Chart(pd.DataFrame(rows, columns=["left", "top", "person"]))
        .mark_text(align="left", dx=4, fontSize=_TEXT - 1, limit=90)
        .encode(x=_x(layout, "left:Q"), y=_y(layout), text="person:N")
    )
    return [text]


def _x(layout: _Rows, field: str = "start:Q") -> alt.X:
    longest = max(layout.chromosomes.values())
    # Some room at the right for names.
    scale = alt.Scale(domain=[0, longest * 1.08], nice=False, zero=False)
    axis = alt.Axis(values=ticks(longest), labelExpr="format(datum.value / 1e6, ',~g')", grid=False, orient="top")
    return alt.X(field, title="Position (Mb)", scale=scale, axis=axis)


def _y(layout: _Rows) -> alt.Y:
    middle = {round(top + layout.height / 2, 2): chrom for chrom, top in layout.tops.items()}
    names = json.dumps({f"{value:g}": chrom for value, chrom in middle.items()})
    axis = alt.Axis(
        values=list(middle), labelExpr=f"{names}[datum.value]", grid=False, ticks=False, domain=False, labelLimit=120
    )
    scale = alt.Scale(domain=[0, layout.total], reverse=True, nice=False, zero=False)
    return alt.Y("top:Q", title=None, scale=scale, axis=axis)


def _colour(results: PeopleResults, *, shapes: bool = True) -> alt.Color:
    """Return the colours of the sources; the legend names their shapes, too."""
    known = set(results.segments["source"].unique())
    used = [source for source in results.sources if source.name in known] or list(results.sources)
    labels = source_labels(results)
    names = {labels[s.name]: f"{labels[s.name]} ({_FILLED[s.shape][2]})" if shapes else labels[s.name] for s in used}
    return alt.Color(
        "source:N",
        scale=alt.Scale(domain=list(names), range=[source.colour for source in used]),
        legend=alt.Legend(title="Source", orient="top", labelExpr=f"{json.dumps(names)}[datum.label]", labelLimit=300),
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
