"""VCF, BCF, VCF Zarr and PLINK 2 files as a stream of blocks of sites, for some samples.

VCF (plain, gzip or bgzip) is read as text in large blocks; see :mod:`archaictools.io._vcf_text`. All other formats are
turned into text first; see :mod:`archaictools.io._viewed_text`. No index is needed: a file is read once, from beginning
to end, and memory holds a few blocks. An index saves reading other chromosomes; see :mod:`archaictools.io.vcf_part`.
Positions are 0-based.

The decoder of genotypes is hand-written (:mod:`archaictools.io._vcf_calls`): at 100 samples it was measured 2.7 to 4
times faster than cyvcf2 and scikit-allel.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import IO, TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.io._vcf_calls import LineError
from archaictools.io._vcf_records import Records, SiteReader
from archaictools.io._vcf_text import Lines
from archaictools.io._viewed_text import viewed_text, viewer_of
from archaictools.io.files import check_readable, damage_named, is_gzip, open_bytes, refuse_cut_bgzf
from archaictools.io.sites import SiteJoiner
from archaictools.io.vcf_header import VariantHeader
from archaictools.io.vcf_part import lines_of_another, open_at, runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.io._vcf_text import Index
    from archaictools.io.phase_sets import PhaseSets
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary
    from archaictools.io.vcf_part import Run

#: Bytes of text in a block; large enough for NumPy, small enough for a processor's cache.
BLOCK_BYTES = 1 << 20
#: Written before the first line by some editors.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CONTIG = re.compile(rb"##contig=<(.*)>\s*$")


class VariantFile(VariantHeader):
    """An open VCF or BCF; obtain one from :func:`open_variants`.

    Attributes
    ----------
    path
        The file.
    samples
        Names of the sample columns.
    lengths
        Chromosome lengths in bp, where the header gives them.
    numbered
        Whether lines have known numbers that the user can see (not in BCF, and not after a jump by an index).
    """

    def __init__(
        self,
        path: Path,
        text: IO[bytes],
        *,
        numbered: bool,
        runs: Sequence[Run] | None = None,
        ahead: bool = False,
    ) -> None:
        super().__init__(path, (), {})
        self._text, self.numbered = text, numbered
        self._runs, self._ahead = runs, ahead
        self._line = 0
        with damage_named(path):
            self.samples = self._read_header()

    def _read_header(self) -> tuple[str, ...]:
        for read in self._text:
            self._line += 1
            line = read.removeprefix(_BYTE_ORDER_MARK) if self._line == 1 else read
            if self._line == 1 and not line.startswith(b"##fileformat=VCF"):
                break
            found = _CONTIG.match(line)
            if found:
                name, length = (re.search(rb"(?:^|,)" + key + rb"=([^,]+)", found[1]) for key in (b"ID", b"length"))
                if name and length and length[1].isdigit():
                    self.lengths[name[1].decode(errors="replace")] = int(length[1])
            if line.startswith(b"#CHROM"):
                names = line.decode(errors="replace").rstrip("\r\n").split("\t")[9:]
                if not names:
                    raise InputError("holds no samples, only sites", path=self.path, remedy="give a VCF with genotypes")
                return tuple(names)
            if not line.startswith(b"##"):
                break
        raise InputError(
            "is not VCF or BCF, nor VCF Zarr or PLINK 2 .pgen",
            path=self.path,
            line=self._line or None,
            remedy="in a VCF, ##fileformat=VCF comes first and a line that begins with #CHROM before the records",
        )

    def _blocks(self) -> Generator[bytes]:
        """Yield blocks of lines: of the whole file, or of the chosen chromosomes."""
        if self._runs is None:
            yield from _whole_lines(self._text, self.path)
            return
        for run in self._runs:
            with (
                damage_named(self.path),
                open_at(self.path, run.start, ahead=self._ahead) as text,
                contextlib.closing(_whole_lines(text, self.path)) as blocks,
            ):
                for block in blocks:
                    part = run.part(block)
                    if part:
                        yield part
                    if len(part) < len(block):
                        break

    def sites(
        self,
        names: Sequence[str],
        *,
        wanted: Callable[[str], bool],
        tally: Summary,
        group: str,
        pass_only: bool = False,
        blocks: bool = False,
        phase_sets: PhaseSets | None = None,
    ) -> Iterator[Sites]:
        """Yield the sites of the file, block by block.

        Dropped, and counted in ``tally`` under ``group``, are records on chromosomes not wanted, without GT, without a
        substitution (indels, symbolic alleles), and, with ``pass_only``, records whose FILTER is not PASS. A record of
        a substitution and other alleles, or of several bases, is used at each position at which bases differ; see
        :mod:`archaictools.io._vcf_alleles`. Some programs split a site of several alleles into several records: records
        of one position and REF are joined. Other records at the position of an earlier record are dropped.

        Parameters
        ----------
        names
            Samples to read.
        wanted
            Returns whether to read a chromosome, given its name in the file.
        tally, group
            Counts of records, and their class in the summary.
        pass_only
            Drop records whose FILTER is neither PASS nor missing.
        blocks
            Find REF blocks, by END in INFO or LEN in FORMAT.
        phase_sets
            Counts phase sets of some of the samples.

        Raises
        ------
        InputError
            At the first line that cannot be understood, or that is out of order.
        """
        reader = SiteReader(self.columns(names), blocks=blocks, phase_sets=phase_sets, names=names)
        order = _OrderCheck()
        record_filter = _RecordFilter(tally, group, pass_only=pass_only)
        joiner = SiteJoiner(tally, group)
        with contextlib.closing(self._blocks()) as texts:
            for text in texts:
                if others := lines_of_another(text, wanted):
                    self._line += others
                    tally.add(group, "records read", others)
                    tally.add(group, "records on chromosomes not asked for, dropped", others)
                    continue
                first = self._line + 1
                try:
                    lines = Lines(text, len(self.samples))
                    self._line += lines.read
                    tally.add(group, "records read", len(lines))
                    records = Records(lines)
                    criteria = record_filter.criteria(lines, records.used)
                    for begin, end, chrom in lines.chromosomes():
                        if not wanted(chrom):
                            tally.add(group, "records on chromosomes not asked for, dropped", end - begin)
                            continue
                        part = slice(begin, end)
                        late = order.first_disorder(chrom, records.position[part])
                        if late is not None:
                            raise LineError(int(lines.number[begin + late[0]]), late[1])
                        rows = begin + np.flatnonzero(record_filter.keep(criteria, part))
                        tally.add(group, "single-nucleotide records", len(rows))
                        sites = reader.sites(records, rows, chrom, first) if len(rows) else None
                        if sites is not None and not self.numbered:
                            sites = replace(sites, line=np.zeros_like(sites.line))
                        last = int(records.position[end - 1])
                        mixed = sites is not None and bool(records.bases_of)
                        if mixed and (several := sum(row in records.bases_of for row in rows.tolist())):
                            item = "of these, with other alleles or several bases, used base by base"
                            tally.add(group, item, several)
                        yield from joiner.add(sites, chrom, last, mixed=mixed)
                except LineError as error:
                    line = error.line + first if self.numbered else None
                    raise InputError(str(error), path=self.path, line=line) from error
            yield from joiner.finish()


@dataclass(frozen=True)
class _Criterion:
    """A condition on records.

    Attributes
    ----------
    item
        Item of the summary for records that do not meet it.
    met
        bool (lines,): the records that meet it.
    drops
        Whether the other records are dropped, or only counted.
    """

    item: str
    met: npt.NDArray[np.bool_]
    drops: bool


class _RecordFilter:
    """Chooses the records that are used by their GT, alleles and FILTER, and counts the others."""

    def __init__(self, tally: Summary, group: str, *, pass_only: bool) -> None:
        self._tally, self._group, self._pass_only = tally, group, pass_only

    def criteria(self, lines: Lines, single: npt.NDArray[np.bool_]) -> list[_Criterion]:
        """Return the criteria for all lines of a block; ``single`` tells which lines have single bases."""
        found = [
            _Criterion("records without GT", lines.has_genotypes(), drops=True),
            _Criterion("records not of single nucleotides", single, drops=True),
        ]
        passed = lines.passed()
        if not passed.all():
            found.append(_Criterion("records whose FILTER is not PASS", passed, drops=self._pass_only))
        return found

    def keep(self, criteria: Sequence[_Criterion], part: slice) -> npt.NDArray[np.bool_]:
        """Return which lines of a part of the block are used; count each other line once."""
        keep = np.ones(part.stop - part.start, dtype=bool)
        for criterion in criteria:
            bad = keep & ~criterion.met[part]
            count = int(np.count_nonzero(bad))
            if not count:
                continue
            self._tally.add(self._group, f"{criterion.item}, {'dropped' if criterion.drops else 'used'}", count)
            if criterion.drops:
                keep &= ~bad
        return keep


class _OrderCheck:
    """Checks that positions ascend and that chromosomes do not return, within and between blocks."""

    def __init__(self) -> None:
        self._chrom, self._seen = "", set[str]()
        self._last = -1

    def first_disorder(self, chrom: str, position: Index) -> tuple[int, str] | None:
        """Return the first row that is out of order, with the problem, or None."""
        if chrom != self._chrom:
            if chrom in self._seen:
                return 0, f"comes back to {chrom} after {self._chrom}, expected sorted records; sort the file first"
            self._seen.add(chrom)
            self._chrom, self._last = chrom, -1
        falls = np.flatnonzero(np.diff(position, prepend=self._last) < 0)
        if len(falls):
            row = int(falls[0])
            before = self._last if row == 0 else int(position[row - 1])
            return row, (
                f"{chrom}:{int(position[row]) + 1} comes after {chrom}:{before + 1}, expected sorted records; "
                "sort the file first"
            )
        self._last = int(position[-1])
        return None


@contextlib.contextmanager
def open_variants(
    path: Path,
    names: Sequence[str] | None = None,
    *,
    threads: int = 1,
    chromosomes: Collection[str] | None = None,
    header_only: bool = False,
) -> Iterator[VariantFile]:
    """Open a VCF, BCF, VCF Zarr or PLINK 2 .pgen, recognised by its content.

    Parameters
    ----------
    path
        VCF (plain, gzip, bgzip), BCF, a folder or zip of VCF Zarr, or a .pgen beside its .pvar and .psam.
    names
        Samples that will be read; but for VCF, :attr:`VariantFile.samples` may lack others, which saves work.
    threads
        With more than one, blocks are decompressed in advance.
    chromosomes
        Chromosomes that will be read, without ``chr``; records of others may be missing, which saves work.
    header_only
        No record will be read, which saves work.

    Raises
    ------
    InputError
        If the file is missing, cut short, or neither VCF nor BCF, or lacks a sample.
    """
    viewer = viewer_of(path)
    compressed = viewer is None and is_gzip(path)
    if compressed:
        refuse_cut_bgzf(path)
    if viewer is not None:
        with viewed_text(path, viewer, names, threads, chromosomes, header_only=header_only) as text:
            yield VariantFile(path, text, numbered=False)
    else:
        runs, ahead = None if chromosomes is None else runs_of(path, chromosomes), threads > 1
        with open_bytes(path, compressed=compressed, ahead=ahead and runs is None) as text:
            yield VariantFile(path, text, numbered=runs is None, runs=runs, ahead=ahead)


def header_of(path: Path) -> VariantHeader:
    """Return the header of a VCF, BCF, VCF Zarr or PLINK 2 .pgen; a file that has not changed is opened once.

    Raises
    ------
    InputError
        As :func:`open_variants`.
    """
    if not path.is_dir():
        check_readable(path)
    stamp = path.stat()
    return _read_header_of(path, (stamp.st_ino, stamp.st_size, stamp.st_mtime_ns))


@lru_cache(maxsize=4096)
def _read_header_of(path: Path, stamp: tuple[int, int, int]) -> VariantHeader:
    """Return the header of a file; ``stamp`` tells versions of the file apart."""
    del stamp
    with open_variants(path, header_only=True) as variants:
        return VariantHeader(path, variants.samples, variants.lengths)


def _whole_lines(text: IO[bytes], path: Path) -> Generator[bytes]:
    """Yield blocks of about :data:`BLOCK_BYTES` bytes that end with the last record of a position."""
    kept = [b""]  # a line may be longer than a block
    with damage_named(path):
        while block := text.read(BLOCK_BYTES):
            kept.append(block)
            if b"\n" not in block:
                continue
            lines = b"".join(kept)
            cut = _last_position(lines)
            if cut:
                yield lines[:cut]
            kept = [lines[cut:]]
    rest = b"".join(kept)
    if rest:
        yield rest.removesuffix(b"\n") + b"\n"


def _last_position(text: bytes) -> int:
    """Return where the records of the last position begin, which may be incomplete; a line cut short does not count."""
    start = text.rfind(b"\n", 0, max(0, text.rfind(b"\n"))) + 1
    position = _position(text, start)
    while start and _position(text, before := text.rfind(b"\n", 0, start - 1) + 1) == position:
        start = before
    return start


def _position(text: bytes, start: int) -> bytes:
    """Return the text of CHROM and POS of the line that begins at ``start``."""
    return text[start : text.find(b"\t", text.find(b"\t", start) + 1)]
