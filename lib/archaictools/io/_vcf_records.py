"""Turn lines of a VCF into sites: the alleles of each line, and the genotypes of the samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from archaictools.io._vcf_alleles import holds_reference_only
from archaictools.io.sites import ReferenceBlocks, Sites, merge_sites, sites_of_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.io._vcf_alleles import PositionBases
    from archaictools.io._vcf_text import Index, Lines
    from archaictools.io.phase_sets import PhaseSets


class Records:
    """The alleles of a block of lines.

    Attributes
    ----------
    position, bases
        int64 (lines,) and int8 (lines, 4); ``bases`` has no meaning for the lines in ``bases_of``.
    bases_of
        Line to the bases of its alleles at single positions, for used lines with alleles other than single bases.
    used
        bool (lines,): the line has at least one base that is used.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines, self.position = lines, lines.positions()
        self.bases, single = lines.alleles()
        others = np.flatnonzero(~single)
        found = zip(others.tolist(), lines.other_alleles(others), strict=True) if len(others) else ()
        self.bases_of: dict[int, tuple[PositionBases, ...]] = {row: bases for row, bases in found if bases}
        single[list(self.bases_of)] = True
        self.used = single & (self.position >= 0)


class SiteReader:
    """Turns lines into sites.

    Parameters
    ----------
    columns
        Columns of the samples in the file.
    blocks, phase_sets
        See :meth:`archaictools.io.vcf.VariantFile.sites`.
    names
        Names of the samples.
    """

    def __init__(self, columns: Index, *, blocks: bool, phase_sets: PhaseSets | None, names: Sequence[str]) -> None:
        self._numbers, self._columns = columns, _as_slice(columns)
        self._blocks, self._phase_sets = blocks, phase_sets
        self._phased = np.array([list(names).index(name) for name in phase_sets.samples]) if phase_sets else None

    def sites(self, records: Records, rows: Index, chrom: str, first: int) -> Sites:
        """Return the sites of some lines of a chromosome, sorted by position; ``first`` is the number of line 0."""
        if not records.bases_of:
            return self._plain(records, rows, chrom, first)
        mixed = np.array([row in records.bases_of for row in rows.tolist()], dtype=bool)
        sites = [self._plain(records, rows[~mixed], chrom, first)] if not mixed.all() else []
        if mixed.any():
            chosen = rows[mixed]
            bases = [records.bases_of[row] for row in chosen.tolist()]
            whole = self._read(records, chosen, np.array([len(base[0].numbers) for base in bases]), chrom, first)
            alone = np.array([base[0].bases[1] < 0 for base in bases], dtype=bool)
            blocks = self._find_blocks(records, chosen[alone], whole.take(alone))
            sites.append(replace(sites_of_records(whole, bases), blocks=blocks))
        return merge_sites(sites[0], sites[1]) if len(sites) > 1 else merge_sites(sites[0], sites[0].take(slice(0, 0)))

    def _plain(self, records: Records, rows: Index, chrom: str, first: int) -> Sites:
        """Read records of single bases."""
        sites = self._read(records, rows, (records.bases[rows] >= 0).sum(axis=1), chrom, first)
        alone = sites.bases[:, 1] < 0
        if self._blocks and alone.any():
            return replace(sites, blocks=self._find_blocks(records, rows[alone], sites.take(alone)))
        return sites

    def _read(self, records: Records, rows: Index, alleles: npt.NDArray[np.int64], chrom: str, first: int) -> Sites:
        lines = records.lines
        calls = lines.calls(rows, self._columns, alleles)
        if self._phase_sets is not None and self._phased is not None:
            self._phase_sets.add(chrom, lines, rows, self._numbers, calls, self._phased)
        return Sites(chrom, records.position[rows], records.bases[rows], calls, lines.number[rows] + first)

    def _find_blocks(self, records: Records, rows: Index, sites: Sites) -> ReferenceBlocks | None:
        """Return the REF blocks among records without another allele."""
        if not self._blocks or not len(rows):
            return None
        lines, start = records.lines, sites.position
        end = np.repeat(start[:, None] + 1, len(self._numbers), axis=1)
        ends = lines.ends()
        if ends is not None:
            end = np.maximum(end, ends[rows][:, None])
        for place, values in lines.values(rows, self._numbers, b"LEN"):
            lengths = [int(value) if value.isdigit() and len(value) < 19 else 1 for value in values]
            end[place] = np.maximum(end[place], start[place] + np.array(lengths, dtype=np.int64))
        long = np.flatnonzero((end > start[:, None] + 1).any(axis=1))
        long = long[[holds_reference_only(lines.alts(row)) for row in rows[long].tolist()]]
        if not len(long):
            return None
        # An allele other than REF is only known at the first base of the block.
        alleles = np.where(sites.calls.alleles[long] == 0, np.int8(0), np.int8(-1))
        return ReferenceBlocks(start[long], end[long], alleles)


def _as_slice(columns: Index) -> slice | Index:
    """Return adjacent columns as a slice, which NumPy copies faster."""
    if len(columns) and np.array_equal(columns, np.arange(columns[0], columns[0] + len(columns))):
        return slice(int(columns[0]), int(columns[0]) + len(columns))
    return columns
