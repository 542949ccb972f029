"""BCF, VCF Zarr and PLINK 2 files as VCF text, made by the field's readers in a process of their own.

The readers are bcftools (inside pysam) for BCF, vcztools for VCF Zarr, and pgenlib, by the authors of PLINK, for .pgen
(:mod:`archaictools.io._pgen_text`). Only the samples and chromosomes that are asked for become text, so a few of many
samples cost little. All text is then decoded by one reader, :mod:`archaictools.io.vcf`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from archaictools.errors import InputError
from archaictools.io.chromosomes import other_style
from archaictools.io.files import GZIP_MAGIC, check_readable, damage_named, open_bytes
from archaictools.io.vcf_index import has_index

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from io import BufferedReader

#: Largest position of a chromosome in bp that htslib takes.
_MAX_POSITION = 2**31 - 1

#: Files of which one is in every Zarr store of a format.
_ZARR_FILES = ("zarr.json", ".zgroup", ".zmetadata")


@dataclass(frozen=True)
class _Viewer:
    """A reader that is run as a program with the options of ``bcftools view``.

    Attributes
    ----------
    kind
        What it reads, as messages say it.
    module
        What must be installed.
    package
        What installs it.
    code
        Python code that runs it; the arguments follow.
    threads, fewest
        Its option for the number of threads besides its own, and the lowest value.
    """

    kind: str
    module: str
    package: str
    code: str
    threads: str
    fewest: int

    def command(self, arguments: Sequence[str], threads: int) -> list[str]:
        """Return the command that writes VCF text to standard output."""
        return [sys.executable, "-c", self.code, self.threads, str(max(self.fewest, threads - 1)), *arguments]


_BCF = _Viewer(
    "BCF",
    "pysam",
    "pysam",
    # In a process of its own, since bcftools writes to standard output and may end its process.
    "import sys, pysam.bcftools as b; b.view(*sys.argv[1:], catch_stdout=False)",
    "--threads",
    0,
)
_VCF_ZARR = _Viewer(
    "VCF Zarr",
    "vcztools",
    "'archaictools[formats]'",
    "import sys; from archaictools.io._vcz_text import main; main(sys.argv[1:])",
    "--encode-threads",
    1,
)
_PGEN = _Viewer(
    "PLINK 2 .pgen",
    "pgenlib",
    "'archaictools[formats]'",
    "import sys; from archaictools.io._pgen_text import main; main(sys.argv[1:])",
    "--threads",
    0,
)


def viewer_of(path: Path) -> _Viewer | None:
    """Return the reader that turns a file, or a folder of VCF Zarr, into text; None if it is another file.

    Raises
    ------
    InputError
        If the file is missing or empty, or if its reader is not installed.
    """
    if path.is_dir() and any((path / name).is_file() for name in _ZARR_FILES):
        found: _Viewer | None = _VCF_ZARR
    else:
        check_readable(path)
        with path.open("rb") as handle:
            head = handle.read(4)
        found = _viewer_of_bytes(path, head)
    if found is not None and importlib.util.find_spec(found.module) is None:
        raise InputError(
            f"is {found.kind}, whose reader {found.module} is not installed",
            path=path,
            remedy=f"run: pip install {found.package}",
        )
    return found


def _viewer_of_bytes(path: Path, head: bytes) -> _Viewer | None:
    if head.startswith(b"PK\3\4"):
        return _VCF_ZARR
    if head.startswith(b"\x6c\x1b") and path.suffix == ".pgen":
        return _PGEN
    compressed = head.startswith(GZIP_MAGIC)
    with damage_named(path), open_bytes(path, compressed=compressed) as handle:
        return _BCF if handle.read(4) == b"BCF\2" else None


@contextlib.contextmanager
def viewed_text(
    path: Path,
    viewer: _Viewer,
    names: Sequence[str] | None,
    threads: int,
    chromosomes: Collection[str] | None,
    *,
    header_only: bool = False,
) -> Iterator[IO[bytes]]:
    """Yield the VCF text of a file.

    Parameters
    ----------
    path
        The file.
    viewer
        As from :func:`viewer_of`.
    names
        Samples that the text must have, in this order; samples that are not in the file are passed over. None for all.
    threads
        Threads of the reader.
    chromosomes
        Chromosomes that the text must have, without ``chr``; None for all. With an index, no other is read.
    header_only
        Whether the text ends before the records.

    Raises
    ------
    InputError
        If the reader cannot read the file.
    """
    with tempfile.TemporaryDirectory(prefix="archaictools-") as folder:
        arguments = ["--no-version", "-I", *(["--header-only"] if header_only else [])]
        if names is not None:
            chosen = Path(folder) / "samples"
            chosen.write_text("".join(f"{name}\n" for name in dict.fromkeys(names)))
            arguments += ["--force-samples", "-S", str(chosen)]
        if chromosomes is not None:
            targets = Path(folder) / "targets"
            styles = sorted({style for name in chromosomes for style in (name, other_style(name))})
            targets.write_text("".join(f"{style}\t1\t{_MAX_POSITION}\n" for style in styles))
            arguments += ["-R" if viewer is not _BCF or has_index(path) else "-T", str(targets)]
        with (Path(folder) / "messages").open("w+b") as messages:
            process = subprocess.Popen(
                viewer.command([*arguments, str(path)], threads), stdout=subprocess.PIPE, stderr=messages
            )
            try:
                with cast("BufferedReader", process.stdout) as text:
                    if text.peek(1):
                        yield text
                    whole = not text.read(1)
                failed = process.wait()
            except BaseException:
                process.kill()
                process.wait()
                raise
            if whole and failed:
                messages.seek(0)
                printed = [line for line in messages.read().decode(errors="replace").splitlines() if line.strip()]
                raise InputError(
                    f"cannot be read as {viewer.kind} ({printed[-1] if printed else 'its reader failed'})",
                    path=path,
                    remedy="copy or download the file again",
                )
