"""Tables of loci: the most frequent and the strongest segments, and deserts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import shortlist
from archaictools.intervals import IntervalSet, end_to_end, overlapping_pairs
from archaictools.report.people.along import bounds, share_along
from archaictools.report.people.results import once
from archaictools.report.people.wording import chromosomes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from archaictools.report.people.results import PeopleResults

    Int = npt.NDArray[np.int64]

#: Peaks are the part of the bases read with the highest share; at least so many haplotypes carry a segment there.
PEAK_PART, LEAST_CARRIERS = 0.01, 2

#: Peaks are merged across gaps up to so many bp.
PEAK_GAP = 10_000

#: Minimum posterior of the strongest segments.
STRONG = 0.9

#: Up to so many people do not describe a population.
FEW_PEOPLE = 4

#: Distance in bp from an end of a chromosome, or from a gap in the callable bases of at least that length, within which
#: reads are often mapped wrongly.
EDGE = 1_000_000

#: Genes that a row of a table names.
_MOST_GENES = 8


def peak_share(share: pd.DataFrame) -> float | None:
    """Return the share of haplotypes from which on a stretch is a peak, or None without a shared segment.

    Parameters
    ----------
    share
        See :func:`archaictools.report.people.along.share_along`.

    Returns
    -------
    float
        The lowest share that at most :data:`PEAK_PART` of the bases read reach, or the highest share if more bases
        reach it. Pieces with fewer than :data:`LEAST_CARRIERS` carriers do not count.
    """
    shared = share[share["carriers"] >= LEAST_CARRIERS]
    if shared.empty:
        return None
    bases = (shared["end"] - shared["start"]).groupby(shared["share"]).sum().sort_index(ascending=False)
    whole = int((share["end"] - share["start"]).sum())
    reached = bases.cumsum()
    kept = reached[reached <= PEAK_PART * whole]
    return float(kept.index[-1] if len(kept) else bases.index[0])


@once
def peaks(results: PeopleResults) -> pd.DataFrame:
    """Return the stretches that most haplotypes share, the highest first.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end`` of stretches whose share reaches :func:`peak_share`, merged across :data:`PEAK_GAP`;
        ``share`` and ``carriers``, at their highest; ``top_start`` and ``top_end`` of that piece; then of the segments
        that overlap the stretch: ``haplotypes``, ``people``, ``posterior`` (mean) and ``sources``; and ``genes``.
    """
    share = share_along(results)
    least = peak_share(share)
    high = share[(share["share"] >= (least or 2)) & (share["carriers"] >= LEAST_CARRIERS)]
    new = (high["chrom"] != high["chrom"].shift()) | (high["start"] - high["end"].shift() > PEAK_GAP)
    group = new.cumsum()
    top = high.assign(group=group, bases=high["end"] - high["start"])
    top = top.sort_values(["group", "share", "bases"], ascending=[True, False, False], kind="stable")
    top = top.drop_duplicates("group").set_index("group")
    found = pd.DataFrame(
        {
            "chrom": top["chrom"],
            "start": high["start"].groupby(group).min(),
            "end": high["end"].groupby(group).max(),
            "share": top["share"],
            "carriers": top["carriers"],
            "top_start": top["start"],
            "top_end": top["end"],
        }
    ).reset_index(drop=True)
    found = found.join(_carried(results, found)).assign(genes=genes_in(results, found))
    found = found.assign(length=found["end"] - found["start"])
    found = found.sort_values(["share", "length"], ascending=False, kind="stable").reset_index(drop=True)
    return found


def _carried(results: PeopleResults, loci: pd.DataFrame) -> pd.DataFrame:
    """Return ``haplotypes, people, posterior, sources`` of the segments that overlap each locus."""
    segments = results.segments
    locus, row = _pairs(loci, segments)
    columns = {name: segments[name].to_numpy()[row] for name in ("sample", "haplotype", "posterior", "source")}
    pairs = pd.DataFrame({"locus": locus, **columns})
    groups = pairs.groupby("locus")
    labels = source_labels(results)
    table = pd.DataFrame(
        {
            "haplotypes": pairs.drop_duplicates(["locus", "sample", "haplotype"]).groupby("locus").size(),
            "people": groups["sample"].nunique(),
            "posterior": groups["posterior"].mean(),
            "sources": groups["source"].agg(lambda names: count_of_sources(names.value_counts(), labels)),
        }
    )
    return table.reindex(range(len(loci)))


def strongest(results: PeopleResults, most: int | None = None) -> pd.DataFrame:
    """Return the longest segments with a posterior of at least :data:`STRONG`, the longest first.

    If there is none, segments come by posterior, then by length.

    Returns
    -------
    pandas.DataFrame
        Rows of the segments, with ``length`` in bp and ``genes``.
    """
    segments = results.segments
    segments = segments.assign(length=(segments["end"] - segments["start"]).astype(np.int64))
    sure = segments[segments["posterior"] >= STRONG]
    order = ["length", "posterior"] if len(sure) else ["posterior", "length"]
    found = (sure if len(sure) else segments).sort_values(order, ascending=False, kind="stable")
    found = found.head(len(found) if most is None else most).reset_index(drop=True)
    return found.assign(genes=genes_in(results, found))


def meaning_of_strongest(results: PeopleResults) -> str:
    """Return what the strongest segment is, for it is not that with the highest posterior unless all are doubtful."""
    if (results.segments["posterior"] >= STRONG).any():
        return f"the longest with a posterior of {STRONG:g} or more"
    return f"that with the highest posterior, since none reaches {STRONG:g}"


def edge_near(results: PeopleResults, chrom: str, start: int, end: int) -> str | None:
    """Return what lies within :data:`EDGE` of a place: an end of its chromosome, or a long gap in callable bases."""
    if start < EDGE or end > results.lengths[chrom] - EDGE:
        return f"an end of {chromosomes([chrom])}"
    known = results.callable[(results.callable["chrom"] == chrom) & (results.callable["haplotypes"] > 0)]
    gaps = IntervalSet.merged(*bounds(known)).gaps(results.lengths[chrom])
    near = (gaps.start < end + EDGE) & (gaps.end > start - EDGE) & (gaps.end - gaps.start >= EDGE)
    return (
        f"a gap of at least {EDGE // 1_000_000} Mb in the callable bases of {chromosomes([chrom])}"
        if near.any()
        else None
    )


def strongest_locus(results: PeopleResults) -> tuple[str, int, int] | None:
    """Return chromosome, start and end of the strongest segment, or None without a segment."""
    first = strongest(results, 1)
    return (str(first["chrom"][0]), int(first["start"][0]), int(first["end"][0])) if len(first) else None


def genes_in(results: PeopleResults, loci: pd.DataFrame, most: int = _MOST_GENES) -> list[str]:
    """Return the names of the genes that overlap each locus, by position, at most ``most``; empty without genes."""
    if results.genes is None:
        return [""] * len(loci)
    locus, row = _pairs(loci, results.genes)
    order = np.lexsort((row, locus))
    names: dict[int, list[str]] = {}
    gene = results.genes["gene"].astype(str).to_numpy()
    for number, name in zip(locus[order].tolist(), gene[row[order]].tolist(), strict=True):
        names.setdefault(number, []).append(name)
    return [shortlist(dict.fromkeys(names.get(number, [])), limit=most) for number in range(len(loci))]


def _pairs(loci: pd.DataFrame, others: pd.DataFrame) -> tuple[Int, Int]:
    """Return the numbers of the pairs of a locus and a row of another table that share a base."""
    names = pd.Index(pd.unique(pd.concat([loci["chrom"], others["chrom"]]).astype(str)))
    longest = int(max(loci["end"].max() if len(loci) else 0, others["end"].max() if len(others) else 0))
    one, two = (
        end_to_end(names.get_indexer(frame["chrom"].astype(str)), *bounds(frame), longest=longest)
        for frame in (loci, others)
    )
    return overlapping_pairs(*one, *two)


def source_labels(results: PeopleResults) -> dict[str, str]:
    """Return the label of each source by its name; where sources share a label, the name follows it in brackets."""
    count = Counter(source.label for source in results.sources)
    return {
        each.name: f"{each.label} ({each.name})" if count[each.label] > 1 else each.label for each in results.sources
    }


def count_of_sources(counts: pd.Series[int] | Mapping[str, int], labels: Mapping[str, str]) -> str:
    """Return numbers of segments by source as text, the most frequent first.

    Examples
    --------
    >>> count_of_sources({"ARC": 1, "ambiguous": 3}, {"ARC": "Neanderthal"})
    'ambiguous 3, Neanderthal 1'
    """
    order = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
    return ", ".join(f"{labels.get(str(name), str(name))} {count}" for name, count in order)


def deserts(results: PeopleResults) -> pd.DataFrame:
    """Return the deserts, the least expected first.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, length``, ``read`` (share of its bins with data), ``haplotypes`` (mean number with data)
        and ``expected`` (number of stretches as long that are expected by chance); NA where the name does not tell.
    """
    frame = results.deserts
    if frame is None:
        frame = pd.DataFrame(columns=["chrom", "start", "end", "name", "score"])
    told = frame["name"].astype(str).str
    start, end = bounds(frame)
    found = pd.DataFrame(
        {
            "chrom": frame["chrom"],
            "start": start,
            "end": end,
            "length": end - start,
            "read": pd.to_numeric(frame["score"], errors="coerce").astype(float) / 1000,
            "haplotypes": pd.to_numeric(told.extract(r";haplotypes=(\d+)", expand=False)).astype(float),
            "expected": pd.to_numeric(told.extract(r";expected=([0-9.e+-]+)", expand=False), errors="coerce").astype(
                float
            ),
        }
    )
    return found.sort_values(["expected", "length"], ascending=[True, False], kind="stable").reset_index(drop=True)
