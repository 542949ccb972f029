"""Tracks of results as files for genome browsers outside the page: bigWigs of values, bigBeds of segments and genes.

The UCSC browser knows its own genomes by names with ``chr``. So chromosomes of hg19 and hg38 have these names here,
whatever they are called in the results; IGV knows both.
"""

from __future__ import annotations

import logging
import re
import shutil
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from archaictools.io.bigbed import Column, write_bigbed
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import open_bigwig
from archaictools.io.builds import UNKNOWN
from archaictools.learning.gene_table import genes_bed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

log = logging.getLogger("archaictools")

#: Colours of values, of genes that no haplotype carries, and of genes that were not looked at: they have no source.
DARK, MIDDLE, PALE = "#333333", "#777777", "#c8c8c8"

LONGEST_NAME = 60
_PLACE = re.compile(r"[A-Za-z0-9_.-]+")
_MAIN = re.compile(r"[1-9]|1\d|2[0-2]|X|Y")


@dataclass(frozen=True, kw_only=True)
class TrackFile:
    """A file of one track, and how a browser shows it.

    Attributes
    ----------
    name
        Letters, digits and ``_``; unique in the folder.
    file
        Name in the folder.
    label
        Short name, as the reader knows it: a sample's name may hold any character.
    text
        What the track shows: one sentence.
    kind
        ``values`` (bigWig) or ``features`` (bigBed).
    low, high
        Range of values that is shown.
    colour
        ``#rrggbb``; features have colours of their own.
    group
        ``all`` for tracks of all people, ``one`` for one haplotype or person; both are in one composite. None stands
        alone.
    columns
        Columns of a bigBed after the colour.
    mouse_over
        Text beside the mouse, with ``$column`` for the value of a column.
    """

    name: str
    file: str
    label: str
    text: str
    kind: Literal["values", "features"]
    low: float = 0.0
    high: float = 1.0
    colour: str = DARK
    group: Literal["all", "one"] | None = None
    columns: tuple[Column, ...] = ()
    mouse_over: str = ""


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """The tracks of a folder.

    Attributes
    ----------
    files
        Tracks, the first to be looked at first.
    names
        Name of each chromosome in the results to its name in the files.
    locus
        Chromosome, start and end (0-based, half-open, in bp) where a browser opens; None if no chromosome is known.
    """

    files: tuple[TrackFile, ...]
    names: Mapping[str, str]
    locus: tuple[str, int, int] | None

    @property
    def position(self) -> str | None:
        """The locus as browsers read it, such as ``chr21:8501-10000`` (1-based, with its last base).

        None without a locus, for a single base, or if the name of the chromosome has a letter that browsers read as
        something else, as in ``HLA-A*01:01``.
        """
        if self.locus is None:
            return None
        chrom, start, end = self.locus
        return f"{chrom}:{start + 1}-{end}" if _PLACE.fullmatch(chrom) and end - start > 1 else None


def browser_names(chroms: Iterable[str], build: str) -> dict[str, str]:
    """Return the name of each chromosome in browsers: with ``chr`` for autosomes, X and Y of a known build.

    Examples
    --------
    >>> browser_names(["21", "chrX", "GL000207.1"], "hg19"), browser_names(["21"], "genome")
    ({'21': 'chr21', 'chrX': 'chrX', 'GL000207.1': 'GL000207.1'}, {'21': '21'})
    """
    return {name: f"chr{name}" if build != UNKNOWN and _MAIN.fullmatch(name) else name for name in chroms}


def plain(text: str, longest: int) -> str:
    """Return a label that browsers show as it is: ASCII without markup, its middle left out if it is too long.

    Examples
    --------
    >>> plain("Ötzi <b>", 17), plain("a very long name of a person", 17)
    ('Otzi _b_', 'a very lo..person')
    """
    split = unicodedata.normalize("NFKD", text)
    shown = "".join(letter for letter in split if not unicodedata.combining(letter))
    shown = re.sub(r"[^A-Za-z0-9 .,:()+%=/*#-]", "_", shown).strip() or "_"
    if len(shown) <= longest:
        return shown
    tail = longest // 3 + 1
    return f"{shown[: longest - tail - 2]}..{shown[-tail:].lstrip()}"


def unique_name(text: str, taken: set[str]) -> str:
    """Return a name of letters, digits and ``_`` that is not taken yet, whatever the case of its letters."""
    stem = re.sub("[^A-Za-z0-9]+", "_", text).strip("_")
    name, number = stem, 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name.lower())
    return name


def copy_bigwig(source: Path, target: Path, build: str, *, low: float = 0.0) -> None:
    """Copy a bigWig; if browsers know its chromosomes by other names, copy its values under these names."""
    with open_bigwig(source, lowest=low) as reader:
        names = browser_names(reader.lengths, build)
        if all(name == new for name, new in names.items()):
            shutil.copyfile(source, target)
            return
        with BigWigWriter(target, {names[chrom]: length for chrom, length in reader.lengths.items()}) as writer:
            for chrom in reader.lengths:
                if track := reader.track(chrom):
                    writer.add(names[chrom], track)


def largest_value(path: Path) -> float:
    """Return the largest absolute value of a bigWig, 1 if it has none."""
    with open_bigwig(path, lowest=-1.0) as reader:
        tracks = [reader.track(chrom) for chrom in reader.lengths]
    return max((float(np.abs(track[2]).max()) for track in tracks if track), default=0.0) or 1.0


def present(columns: Mapping[str, Column], table: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns that a table has."""
    return tuple(column for name, column in columns.items() if name in table)


def write_genes(
    path: Path,
    genes: pd.DataFrame,
    columns: Mapping[str, Column],
    colour: pd.Series[str],
    lengths: Mapping[str, int],
) -> None:
    """Write genes; the score is 1000 times the mean, 0 where it is NA."""
    rows = genes_bed(genes.assign(mean=genes["mean"].astype(float).fillna(0)), "mean")
    rows["strand"] = rows["strand"].where(rows["strand"].isin(["+", "-"]), ".")
    rows["thick_start"], rows["thick_end"], rows["colour"] = rows["start"], rows["end"], colour
    own = genes[[name for name in columns if name in genes]].add_prefix("own_")
    extra = present(columns, genes)
    write_bigbed(path, pd.concat([rows, own], axis=1), lengths, extra, name="genes", comment="Genes of archaictools")


def within(table: pd.DataFrame, names: Mapping[str, str], lengths: Mapping[str, int], what: str) -> pd.DataFrame:
    """Return the rows on the chromosomes of the results, under their names in browsers; log how many are left out."""
    chrom = table["chrom"].astype(str).map(names)
    inside = chrom.notna() & (table["end"] <= chrom.map(lengths)) & (table["start"] < table["end"])
    if not inside.all():
        log.info(
            "%s %s are on no chromosome of the results, and in no file for browsers", f"{int((~inside).sum()):,}", what
        )
    return table[inside].assign(chrom=chrom[inside]).reset_index(drop=True)
