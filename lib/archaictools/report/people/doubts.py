"""Reasons to doubt the calls themselves: their measured errors, sources without a choice, places, and small numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archaictools.haplotypes.sources import OWN
from archaictools.report.people.loci import EDGE, FEW_PEOPLE, edge_near, peaks, strongest_locus
from archaictools.report.people.match_rate import median_rate
from archaictools.report.people.shares import totals
from archaictools.report.people.wording import count, megabases, people
from archaictools.report.wording import joined, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from archaictools.report.people.results import PeopleResults

#: Fewer callable bases of a haplotype are little: less than the shortest autosome has.
LITTLE = 50_000_000

#: Lower recall of the shortest true tracts is low; so is a lower median match rate of segments named after a genome,
#: which lies between those of its own (0.69) and of other lineages (0.22) in simulated people.
LOW_RECALL, LOW_MATCH = 0.7, 0.5


def false_share(results: PeopleResults) -> Iterator[str]:
    """More false bases than the posteriors say, if the true tracts are known."""
    precision = _of_model(results, "precision_bp")
    believed = 100 * (1 - totals(results).posterior)
    if precision is not None and round(100 * (1 - precision), 1) > round(believed, 1):
        yield (
            f"The model is too sure: {100 * (1 - precision):.1f} % of the called bases are false, measured against the "
            f"true tracts. From its posteriors {believed:.1f} % are expected."
        )


def short_tracts(results: PeopleResults) -> Iterator[str]:
    """Recall of the shortest class of true tracts, beside the better HMM."""
    if results.evaluation is None:
        return
    models = results.evaluation["models"]
    recall = {name: found for name, row in models.items() if (found := _shortest_class(row)) is not None}
    own = recall.get("model")
    rivals = {name: value for name, value in recall.items() if models[name].get("kind") == "rival"}
    best = max(rivals, key=lambda name: rivals[name][1]) if rivals else None
    if own is None or (own[1] >= LOW_RECALL and (best is None or rivals[best][1] <= own[1])):
        return
    text = (
        f"Short tracts are missed: of the bases of true tracts below {own[0] / 1e3:g} kb, {100 * own[1]:.0f} % are "
        "called."
    )
    if best is not None and rivals[best][1] > own[1]:
        what = "with" if best == "hmm_archaic" else "without"
        text += f" An HMM {what} archaic genome calls {100 * rivals[best][1]:.0f} %."
    yield text


def _shortest_class(row: Mapping[str, Any]) -> tuple[int, float] | None:
    """Return the upper end in bp of the class of the shortest true tracts, and its recall; None without tracts."""
    first = next(iter(row.get("recall_by_length", ())), None)
    return None if first is None or first["recall"] is None else (int(first["to"]), float(first["recall"]))


def _of_model(results: PeopleResults, key: str) -> float | None:
    value = None if results.evaluation is None else results.evaluation["models"]["model"].get(key)
    return None if value is None or math.isnan(value) else float(value)


def one_archaic_genome(results: PeopleResults) -> Iterator[str]:
    """Only one source to choose from."""
    if len(results.archaic) == 1 and len(results.segments):
        label = results.archaic[0].label
        yield (
            f"Only one archaic genome was given, so {label} is the only archaic source that could be named. "
            "A high share of it does not exclude others. Calls and sources rest on the same alleles."
        )


def low_match(results: PeopleResults) -> Iterator[str]:
    """Segments that are named after a genome but share few of its alleles."""
    for source in results.archaic:
        own = results.segments[results.segments["source"] == source.name]
        median, counted = median_rate(own, source.name)
        if counted and median < LOW_MATCH:
            yield (
                f"Low match: segments named {source.label} share {100 * median:.0f} % of their rare alleles with it "
                f"(median of {counted:,}). In simulated people the mean was {100 * OWN[0] / sum(OWN):.0f} %."
            )


def little_sequence(results: PeopleResults) -> Iterator[str]:
    """Callable bases of a haplotype, and number of people."""
    number = len(results.haplotypes)
    bases = totals(results).callable / max(1, number)
    if 0 < bases < LITTLE:
        yield (
            f"Little sequence: {megabases(bases)} are callable per haplotype. Shares, their order and frequent places "
            "differ by chance."
        )


def few_people(results: PeopleResults) -> Iterator[str]:
    """Frequencies among few people."""
    names = {sample for sample, _ in results.haplotypes}
    if len(names) <= FEW_PEOPLE:
        yield (
            f"Only {count(len(results.haplotypes), 'haplotype')} of {people(len(names))} were read. How many share "
            "a segment tells little about a population."
        )


def near_an_edge(results: PeopleResults) -> Iterator[str]:
    """Top places where reads are often mapped wrongly; simulated chromosomes have no such ends."""
    if results.has_truth:
        return
    places = {"strongest segment": strongest_locus(results)}
    high = peaks(results)
    if len(high):
        first = high.iloc[0]
        places["most frequent place"] = str(first["chrom"]), int(first["start"]), int(first["end"])
    near: dict[str, list[str]] = {}
    for name, where in places.items():
        if where and (edge := edge_near(results, *where)):
            near.setdefault(edge, []).append(f"the {name} ({place(*where)})")
    for edge, names in near.items():
        verb = "lies" if len(names) == 1 else "lie"
        yield (
            f"Within {EDGE // 1_000_000} Mb of {edge} {verb} {joined(names)}. Reads are often mapped wrongly there, so "
            "false calls gather."
        )
