"""Along the genome: the share of haplotypes with a segment, most frequent places, strongest segments, and deserts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.intervals import IntervalSet
from archaictools.report.blocks import Absent, Chart, Column, Dataset, Notes, Section, Table, Text
from archaictools.report.people.along import (
    bounds,
    by_chromosome,
    highest_in_windows,
    people_of,
    share_along,
    ticks,
    used_chromosomes,
    window_size,
    windows,
)
from archaictools.report.people.loci import (
    FEW_PEOPLE,
    PEAK_GAP,
    STRONG,
    deserts,
    meaning_of_strongest,
    peak_share,
    peaks,
    source_labels,
    strongest,
)
from archaictools.report.wording import place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.report.people.results import PeopleResults

ID, TITLE = "along-the-genome", "Along the genome"

#: Up to so many pieces are drawn as they are; more as the highest share of windows, so many along the genome.
_MOST_PIECES, _WINDOWS = 4_000, 1_500

#: Rows of the tables, and peaks that have a number in the picture.
_MOST_ROWS, _NUMBERED = 100, 10

_DESERT = "#009e73"

_LOCUS = Column(field="locus", title="Locus", kind="locus", help="Click to see it in the genome browser.")
_KB = Column(field="kb", title="Length (kb)", kind="number", digits=1)


def section(results: PeopleResults) -> Section | Absent:
    """Return the share of haplotypes along the genome with tables of its peaks, of long segments and of deserts."""
    share = share_along(results)
    if share.empty:
        return Absent(id=ID, title=TITLE, how="No haplotype has data on any chromosome.")
    found = peaks(results)
    blocks = [
        *_few_people(results),
        *_summary(results, found),
        _chart(results, share, found),
        *_peaks(results, share, found),
        *_strongest(results),
        *_deserts(results),
    ]
    return Section(
        id=ID,
        title=TITLE,
        lead=(
            "How many of the haplotypes that were read have an archaic segment, at every base. Where many have one, "
            "many people inherited it. Deserts are long stretches without any."
        ),
        blocks=tuple(blocks),
    )


def datasets(results: PeopleResults) -> tuple[Dataset, ...]:
    """Return what only this section needs: the share of haplotypes, in windows where pieces are many."""
    share = share_along(results)
    return (Dataset(name="landscape-rows", frame=_drawn(results, share)),) if len(share) else ()


def _drawn(results: PeopleResults, share: pd.DataFrame) -> pd.DataFrame:
    """Return ``chrom, start, end, carriers, read, share`` and ``left, right`` between which a bar is drawn."""
    columns = ["chrom", "start", "end", "left", "right", "carriers", "read", "share"]
    share = share.assign(left=share["start"], right=share["end"])
    if len(share) > _MOST_PIECES:
        size = window_size(used_chromosomes(results), count=_WINDOWS, together=True)
        share = pd.concat(
            [
                highest_in_windows(rows, "share", windows(max(results.lengths[chrom], int(rows["end"].max())), size))
                for chrom, rows in by_chromosome(share).items()
            ],
            ignore_index=True,
        )
    return share[columns].round({"share": 5})


def _few_people(results: PeopleResults) -> list[Notes]:
    count, number = len(people_of(results)), len(results.haplotypes)
    if count > FEW_PEOPLE:
        return []
    people = "one person" if count == 1 else f"{count} people"
    haplotypes = f"{number} haplotype{'s' if number > 1 else ''}"
    verb = "was" if number == 1 else "were"
    text = f"Only {haplotypes} of {people} {verb} read. Such shares mean little: they do not describe a population."
    return [Notes(items=(text,), warning=True)]


def _summary(results: PeopleResults, found: pd.DataFrame) -> list[Text]:
    """Return where the most frequent and the strongest segment are, in a sentence each."""
    sentences = []
    if len(found):
        top = found.iloc[0]
        genes = f", in {top['genes']}" if top["genes"] else ""
        sentences.append(
            f"The most frequent place is {place(top['chrom'], top['start'], top['end'])}{genes}. "
            f"At its highest, {100 * top['share']:.3g} % of the haplotypes have a segment. "
            f"The mean posterior of carriers is {top['posterior']:.3f}."
        )
    first = strongest(results, 1)
    if len(first):
        row = first.iloc[0]
        source = source_labels(results).get(row["source"], row["source"])
        sentences.append(
            f"The strongest segment ({meaning_of_strongest(results)}) is at "
            f"{place(row['chrom'], row['start'], row['end'])}, of {row['sample']}: {row['length'] / 1000:,.0f} kb, "
            f"posterior {row['posterior']:.3f}, source {source}."
        )
    return [Text(" ".join(sentences))] if sentences else []


def _chart(results: PeopleResults, share: pd.DataFrame, found: pd.DataFrame) -> Chart:
    chromosomes = used_chromosomes(results)
    offsets = dict(zip(chromosomes, np.cumsum([0, *chromosomes.values()]).tolist(), strict=False))
    whole = sum(chromosomes.values())
    top = max(float(share["share"].max()), 0.01)
    x = _x(chromosomes, offsets, whole)
    y = alt.Y(
        "share:Q",
        title="Haplotypes with a segment (%)",
        scale=alt.Scale(domain=[-0.06 * top, 1.12 * top], nice=False, zero=False),
        axis=alt.Axis(values=_steps(top), labelExpr="format(datum.value * 100, ',~g')"),
    )
    place = "datum.chrom + ':' + format(datum.start + 1, ',') + '-' + format(datum.end, ',')"
    marks: list[alt.Chart] = []
    if len(chromosomes) > 1:
        bands = [(offsets[chrom], offsets[chrom] + length) for chrom, length in list(chromosomes.items())[1::2]]
        background = alt.Chart(pd.DataFrame(bands, columns=["x", "x2"])).mark_rect(color="#808080", opacity=0.1)
        marks.append(background.encode(x=x, x2="x2:Q"))
    bars = (
        alt.Chart(alt.NamedData("landscape-rows"))
        .transform_filter("datum.carriers > 0")
        .transform_calculate(
            x="landscape_offsets[datum.chrom] + datum.left",
            x2=f"landscape_offsets[datum.chrom] + max(datum.right, datum.left + {whole / 1_200:.0f})",
            zero="0",
            place=place,
        )
        .mark_rect(color="#6b6b9a")
        .encode(
            x=x,
            x2="x2:Q",
            y=y,
            y2="zero:Q",
            tooltip=[
                alt.Tooltip("place:N", title="Where"),
                alt.Tooltip("share:Q", title="Share of haplotypes", format=".1%"),
                alt.Tooltip("carriers:Q", title="Haplotypes with a segment"),
                alt.Tooltip("read:Q", title="Haplotypes read"),
            ],
        )
    )
    marks.append(_read(share, offsets, whole, top).encode(x=x, y=y))
    marks.append(bars)
    known = deserts(results)
    known = known[known["chrom"].isin(list(offsets))]
    if len(known):
        columns = {"x": known["chrom"].map(offsets) + known["start"], "x2": known["chrom"].map(offsets) + known["end"]}
        rows = known[["chrom", "start", "end", "expected"]].assign(**columns, share=-0.03 * top)
        marks.append(
            alt.Chart(rows)
            .transform_calculate(place=place)
            .mark_rule(color=_DESERT, strokeWidth=6)
            .encode(
                x=x,
                x2="x2:Q",
                y=y,
                tooltip=[
                    alt.Tooltip("place:N", title="Desert"),
                    alt.Tooltip("expected:Q", title="Expected by chance", format=".2g"),
                ],
            )
        )
    best = _numbered(found, offsets, whole)
    if len(best):
        rows = best[["chrom", "start", "end", "share", "genes", "x", "rank"]]
        text = alt.Chart(rows).transform_calculate(place=place).mark_text(dy=-7, fontSize=11)
        tooltip = [alt.Tooltip("place:N", title="Most frequent place"), alt.Tooltip("genes:N", title="Genes")]
        marks.append(text.encode(x=x, y=y, text="rank:N", tooltip=tooltip))
    chart = alt.layer(*marks)
    chart.width, chart.height = "container", 260
    chart = chart.add_params(alt.param(name="landscape_offsets", value=offsets))
    windowed = (
        f" Each bar is the highest share within {window_size(chromosomes, count=_WINDOWS, together=True) / 1e6:.1f} Mb."
        if len(share) > _MOST_PIECES
        else ""
    )
    caption = (
        f"Share of {len(results.haplotypes)} haplotypes with a segment, in % of those with data.{windowed}"
        " The grey line below marks what was read."
        f"{' Numbers are rows of the table of the most frequent places, where there is room.' if len(best) else ''}"
        f"{' Green bars below are deserts.' if len(known) else ''}"
    )
    return Chart(name="landscape-chart", chart=chart, caption=caption, large=False)


def _numbered(found: pd.DataFrame, offsets: Mapping[str, int], whole: int) -> pd.DataFrame:
    """Return the first peaks with their ``rank`` and place ``x``, without those too close to a higher one."""
    best = found.head(_NUMBERED)
    middle = (best["top_start"] + best["top_end"]) / 2 + best["chrom"].map(offsets).astype(float)
    kept: list[int] = []
    for number, x in enumerate(middle.tolist()):
        if all(abs(x - middle.iloc[other]) > whole / 50 for other in kept):
            kept.append(number)
    return best.assign(x=middle, rank=np.arange(1, len(best) + 1)).iloc[kept]


def _read(share: pd.DataFrame, offsets: Mapping[str, int], whole: int, top: float) -> alt.Chart:
    """Return a grey line below the bases with data, which tells a share of 0 from no data."""
    parts = []
    for chrom, rows in by_chromosome(share).items():
        merged = IntervalSet.merged(*bounds(rows), gap=whole // 1_500)
        parts.append(pd.DataFrame({"x": offsets[chrom] + merged.start, "x2": offsets[chrom] + merged.end}))
    rows = pd.concat(parts, ignore_index=True).assign(share=-0.012 * top)
    line: alt.Chart = alt.Chart(rows).mark_rule(color="#808080", strokeWidth=3, opacity=0.5).encode(x2="x2:Q")
    return line


def _x(chromosomes: Mapping[str, int], offsets: Mapping[str, int], whole: int) -> alt.X:
    scale = alt.Scale(domain=[0, whole], nice=False, zero=False)
    if len(chromosomes) == 1:
        name = next(iter(chromosomes))
        axis = alt.Axis(values=ticks(whole), labelExpr="format(datum.value / 1e6, ',~g')", grid=False)
        return alt.X("x:Q", title=f"Position on chromosome {name.removeprefix('chr')} (Mb)", scale=scale, axis=axis)
    middle = {offsets[chrom] + length // 2: chrom for chrom, length in chromosomes.items()}
    names = json.dumps({str(position): chrom.removeprefix("chr") for position, chrom in middle.items()})
    axis = alt.Axis(
        values=list(middle), labelExpr=f"{names}[datum.value]", grid=False, ticks=False, labelOverlap=True, labelAngle=0
    )
    return alt.X("x:Q", title="Chromosome", scale=scale, axis=axis)


def _steps(top: float) -> list[float]:
    """Return where the axis of shares has its labels: at most 7, from 0 to the highest share."""
    return [value / 1e6 for value in ticks(round(top * 1e6), 6)]


def _peaks(results: PeopleResults, share: pd.DataFrame, found: pd.DataFrame) -> list[Notes | Table]:
    least = peak_share(share)
    if least is None:
        return [Notes(items=("No two haplotypes have a segment at the same base, so no segment is frequent.",))]
    frame = found.head(_MOST_ROWS)
    frame = frame.assign(rank=np.arange(1, len(frame) + 1), kb=frame["length"] / 1000, percent=100 * frame["share"])
    high = share["share"] >= least
    part = 100 * (share["end"] - share["start"])[high].sum() / (share["end"] - share["start"]).sum()
    columns = [
        Column(field="rank", title="No.", kind="number"),
        _LOCUS,
        _KB,
        Column(
            field="percent",
            title="Haplotypes (%)",
            kind="bar",
            digits=1,
            help="Highest share of the haplotypes with data that have a segment at one base.",
        ),
        Column(
            field="posterior",
            title="Mean posterior of carriers",
            kind="number",
            digits=3,
            help="Mean posterior of the segments in the stretch; haplotypes without one do not count.",
        ),
        Column(field="haplotypes", title="Haplotypes", kind="number", help="Haplotypes with a segment in the stretch."),
        Column(field="people", title="People", kind="number", help="People with a segment in the stretch."),
        Column(field="sources", title="Sources", help="Number of segments by source."),
        Column(field="genes", title="Genes", help="Genes that overlap the stretch, carried or not."),
    ]
    if results.genes is None:
        columns = columns[:-1]
    more = f" The first {_MOST_ROWS} of {len(found):,}." if len(found) > _MOST_ROWS else ""
    caption = (
        f"Most frequent places: stretches where at least {100 * least:.3g} % of the haplotypes have a segment, "
        f"{part:.2g} % of the bases read, merged across {PEAK_GAP // 1000} kb.{more}"
    )
    notes = _caution(found, few=len(people_of(results)) <= FEW_PEOPLE)
    if results.genes is None:
        notes.append("To name the genes here, add --genes genes.tsv (archaictools genes).")
    return [
        Table(name="peaks", frame=frame, columns=tuple(columns), caption=caption, search=len(frame) > 15),
        Notes(items=tuple(notes)),
    ]


def _caution(found: pd.DataFrame, *, few: bool) -> list[str]:
    """Return what a high share means: nothing where the calls are doubtful or the people few."""
    doubtful = int((found["posterior"] < STRONG).sum())
    notes = []
    if doubtful:
        number = "All" if doubtful == len(found) else f"{doubtful:,}"
        verb = "has" if doubtful == 1 else "have"
        notes.append(
            f"{number} of these {len(found):,} stretches {verb} a mean posterior of carriers below {STRONG:g}. "
            "Such calls are doubtful: the same error can be in many haplotypes."
        )
    if few:
        return [*notes, "A high share among so few haplotypes is no sign of selection."]
    if doubtful < len(found):
        which = f"Only stretches with {STRONG:g} or more" if doubtful else "These stretches"
        notes.append(
            f"{which} are candidates of adaptive introgression. A high share alone proves nothing: drift, low "
            "recombination and errors that many haplotypes share give it, too."
        )
    return notes


def _strongest(results: PeopleResults) -> list[Table]:
    if results.segments.empty:
        return []
    sure = int((results.segments["posterior"] >= STRONG).sum())
    frame = strongest(results, _MOST_ROWS)
    labels = frame["source"].map(source_labels(results)).fillna(frame["source"])
    frame = frame.assign(source=labels, kb=frame["length"] / 1000)
    columns = [
        _LOCUS,
        _KB,
        Column(field="sample", title="Person"),
        Column(field="haplotype", title="Haplotype", kind="number"),
        Column(field="posterior", title="Posterior", kind="number", digits=3),
        Column(field="source", title="Source"),
        Column(field="genes", title="Genes", help="Genes that overlap the segment."),
    ]
    what = (
        f"Strongest segments: the longest of the {sure:,} with a posterior of at least {STRONG}."
        if sure
        else f"Strongest segments: those with the highest posterior; none reaches {STRONG}."
    )
    more = f" The first {_MOST_ROWS}." if max(sure, len(frame)) > _MOST_ROWS else ""
    return [
        Table(
            name="strongest",
            frame=frame,
            columns=tuple(columns if results.genes is not None else columns[:-1]),
            caption=what + more,
            search=len(frame) > 15,
        )
    ]


def _deserts(results: PeopleResults) -> list[Notes | Table]:
    if results.deserts is None:
        how = "To add deserts: archaictools predict --deserts deserts.bed, then report --deserts deserts.bed."
        return [Notes(items=(how,))]
    found = deserts(results)
    if found.empty:
        return [Notes(items=("No callable stretch without a segment is long enough to be called a desert.",))]
    frame = found.assign(mb=found["length"] / 1e6, percent=100 * found["read"])
    columns = (
        _LOCUS,
        Column(field="mb", title="Length (Mb)", kind="bar", digits=2),
        Column(field="percent", title="Read (%)", kind="number", digits=1, help="Share of its bins with data."),
        Column(field="haplotypes", title="Haplotypes", kind="number", help="Mean number of haplotypes with data."),
        Column(
            field="expected",
            title="Expected by chance",
            kind="number",
            digits=3,
            help="Stretches at least as long that chance gives in all that was read.",
        ),
    )
    note = (
        "Few haplotypes leave long stretches free by chance. Only a desert with an expected number well below 1 is "
        "unusual. The number is a rough guide: it knows neither shared segments nor recombination."
    )
    caption = "Deserts: long stretches with data in which no haplotype has a segment, the least expected first."
    return [
        Table(name="desert-table", frame=frame, columns=columns, caption=caption, search=len(frame) > 15),
        Notes(items=(note,)),
    ]
