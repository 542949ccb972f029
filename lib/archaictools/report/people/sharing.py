"""Section on sharing: bases that two people both carry, as a heat map, and the rough age of each person's segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.haplotypes.pulse import MIN_PLACES, MIN_SEGMENTS, populations_of, pulse
from archaictools.haplotypes.sharing import between_populations, clusters_of, shared_bases
from archaictools.report.blocks import Absent, Chart, Column, Notes, Section, Table, Text
from archaictools.report.people.lengths import archaic_share, rounded_time

if TYPE_CHECKING:
    from archaictools.haplotypes.sharing import Sharing
    from archaictools.report.blocks import Block
    from archaictools.report.people.results import PeopleResults

ID, TITLE = "sharing", "Sharing and age by person"

#: Most people who are shown one by one.
MAX_PEOPLE = 60

_HOW = (
    "Two people or more with a segment are needed, and at most {most} people, or populations (--populations). "
    "'archaictools sharing' writes tables and plots for any number."
)


def section(results: PeopleResults) -> Section | Absent:
    """Return the section; without two people with segments, or for many people without populations, why not."""
    samples = list(dict.fromkeys(sample for sample, _ in results.haplotypes))
    several = len(set(results.populations.values())) > 1
    if results.segments["sample"].nunique() < 2 or (len(samples) > MAX_PEOPLE and not several):
        return Absent(id=ID, title=TITLE, how=_HOW.format(most=MAX_PEOPLE))
    shared = shared_bases(results.segments, samples)
    blocks: list[Block] = []
    if len(samples) <= MAX_PEOPLE:
        blocks += [Text(_mean(shared)), _people_chart(shared), _ages(results, samples)]
    if several:
        blocks.append(_populations_chart(shared, results))
    blocks.append(
        Notes(
            items=(
                "Share of two people: bases that both carry, divided by bases that at least one of them carries "
                "(Jaccard). A person carries a base if a segment of either haplotype holds it.",
                "People and populations come in the order of hierarchical clusters (average linkage).",
                "An age is a rough guide, not a date; see the notes on lengths. All segments of a person count, "
                f"whatever their source. It is NA for fewer than {MIN_SEGMENTS} long segments or {MIN_PLACES} places.",
            )
        )
    )
    lead = "People who inherited archaic DNA from the same ancestors carry it at the same places."
    return Section(id=ID, title=TITLE, lead=lead, blocks=tuple(blocks))


def pairs(names: list[str], share: np.ndarray, *, diagonal: bool) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells of a heat map, ``one, other, share`` in percent, and the names in the order of their clusters.

    Parameters
    ----------
    names
        Names of rows and columns.
    share
        float64 (n, n), from 0 to 1; NaN where it is not known.
    diagonal
        Whether the diagonal is shown.
    """
    order = clusters_of(share).order
    shown = share[np.ix_(order, order)]
    one, other = np.nonzero(np.isfinite(shown) & (diagonal | ~np.eye(len(order), dtype=bool)))
    ordered = [names[number] for number in order.tolist()]
    label = np.array(ordered, dtype=object)
    frame = pd.DataFrame({"one": label[one], "other": label[other], "share": (100 * shown[one, other]).round(2)})
    return frame, ordered


def _mean(shared: Sharing) -> str:
    above = shared.jaccard[np.triu_indices(len(shared.samples), k=1)]
    known = above[np.isfinite(above)]
    return f"Two people share {100 * known.mean():.1f} % of their archaic bases (mean of {len(known):,} pairs)."


def _people_chart(shared: Sharing) -> Chart:
    frame, order = pairs(list(shared.samples), shared.jaccard, diagonal=False)
    return Chart(
        name="sharing-people",
        chart=_heat_map(frame, order),
        caption="Share of the archaic bases of two people that both carry, in percent.",
    )


def _populations_chart(shared: Sharing, results: PeopleResults) -> Chart:
    table = between_populations(shared, results.populations)
    names = sorted(set(table["population_1"]) | set(table["population_2"]))
    square = np.full((len(names), len(names)), np.nan)
    one, other = (table[name].map(names.index).to_numpy() for name in ("population_1", "population_2"))
    square[one, other] = square[other, one] = table["jaccard"].to_numpy()
    frame, order = pairs(names, square, diagonal=True)
    return Chart(
        name="sharing-populations",
        chart=_heat_map(frame, order),
        caption="Mean share over pairs of people, within and between populations, in percent.",
    )


def _heat_map(frame: pd.DataFrame, order: list[str]) -> alt.Chart:
    """Return a heat map; a pair without a known share is left blank."""
    scale = alt.Scale(domain=order)
    chart: alt.Chart = (
        alt.Chart(frame, width="container", height=max(160, min(640, 22 * len(order))))
        .mark_rect()
        .encode(
            x=alt.X("other:N", sort=order, scale=scale, title=None, axis=alt.Axis(labelAngle=-90)),
            y=alt.Y("one:N", sort=order, scale=scale, title=None),
            color=alt.Color(
                "share:Q", title="Share (%)", scale=alt.Scale(scheme="viridis", domainMin=0), legend=alt.Legend()
            ),
            tooltip=[
                alt.Tooltip("one:N", title="One"),
                alt.Tooltip("other:N", title="Other"),
                alt.Tooltip("share:Q", title="Share (%)", format=".2f"),
            ],
        )
    )
    return chart


def _ages(results: PeopleResults, samples: list[str]) -> Table:
    """Return the age of each person, with the common ancestry of its population."""
    known = populations_of(results.segments, results.haplotypes, results.populations)
    share, rows = archaic_share(results), []
    for sample in samples:
        own = results.segments[results.segments["sample"] == sample]
        time = pulse(own, share, populations=[known[results.populations.get(sample, "")]])
        length = (own["end"] - own["start"]) / 1_000
        rows.append(
            {
                "sample": sample,
                "time": "NA: too few" if time is None else rounded_time(time),
                "segments": len(own),
                "median": round(float(length.median()), 1) if len(own) else np.nan,
            }
        )
    return Table(
        name="sharing-ages",
        frame=pd.DataFrame(rows),
        columns=(
            Column(field="sample", title="Person"),
            Column(
                field="time",
                title="One pulse (generations ago)",
                help="Rough guide, with a 95 % interval that covers chance only.",
            ),
            Column(field="segments", title="Segments", kind="number"),
            Column(field="median", title="Median length (kb)", kind="number", digits=1),
        ),
        caption="How many generations ago one pulse of introgression would give the lengths of each person's segments.",
    )
