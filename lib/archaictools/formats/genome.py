"""Reference sequence: random access to a FASTA file through its index.

Inputs are never written to: an index that is missing or older than its FASTA is built in a folder of its own,
and plain-gzip FASTA (which cannot be read at random) is decompressed there first.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pysam

from archaictools.errors import InputError, shortlist
from archaictools.formats.bases import Codes, encode
from archaictools.formats.files import damage_named, is_bgzf, is_gzip, open_bytes, refuse_cut_bgzf
from archaictools.formats.styles import Matcher, note_styles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archaictools.formats.tally import Tally


class Genome:
    """An open FASTA file: names and lengths of its sequences, and their bases.

    Obtain one from :func:`open_genome`.

    Attributes
    ----------
    path
        The file the user named.
    lengths
        Sequence name to length in bp, in file order.
    """

    def __init__(self, path: Path, handle: pysam.FastaFile) -> None:
        self.path = path
        self._handle = handle
        self.lengths: dict[str, int] = dict(zip(handle.references, handle.lengths, strict=True))

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Return base codes of an interval, shape (end - start,); see :mod:`archaictools.formats.bases`."""
        try:
            return encode(self._handle.fetch(chrom, start, end))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{chrom}:{start}-{end} cannot be read ({error})",
                path=self.path,
                remedy="the file may be damaged or its index stale; index it again with samtools faidx",
            ) from error

    def require(self, chroms: Iterable[str], source: Path | str, *, tally: Tally | None = None) -> dict[str, str]:
        """Return this genome's name of each chromosome; raise InputError, naming the first few, if it lacks any."""
        matcher = Matcher(self.lengths, source=source)
        self.require_more(chroms, matcher, source)
        note_styles(matcher.names, source=source, tally=tally)
        return matcher.names

    def require_more(self, chroms: Iterable[str], matcher: Matcher, source: Path | str) -> None:
        """Match further chromosomes of a file that is read in pieces; raise InputError if this genome lacks any."""
        if unknown := matcher.unknown(chroms):
            raise unknown_chromosomes(unknown, self.lengths, source=source, genome=self.path)


def unknown_chromosomes(
    unknown: Sequence[str], known: Iterable[str], *, source: Path | str, genome: Path | str
) -> InputError:
    """Return the error of chromosomes that another file lacks."""
    return InputError(
        f"{len(unknown):,} chromosome(s) are not in {genome}: {shortlist(unknown)} "
        f"(it holds {shortlist(sorted(known))})",
        path=source,
        remedy="use files of the same build, or keep only shared chromosomes with --chromosomes",
    )


@contextlib.contextmanager
def open_genome(path: Path) -> Iterator[Genome]:
    """Open a FASTA file, plain, BGZF or gzip, indexed or not.

    Raises
    ------
    InputError
        If the file is missing, empty, cut short, or not FASTA.
    """
    compressed = is_gzip(path)
    _check_fasta(path, compressed=compressed)
    pysam.set_verbosity(0)  # htslib would print its own messages beside ours
    with tempfile.TemporaryDirectory(prefix="archaictools-") as folder:
        fasta, scratch = path, Path(folder)
        if compressed and not is_bgzf(path):
            fasta = scratch / "genome.fa"
            with open_bytes(path, compressed=True) as source, fasta.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 22)
        try:
            handle = _indexed(fasta, scratch)
        except (pysam.SamtoolsError, OSError, ValueError) as error:
            raise InputError(
                f"cannot be read as FASTA ({str(error).strip()})",
                path=path,
                remedy="expected sequences that each begin with a '>name' line and have lines of equal length",
            ) from error
        with handle:
            if not handle.references:
                raise InputError("holds no sequence", path=path)
            yield Genome(path, handle)


def _check_fasta(path: Path, *, compressed: bool) -> None:
    """Refuse what is not FASTA, and compressed files that end too early, before anything is indexed."""
    with damage_named(path), open_bytes(path, compressed=compressed) as handle:
        head = handle.read(1 << 16).lstrip()
        if compressed and not is_bgzf(path):
            while handle.read(1 << 22):  # a damaged stream must be found now, not after an hour
                pass
    if compressed:
        refuse_cut_bgzf(path)
    if not head.startswith(b">") or b"\0" in head:
        raise InputError("is not FASTA", path=path, remedy="expected a first line that begins with '>'")


def _indexed(fasta: Path, scratch: Path) -> pysam.FastaFile:
    """Open with the index beside the file if it is there and not older, else with one made in ``scratch``."""
    fai, gzi = Path(f"{fasta}.fai"), Path(f"{fasta}.gzi")
    wanted = [fai, gzi] if is_gzip(fasta) else [fai]
    if all(index.exists() and index.stat().st_mtime >= fasta.stat().st_mtime for index in wanted):
        return pysam.FastaFile(str(fasta))
    fai, gzi = scratch / "genome.fai", scratch / "genome.gzi"
    pysam.faidx(str(fasta), "--fai-idx", str(fai), "--gzi-idx", str(gzi))
    return pysam.FastaFile(
        str(fasta), filepath_index=str(fai), filepath_index_compressed=str(gzi) if gzi.exists() else None
    )
