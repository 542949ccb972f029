"""``archaictools.tokenize``: read windows, or sequence records, as sentences of k-mers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archaictools.api.inputs import file_of
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.options import BINARY, INPUT, OUTPUT, RunOptions, option
from archaictools.sequence.options import TokenOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.io.fasta_text import Letters
    from archaictools.sequence.token_file import Sentences

#: Length of a sentence of --fasta records in bp.
_RECORD_SIZE = 200


@dataclass(frozen=True, kw_only=True)
class TokenFiles:
    """The sequence, and the outputs."""

    genome: Path | None = option(None, type=INPUT, help="FASTA that the windows were cut from.")
    fasta: Path | None = option(
        None, type=INPUT, help="FASTA of records without coordinates, in place of windows and genome."
    )
    out: Path = option(type=BINARY, help="HDF5 file of sentences, kmers.h5.")
    vocabulary: Path | None = option(None, type=OUTPUT, help="TSV of k-mers: kmer, id, count, count by class.")
    plots: Path | None = option(
        None, type=OUTPUT, help="New folder of a plot, as PNG and SVG: rank_frequency, the counts of k-mers by rank."
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TokenizeResult(FileResult):
    """Sentences of k-mers.

    Attributes
    ----------
    path
        The HDF5 file; the other verbs take the result in place of it.
    sentences
        Number of sentences by class: ``introgressed``, ``depleted`` and ``.``.
    """

    path: Path
    sentences: Mapping[str, int]

    @cached_property
    def vocabulary(self) -> pd.DataFrame:
        """Table ``kmer, id, count, count_introgressed, count_depleted``, most frequent first; counted when used."""
        import pandas as pd

        from archaictools.sequence.token_file import open_tokens
        from archaictools.sequence.vocabulary import count_words

        with open_tokens(self.path) as tokens:
            return pd.concat(list(count_words(tokens).table()), ignore_index=True)


class _Source(NamedTuple):
    """Sentences to write, and the sequence they are from."""

    parts: Iterator[Sentences]
    path: Path
    chromosomes: dict[str, int]
    letters: Letters
    size: int


@keywords(files=TokenFiles, encoding=TokenOptions, run=RunOptions)
def tokenize(
    windows: PathLike | None = None, *, files: TokenFiles, encoding: TokenOptions, run: RunOptions
) -> TokenizeResult:
    """Read windows of a genome, or sequence records, as sentences of k-mers.

    Parameters
    ----------
    windows
        BED file of windows, or a result of ``windows``; names ``introgressed`` and ``depleted`` become labels.

    Returns
    -------
    TokenizeResult
        The HDF5 file, and the number of sentences by class.

    Raises
    ------
    InputError
        If a file cannot be understood, or if a window is longer than ``size`` or beyond its chromosome.
    UsageError
        If options contradict each other.
    """
    from archaictools import provenance
    from archaictools.errors import UsageError
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress
    from archaictools.sequence.encoding import KmerEncoding
    from archaictools.sequence.labels import LABELS
    from archaictools.sequence.token_file import write_tokens
    from archaictools.sequence.tokenize import batches
    from archaictools.sequence.vocabulary import WordCounts

    if files.fasta and (windows is not None or files.genome):
        raise UsageError("give either WINDOWS with --genome, or --fasta, not both")
    with contextlib.ExitStack() as stack, StagedOutputs() as outputs:
        bed = None if windows is None else stack.enter_context(file_of(windows, "windows"))
        target = outputs.stage(files.out)
        table = outputs.stage(files.vocabulary) if files.vocabulary else None
        folder = outputs.stage_folder(files.plots) if files.plots else None
        source = _source(bed, files, encoding, stack)
        kmers = KmerEncoding(k=encoding.k, stride=encoding.stride, canonical=encoding.canonical, size=source.size)
        origin = provenance.record(
            "tokenize", kmers.to_dict(), {"windows": bed, "genome": files.genome, "fasta": files.fasta}
        )
        counts = WordCounts(kmers) if table or folder else None
        classes = dict.fromkeys(LABELS, 0)
        progress = stack.enter_context(Progress(None, "sentences", "tokenize"))
        with write_tokens(
            target, kmers, genome=source.path.name, chromosomes=source.chromosomes, provenance=origin
        ) as writer:
            for part in batches(source.parts):
                writer.append(part)
                for name, value in LABELS.items():
                    classes[name] += int((part.label == value).sum())
                if counts:
                    counts.add(kmers.ids(part.codes), part.label)
                progress.advance(len(part))
        distinct = write_table(table, counts.table()) if table and counts else None
        if folder and counts:
            from archaictools.learning.plots import write_plots
            from archaictools.sequence.plots import vocabulary_plots

            write_plots(folder, vocabulary_plots(counts))
    facts = {"sentences": f"{writer.count:,} of {kmers.words} words in {files.out}"}
    facts |= {name if name != "." else "unlabelled": f"{count:,}" for name, count in classes.items()}
    if unusual := source.letters.sentence():
        facts["letters"] = unusual
    if distinct is not None:
        facts["distinct k mers"] = f"{distinct:,} of {kmers.vocabulary - 1:,}"
    return TokenizeResult(path=files.out, sentences=classes, facts=facts)


def _source(windows: Path | None, files: TokenFiles, encoding: TokenOptions, stack: contextlib.ExitStack) -> _Source:
    """Open the windows and the genome, or the records."""
    from archaictools.errors import InputError, UsageError
    from archaictools.io.fasta import open_genome
    from archaictools.io.summary import Summary
    from archaictools.sequence import tokenize as reading
    from archaictools.sequence.labels import LABELS

    if files.fasta:
        chromosomes, letters = reading.record_lengths(files.fasta)
        size = encoding.size or _RECORD_SIZE
        parts = reading.sentences_of_records(files.fasta, size=size, label=LABELS[encoding.label])
        return _Source(parts, files.fasta, chromosomes, letters, size)
    if windows is None or files.genome is None:
        raise UsageError("WINDOWS and --genome are needed, or --fasta")
    genome = stack.enter_context(open_genome(files.genome))
    longest = reading.longest_window(windows, tally=Summary())
    if not longest:
        raise InputError("has no window, only headers or blank lines", path=windows)
    size = encoding.size or longest
    if longest > size:
        raise InputError(
            f"the longest window has {longest} bp, more than --size {size}",
            path=windows,
            remedy="give a larger --size or cut shorter windows",
        )
    parts = reading.sentences_of_windows(windows, genome, size=size, tally=Summary())
    return _Source(parts, files.genome, genome.lengths, genome.letters, size)
