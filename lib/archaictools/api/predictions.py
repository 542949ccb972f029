"""What ``predict`` returns: tables of windows or of haplotypes, which can be written later."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from archaictools.alphabet import Alphabet
from archaictools.api.result import Result
from archaictools.errors import UsageError
from archaictools.options import BINARY, OUTPUT, option

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.haplotypes.lineages import Source
    from archaictools.haplotypes.posteriors import KeptPosteriors
    from archaictools.haplotypes.segments import CallResult
    from archaictools.learning.options import SegmentOptions
    from archaictools.sequence.tracks import ChromosomePredictions

#: Rows of a table that a notebook shows.
_SHOWN_ROWS = 20


#: Suffixes of a bigWig file.
BIGWIG_SUFFIXES = frozenset({".bw", ".bigwig"})


def check_track_folder(path: Path) -> None:
    """Raise UsageError if the folder of tracks of haplotypes is named like one bigWig file."""
    if path.suffix.lower() in BIGWIG_SUFFIXES:
        raise UsageError(
            f"--bigwig {path} names a file, but haplotypes have one track each: name a folder, such as 'tracks' "
            "(in Galaxy, set the kind of words to haplotypes)"
        )


@dataclass(frozen=True, kw_only=True)
class PredictionFiles:
    """The outputs."""

    bigwig: Path | None = option(
        None,
        type=BINARY,
        help="Track of P(introgressed), mean where windows overlap. Haplotypes: new folder with a track for each "
        "haplotype, their mean, and the fraction with a segment.",
    )
    bed: Path | None = option(
        None,
        type=OUTPUT,
        help="Called segments; score 1000 times the mean probability. Haplotypes: named by sample and haplotype, "
        "coloured by source.",
    )
    bigbed: Path | None = option(
        None,
        type=BINARY,
        only=Alphabet.VARIANT,
        help="bigBed of called segments, coloured by source, with sample, haplotype, posterior, source and callable "
        "bases; the file to load first in a genome browser.",
    )
    table: Path | None = option(
        None,
        type=OUTPUT,
        help="TSV of every window or bin: chrom, start, end, probability, seen; haplotypes: also sample and haplotype.",
    )
    segments: Path | None = option(
        None, type=OUTPUT, only=Alphabet.VARIANT, help="TSV of segments with posterior, source and its evidence."
    )
    summary: Path | None = option(None, type=OUTPUT, only=Alphabet.VARIANT, help="TSV, one row per person.")
    deserts: Path | None = option(
        None,
        type=OUTPUT,
        only=Alphabet.VARIANT,
        help="BED of callable stretches in which no haplotype has a segment; the name gives the number of haplotypes "
        "with data and the number of such stretches expected by chance.",
    )
    callable: Path | None = option(
        None,
        type=OUTPUT,
        only=Alphabet.VARIANT,
        help="BED of callable regions: chrom, start, end and number of haplotypes with data "
        "[default: NAME.callable.bed in the folder of --segments].",
    )
    sums: Path | None = option(
        None,
        type=BINARY,
        only=Alphabet.VARIANT,
        help="Sums of these people and chromosomes, from which 'archaictools merge' makes the outputs of a divided "
        "run.",
    )
    record: Path | None = option(
        None, type=OUTPUT, help="JSON of the run: options, versions, and SHA-256 of model and words."
    )
    plots: Path | None = option(
        None,
        type=OUTPUT,
        help="New folder of plots, each as PNG and SVG: probabilities, segment_lengths and genome; haplotypes: people "
        "in place of the first.",
    )


class Again(Protocol):
    """Predict the same once more, with other outputs."""

    def __call__(self, *, bigwig: Path | None = None, per_person: bool = False, force: bool = False) -> PredictResult:
        """Predict."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PredictResult(Result):
    """Predictions of one file.

    Predictions stay in memory if ``predict`` is given no output; else tables are read from the outputs. What is neither
    in memory nor in an output is predicted again.

    Attributes
    ----------
    files
        The outputs that were written.
    """

    files: PredictionFiles = field(repr=False)
    _again: Again = field(repr=False)

    def to_bigwig(self, path: PathLike, *, force: bool = False) -> None:
        """Write tracks, as ``--bigwig`` does: a file for windows, a folder for haplotypes, replaced with ``force``."""
        raise NotImplementedError

    def to_bed(self, path: PathLike) -> None:
        """Write segments as BED, as ``--bed`` does."""
        raise NotImplementedError

    def to_tsv(self, path: PathLike) -> None:
        """Write the table that ``genes`` reads: of windows (``--table``), or of segments of haplotypes."""
        raise NotImplementedError

    @property
    def has_file(self) -> bool:
        """Whether an output was written that ``genes`` reads."""
        return self._file is not None

    @property
    def _file(self) -> Path | None:
        """The output that ``genes`` reads, if it is a file (standard output is none)."""
        return next((path for path in self._readable() if path is not None and path.is_file()), None)

    def _readable(self) -> tuple[Path | None, ...]:
        """Return the outputs that ``genes`` reads, the best first."""
        raise NotImplementedError

    def __fspath__(self) -> str:
        """Return the path of an output that ``genes`` reads, so that the result can be given in place of it."""
        if self._file is None:
            raise UsageError("the predictions have no file; write one with to_tsv()")
        return str(self._file)

    def write_to(self, folder: Path) -> Path | None:
        """Write predictions without a file that ``genes`` reads to ``predictions.tsv`` in a folder."""
        if self.has_file:
            return None
        path = folder / "predictions.tsv"
        self.to_tsv(path)
        return path

    def _html_of(self, table: pd.DataFrame) -> str:
        return Result._repr_html_(self) + table.head(_SHOWN_ROWS).to_html(index=False)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HaplotypePredictions(PredictResult):
    """Predictions of haplotypes.

    Coordinates are 0-based and half-open, in bp.

    Attributes
    ----------
    segments
        Table as ``--segments`` writes it, see :class:`archaictools.haplotypes.segments.CallResult`.
    people
        Table as ``--summary`` writes it, one row for each person.
    deserts
        BED6 of callable stretches without a segment.
    callable
        Table ``chrom, start, end, haplotypes``: how many haplotypes have data.
    """

    segments: pd.DataFrame = field(repr=False)
    people: pd.DataFrame = field(repr=False)
    deserts: pd.DataFrame = field(repr=False)
    callable: pd.DataFrame = field(repr=False)
    _calls: CallResult = field(repr=False)
    _sources: tuple[Source, ...] = field(repr=False)
    _lengths: Mapping[str, int] = field(repr=False)
    _kept: KeptPosteriors | None = field(repr=False)

    def to_bigwig(self, path: PathLike, *, per_person: bool = False, force: bool = False) -> None:
        """Write a folder of tracks: ``SAMPLE.1.bw``, ``SAMPLE.2.bw``, ``mean.bw`` and ``share.bw``.

        With ``per_person``, a person has one track, ``SAMPLE.bw``: the maximum of both haplotypes. With ``force``, it
        replaces a folder of that name that is not empty, as one that it wrote before. Posteriors that are not in memory
        are predicted again. They are in memory if ``predict`` was given no output and if they fit into
        :data:`archaictools.haplotypes.posteriors.MAX_KEPT_BYTES`.
        """
        from archaictools.haplotypes.outputs import write_kept_tracks
        from archaictools.io.files import StagedOutputs, replacing

        check_track_folder(Path(path))
        if self._kept is None:
            self._again(bigwig=Path(path), per_person=per_person, force=force)
            return
        with replacing(force), StagedOutputs() as outputs:
            write_kept_tracks(outputs.stage_folder(Path(path)), self._kept, self._calls, per_person=per_person)

    def to_bed(self, path: PathLike, *, track_line: bool = False) -> None:
        """Write segments as BED9, named by sample and haplotype and coloured by source.

        With ``track_line``, the first line makes the UCSC browser show the colours.
        """
        from archaictools.haplotypes.outputs import write_tables
        from archaictools.io.files import StagedOutputs

        with StagedOutputs() as outputs:
            write_tables(self._calls, self._sources, bed=outputs.stage(Path(path)), track_line=track_line)

    def to_bigbed(self, path: PathLike) -> None:
        """Write segments as bigBed, as ``--bigbed`` does."""
        from archaictools.haplotypes.outputs import write_tables
        from archaictools.io.files import StagedOutputs

        with StagedOutputs() as outputs:
            write_tables(self._calls, self._sources, bigbed=(outputs.stage(Path(path)), self._lengths))

    def to_tsv(self, path: PathLike) -> None:
        """Write segments, with the callable regions in ``NAME.callable.bed`` of the same folder."""
        from archaictools.haplotypes.callable_file import callable_file_of
        from archaictools.haplotypes.outputs import write_tables
        from archaictools.io.files import StagedOutputs

        with StagedOutputs() as outputs:
            segments, regions = outputs.stage(Path(path)), outputs.stage(callable_file_of(Path(path)))
            write_tables(self._calls, self._sources, segments=segments, callable=regions)

    def _readable(self) -> tuple[Path | None, ...]:
        return (self.files.segments,)

    def _repr_html_(self) -> str:
        """Return the facts and the table of people, as a notebook shows them."""
        return self._html_of(self.people)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WindowPredictions(PredictResult):
    """Predictions of windows of k-mers; coordinates are 0-based and half-open, in bp."""

    _kept: list[ChromosomePredictions] | None = field(repr=False)
    _options: SegmentOptions = field(repr=False)
    _lengths: dict[str, int] = field(repr=False)

    @cached_property
    def windows(self) -> pd.DataFrame:
        """Table ``chrom, start, end, probability, seen``; a table that is read from a file has six digits."""
        import pandas as pd

        from archaictools.sequence.tracks import read_windows

        if self._kept is None and self.files.table and self.files.table.is_file():
            return read_windows(self.files.table)
        return pd.concat([part.table() for part in self._parts], ignore_index=True)

    @cached_property
    def segments(self) -> pd.DataFrame:
        """BED6 of called segments; the score is 1000 times the mean probability."""
        import pandas as pd

        from archaictools.io.bed import read_bed
        from archaictools.sequence.tracks import call_segments

        if self._kept is None and self.files.bed and self.files.bed.is_file() and self.files.bed.stat().st_size:
            return read_bed(self.files.bed).astype({"score": int}).reset_index(drop=True)
        return pd.concat([call_segments(part, self._options)[0] for part in self._parts], ignore_index=True)

    @cached_property
    def _parts(self) -> list[ChromosomePredictions]:
        if self._kept is not None:
            return self._kept
        found = self._again()
        assert isinstance(found, WindowPredictions)
        return found._parts

    def to_bigwig(self, path: PathLike, *, force: bool = False) -> None:
        """Write the track of P(introgressed), mean where windows overlap; a file of that name is replaced."""
        del force  # a file is always replaced
        self._write("bigwig", path)

    def to_bed(self, path: PathLike) -> None:
        """Write segments as BED6."""
        self._write("bed", path)

    def to_tsv(self, path: PathLike) -> None:
        """Write the table of all windows."""
        self._write("table", path)

    def _write(self, kind: str, path: PathLike) -> None:
        from archaictools.io.files import StagedOutputs
        from archaictools.sequence.tracks import write_predictions

        with StagedOutputs() as outputs:
            write_predictions(self._parts, self._lengths, self._options, None, **{kind: outputs.stage(Path(path))})

    def _readable(self) -> tuple[Path | None, ...]:
        return self.files.table, self.files.bigwig

    def _repr_html_(self) -> str:
        """Return the facts and the first segments, as a notebook shows them."""
        return Result._repr_html_(self) if self._kept is None else self._html_of(self.segments)
