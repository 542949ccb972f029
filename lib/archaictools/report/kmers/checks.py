"""Checks that results of k-mers belong together: the same model, split, k-mers and genome.

Each difference is refused in one sentence that names both files. What cannot be compared is not refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.errors import InputError, shorten, shortlist
from archaictools.io.bigwig_reader import open_bigwig, values_within
from archaictools.learning.metrics import compute_metrics
from archaictools.report.files import check_recorded, check_same_inputs, digest_of
from archaictools.report.kmers.numbers import known, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.io.bigwig_reader import BigWigReader
    from archaictools.report.kmers.loading import KmerFiles
    from archaictools.report.kmers.results import KmerResults

_SAME_MODEL = "give the results of one model"
_SAME_GENOME = "give results of the same genome build, with the same chromosome names"

#: Differences that rounding to six digits, or another processor, explains; and that of a score from 0 to 1000.
_ROUNDING, _SCORE = 1e-3, 0.0011


def check_together(results: KmerResults, files: KmerFiles) -> None:
    """Raise InputError if two of the results are of different models or k-mers."""
    _check_measures(results, files)
    of_model = (files.model,) if files.model else ()
    if results.evaluation is not None and files.evaluation:
        named = {"model": of_model, "words": (files.words,) if files.words else ()}
        check_recorded(results.evaluation, files.evaluation, named, results.files, _SAME_MODEL)
    if results.record is not None and files.record:
        # The words that were predicted need not be those of the training, so they are not compared.
        check_recorded(results.record, files.record, {"model": of_model}, results.files, _SAME_MODEL)
        if results.evaluation is not None and files.evaluation:
            recorded = [(results.record, files.record)]
            check_same_inputs((results.evaluation, files.evaluation), recorded, ("model",), _SAME_MODEL)
    _check_words(results, files)
    _check_history(results, files)
    _check_held_out(results, files)
    _check_positions(results, files)
    _check_k(results, files)


def check_held_out_windows(results: KmerResults, files: KmerFiles, windows: pd.DataFrame | None) -> None:
    """Raise InputError if held-out predictions are of another side of the split, or of no labelled window of the words.

    Parameters
    ----------
    results, files
        The results and their files.
    windows
        ``chrom, start, end, label`` of the labelled windows of the words, or None.
    """
    if results.held_out is None:
        return
    _check_sides(results, results.held_out, files)
    if windows is None:
        return
    columns = ["chrom", "start", "end", "label"]
    rows = results.held_out[columns].merge(windows.drop_duplicates(), on=columns, how="left", indicator=True)
    wrong = rows[rows["_merge"] == "left_only"]
    if len(wrong):
        row: Any = wrong.iloc[0]
        kind = "introgressed" if row["label"] else "depleted"
        raise InputError(
            f"has the {kind} window {row['chrom']}:{row['start'] + 1:,}-{row['end']:,}, which {files.words} lacks",
            path=files.predictions,
            remedy="give the k-mers that the model was trained on",
        )


def check_genome(results: KmerResults, files: KmerFiles, tracks: Mapping[str, Mapping[str, int]]) -> None:
    """Raise InputError if results are of different genomes, or if segments are not those of the track.

    Parameters
    ----------
    results, files
        The results and their files.
    tracks
        Chromosome lengths of ``track`` and ``attribution``, empty if a track was not given.
    """
    named = files.words or files.model or files.bigwig or files.attribution
    if named is None:
        return
    for option, lengths in tracks.items():
        for chrom, length in lengths.items():
            known_length = results.lengths.get(chrom)
            if known_length != length:
                raise InputError(
                    f"{chrom} has {length:,} bp, but {known_length:,} bp in {named}"
                    if known_length
                    else f"has the chromosome {chrom}, which {named} lacks (it has {shortlist(results.lengths)})",
                    path=getattr(files, option),
                    remedy=_SAME_GENOME,
                )
    for table, path, contigs in (
        (results.held_out, files.predictions, False),
        (results.segments, files.bed, False),
        (results.genes, files.genes, True),
    ):
        if table is not None and path is not None:
            _check_places(table, results.lengths, path, named, contigs=contigs)
    _check_segments(results, files)
    _check_genes(results, files)


def _measured(results: KmerResults, files: KmerFiles) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Yield the documents with measures of the model, and their files."""
    for found, path in (
        (results.model["metrics"] if results.model else None, files.model),
        (results.metrics, files.metrics),
        (results.evaluation, files.evaluation),
    ):
        if found is not None and path is not None:
            yield found, path


def _check_measures(results: KmerResults, files: KmerFiles) -> None:
    """Compare split, number of test windows and AUROC of metrics and evaluation with the first of them."""
    documents = list(_measured(results, files))
    for found, path in documents[1:]:
        first, named = documents[0]
        split, other = (dict(one["split"]) for one in (found, first))
        if {**split, "unused": 0} != {**other, "unused": 0}:
            raise InputError(
                f"is of another split ({_split(split)}) than {named} ({_split(other)})", path=path, remedy=_SAME_MODEL
            )
        if found["test"]["n"] != first["test"]["n"]:
            raise InputError(
                f"has {found['test']['n']:,} test windows, but {named} has {first['test']['n']:,}",
                path=path,
                remedy=_SAME_MODEL,
            )
        if not _equal(found["test"]["auroc"], first["test"]["auroc"]):
            raise InputError(
                f"has a test AUROC of {number(found['test']['auroc'], 4)}, but {named} has "
                f"{number(first['test']['auroc'], 4)}: they are of different models",
                path=path,
                remedy=_SAME_MODEL,
            )
    if results.model and results.metrics and results.metrics["verdict"] != results.model["metrics"]["verdict"]:
        raise InputError(
            f"has the verdict {results.metrics['verdict']!r}, but {files.model} has "
            f"{results.model['metrics']['verdict']!r}",
            path=files.metrics,
            remedy=_SAME_MODEL,
        )


def _split(split: Mapping[str, Any]) -> str:
    chromosomes = (split.get("chromosomes") or {}).get("test") or []
    return f"{split.get('method')}, test {shortlist(chromosomes)}" if chromosomes else f"{split.get('method')}"


def _equal(one: Any, other: Any) -> bool:
    return (not known(one) and not known(other)) or (known(one) and known(other) and abs(one - other) < _ROUNDING)


def _check_history(results: KmerResults, files: KmerFiles) -> None:
    """Compare the number of epochs and folds of the history with the training."""
    found = next(((one, path) for one, path in _measured(results, files) if path != files.evaluation), None)
    if results.history is None or not len(results.history) or found is None:
        return
    metrics, named = found
    folds = metrics.get("folds") or [metrics]
    epochs = results.history.groupby("fold").size()
    if len(epochs) != len(folds):
        raise InputError(
            f"has {len(epochs)} folds, but {named} has {len(folds)}", path=files.history, remedy=_SAME_MODEL
        )
    for fold, part in enumerate(folds, start=1):
        run = part["training"].get("epochs_run")
        if run is not None and run != epochs.get(fold):
            raise InputError(
                f"has {epochs.get(fold, 0)} epochs of fold {fold}, but {named} has {run}",
                path=files.history,
                remedy=_SAME_MODEL,
            )


def _check_held_out(results: KmerResults, files: KmerFiles) -> None:
    """Compare the number of windows and the AUROC of held-out predictions with the measures of the model."""
    found = next(_measured(results, files), None)
    if results.held_out is None or found is None:
        return
    metrics, named = found
    for side in ("validation", "test"):
        rows = results.held_out[results.held_out["split"] == side]
        if len(rows) != metrics[side]["n"]:
            raise InputError(
                f"has {len(rows):,} {side} windows, but {named} has {metrics[side]['n']:,}",
                path=files.predictions,
                remedy=_SAME_MODEL,
            )
        measured = compute_metrics(rows["label"].to_numpy(), rows["probability"].to_numpy())
        if not _equal(measured["auroc"], metrics[side]["auroc"]):
            raise InputError(
                f"gives a {side} AUROC of {number(measured['auroc'], 4)}, but {named} has "
                f"{number(metrics[side]['auroc'], 4)}: they are of different models",
                path=files.predictions,
                remedy=_SAME_MODEL,
            )


def _check_words(results: KmerResults, files: KmerFiles) -> None:
    """Compare the words with those that the model was trained on."""
    if results.model is None or results.words is None or files.words is None:
        return
    if digest_of(results.files, "words", files.words) != results.model["words_sha256"]:
        raise InputError(
            f"is not the file that {files.model} was trained on (its SHA-256 differs)",
            path=files.words,
            remedy="give the k-mers that 'archaictools train' read",
        )


def _check_sides(results: KmerResults, held_out: pd.DataFrame, files: KmerFiles) -> None:
    """Compare the chromosomes of held-out windows with those of the split, if it holds out chromosomes."""
    found = next(_measured(results, files), None)
    if found is None:
        return
    split, named = found[0]["split"], found[1]
    sides = split.get("chromosomes")
    if split.get("method") != "chromosome" or split.get("folds") or not isinstance(sides, dict):
        return
    for side, rows in held_out.groupby("split", sort=False):
        own = sides.get(side) or []
        other = [chrom for chrom in dict.fromkeys(rows["chrom"]) if chrom not in own]
        if other:
            raise InputError(
                f"has {side} windows on {shortlist(other)}, but {named} has {shortlist(own)} on this side",
                path=files.predictions,
                remedy=_SAME_MODEL,
            )


def _parameters(results: KmerResults, files: KmerFiles) -> tuple[Mapping[str, int], Path] | None:
    """Return k, stride and window length of the words or of the model, and the file that they are from."""
    for part, path in ((results.words, files.words), (results.model, files.model)):
        if part is not None and path is not None:
            return part["parameters"], path
    return None


def _check_positions(results: KmerResults, files: KmerFiles) -> None:
    """Compare the length of the window of the table of positions with that of the words."""
    found = _parameters(results, files)
    if results.positions is None or not len(results.positions) or found is None:
        return
    words, named = found
    k, stride, size = words["k"], words["stride"], words["size"]
    count = len(results.positions)
    if "end" in results.positions:
        end = int(results.positions["end"].max())
        fits = size - stride < end <= size
        problem = f"has positions up to base {end:,} of the window, but windows have {size:,} bp in {named}"
    else:
        fits = count == (size - k) // stride + 1
        problem = f"has {count:,} positions, but windows have {(size - k) // stride + 1:,} k-mers in {named}"
    if not fits:
        raise InputError(
            f"{problem}: they are of other windows", path=files.positions, remedy="give the importance of these windows"
        )


def _check_k(results: KmerResults, files: KmerFiles) -> None:
    """Compare the lengths of all k-mers."""
    found = _parameters(results, files)
    expected: tuple[int, Path] | None = (found[0]["k"], found[1]) if found else None
    for table, path in ((results.kmers, files.kmers), (results.embedding, files.umap)):
        if table is None or path is None or not len(table):
            continue
        k = len(str(table["kmer"].iloc[0]))
        if expected and k != expected[0]:
            raise InputError(
                f"has k-mers of {k} bp, but {expected[1]} has k-mers of {expected[0]} bp", path=path, remedy=_SAME_MODEL
            )
        expected = expected or (k, path)


def _check_places(table: pd.DataFrame, lengths: Mapping[str, int], path: Path, named: Path, *, contigs: bool) -> None:
    """Refuse a chromosome or an end that the genome does not have.

    With ``contigs``, only chromosomes with a window must be known: an annotation may have further contigs.
    """
    looked_at = table[table["windows"] > 0] if contigs else table
    unknown = [chrom for chrom in dict.fromkeys(looked_at["chrom"]) if chrom not in lengths]
    if unknown:
        raise InputError(
            f"has the chromosome {shortlist(unknown)}, which {named} lacks (it has {shortlist(lengths)})",
            path=path,
            remedy=_SAME_GENOME,
        )
    beyond = table[table["end"] > table["chrom"].map(lengths)]
    if len(beyond):
        chrom, end = str(beyond["chrom"].iloc[0]), int(beyond["end"].iloc[0])
        raise InputError(
            f"reaches {chrom}:{end:,}, but {chrom} has {lengths[chrom]:,} bp in {named}",
            path=path,
            remedy=_SAME_GENOME,
        )


def _track_means(
    table: pd.DataFrame, reader: BigWigReader
) -> Iterator[tuple[str, pd.DataFrame, np.ndarray, np.ndarray]]:
    """Yield each chromosome, its rows, and the mean of the track and the bases with a value in each row."""
    for chrom, rows in table.groupby("chrom", sort=False):
        start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        track = reader.track(str(chrom)) if chrom in reader.lengths else None
        yield (str(chrom), rows, *values_within(track, start, end))


def _check_segments(results: KmerResults, files: KmerFiles) -> None:
    """Compare the score of each segment with the mean of the track there."""
    if results.segments is None or results.track is None:
        return
    with open_bigwig(results.track) as reader:
        for chrom, rows, mean, _ in _track_means(results.segments, reader):
            wrong = np.flatnonzero(~(np.abs(mean - rows["score"].to_numpy() / 1000) <= _SCORE))
            if len(wrong):
                row = rows.iloc[int(wrong[0])]
                raise InputError(
                    f"has a segment at {chrom}:{row['start'] + 1:,}-{row['end']:,} with a score of {row['score']}, but "
                    f"the mean probability is {number(mean[wrong[0]])} in {files.bigwig}: they are of different runs",
                    path=files.bed,
                    remedy="give --bed and --bigwig of one run of 'archaictools predict'",
                )


def _check_genes(results: KmerResults, files: KmerFiles) -> None:
    """Compare the mean of each gene with that of the track there."""
    if results.genes is None or results.track is None:
        return
    with open_bigwig(results.track) as reader:
        for _, rows, mean, covered in _track_means(results.genes, reader):
            own = rows["mean"].to_numpy(dtype=np.float64)
            wrong = np.flatnonzero((np.isnan(own) != (covered == 0)) | (np.abs(own - mean) > _ROUNDING))
            if len(wrong):
                row: Any = rows.iloc[int(wrong[0])]
                raise InputError(
                    f"has the gene {shorten(row['gene'])} with a mean of {number(row['mean'])}, but {files.bigwig} has "
                    f"{number(mean[wrong[0]])} there: they are of different predictions",
                    path=files.genes,
                    remedy="run 'archaictools genes' on the predictions of this track",
                )
