"""BED: tab-separated, 0-based, half-open; chrom, start, end, then name, score (0–1000), strand.

Real files break the rules. Rows that can be understood are accepted and counted: extra columns, scores out of range,
unsorted or repeated rows, headers, Windows line ends. Other rows are refused, with the number of the line.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.intervals import runs_of_equal
from archaictools.io.columns import EMPTY, intervals_of, read_columns, translated
from archaictools.io.files import safe_file_name
from archaictools.io.summary import Summary
from archaictools.io.tables import TableWriter, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

log = logging.getLogger("archaictools")

COLUMNS = ("chrom", "start", "end", "name", "score", "strand")


def iter_bed(path: Path, *, tally: Summary | None = None, group: str = "all") -> Iterator[pd.DataFrame]:
    """Yield the rows of a BED file of three or more columns.

    Yields
    ------
    pandas.DataFrame
        ``chrom, start, end, name, score, strand`` in file order, indexed by line number; coordinates int64, the
        others categorical text, missing names and strands as ``.``.

    Raises
    ------
    InputError
        At the first row that cannot be understood.
    """
    tally = Summary() if tally is None else tally
    for text in read_columns(path, COLUMNS, tally=tally, group=group):
        frame = intervals_of(text, path, tally=tally, group=group)
        known = frame["strand"].isin(["+", "-", ".", ""])
        if not known.all():
            tally.add(group, "rows with an unknown strand, read as .", int((~known).sum()))
        scores = pd.Series(frame["score"].cat.categories)
        number = pd.to_numeric(scores.replace({"": "0", ".": "0"}), errors="coerce")
        odd = frame["score"].isin(frame["score"].cat.categories[~number.between(0, 1000).to_numpy()])
        if odd.any():
            tally.add(group, "rows with a score outside 0-1000, ignored", int(odd.sum()))
        yield frame.assign(
            name=translated(frame["name"], lambda value: value or "."),
            strand=translated(frame["strand"], lambda value: value if value in {"+", "-"} else "."),
        )


def read_bed(path: Path, *, tally: Summary | None = None, group: str = "all") -> pd.DataFrame:
    """Read a whole BED file as text and numbers, counting unsorted and repeated rows; see :func:`iter_bed`.

    Without ``tally``, dropped rows are logged.
    """
    counts = Summary() if tally is None else tally
    plain = dict.fromkeys(("chrom", "name", "score", "strand"), str)
    frames = [frame.astype(plain) for frame in iter_bed(path, tally=counts, group=group)]
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(COLUMNS))
    if frame.empty:
        raise InputError("holds no interval, only headers, blank lines or rows of zero length", path=path)
    count_order(frame, tally=counts, group=group)
    if tally is None and counts.count(group, EMPTY):
        log.warning("%s: %s: %s", path, EMPTY, f"{counts.count(group, EMPTY):,}")
    return frame


def count_order(frame: pd.DataFrame, *, tally: Summary, group: str) -> None:
    """Count rows read, rows that repeat an earlier interval, and rows that come before their predecessor."""
    tally.add(group, "rows read", len(frame), int((frame["end"] - frame["start"]).sum()))
    repeated = frame.duplicated(["chrom", "start", "end"])
    if repeated.any():
        lengths = (frame["end"] - frame["start"])[repeated]
        tally.add(group, "rows that repeat another row", len(lengths), int(lengths.sum()))
    start = frame["start"].to_numpy()
    same = (frame["chrom"] == frame["chrom"].shift()).to_numpy()
    unsorted = int((same[1:] & (np.diff(start) < 0)).sum())
    if unsorted:
        tally.add(group, "rows out of order", unsorted)


def write_bed(path: Path, frames: Iterable[pd.DataFrame]) -> int:
    """Write BED rows without a header; return their number."""
    return write_table(path, frames, header=False)


def write_bed_by_chromosome(folder: Path, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Write the rows of each chromosome to ``folder/CHROM.bed``; yield the frames unchanged.

    A name that cannot be a file name is changed; see :func:`~archaictools.io.files.safe_file_name`.

    Parameters
    ----------
    folder
        An existing folder.
    frames
        Frames of one or more chromosomes; the rows of a chromosome are adjacent.
    """
    current = None
    with contextlib.ExitStack() as stack:
        for frame in frames:
            chroms = frame["chrom"].to_numpy()
            for first, last in zip(*(ends.tolist() for ends in runs_of_equal(chroms)), strict=True):
                if chroms[first] != current:
                    current = chroms[first]
                    stack.close()
                    writer = stack.enter_context(
                        TableWriter(folder / f"{safe_file_name(str(current))}.bed", header=False)
                    )
                writer.write(frame.iloc[first:last])
            yield frame


def score(probability: np.ndarray) -> np.ndarray:
    """Return probabilities 0–1 as BED scores, integers 0–1000."""
    return np.asarray(np.rint(1000 * np.asarray(probability)), dtype=np.int64)
