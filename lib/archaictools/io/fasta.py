"""Reference sequence: random access to a FASTA file through an index.

The index is built in a temporary folder, in one pass that also checks every letter. An existing index is not used: it
may be older than the file, or belong to another file, and then gives wrong bases. Plain gzip, which does not allow
random access, is decompressed into that folder first.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pysam

from archaictools.errors import InputError, shorten, shortlist
from archaictools.io.dna import Codes, encode
from archaictools.io.fasta_text import Letters, check_fasta
from archaictools.io.files import damage_named, is_bgzf, is_gzip, open_bytes, refuse_cut_bgzf
from archaictools.io.naming_styles import Matcher, note_styles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archaictools.io.summary import Summary

_SAME_BUILD = "use files of the same build"


class Genome:
    """An open FASTA file: names and lengths of its sequences, and their bases.

    Obtain one from :func:`open_genome`.

    Attributes
    ----------
    path
        The file.
    lengths
        Sequence name to length in bp, in file order.
    letters
        Counts of unusual letters.
    """

    def __init__(self, path: Path, handle: pysam.FastaFile, letters: Letters) -> None:
        self.path, self.letters = path, letters
        self._handle = handle
        self.lengths: dict[str, int] = dict(zip(handle.references, handle.lengths, strict=True))

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Return base codes of an interval, shape (end - start,); see :mod:`archaictools.io.dna`."""
        try:
            return encode(self._handle.fetch(chrom, start, end))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{chrom}:{start}-{end} cannot be read ({error})",
                path=self.path,
                remedy="the file may be damaged, or have changed meanwhile",
            ) from error

    def require(self, chroms: Iterable[str], source: Path | str, *, tally: Summary | None = None) -> dict[str, str]:
        """Return the name in this genome of each chromosome; raise InputError if the genome lacks one.

        Only for verbs with ``--chromosomes``, which the message names.
        """
        matcher = Matcher(self.lengths, source=source)
        if unknown := matcher.unknown(chroms):
            remedy = f"{_SAME_BUILD}, or keep only shared chromosomes with --chromosomes"
            raise unknown_chromosomes(unknown, self.lengths, source=source, genome=self.path, remedy=remedy)
        note_styles(matcher.names, source=source, tally=tally)
        return matcher.names

    def require_more(self, chroms: Iterable[str], matcher: Matcher, source: Path | str) -> None:
        """Match more chromosomes of a file that is read in chunks; raise InputError if this genome lacks one."""
        if unknown := matcher.unknown(chroms):
            raise unknown_chromosomes(unknown, self.lengths, source=source, genome=self.path)


def unknown_chromosomes(
    unknown: Sequence[str],
    known: Iterable[str],
    *,
    source: Path | str,
    genome: Path | str,
    remedy: str = _SAME_BUILD,
) -> InputError:
    """Return the error for chromosomes that a genome lacks."""
    return InputError(
        f"{len(unknown):,} chromosome(s) are not in {genome}: {shortlist(unknown)} "
        f"(it holds {shortlist(sorted(known))})",
        path=source,
        remedy=remedy,
    )


@contextlib.contextmanager
def open_genome(path: Path) -> Iterator[Genome]:
    """Open a FASTA file, plain, BGZF or gzip, indexed or not.

    Raises
    ------
    InputError
        If the file is missing, empty, cut short, or not FASTA of nucleotides with a name for each record.
    """
    compressed = is_gzip(path)
    pysam.set_verbosity(0)  # htslib prints messages of its own otherwise
    with tempfile.TemporaryDirectory(prefix="archaictools-") as folder:
        fasta, scratch = path, Path(folder)
        if compressed and not is_bgzf(path):
            fasta = scratch / "genome.fa"
            with damage_named(path), open_bytes(path, compressed=True) as source, fasta.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 22)
        elif compressed:
            refuse_cut_bgzf(path)
        with damage_named(path), open_bytes(fasta, compressed=compressed and fasta is path) as text:
            letters = check_fasta(text, path)
        try:
            handle = _indexed(fasta, scratch)
        except (pysam.utils.SamtoolsError, OSError, ValueError) as error:
            if letters.bare_end:  # htslib makes no index of a file whose last record is empty
                raise InputError(
                    f"the last record {shorten(letters.bare_end)} holds no base", path=path, remedy="remove it"
                ) from error
            raise InputError(
                "cannot be read as FASTA",
                path=path,
                remedy="expected sequences that each begin with a '>name' line and have lines of equal length",
            ) from error
        with handle:
            if not handle.references:
                raise InputError("holds no sequence", path=path)
            yield Genome(path, handle, letters)


def _indexed(fasta: Path, scratch: Path) -> pysam.FastaFile:
    """Open with an index that is made in ``scratch``."""
    fai, gzi = scratch / "genome.fai", scratch / "genome.gzi"
    pysam.faidx(str(fasta), "--fai-idx", str(fai), "--gzi-idx", str(gzi))
    return pysam.FastaFile(
        str(fasta), filepath_index=str(fai), filepath_index_compressed=str(gzi) if gzi.exists() else None
    )
