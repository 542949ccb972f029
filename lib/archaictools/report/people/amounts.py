"""Section on amounts: archaic share of each person by source, and what is usual for its population."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.errors import shortlist
from archaictools.haplotypes.sources import AMBIGUOUS
from archaictools.report.blocks import Chart, Column, Notes, Section, Table, Text
from archaictools.report.citations import CITATIONS
from archaictools.report.people.loci import source_labels
from archaictools.report.people.shares import column_of, either_haplotype, of_lineage, per_haplotype, shares
from archaictools.report.people.unexpected import unexpected
from archaictools.report.people.unlike import people_unlike, unlike_sentence
from archaictools.report.people.usual import REGIONS, published_for, region_of
from archaictools.report.wording import with_note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archaictools.haplotypes.lineages import Lineage, Source
    from archaictools.report.blocks import Block
    from archaictools.report.people.results import PeopleResults
    from archaictools.report.people.usual import Published

ID, TITLE = "amounts", "Archaic share of each person"

#: Most people with a bar each; of more, each is a tick.
MOST_BARS = 60

#: Height of a bar with its gap, and of a row of ticks, in pixels.
BAR, ROW = 18, 60

#: Height of a source's part of a bar as a share of the bar, and its shift as a share of the bar's height.
_PARTS = {"full": (1.0, 0.0), "upper": (0.5, -0.25), "lower": (0.5, 0.25), "middle": (0.5, 0.0), "outline": (1.0, 0.0)}

#: Share of the height of a row that a full bar takes.
_FILLED = 0.8

#: Measures of :class:`archaictools.report.people.usual.Published` as a reader sees them.
MEASURES = {
    "ancestry": "ancestry",
    "haplotype": "segments, per haplotype",
    "person": "segments, either haplotype",
}

#: What our percentages are, beside published ones.
MEASURED = (
    "Here: bases in called segments, of the callable bases on the given chromosomes. Per haplotype, both haplotypes "
    "are added up. For either haplotype, a base counts once. A published ancestry is compared with the share per "
    "haplotype here."
)
DIFFERENT = (
    "Published figures are of whole genomes and other methods, so equal numbers are not expected. Ratios of allele "
    "counts include ancestry in segments that no method finds."
)

_NAMES = {region.label: region.name for region in REGIONS}
HOW_TO_ADD = (
    "To compare with published shares, name the populations: --populations TSV, with the columns sample and population."
)


def section(results: PeopleResults) -> Section:
    """Return the section."""
    table = shares(results)
    blocks: list[Block] = [_table(results, table)]
    blocks += _charts(results, table)
    blocks += _usual(results, table)
    lead = with_note(_lead(results, table), unlike_sentence(results))
    return Section(id=ID, title=TITLE, lead=lead, blocks=tuple(blocks))


def _lead(results: PeopleResults, table: pd.DataFrame) -> str:
    known = table["percent"].notna()
    if not known.any():
        return "The callable bases of each person are not known, so shares are NA. Give people.tsv with --summary."
    text = "Percent of the callable bases of a person, both haplotypes together, that lie in called segments."
    if results.archaic:
        text += " Each base counts for the source of its segment."
    return text if known.all() else f"{text} NA means that a person was not read; it is not 0."


def _table(results: PeopleResults, table: pd.DataFrame) -> Table:
    """Return the table of people."""
    columns = [Column(field="sample", title="Person")]
    if results.populations:
        columns.append(Column(field="population", title="Population"))
    columns += [
        Column(
            field="callable_mb",
            title="Callable (Mb)",
            kind="number",
            digits=1,
            help="Bases with data, of both haplotypes together.",
        ),
        Column(
            field="percent",
            title="Archaic (%)",
            kind="bar",
            digits=2,
            help="Callable bases in segments, of all callable bases.",
        ),
    ]
    unlike = people_unlike(results)
    if unlike:
        columns.append(
            Column(
                field="unlike_training",
                title="Unlike training (%)",
                kind="number",
                digits=1,
                help="Callable bases on chromosomes unlike the model's training, of all callable bases.",
            )
        )
    labels = source_labels(results)
    if results.archaic:
        columns += [
            Column(
                field=column_of(source.name),
                title=f"{labels[source.name]} (%)",
                kind="number",
                digits=2,
                help=_meaning(source),
            )
            for source in drawn_sources(results)
        ]
    columns += [
        Column(field="segments", title="Segments", kind="number", help="Called segments of both haplotypes."),
        Column(field="mean_kb", title="Mean (kb)", kind="number", digits=1, help="Mean length of a segment."),
        Column(
            field="longest_kb", title="Longest (kb)", kind="number", digits=0, help="Length of the longest segment."
        ),
    ]
    ordered = table.sort_values("percent", ascending=False, na_position="last", kind="stable").reset_index(drop=True)
    return Table(
        name="amounts-people",
        frame=ordered,
        columns=tuple(columns),
        caption=with_note(
            f"{len(table):,} {'person' if len(table) == 1 else 'people'}, those with the largest share first.",
            "Where 'Unlike training' is above 0, posteriors are not reliable; their ranking may be." if unlike else "",
        ),
        search=len(table) > 10,
    )


def _meaning(source: Source) -> str:
    if source.lineage is not None:
        return f"Callable bases in segments that match {source.label}, of all callable bases."
    match = "two archaic genomes about equally" if source.name == AMBIGUOUS else "no given archaic genome"
    return f"Callable bases in segments that match {match}, of all callable bases."


def _charts(results: PeopleResults, table: pd.DataFrame) -> Iterator[Chart]:
    known = table[table["percent"].notna()]
    if not known["percent"].gt(0).any():
        return
    chart = _bars(results, known) if len(known) <= MOST_BARS else _ticks(known)
    yield replace(chart, caption=with_note(chart.caption, unlike_sentence(results)))


def _bars(results: PeopleResults, table: pd.DataFrame) -> Chart:
    """Return one stacked bar a person; a source has its colour, its place in the order and its part of the height."""
    ordered = table.sort_values("percent", ascending=False, kind="stable")
    people = ordered["sample"].tolist()
    pieces = stacked(results, ordered)
    labels = source_labels(results)
    layers = []
    for source in drawn_sources(results):
        height, shift = _PARTS[source.shape]
        layers.append(
            alt.Chart(pieces[pieces["source"] == labels[source.name]])
            .mark_bar(
                color=source.colour,
                height=alt.RelativeBandSize(band=_FILLED * height),
                yOffset=shift * _FILLED * BAR,
            )
            .encode(
                x=_x("start"),
                x2="end:Q",
                y=alt.Y("person:N", title=None, sort=people),
                tooltip=[
                    alt.Tooltip("person:N", title="Person"),
                    alt.Tooltip("source:N", title="Source"),
                    alt.Tooltip("percent:Q", title="Share of the callable bases (%)", format=".3f"),
                    alt.Tooltip("whole:Q", title="All sources (%)", format=".3f"),
                ],
            )
        )
    order = ", ".join(labels[source.name] for source in drawn_sources(results))
    what = f" From left to right: {order}; colour and height as in the legend." if results.archaic else ""
    return Chart(
        name="amounts-bars",
        chart=alt.layer(*layers).properties(width="container", height=BAR * len(people)),
        caption=f"Archaic share of each person in percent of the callable bases, the largest first.{what}",
    )


def _x(field: str) -> alt.X:
    return alt.X(
        f"{field}:Q",
        title="Archaic share of the callable bases (%)",
        scale=alt.Scale(zero=True),
        axis=alt.Axis(tickCount=8),
    )


def drawn_sources(results: PeopleResults) -> tuple[Source, ...]:
    """Return the sources in the order in which they are stacked.

    Without an archaic genome, it is ``unmatched`` alone. With one, no segment can be ``ambiguous``. A source that does
    not occur is not drawn.
    """
    if not results.archaic:
        return results.sources[-1:]
    return tuple(source for source in results.named if source.name != AMBIGUOUS or len(results.archaic) > 1)


def stacked(results: PeopleResults, table: pd.DataFrame) -> pd.DataFrame:
    """Return the pieces of stacked bars: ``person, source, percent, start, end, whole``, all in percent."""
    parts = []
    start = np.zeros(len(table))
    for source in drawn_sources(results):
        own = table[column_of(source.name)] if results.archaic else table["percent"]
        end = start + own.fillna(0).to_numpy(dtype=float)
        piece = {"source": source_labels(results)[source.name], "percent": end - start, "start": start, "end": end}
        parts.append(pd.DataFrame(piece).assign(person=table["sample"].to_numpy(), whole=table["percent"].to_numpy()))
        start = end
    return pd.concat(parts, ignore_index=True)


def _ticks(table: pd.DataFrame) -> Chart:
    """Return one tick a person, in a row for each population, with the median."""
    named = table["population"].ne("").any()
    rows = table.assign(row=table["population"].replace("", "no population") if named else "all people")
    order = rows.groupby("row")["percent"].median().sort_values(ascending=False, kind="stable").index.tolist()
    y = alt.Y("row:N", title=None, sort=order)
    tooltip = [
        alt.Tooltip("sample:N", title="Person"),
        alt.Tooltip("row:N", title="Population"),
        alt.Tooltip("percent:Q", title="Archaic share (%)", format=".3f"),
    ]
    points = alt.Chart(rows[["sample", "row", "percent"]])
    ticks = points.mark_tick(opacity=0.5, thickness=1.5, height=0.5 * ROW).encode(x=_x("percent"), y=y, tooltip=tooltip)
    middle = rows.groupby("row", sort=False)["percent"].agg(["median", "size"]).reset_index()
    medians = (
        alt.Chart(middle)
        .mark_text(text="◆", fontSize=15)
        .encode(
            x="median:Q",
            y=y,
            tooltip=[
                alt.Tooltip("row:N", title="Population"),
                alt.Tooltip("median:Q", title="Median (%)", format=".3f"),
                alt.Tooltip("size:Q", title="People"),
            ],
        )
    )
    return Chart(
        name="amounts-ticks",
        chart=alt.layer(ticks, medians).properties(width="container", height=ROW * len(order)),
        caption=f"Archaic share in percent of the callable bases: a tick for each of {len(rows):,} people, and the "
        "median of each population as a diamond.",
        large=len(rows) > 5_000,
    )


def _usual(results: PeopleResults, table: pd.DataFrame) -> Iterator[Block]:
    if not results.populations:
        yield Text(HOW_TO_ADD)
        return
    of_people = {name: label for name, label in results.populations.items() if name in set(table["sample"])}
    unknown = sorted({label for label in of_people.values() if region_of(label) is None})
    rows = published_for(of_people)
    if rows:
        yield Table(
            name="amounts-usual",
            frame=compared(results, rows),
            columns=(
                Column(field="region", title="People"),
                Column(field="lineage", title="Lineage"),
                Column(field="published", title="Published"),
                Column(field="here", title="Here (%)", help="Mean of these people, lowest to highest."),
                Column(field="measure", title="Measure", help="What is counted; the list below tells more."),
                Column(field="citation", title="Source"),
            ),
            caption="What is usual: published archaic shares of these populations, and the same lineage here.",
        )
        yield Notes(title="What these figures measure", items=tuple(_meanings(rows)))
    if found := tuple(unexpected(results)):
        yield Notes(title="More than expected", items=found, warning=True)
    if unknown:
        yield Text(f"No published share is listed for {shortlist(unknown)}.")
    lacking = [name for name in table["sample"] if name not in of_people]
    if lacking:
        yield Text(f"No population is given for {shortlist(lacking)}.")


def _meanings(rows: tuple[Published, ...]) -> Iterator[str]:
    yield MEASURED
    for row in rows:
        yield f"{CITATIONS[row.citation].short}, {row.value}: {row.what}"
    yield DIFFERENT


def compared(results: PeopleResults, rows: tuple[Published, ...]) -> pd.DataFrame:
    """Return published shares beside those here: ``region, lineage, published, here, measure, citation``, all texts."""
    table = shares(results).set_index("sample")
    regions = {name: region_of(label) for name, label in results.populations.items()}
    found = []
    measured: dict[tuple[Lineage, bool], pd.Series] = {}
    for row in rows:
        key = row.lineage, row.measure == "person"
        if key not in measured:
            measured[key] = here(results, row)
        values = measured[key]
        for label in row.regions:
            people = [name for name in table.index if (region := regions.get(name)) and region.label == label]
            if people:
                found.append(
                    {
                        "region": f"{_NAMES[label]} ({len(people):,} here)",
                        "lineage": row.lineage.value,
                        "published": row.value,
                        "here": _spread(values.reindex(people).dropna()),
                        "measure": MEASURES[row.measure],
                        "citation": CITATIONS[row.citation].short,
                    }
                )
    return pd.DataFrame(found, columns=["region", "lineage", "published", "here", "measure", "citation"])


def here(results: PeopleResults, row: Published) -> pd.Series:
    """Return the share of a lineage in percent by sample, measured as the published one; NaN without its genome."""
    if not any(source.lineage == row.lineage for source in results.archaic):
        return pd.Series(np.nan, index=results.people["sample"])
    measure = either_haplotype if row.measure == "person" else per_haplotype
    return measure(results, of_lineage(results, row.lineage))


def _spread(values: pd.Series) -> str:
    if not len(values):
        return "NA"
    mean = f"{values.mean():.2f}"
    return mean if len(values) == 1 else f"{mean} ({values.min():.2f} to {values.max():.2f})"
