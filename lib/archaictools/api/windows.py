"""``archaictools.windows``: cut labelled regions, genes or a whole genome into windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.errors import InputError
from archaictools.options import INPUT, OUTPUT, RunOptions, option
from archaictools.sequence.options import RegionOptions, WindowOptions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class WindowFiles:
    """The genome, and the outputs."""

    genome: Path = option(type=INPUT, help="FASTA, plain, gzip or bgzip.")
    out: Path | None = option(
        None, type=OUTPUT, required=True, help="BED6 of windows, named introgressed, depleted or '.'."
    )
    by_chromosome: Path | None = option(
        None, type=OUTPUT, help="Folder of the same windows as one BED for each chromosome."
    )
    summary: Path | None = option(None, type=OUTPUT, help="TSV of what was merged, clipped and dropped, and why.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WindowsResult(FileResult):
    """Windows of a genome.

    Attributes
    ----------
    path
        The BED file, or None if none was written.
    summary
        Table ``class, item, count, bases`` of what was merged, clipped and dropped.
    """

    NO_FILE = "the windows have no file; give windows() an `out`"

    summary: pd.DataFrame = field(repr=False)
    _windows: pd.DataFrame | None = field(repr=False)

    @property
    def windows(self) -> pd.DataFrame:
        """Table ``chrom, start, end, name, score, strand``; coordinates are 0-based and half-open."""
        if self._windows is not None:
            return self._windows
        from archaictools.io.bed import read_bed

        if self.path is None:
            raise ValueError("the windows were neither kept nor written")
        return read_bed(self.path)

    def write_to(self, folder: Path) -> Path | None:
        """Write windows in memory to ``windows.bed`` in a folder."""
        from archaictools.io.bed import write_bed

        if self._windows is None:
            return None
        path = folder / "windows.bed"
        write_bed(path, [self._windows])
        return path


@keywords(files=WindowFiles, regions=RegionOptions, cutting=WindowOptions, run=RunOptions)
def windows(*, files: WindowFiles, regions: RegionOptions, cutting: WindowOptions, run: RunOptions) -> WindowsResult:
    """Cut regions, or a whole genome, into windows.

    Returns
    -------
    WindowsResult
        The windows and counts; without ``out`` the windows stay in memory.

    Raises
    ------
    InputError
        If a file cannot be understood, or if no window is left.
    UsageError
        If options contradict each other.
    """
    import pandas as pd

    from archaictools.io.bed import write_bed, write_bed_by_chromosome
    from archaictools.io.fasta import open_genome
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress
    from archaictools.sequence.selection import select_regions
    from archaictools.sequence.windows import cut_regions

    tally, kept = Summary(), None
    with StagedOutputs() as outputs, open_genome(files.genome) as genome:
        target = outputs.stage(files.out) if files.out else None
        table = outputs.stage(files.summary) if files.summary else None
        folder = outputs.stage_folder(files.by_chromosome) if files.by_chromosome else None
        genome.letters.add_to(tally, "genome")
        classes = select_regions(genome, regions, seed=run.seed, tally=tally)
        with Progress(None, "windows", "cut") as progress:
            pieces = cut_regions(classes, genome, cutting, tally=tally, progress=progress)
            pieces = write_bed_by_chromosome(folder, pieces) if folder else pieces
            if target:
                count = write_bed(target, pieces)
            else:
                frames = list(pieces)
                kept = pd.concat(frames, ignore_index=True) if frames else None
                count = 0 if kept is None else len(kept)
        if not count:
            raise InputError(f"no window is left ({tally.sentence()})")
        empty = [name for name in classes if not tally.count(name, "windows")]
        if empty:
            raise InputError(f"no {empty[0]} window is left ({tally.sentence()})")
        if table:
            write_table(table, tally.frame())
    counts = {name if name != "." else "unlabelled": f"{tally.count(name, 'windows'):,}" for name in classes}
    where = f" in {files.out}" if files.out else ""
    return WindowsResult(
        path=files.out,
        summary=tally.frame(),
        _windows=kept,
        facts={"windows": f"{count:,}{where}", **counts, "handled": tally.sentence()},
    )
