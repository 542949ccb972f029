"""Facts of the files of haplotypes of a report: one file, or one for each part of the genome."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError, shorten, shortlist
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.likeness import count_sites, unlike_training
from archaictools.haplotypes.sources import without_reference
from archaictools.haplotypes.tables import callable_runs
from archaictools.io.chromosomes import joined_lengths
from archaictools.report.people.results import Encoded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile

_PARTS = "give the files of one run, one for each chromosome or group of chromosomes"


def read_encoded(
    paths: Sequence[Path], *, regions: bool
) -> tuple[Encoded, tuple[tuple[str, int], ...], dict[str, int], pd.DataFrame | None]:
    """Read what files of haplotypes tell; each has all people, and chromosomes that no other file has.

    Parameters
    ----------
    paths
        The files.
    regions
        Whether to compute how many haplotypes have data, which reads all bins.

    Returns
    -------
    encoded
        Facts of all files together.
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    lengths
        Chromosomes with bins, name to length in bp.
    callable
        ``chrom, start, end, haplotypes``, or None.

    Raises
    ------
    InputError
        If a file cannot be understood, or if files differ in people or encoding, or have the same chromosome.
    """
    facts: list[Encoded] = []
    lengths: list[tuple[Path, dict[str, int]]] = []
    runs: list[pd.DataFrame] = []
    missing: dict[str, tuple[int, int]] = {}
    unshared: npt.NDArray[np.int64] | int = 0
    haplotypes: tuple[tuple[str, int], ...] = ()
    owner: dict[str, Path] = {}
    for path in paths:
        with open_features(path) as features:
            own = tuple(features.haplotypes)
            if facts:
                _check_same(features, facts[0], own, haplotypes, paths[0])
            for chrom in features.bins:
                if owner.setdefault(chrom, path) != path:
                    raise InputError(f"has {chrom}, as {owner[chrom]}", path=path, remedy=_PARTS)
            haplotypes = haplotypes or own
            facts.append(_facts(features))
            lengths.append((path, {chrom: features.lengths[chrom] for chrom in features.bins}))
            for sample, (lost, typed) in features.missing_counts().items():
                before = missing.get(sample, (0, 0))
                missing[sample] = before[0] + lost, before[1] + typed
            unshared = unshared + sum(features.unshared(chrom) for chrom in features.bins)
            if regions:
                runs.append(_callable_of(features))
    archaic = facts[0].archaic
    lacking = without_reference(np.asarray(unshared))
    encoded = Encoded(
        outgroup=facts[0].outgroup,
        archaic=archaic,
        sites=sum(each.sites for each in facts),
        missing={sample: lost / typed if typed else math.nan for sample, (lost, typed) in missing.items()},
        unphased=any(each.unphased for each in facts),
        reference_calls={name: not without for name, without in zip(archaic, lacking.tolist(), strict=True)},
        bin=facts[0].bin,
        labelled=all(each.labelled for each in facts),
        unlike_training={chrom: off for each in facts for chrom, off in each.unlike_training.items()},
        provenance=facts[0].provenance,
        others=tuple(each.provenance for each in facts[1:]),
    )
    return encoded, haplotypes, joined_lengths(lengths), pd.concat(runs, ignore_index=True) if runs else None


def _facts(features: FeatureFile) -> Encoded:
    """Return the facts of one file but for its missing genotypes and REF calls."""
    parameters = features.provenance.get("parameters", {})
    return Encoded(
        outgroup=features.encoding.outgroup,
        archaic=features.encoding.archaic,
        sites=sum(int(features.shared(chrom, "typed").sum(dtype=np.int64)) for chrom in features.bins),
        missing={},
        unphased=parameters.get("unphased", "refuse") != "refuse",
        reference_calls={},
        bin=features.encoding.bin,
        labelled=features.labelled,
        unlike_training=unlike_training(
            {chrom: count_sites(features, chrom) for chrom in features.bins}, features.encoding
        ),
        provenance=features.provenance,
    )


def _check_same(
    features: FeatureFile,
    first: Encoded,
    own: tuple[tuple[str, int], ...],
    haplotypes: tuple[tuple[str, int], ...],
    path: Path,
) -> None:
    """Refuse a file of other people, or of another encoding, than the first file."""
    if own != haplotypes:
        differ = sorted({shorten(sample) for sample, _ in set(own) ^ set(haplotypes)})
        problem = f"has other people than {path} ({shortlist(differ)})" if differ else f"has another order than {path}"
        raise InputError(problem, path=features.path, remedy=_PARTS)
    encoding = features.encoding
    for what, one, other in (
        ("bins of {} bp", encoding.bin, first.bin),
        ("an outgroup of {}", encoding.outgroup, first.outgroup),
        ("the archaic genomes {}", ", ".join(encoding.archaic) or "none", ", ".join(first.archaic) or "none"),
    ):
        if one != other:
            raise InputError(
                f"has {what.format(one)}, but {path} has {what.format(other)}", path=features.path, remedy=_PARTS
            )


def _callable_of(features: FeatureFile) -> pd.DataFrame:
    """Return how many haplotypes have data, computed from a file of haplotypes."""
    return callable_runs(
        {
            chrom: (
                features.edges(chrom),
                np.sum([features.read(chrom, rows).sum(axis=0) for rows in features.groups], axis=0, dtype=np.int64),
            )
            for chrom in features.bins
        }
    )
