"""BCF as VCF text, made by the bcftools inside pysam in a process of its own.

Only the samples and chromosomes that are asked for become text, so a few of many samples cost little.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.io.chromosomes import other_style
from archaictools.io.vcf_index import has_index

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

#: Largest position of a chromosome in bp that htslib takes.
_MAX_POSITION = 2**31 - 1


@contextlib.contextmanager
def bcf_text(
    path: Path, names: Sequence[str] | None, threads: int, chromosomes: Collection[str] | None
) -> Iterator[IO[bytes]]:
    """Yield the VCF text of a BCF.

    Parameters
    ----------
    path
        The file.
    names
        Samples that the text must have, in this order; samples that are not in the file are passed over. None for all.
    threads
        Threads of bcftools.
    chromosomes
        Chromosomes that the text must have, without ``chr``; None for all. With an index, no other is read.

    Raises
    ------
    InputError
        If bcftools cannot read the file.
    """
    with tempfile.TemporaryDirectory(prefix="archaictools-") as folder:
        arguments = ["-Ov", "--no-version", "-I", "--threads", str(threads - 1)]
        if names is not None:
            chosen = Path(folder) / "samples"
            chosen.write_text("".join(f"{name}\n" for name in dict.fromkeys(names)))
            arguments += ["--force-samples", "-S", str(chosen)]
        if chromosomes is not None:
            targets = Path(folder) / "targets"
            styles = sorted({style for name in chromosomes for style in (name, other_style(name))})
            targets.write_text("".join(f"{style}\t1\t{_MAX_POSITION}\n" for style in styles))
            arguments += ["-R" if has_index(path) else "-T", str(targets)]
        # In a process of its own, since bcftools writes to standard output and may end its process.
        code = "import sys, pysam.bcftools as b; b.view(*sys.argv[1:], catch_stdout=False)"
        with (Path(folder) / "messages").open("w+b") as messages:
            process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments, str(path)], stdout=subprocess.PIPE, stderr=messages
            )
            if process.stdout is None:
                raise AssertionError("a pipe was asked for")
            try:
                with process.stdout as text:
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
                    f"cannot be read as BCF ({printed[0] if printed else 'bcftools failed'})",
                    path=path,
                    remedy="copy or download the file again",
                )
