"""The karyogram: segments of every haplotype on all chromosomes, or their density in many people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.report.blocks import Absent, Chart, Dataset, Notes, Section, Text
from archaictools.report.people import wording
from archaictools.report.people.along import people_of, ticks, used_chromosomes, window_size
from archaictools.report.people.karyogram_rows import (
    BETWEEN_PEOPLE,
    DENSITY_WINDOWS,
    FILLED,
    MOST_CHROMOSOMES,
    MOST_PEOPLE,
    Rows,
    density,
    is_density,
    layout_of,
    painted_segments,
    read_stretches,
)
from archaictools.report.people.loci import source_labels

if TYPE_CHECKING:
    from archaictools.report.people.results import PeopleResults

ID, TITLE = "karyogram", "Karyogram"

#: Pixels: height that the picture should not exceed, of the lowest and the highest row, of text.
_HEIGHT, _LOWEST, _HIGHEST, _TEXT = 1_900, 3, 14, 11

#: Names of people are written at every chromosome up to so many times.
_MOST_LABELS = 250

#: A grey that shows in the light and in the dark version of the page.
_GREY = "#808080"


def section(results: PeopleResults) -> Section | Absent:
    """Return the karyogram; with more than :data:`MOST_PEOPLE` people, the density of segments."""
    chromosomes = used_chromosomes(results)
    if not chromosomes:
        return Absent(id=ID, title=TITLE, how="No haplotype has data on any chromosome.")
    notes = []
    if len(layout_of(results).tops) < len(chromosomes):
        notes.append(f"Only the {MOST_CHROMOSOMES} longest of {len(chromosomes)} chromosomes are shown.")
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
    """Return what only this section needs: the stretches that were read, and segments or, for many people, density."""
    layout = layout_of(results)
    if not layout.tops:
        return ()
    found = [Dataset(name="karyogram-read", frame=read_stretches(results, layout))]
    if is_density(results):
        found.append(Dataset(name="karyogram-density", frame=density(results)))
    else:
        found.append(Dataset(name="karyogram-segments", frame=painted_segments(results)))
    return tuple(found)


def _painted(results: PeopleResults) -> tuple[Chart | Text, ...]:
    layout = layout_of(results)
    size = window_size(layout.chromosomes)
    people = people_of(results)
    pixels = float(np.clip(_HEIGHT / layout.total, _LOWEST, _HIGHEST))
    segments = (
        alt.Chart(alt.NamedData("karyogram-segments"))
        .mark_rect(tooltip=alt.TooltipContent(content="data"))
        .encode(
            x=_x(layout),
            x2="reach:Q",
            y=_y(layout),
            y2="bottom:Q",
            color=_colour(results),
            opacity=alt.Opacity("score:Q", scale=alt.Scale(domain=[0, 1], range=[0.1, 1]), legend=None),
        )
    )
    chart = _assembled(layout, pixels, [segments, *_names(layout, people, pixels)])
    # What a tooltip shows is computed when a segment is pointed at: for thousands of segments it would cost seconds.
    chart.usermeta = {
        "tooltip": [
            ["Person", "sample"],
            ["Haplotype", "haplotype"],
            ["Segment", "locus"],
            ["Length (kb)", "kb", 1],
            ["Source", "source"],
            ["Posterior", "score", 3],
        ]
    }
    two = max((haplotype for _, haplotype in results.haplotypes), default=1) > 1
    caption = (
        f"Segments of {wording.count(len(results.haplotypes), 'haplotype')} of "
        f"{wording.people(len(people))}: a row for "
        f"each haplotype{', two for each person' if two else ''}. Colour and height tell the source. Pale segments "
        "have a low posterior."
    )
    if (results.segments["end"] - results.segments["start"] < size).any():
        caption += f" Segments shorter than {size / 1000:,.0f} kb are drawn that wide, so that they show."
    order = f"Rows from top to bottom: {', '.join(people)}{' (haplotype 1 above haplotype 2)' if two else ''}."
    named = Chart(name="karyogram-chart", chart=chart, caption=caption, large=len(results.segments) > 4_000)
    return (named, Text(order)) if len(people) > 1 else (named,)


def _density(results: PeopleResults) -> tuple[Chart | Text, ...]:
    layout = layout_of(results)
    people = len(people_of(results))
    pixels = _HIGHEST / 4
    size = window_size(layout.chromosomes, count=DENSITY_WINDOWS)
    frame = density(results)
    top = float(frame.groupby(["chrom", "start"])["percent"].sum().max()) if len(frame) else 0.0
    bars = (
        alt.Chart(alt.NamedData("karyogram-density"))
        .mark_rect(tooltip=alt.TooltipContent(content="data"))
        .encode(x=_x(layout), x2="end:Q", y=_y(layout), y2="bottom:Q", color=_colour(results, shapes=False))
    )
    chart = _assembled(layout, pixels, [bars])
    chart.usermeta = {"tooltip": [["Window", "locus"], ["Source", "source"], ["Archaic (%)", "percent", 2]]}
    caption = (
        f"Share of the haplotypes of {people} people that is archaic, in windows of {size / 1000:,.0f} kb. "
        f"Sources are stacked, from the bottom: {', '.join(source_labels(results).values())}. "
        f"The height of a chromosome is a share of {top:.3g} %, the highest of all windows."
    )
    many = f"With more than {MOST_PEOPLE} people the karyogram shows shares. The genome browser shows each segment."
    return Chart(name="karyogram-chart", chart=chart, caption=caption, large=True), Text(many)


def _assembled(layout: Rows, pixels: float, marks: list[alt.Chart]) -> alt.LayerChart:
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


def _names(layout: Rows, people: list[str], pixels: float) -> list[alt.Chart]:
    """Return names of people to the right of each chromosome, or of the first: as many as are legible."""
    own = [[top for name, top in layout.rows.items() if name.rpartition(".")[0] == sample] for sample in people]
    if len(people) < 2:
        return []
    step = int(np.ceil(_TEXT / (pixels * (min(map(len, own)) + BETWEEN_PEOPLE))))
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


def _x(layout: Rows, field: str = "start:Q") -> alt.X:
    longest = max(layout.chromosomes.values())
    # Some room at the right for names.
    scale = alt.Scale(domain=[0, longest * 1.08], nice=False, zero=False)
    axis = alt.Axis(values=ticks(longest), labelExpr="format(datum.value / 1e6, ',~g')", grid=False, orient="top")
    return alt.X(field, title="Position (Mb)", scale=scale, axis=axis)


def _y(layout: Rows) -> alt.Y:
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
    names = {labels[s.name]: f"{labels[s.name]} ({FILLED[s.shape][2]})" if shapes else labels[s.name] for s in used}
    return alt.Color(
        "source:N",
        scale=alt.Scale(domain=list(names), range=[source.colour for source in used]),
        legend=alt.Legend(title="Source", orient="top", labelExpr=f"{json.dumps(names)}[datum.label]", labelLimit=300),
    )
