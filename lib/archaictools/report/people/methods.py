"""Section on methods of people: five sentences for a paper, filled with what was used, and references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools import __version__
from archaictools.haplotypes.segment_calls import MAX_DATA_GAP
from archaictools.report.citations import ALWAYS, genomes_cited
from archaictools.report.methods import UNKNOWN, methods_section
from archaictools.report.people.shares import shares, totals
from archaictools.report.people.unlike import unlike_fact
from archaictools.report.people.usual import published_for
from archaictools.report.people.wording import chromosomes, people
from archaictools.report.provenance import SHORT, is_pretrained, model_of
from archaictools.report.wording import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archaictools.report.blocks import Section
    from archaictools.report.people.results import PeopleResults

#: Most names of people in the text; of more, the number alone.
_MOST_NAMES = 10


def section(results: PeopleResults) -> Section:
    """Return the section."""
    return methods_section(methods(results), tuple(_gaps(results)), cited(results))


def methods(results: PeopleResults) -> tuple[str, str, str, str, str]:
    """Return five sentences in the past tense."""
    return _whom(results), _encoding(results), _model(results), _calling(results), _outcome(results)


def _whom(results: PeopleResults) -> str:
    names = list(dict.fromkeys(sample for sample, _ in results.haplotypes))
    who = people(len(names))
    if len(names) <= _MOST_NAMES:
        who += f" ({', '.join(names)})"
    genome = "" if results.build == "genome" else f" of {results.build}"
    callable_ = totals(results).callable / max(1, len(results.haplotypes)) / 1e6
    where = f"{chromosomes(list(results.lengths))}{genome}"
    return (
        f"Archaic segments were called in {who} with archaictools {_version(results)} on {where} "
        f"({callable_:,.1f} Mb callable per haplotype on average)."
    )


def _version(results: PeopleResults) -> str:
    return str((results.record or {}).get("version") or __version__)


def _encoding(results: PeopleResults) -> str:
    encoded = results.encoded
    size = UNKNOWN if encoded is None else f"{encoded.bin:,} bp"
    outgroup = f"an outgroup of {UNKNOWN} people" if encoded is None else f"an outgroup of {encoded.outgroup:,} people"
    names = [source.label for source in results.archaic]
    archaic = f" and by their state in {joined(names)}" if names else "; no archaic genome was used"
    phase = "; unphased alleles were ordered at random" if encoded and encoded.unphased else ""
    counted = f"The alleles of each haplotype were counted in bins of {size}"
    return f"{counted} by their frequency in {outgroup}{archaic}{phase}."


def _model(results: PeopleResults) -> str:
    found = model_of(results.record)
    model = f"model {UNKNOWN}"
    if found and is_pretrained(results.record):
        model = f"the pretrained model of archaictools, SHA-256 {found[1][:SHORT]}…, trained on simulated people"
    elif found:
        model = f"{found[0]}, SHA-256 {found[1][:SHORT]}…"
    refined = "" if results.archaic else "; a second network refined the scores with those of related haplotypes"
    return f"A bidirectional LSTM ({model}) gave the posterior probability of archaic origin of each bin{refined}."


def _calling(results: PeopleResults) -> str:
    parameters: Mapping[str, Any] = (results.record or {}).get("parameters", {})
    threshold = f"{parameters['threshold']:g}" if "threshold" in parameters else UNKNOWN
    shortest = f"{parameters['min_length']:,} bp" if parameters.get("min_length") is not None else UNKNOWN
    gap = parameters.get("max_gap")
    below = ""
    if gap is not None:
        below = f"neighbours were joined across up to {gap:,} bp of bins" if gap else "a bin"
        below = f", and {below} below that posterior{'' if gap else ' ended it'} (--max-gap {gap})"
    source = "; each was assigned to an archaic genome by its rare alleles" if results.archaic else ""
    return (
        f"Runs of bins with a posterior of at least {threshold} and a length of at least {shortest} were called as "
        f"segments; up to {MAX_DATA_GAP:,} bp without data did not end a run{below}{source}."
    )


def _outcome(results: PeopleResults) -> str:
    percent = shares(results)["percent"].dropna()
    count = f"{len(results.segments):,} segments were called"
    if len(percent):
        spread = f" (range {percent.min():.2f} to {percent.max():.2f} %)" if len(percent) > 1 else ""
        count += f", {percent.mean():.2f} % of the callable bases{' of a person on average' if spread else ''}{spread}"
    if unlike := unlike_fact(results):
        count += f"; posteriors were not reliable, because data were unlike the training of the model ({unlike})"
    model = ((results.evaluation or {}).get("models") or {}).get("model")
    if not model:
        return f"{count}; accuracy was not measured in these people."
    measures = ((name, model.get(key)) for name, key in (("precision", "precision_bp"), ("recall", "recall_bp")))
    known = joined([f"{name} {value:.3f}" for name, value in measures if value is not None])
    return f"{count}; against true tracts, {known or 'no measure'} of bases were measured."


def _gaps(results: PeopleResults) -> Iterator[str]:
    if results.encoded is None:
        yield "Bin length and outgroup: give haplotypes.h5 with --words."
    if results.record is None:
        yield "Model, threshold and minimum length: give the file of 'predict --record' with --record."
    nameless = [source.label for source in results.archaic if not genomes_cited([source.name, source.label])]
    if nameless:
        yield f"The publication of {joined(nameless)}: its name does not tell which genome it is."


def cited(results: PeopleResults) -> tuple[str, ...]:
    """Return the keys of the works to cite, each once."""
    keys = list(ALWAYS)
    genomes = [name for source in results.archaic for name in (source.name, source.label)]
    keys += genomes_cited(genomes)
    if is_pretrained(results.record):
        keys += ["stdpopsim", "msprime"]
    if "hmm" in ((results.evaluation or {}).get("models") or {}):
        keys.append("hmmix")
    keys += [row.citation for row in published_for(results.populations)]
    if any(len(label) == 3 and label.isupper() for label in results.populations.values()):
        keys.append("1000genomes")
    if len(results.archaic) > 1:
        keys.append("sprime")  # its plot of match rates
    if results.candidates is not None:
        keys.append("racimo")
    return tuple(dict.fromkeys([*keys, "igv"]))
