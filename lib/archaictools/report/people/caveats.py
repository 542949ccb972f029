"""What the reader of a report of people must mistrust: each warning states what, how much, and what it means."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import shortlist
from archaictools.haplotypes.likeness import describe
from archaictools.haplotypes.missing_calls import MAX_MISSING
from archaictools.io.builds import UNKNOWN
from archaictools.io.chromosomes import bare
from archaictools.report.people.doubts import (
    false_share,
    few_people,
    little_sequence,
    low_match,
    near_an_edge,
    one_archaic_genome,
    short_tracts,
)
from archaictools.report.people.reference_calls import missing_archaic_calls
from archaictools.report.people.shares import shares, weights
from archaictools.report.people.unexpected import unexpected
from archaictools.report.people.unlike import chromosomes_unlike, unlike_sentence
from archaictools.report.people.wording import chromosomes, count, people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from archaictools.report.people.results import PeopleResults

#: An outgroup of fewer people is small. The measured loss is for five people.
SMALL_OUTGROUP = 20

#: Fewer sites per kb of callable sequence are few: genotyping arrays have less than 1, sequenced genomes more.
FEW_SITES = 1.0

#: Fewer segments in all are few: their number varies by more than a fifth by chance alone (one over its root).
FEW_SEGMENTS = 20

#: A person is far from the others beyond this many robust standard deviations (Iglewicz and Hoaglin 1993).
FAR = 3.5

#: Fewest people among whom one can be far from the others.
FEWEST_TO_COMPARE = 5

#: A chromosome with callable bases on less than this share of its length is only partly given. Chromosome 22, whose
#: short arm is not sequenced, has 0.68.
PARTLY = 0.5

AUTOSOMES = 22

#: Largest number of warnings in the box; further ones follow in a list.
MOST = 8

#: Differences in percent below this are rounding.
_TINY = 1e-9


def caveats(results: PeopleResults) -> tuple[str, ...]:
    """Return the warnings that apply, the most important first; each has one to four sentences."""
    return tuple(text for check in CHECKS for text in check(results))


def not_checked(results: PeopleResults) -> Iterator[str]:
    """Causes of mistrust that only haplotypes.h5 tells."""
    if results.encoded is None:
        yield (
            "Not checked: outgroup, archaic genotypes, phase, number of sites and missing genotypes. "
            "To have them checked, give haplotypes.h5 with --words."
        )


def no_summary(results: PeopleResults) -> Iterator[str]:
    """People whose callable bases are unknown, so that a share cannot be computed."""
    if len(results.people) and results.people["callable"].isna().all():
        yield "The callable bases of each person are not known, so shares are NA. Give people.tsv with --summary."


def small_outgroup(results: PeopleResults) -> Iterator[str]:
    """Accuracy with an outgroup of five, see docs/accuracy.md, 'Imperfect data'."""
    encoded = results.encoded
    if encoded and encoded.outgroup < SMALL_OUTGROUP:
        loss = "from 0.95, 0.91 and 0.98 to 0.91, 0.82 and 0.97"
        if not encoded.archaic:
            loss = "from 0.82, 0.79 and 0.91 to 0.66, 0.61 and 0.67"
        yield (
            f"Small outgroup: {people(encoded.outgroup)}, where {SMALL_OUTGROUP} or more are better. Modern alleles "
            f"that a small outgroup lacks look archaic. With 5 people, F1 fell {loss} in three simulations."
        )


def no_archaic_genome(results: PeopleResults) -> Iterator[str]:
    """Accuracy without an archaic genome, see docs/accuracy.md, 'Imperfect data'."""
    if not results.archaic:
        yield (
            "No archaic genome was given, so no segment has a source. Fewer segments are found: F1 fell from 0.95, "
            "0.91 and 0.98 to 0.82, 0.79 and 0.91 in three simulations."
        )


def only_differences(results: PeopleResults) -> Iterator[str]:
    """Archaic genomes without REF calls; the loss on ten Europeans is in docs/accuracy.md, 'Ten Europeans'."""
    text = missing_archaic_calls(results) if results.encoded else None
    if text and "read as REF" in text:
        text += " In ten Europeans F1 fell from 0.72 to 0.45 that way."
    if text:
        yield text


def unphased(results: PeopleResults) -> Iterator[str]:
    """Random phase breaks segments; how much that costs was not measured."""
    if results.encoded and results.encoded.unphased:
        yield (
            "Genotypes without phase were accepted, and their alleles given a random order (--unphased random). "
            "Segments are then broken, too short, or on the wrong haplotype. The loss was not measured."
        )


def few_sites(results: PeopleResults) -> Iterator[str]:
    """Sites per callable kb."""
    regions = results.callable[results.callable["haplotypes"] > 0]
    kb = float((regions["end"] - regions["start"]).sum()) / 1e3
    if results.encoded and kb and results.encoded.sites / kb < FEW_SITES:
        yield (
            f"Few sites: {results.encoded.sites / kb:.2g} per kb of callable sequence. Sequenced genomes have more "
            f"than {FEW_SITES:g}, genotyping arrays fewer. Archaic alleles are missed, and short segments most of all."
        )


def unlike_training(results: PeopleResults) -> Iterator[str]:
    """Chromosomes whose diversity or private alleles are outside of the range of the training."""
    found = chromosomes_unlike(results)
    if found:
        text = describe(found)
        yield f"{text[0].upper()}{text[1:]}."
    elif sentence := unlike_sentence(results):
        yield f"{sentence} Little archaic sequence does not mean none."


def missing_genotypes(results: PeopleResults) -> Iterator[str]:
    """People that lack many genotypes; the loss is in docs/accuracy.md, 'Missing calls'."""
    missing = results.encoded.missing if results.encoded else {}
    many = {name: share for name, share in missing.items() if share > MAX_MISSING}
    if not many:
        return
    worst = sorted(many, key=lambda name: -many[name])
    shown = shortlist([f"{name} ({100 * many[name]:.0f} %)" for name in worst])
    fell = "0.95 to 0.91" if results.archaic else "0.82 to 0.37"
    verb = "lacks" if len(many) == 1 else "lack"
    yield (
        f"{people(len(many))} {verb} more than {100 * MAX_MISSING:.0f} % of the genotypes: {shown}. Segments are "
        f"missed there. With half of them missing, F1 fell from {fell} in a simulation."
    )


def not_read(results: PeopleResults) -> Iterator[str]:
    """People, haplotypes and chromosomes without data."""
    table = results.people
    without = table.loc[(table["callable"] == 0).fillna(False).astype(bool), "sample"].astype(str).tolist()  # noqa: FBT003
    if without:
        yield (
            f"Not read, since there are no data: {shortlist(without)}. Shares of {people(len(without))} are NA, not 0."
        )
    listed = Counter(name for name, _ in results.haplotypes)
    number = dict(zip(table["sample"].astype(str), table["haplotypes"], strict=True))
    fewer = [name for name, sides in listed.items() if name not in without and number.get(name, sides) < sides]
    if fewer:
        yield (
            f"Only one haplotype has data in {shortlist(fewer)}. That is right for a haploid chromosome, such as X in "
            "men; else genotypes are missing."
        )
    read = set(results.callable.loc[results.callable["haplotypes"] > 0, "chrom"])
    empty = [chrom for chrom in results.lengths if chrom not in read]
    if empty:
        yield f"No base is callable on {shortlist(empty)}. No segment there does not mean no archaic DNA there."


def not_a_genome(results: PeopleResults) -> Iterator[str]:
    """Chromosomes that are missing, or only partly there."""
    found = {bare(chrom) for chrom in results.lengths}
    autosomes = {str(number) for number in range(1, AUTOSOMES + 1)} & found
    if results.build != UNKNOWN and len(autosomes) < AUTOSOMES:
        verb = "is" if len(results.lengths) == 1 else "are"
        yield (
            f"Only {chromosomes(list(results.lengths))} {verb} given: {len(autosomes)} of {AUTOSOMES} autosomes. "
            "A part is not a genome: archaic shares of single chromosomes differ more between people."
        )
    elif results.build == UNKNOWN and len(results.lengths) == 1:
        yield (
            f"Only {chromosomes(list(results.lengths))} is given. One chromosome is not a genome: its archaic share "
            "differs more between people."
        )
    regions = results.callable[results.callable["haplotypes"] > 0]
    bases = (regions["end"] - regions["start"]).groupby(regions["chrom"]).sum()
    parts = {chrom: bases.get(chrom, 0) / length for chrom, length in results.lengths.items() if length}
    partly = [f"{chrom} ({100 * part:.0f} %)" for chrom, part in parts.items() if 0 < part < PARTLY]
    if partly:
        yield f"Less than half of a chromosome is callable: {shortlist(partly)}. Shares are those of the callable part."


def far_from_others(results: PeopleResults) -> Iterator[str]:
    """Outliers of archaic share within a population, or among all people without populations."""
    table = shares(results)
    table = table[table["percent"].notna()]
    for population, rows in table.groupby("population", sort=False):
        if len(rows) < FEWEST_TO_COMPARE:
            continue
        percent = rows["percent"].to_numpy()
        distance = robust_distance(percent)
        far = sorted(np.flatnonzero(np.abs(distance) > FAR), key=lambda place: -abs(distance[place]))
        if not far:
            continue
        shown = [
            f"{rows['sample'].iloc[place]} ({percent[place]:.2f} %, {'above' if distance[place] > 0 else 'below'})"
            for place in far
        ]
        group = f" of {population!s}" if population else ""
        verb = "is" if len(far) == 1 else "are"
        yield (
            f"Far from the others {verb} {shortlist(shown)}. The median of {people(len(rows))}{group} is "
            f"{np.median(percent):.2f} % archaic. Check the data, contamination and the population of who is far."
        )


def robust_distance(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return distances from the median in robust standard deviations.

    The standard deviation is 1.4826 times the median absolute deviation (MAD). If more than half of the values are
    equal, it is 1.2533 times the mean absolute deviation. See Iglewicz and Hoaglin (1993).

    Examples
    --------
    >>> robust_distance(np.array([1.0, 2.0, 3.0, 4.0, 10.0])).round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 4.72]
    """
    away = values - np.median(values)
    scale = 1.4826 * float(np.median(np.abs(away))) or 1.2533 * float(np.mean(np.abs(away)))
    return away / scale if scale > _TINY else np.zeros(len(values))


def seen_in_training(results: PeopleResults) -> Iterator[str]:
    """Segments in regions of these people that the model was trained on."""
    if "seen" not in results.segments:
        return
    seen = results.segments["seen"].astype(int) == 1
    if seen.any():
        bases = weights(results.segments)
        share = 100 * bases[seen].sum() / max(1, bases.sum())
        yield (
            f"{int(seen.sum()):,} segments ({share:.1f} % of the called bases) lie where the model was trained on "
            "these people. Their posteriors are too high, and do not count as evidence."
        )


def not_calibrated(results: PeopleResults) -> Iterator[str]:
    """Without truth the accuracy is unknown; precision on ten Europeans is in docs/accuracy.md, 'Ten Europeans'."""
    if results.evaluation is None and len(results.segments):
        yield (
            "Posteriors are calibrated in simulated people, not in these. In ten real Europeans (outgroup of 5), 58 % "
            "of the called bases agreed with published maps. Of segments of 0.9 or more it was 69 %."
        )


def few_segments(results: PeopleResults) -> Iterator[str]:
    """Numbers of segments that chance alone changes much."""
    number = len(results.segments)
    if 0 < number < FEW_SEGMENTS:
        yield (
            f"Only {count(number, 'segment')} in all. By chance alone this number would differ by about "
            f"{100 / math.sqrt(number):.0f} %, so shares and lengths are rough."
        )


#: Each yields the warnings of one cause, the most important first.
CHECKS: tuple[Callable[[PeopleResults], Iterator[str]], ...] = (
    no_summary,
    unlike_training,
    seen_in_training,
    false_share,
    not_calibrated,
    small_outgroup,
    no_archaic_genome,
    one_archaic_genome,
    near_an_edge,
    unphased,
    missing_genotypes,
    few_sites,
    only_differences,
    low_match,
    unexpected,
    few_people,
    few_segments,
    little_sequence,
    not_a_genome,
    not_read,
    far_from_others,
    short_tracts,
    not_checked,
)
