"""Read the results of people for a report, and check that they belong together."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError, UsageError, shorten
from archaictools.haplotypes.callable_file import callable_file_of, read_callable_counts
from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.people_file import LENGTH, SUMMARY_COLUMNS, populations_of_samples, read_people
from archaictools.haplotypes.segment_file import archaic_of, read_segments
from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED
from archaictools.io.bed import COLUMNS as BED
from archaictools.io.bed import read_bed
from archaictools.io.bigwig_reader import open_bigwig
from archaictools.io.builds import build_of
from archaictools.io.summary import Summary
from archaictools.io.tables import (
    COORDINATE,
    COUNT_OR_NA,
    PROBABILITY_OR_NA,
    Columns,
    check_intervals,
    read_header,
    read_table,
)
from archaictools.report.files import digests, read_record
from archaictools.report.people import checks
from archaictools.report.people.documents import read_evaluation
from archaictools.report.people.encoded import read_encoded
from archaictools.report.people.results import PeopleResults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.report.people.results import Encoded

#: Columns of ``genes`` for people.
GENE_COLUMNS: Columns = {
    "gene": str,
    "chrom": str,
    "start": COORDINATE,
    "end": COORDINATE,
    "strand": str,
    "haplotypes": COUNT_OR_NA,
    "people": COUNT_OR_NA,
    "mean": PROBABILITY_OR_NA,
    "max": PROBABILITY_OR_NA,
    "fraction": PROBABILITY_OR_NA,
    "sources": str,
    "read": PROBABILITY_OR_NA,
}

#: Columns of ``candidates``.
CANDIDATE_COLUMNS: Columns = {
    "chrom": str,
    "start": COORDINATE,
    "end": COORDINATE,
    "source": str,
    "archaic_sites": COUNT_OR_NA,
    "U": COUNT_OR_NA,
    "Q95": PROBABILITY_OR_NA,
    "segment_frequency": PROBABILITY_OR_NA,
    "segment_population": str,
    "rank": COUNT_OR_NA,
    "candidate": COUNT_OR_NA,
    "locus": str,
}

log = logging.getLogger("archaictools")

_GENES_AGAIN = "give the table that 'archaictools genes' made of these segments"


@dataclass(frozen=True, kw_only=True)
class PeopleFiles:
    """Files of one call of people; the options of ``report`` have the same names.

    Attributes
    ----------
    segments
        ``predict --segments``; the only one that a report needs, with the callable regions in the same folder.
    words
        haplotypes.h5: one file, or one for each part of the genome.
    summary, deserts, callable, bigwig
        The other outputs of ``predict``.
    record
        ``predict --record`` of each part.
    genes, candidates, evaluation
        Outputs of ``genes``, of ``candidates`` and of ``evaluate --metrics``.
    populations
        TSV with columns ``sample`` and ``population`` (or ``pop``).
    labels
        Label of an archaic genome by its name.
    """

    segments: Path
    words: tuple[Path, ...] = ()
    summary: Path | None = None
    deserts: Path | None = None
    callable: Path | None = None
    bigwig: Path | None = None
    record: tuple[Path, ...] = ()
    genes: Path | None = None
    candidates: Path | None = None
    evaluation: Path | None = None
    populations: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_people(self) -> Path:
        """File that names the people, for messages."""
        return self.words[0] if self.words else self.summary or self.segments


def load_people_results(files: PeopleFiles) -> PeopleResults:
    """Return the results of people.

    Raises
    ------
    InputError
        If a file cannot be understood, or if files do not belong together; it names both.
    """
    segments = read_segments(files.segments)
    if files.words:
        encoded, haplotypes, lengths, regions = read_encoded(files.words, regions=callable_path(files) is None)
    else:
        encoded, regions, lengths = None, None, _track_lengths(files.bigwig)
        haplotypes = _haplotypes_without_words(files, segments)
    archaic = archaic_of(read_header(files.segments))
    _check_evidence(files, archaic, encoded)
    found = _read_callable(files, len(haplotypes)) if regions is None else regions
    with_data = set(found["chrom"]) | set(segments["chrom"])
    lengths = {chrom: length for chrom, length in (lengths or _reach(found, segments)).items() if chrom in with_data}
    records = tuple(map(read_record, files.record))
    people = _people(files, segments, archaic, haplotypes)
    results = PeopleResults(
        lengths=lengths,
        build=build_of(lengths),
        segments=segments,
        haplotypes=haplotypes,
        sources=sources_of(archaic, _known_labels(files.labels, archaic)),
        people=people,
        callable=found,
        deserts=_read_deserts(files.deserts) if files.deserts else None,
        genes=read_gene_table(files.genes) if files.genes else None,
        candidates=read_candidates(files.candidates) if files.candidates else None,
        tracks=files.bigwig,
        evaluation=read_evaluation(files.evaluation) if files.evaluation else None,
        populations=populations_of_samples(files.populations, people["sample"], files.of_people)
        if files.populations
        else {},
        encoded=encoded,
        record=records[0] if records else None,
        other_records=records[1:],
        files=digests(files),
    )
    checks.check_together(results, files)
    return results


def _check_evidence(files: PeopleFiles, archaic: tuple[str, ...], encoded: Encoded | None) -> None:
    """Refuse a table of segments without sources, or without the evidence for an archaic genome."""
    again = "give the table that 'predict --segments' wrote, with all its columns"
    if "source" not in read_header(files.segments):
        raise InputError("has no column source", path=files.segments, line=1, remedy=again)
    named = encoded.archaic if encoded else archaic
    if set(named) != set(archaic):
        raise InputError(
            f"has evidence for {', '.join(archaic) or 'no archaic genome'}, but {files.words[0]} has "
            f"{', '.join(named) or 'no archaic genome'}",
            path=files.segments,
            line=1,
            remedy=again,
        )


def callable_path(files: PeopleFiles) -> Path | None:
    """Return the file of callable regions: the named one, or that in the folder of the segments; None without."""
    beside = callable_file_of(files.segments)
    return files.callable or (beside if beside.is_file() else None)


def _read_callable(files: PeopleFiles, haplotypes: int) -> pd.DataFrame:
    path = callable_path(files)
    if path is None:
        raise InputError(
            "the callable regions of these segments are not known",
            path=files.segments,
            remedy="name them with --callable (predict --segments x.tsv writes x.callable.bed), or name --words",
        )
    found = read_callable_counts(path, haplotypes=haplotypes, tally=Summary())
    most = int(found["haplotypes"].max()) if len(found) else 0
    if most > haplotypes:
        raise InputError(
            f"counts {most:,} haplotypes with data, but {files.of_people} names {haplotypes:,}",
            path=path,
            remedy="give the outputs of one run"
            if files.words or files.summary
            else "name the table of all people with --summary, or --words, since some have no segment",
        )
    return found


def _haplotypes_without_words(files: PeopleFiles, segments: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    """Return the haplotypes from the summary of people; without one, both of each sample with a segment."""
    if files.summary:
        numbers = read_people(files.summary)["haplotypes"].astype(int)
        return tuple((str(name), side) for name, number in numbers.items() for side in range(1, number + 1))
    return tuple((name, side) for name in sorted(segments["sample"].unique()) for side in (1, 2))


def _track_lengths(folder: Path | None) -> dict[str, int]:
    if folder is None:
        return {}
    path = folder / "share.bw"
    if not path.is_file():
        raise UsageError(
            "holds no share.bw, expected the folder that predict --bigwig wrote", path=folder, remedy="name that folder"
        )
    with open_bigwig(path) as track:
        return dict(track.lengths)


def _reach(regions: pd.DataFrame, segments: pd.DataFrame) -> dict[str, int]:
    """Return how far data reach on each chromosome in bp, in place of unknown lengths."""
    both = pd.concat([regions[["chrom", "end"]], segments[["chrom", "end"]]])
    return {str(chrom): int(end) for chrom, end in both.groupby("chrom", sort=False)["end"].max().items()}


def _people(
    files: PeopleFiles, segments: pd.DataFrame, archaic: tuple[str, ...], haplotypes: tuple[tuple[str, int], ...]
) -> pd.DataFrame:
    """Return the summary of people, in the order of the haplotypes; without one, what the segments tell."""
    if files.summary:
        table = read_people(files.summary)
        if LENGTH not in table:
            table[LENGTH] = (table["mean_length"] * table["segments"]).round()
        numbers = {name: "Float64" if name in {"percent", "mean_length"} else "Int64" for name in map(str, table)}
        return table.astype(numbers).reset_index()
    length = (segments["end"] - segments["start"]).groupby(segments["sample"])
    names = list(dict.fromkeys(name for name, _ in haplotypes))
    table = pd.DataFrame({"sample": names})
    for name in SUMMARY_COLUMNS:
        table[name] = pd.NA
    table["haplotypes"] = pd.Series([sum(name == one for one, _ in haplotypes) for name in names])
    of_sample = table["sample"].map
    table["segments"] = of_sample(length.size()).fillna(0).astype("Int64")
    table["mean_length"] = of_sample(length.mean()).astype("Float64")
    table["longest"] = of_sample(length.max()).fillna(0).astype("Int64")
    table[LENGTH] = of_sample(length.sum()).fillna(0).astype("Int64")
    kinds = {"callable": "Int64", "introgressed": "Int64", "percent": "Float64"}
    return table.astype(kinds | {f"{name}_bases": "Int64" for name in archaic if f"{name}_bases" in table})


def _read_deserts(path: Path) -> pd.DataFrame:
    if not path.stat().st_size:
        return pd.DataFrame(columns=list(BED))
    return read_bed(path)[list(BED)].reset_index(drop=True)


def read_gene_table(path: Path) -> pd.DataFrame:
    """Return the table that ``genes`` makes of segments; ``NA`` is NaN."""
    header = read_header(path)
    if "windows" in header and "haplotypes" not in header:
        raise InputError("is a table of genes of k-mers, expected one of people", path=path, remedy=_GENES_AGAIN)
    table = pd.concat(list(read_table(path, GENE_COLUMNS)))
    check_intervals(table, path)
    return table.reset_index(drop=True)


def read_candidates(path: Path) -> pd.DataFrame:
    """Return the table of ``candidates``; ``NA`` is NaN, but in texts."""
    table = pd.concat(list(read_table(path, CANDIDATE_COLUMNS)))
    check_intervals(table, path)
    return table.reset_index(drop=True)


def _known_labels(labels: Mapping[str, str], archaic: tuple[str, ...]) -> Mapping[str, str]:
    unknown = [name for name in labels if name not in archaic]
    if unknown:
        raise UsageError(
            f"--label names {unknown[0]!r}, which is no archaic genome of these results "
            f"({', '.join(archaic) if archaic else 'they have none'})"
        )
    taken: dict[str, str] = {name: name for name in (AMBIGUOUS, UNMATCHED)}
    for name in archaic:
        label = labels.get(name, name)
        if label in taken:
            raise UsageError(
                f"--label gives {shorten(name)} the label {label!r}, which {shorten(taken[label])} has",
                remedy="give each source its own label",
            )
        taken[label] = name
    return labels
