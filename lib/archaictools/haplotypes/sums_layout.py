"""Layout of a file of sums, sums.h5: what ``predict`` knows of some people on some chromosomes, for ``merge``.

It contains whole numbers only, but for posteriors of segments. So sums over parts of a run are those of the whole run.

Layout (schema version 2)::

    attributes  format ("archaictools sums"), schema_version,
                parameters (JSON: those of the file of haplotypes: bin, archaic, outgroup, patterns),
                calling (JSON: threshold, min_length, max_gap, desert_length, model: SHA-256 of the model's contents),
                provenance (JSON)
    chromosomes/ name, length in bp; a chromosome that was not read has no bins below
    haplotypes/  sample, haplotype (int8: 1 or 2)
    bins/N/      N is the chromosome's number, from 0:
        callable   int64 (bins): haplotypes with data
        carriers   int64 (bins): haplotypes with data and a segment
        total      int64 (bins): sum of the posteriors of haplotypes with data, in thousandths
        covered    uint8 (bins): 1 where a haplotype has a segment
        bases      int64 (haplotypes): callable bases of each haplotype; -1 if it does not exist on the chromosome
        unshared   int64 (archaic samples, 2): as in the file of haplotypes
        outside    int64 (haplotypes, archaic samples, 3): rare alleles of each haplotype outside of its segments, as
                   matches in the file of haplotypes
        sites      int64 (4): variable sites of the outgroup, callable bases, private alleles, and the callable bases in
                   which these were counted, see archaictools.haplotypes.likeness; all -1 if the model is not the
                   pretrained one
        segments/  start, end (int64), row (uint32: haplotype), posterior (float64), seen (uint8), callable (int64), by
                   start, end, sample and haplotype; matches (int64: archaic samples, 3) and pairs (int64: ordered pairs
                   of archaic samples, 2), see archaictools.haplotypes.sources.weigh
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from archaictools.errors import InputError
from archaictools.io.schema import MOST_JSON, TEXT, Data, Table, check_digests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.haplotypes.encoding import HaplotypeEncoding

#: Kind of the file, its attribute ``format``.
KIND = "archaictools sums"
#: Version 1 did not tell whether chromosomes are like the training.
SCHEMA_VERSION = 2
#: Attributes of the root, and the longest text of each in bytes.
ATTRIBUTES = {"parameters": MOST_JSON, "calling": MOST_JSON, "provenance": MOST_JSON}
#: Datasets of the file; see :mod:`archaictools.io.schema`.
TABLE: Table = {
    "chromosomes/name": Data(TEXT, ("chromosomes",)),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    "haplotypes/sample": Data(TEXT, ("haplotypes",)),
    "haplotypes/haplotype": Data("int8", ("haplotypes",)),
    "bins/*/callable": Data("int64", ("*bins",)),
    "bins/*/carriers": Data("int64", ("*bins",)),
    "bins/*/total": Data("int64", ("*bins",)),
    "bins/*/covered": Data("uint8", ("*bins",)),
    "bins/*/bases": Data("int64", ("haplotypes",)),
    "bins/*/unshared": Data("int64", ("archaic", 2)),
    "bins/*/outside": Data("int64", ("haplotypes", "archaic", 3)),
    "bins/*/sites": Data("int64", (4,)),
    "bins/*/segments/start": Data("int64", ("*segments",)),
    "bins/*/segments/end": Data("int64", ("*segments",)),
    "bins/*/segments/row": Data("uint32", ("*segments",)),
    "bins/*/segments/posterior": Data("float64", ("*segments",)),
    "bins/*/segments/seen": Data("uint8", ("*segments",)),
    "bins/*/segments/callable": Data("int64", ("*segments",)),
    "bins/*/segments/matches": Data("int64", ("*segments", "archaic", 3)),
    "bins/*/segments/pairs": Data("int64", ("*segments", "pairs", 2)),
}

#: Columns of segments, in the order of the table.
SEGMENT_COLUMNS = ("start", "end", "row", "posterior", "seen", "callable")


@dataclass(frozen=True, kw_only=True)
class Calling:
    """How segments and deserts are found, and the model that predicts.

    Attributes
    ----------
    threshold
        Minimum posterior of a segment.
    min_length, max_gap, desert_length
        In bp; see :class:`archaictools.learning.options.SegmentOptions` and
        :class:`archaictools.haplotypes.options.DesertOptions`.
    model
        SHA-256, see :func:`archaictools.learning.model_file.model_digest`.
    """

    threshold: float
    min_length: int
    max_gap: int
    desert_length: int
    model: str

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], path: Path) -> Calling:
        """Return what :meth:`to_dict` gave.

        Raises
        ------
        InputError
            If a value is missing or impossible.
        """
        known: dict[str, type | tuple[type, ...]] = {
            "threshold": (int, float),
            "min_length": int,
            "max_gap": int,
            "desert_length": int,
            "model": str,
        }
        if set(stored) != set(known) or not all(
            isinstance(stored[name], kind) and not isinstance(stored[name], bool) for name, kind in known.items()
        ):
            raise InputError("has options of calling that this release does not know", path=path)
        lengths = [stored[name] for name in ("min_length", "max_gap", "desert_length")]
        if not 0 <= stored["threshold"] <= 1 or min(lengths) < 0 or max(lengths) >= 2**63:
            raise InputError("has options of calling that are out of range", path=path)
        check_digests([stored["model"]], path)
        return cls(**stored)

    def to_dict(self) -> dict[str, float | str]:
        """Return the options as plain values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class SumsHead:
    """What a file of sums is about.

    Attributes
    ----------
    encoding
        Parameters of the file of haplotypes.
    calling
        Options and model.
    lengths
        Chromosomes of the genome, name to length in bp.
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    """

    encoding: HaplotypeEncoding
    calling: Calling
    lengths: Mapping[str, int]
    haplotypes: list[tuple[str, int]]
