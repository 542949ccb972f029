"""Posteriors along haplotypes as tracks, segments with their source, a summary of each person, and deserts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.formats.bed import score
from archaictools.formats.bigwig import BigWigWriter, mean_over_overlaps
from archaictools.formats.tables import TableWriter, write_table
from archaictools.results.tracks import SEEN, Calling, segments_of
from archaictools.words.bins import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.formats.bigwig import Track
    from archaictools.model.bin_prediction import BinEnsemble
    from archaictools.progress import Progress
    from archaictools.words.bins import BinsFile

#: Posteriors are written in steps of a thousandth, so that the many that are next to nothing join in tracks.
DIGITS = 3

#: Source of a segment at whose rare alleles no archaic person is called, or two match equally well.
UNKNOWN, TIED = ".", "tied"

_COLOURS = ("0,114,178", "213,94,0", "0,158,115", "204,121,167", "230,159,0", "86,180,233")  # Okabe and Ito
_GREY = "120,120,120"


@dataclass(frozen=True)
class Haplotype:
    """Posteriors of one haplotype on one chromosome.

    Attributes
    ----------
    chrom, row
        Where; the row of the words file.
    edges
        int64 (bins + 1,): coordinates of the bins.
    probability
        float64 (bins,).
    called
        bool (bins,): some base of the bin could be called.
    seen
        bool (bins,): training saw the place.
    """

    chrom: str
    row: int
    edges: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    called: npt.NDArray[np.bool_]
    seen: npt.NDArray[np.bool_]

    def track(self) -> Track:
        """Return the posterior of every callable bin, neighbours of equal value joined."""
        used = self.called
        return mean_over_overlaps(self.edges[:-1][used], self.edges[1:][used], self.probability[used])


def predict_haplotypes(words: BinsFile, ensemble: BinEnsemble, *, progress: Progress) -> Iterator[Haplotype]:
    """Predict every haplotype, some at a time, each over all chromosomes before the next ones.

    Memory holds one chromosome of one of ``words.companies``.
    """
    for rows in words.companies:
        for chrom in words.bins:
            edges = words.edges(chrom)
            called = words.shared(chrom, "callable") > 0
            probability, seen = ensemble.predict(chrom, rows)
            progress.advance(probability.size)
            for row, values in zip(range(rows.start, rows.stop), probability, strict=True):
                rounded = np.round(values.astype(np.float64), DIGITS)
                yield Haplotype(chrom, row, edges, rounded, called, seen)


@dataclass
class Called:
    """What :func:`write_calls` found.

    Attributes
    ----------
    segments
        As written, see :func:`write_calls`.
    people
        One row a person.
    deserts
        BED rows.
    bins, seen_bins
        Predicted, and of them those whose place training saw.
    """

    segments: pd.DataFrame
    people: pd.DataFrame
    deserts: pd.DataFrame
    bins: int = 0
    seen_bins: int = 0


@dataclass
class _Shared:
    """What haplotypes add up to on one chromosome."""

    edges: npt.NDArray[np.int64]
    used: npt.NDArray[np.bool_]
    total: npt.NDArray[np.float64]
    callers: npt.NDArray[np.int64]
    haplotypes: int = 0


@dataclass
class _Sums:
    segments: list[pd.DataFrame] = field(default_factory=list)
    shared: dict[str, _Shared] = field(default_factory=dict)
    bins: int = 0
    seen_bins: int = 0


def write_calls(
    haplotypes: Iterator[Haplotype],
    words: BinsFile,
    calling: Calling,
    *,
    desert: int,
    bigwig: Path | None = None,
    table: Path | None = None,
) -> Called:
    """Call segments, and write tracks and the table of all bins as haplotypes come.

    Parameters
    ----------
    haplotypes
        As from :func:`predict_haplotypes`.
    words
        What they were predicted from.
    calling
        How segments are called.
    desert
        Least length of a desert in bp.
    bigwig
        Existing folder for tracks: ``SAMPLE.1.bw``, ``SAMPLE.2.bw``, ``mean.bw`` (mean posterior of all haplotypes) and
        ``share.bw`` (share of haplotypes that carry a called segment).
    table
        TSV ``chrom, start, end, sample, haplotype, probability, seen`` of every callable bin.

    Returns
    -------
    Called
        Segments: ``chrom, start, end, sample, haplotype, posterior, source, seen``, and for each archaic person the
        rare alleles of the haplotype at which it is called (``NAME_called``) and those it shares (``NAME_shared``).
    """
    sums = _Sums()
    company = {row: rows.start for rows in words.companies for row in range(rows.start, rows.stop)}
    open_company = -1
    with contextlib.ExitStack() as stack:
        rows = stack.enter_context(TableWriter(table)) if table else None
        tracks: dict[int, BigWigWriter] = {}
        for one in haplotypes:
            if bigwig:
                if company[one.row] != open_company:
                    _close(tracks)
                    open_company = company[one.row]
                if one.row not in tracks:
                    sample, number = words.haplotypes[one.row]
                    tracks[one.row] = BigWigWriter(bigwig / f"{_file_name(sample)}.{number}.bw", _lengths(words))
                tracks[one.row].add(one.chrom, one.track())
            if rows:
                rows.write(_table_of(one, words))
            _add(sums, one, words, calling)
        _close(tracks)
    if bigwig:
        _write_shared(bigwig, words, sums)
    segments = pd.concat(sums.segments) if sums.segments else _segments_of(None, words, calling)
    segments = segments.sort_values(["chrom", "start", "end", "sample", "haplotype"], kind="stable")
    order = {chrom: number for number, chrom in enumerate(words.bins)}
    segments = segments.sort_values("chrom", key=lambda names: names.map(order), kind="stable").reset_index(drop=True)
    return Called(segments, _people(segments, words), _deserts(sums, desert), sums.bins, sums.seen_bins)


def segments_bed(segments: pd.DataFrame, archaic: tuple[str, ...]) -> pd.DataFrame:
    """Return segments as BED9: named ``SAMPLE.HAPLOTYPE``, score 1000 times the posterior, coloured by source."""
    colour = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(archaic)}
    seen = np.where(segments["seen"] == 1, f"_{SEEN}", "")
    return pd.DataFrame(
        {
            "chrom": segments["chrom"],
            "start": segments["start"],
            "end": segments["end"],
            "name": segments["sample"] + "." + segments["haplotype"].astype(str) + seen,
            "score": score(segments["posterior"].to_numpy()),
            "strand": ".",
            "thick_start": segments["start"],
            "thick_end": segments["end"],
            "colour": segments["source"].map(colour).fillna(_GREY),
        }
    )


def _file_name(sample: str) -> str:
    if "/" in sample or sample.startswith("."):
        raise InputError(f"sample {sample} cannot name a file", remedy="leave out --bigwig, or rename the sample")
    return sample


def _lengths(words: BinsFile) -> dict[str, int]:
    """Return chromosome lengths, those with bins first, as a bigWig needs them."""
    return {chrom: words.lengths[chrom] for chrom in (*words.bins, *words.lengths)}


def _close(tracks: dict[int, BigWigWriter]) -> None:
    for writer in tracks.values():
        writer.__exit__(None, None, None)
    tracks.clear()


def _table_of(one: Haplotype, words: BinsFile) -> pd.DataFrame:
    sample, number = words.haplotypes[one.row]
    used = one.called
    return pd.DataFrame(
        {
            "chrom": one.chrom,
            "start": one.edges[:-1][used],
            "end": one.edges[1:][used],
            "sample": sample,
            "haplotype": number,
            "probability": one.probability[used],
            "seen": one.seen[used].astype(np.int8),
        }
    )


def _add(sums: _Sums, one: Haplotype, words: BinsFile, calling: Calling) -> None:
    """Call the segments of a haplotype and add it to what is shared."""
    segments = _segments_of(one, words, calling)
    if len(segments):
        sums.segments.append(segments)
    bins = len(one.probability)
    shared = sums.shared.setdefault(
        one.chrom, _Shared(one.edges, one.called, np.zeros(bins), np.zeros(bins, dtype=np.int64))
    )
    shared.total += one.probability
    first = np.searchsorted(one.edges, segments["start"].to_numpy())
    last = np.searchsorted(one.edges, segments["end"].to_numpy())
    shared.callers += np.cumsum(np.bincount(first, minlength=bins + 1) - np.bincount(last, minlength=bins + 1))[:bins]
    shared.haplotypes += 1
    sums.bins += int(one.called.sum())
    sums.seen_bins += int((one.called & one.seen).sum())


def _segments_of(one: Haplotype | None, words: BinsFile, calling: Calling) -> pd.DataFrame:
    archaic = words.alphabet.archaic
    columns = ["chrom", "start", "end", "sample", "haplotype", "posterior", "source", "seen"]
    counted = [f"{name}_{what}" for name in archaic for what in ("called", "shared")]
    if one is None:
        return pd.DataFrame(columns=[*columns, *counted])
    begin, end, mean = segments_of(one.track(), calling)
    sample, number = words.haplotypes[one.row]
    first, last = np.searchsorted(one.edges, begin), np.searchsorted(one.edges, end)
    matches = np.zeros((len(begin), len(archaic), 2), dtype=np.int64)
    if len(begin) and archaic:
        counts = words.matches(one.chrom, one.row).astype(np.int64)
        sums = np.concatenate([np.zeros((1, *counts.shape[1:]), dtype=np.int64), np.cumsum(counts, axis=0)])
        matches = sums[last] - sums[first]
    seen = np.concatenate([[0], np.cumsum(one.seen)])
    found: dict[str, Any] = {
        "chrom": one.chrom,
        "start": begin,
        "end": end,
        "sample": sample,
        "haplotype": number,
        "posterior": mean,
        "source": _sources(matches, archaic),
        "seen": (seen[last] > seen[first]).astype(np.int8),
    }
    for place, name in enumerate(archaic):
        found |= {f"{name}_called": matches[:, place, 0], f"{name}_shared": matches[:, place, 1]}
    return pd.DataFrame(found, columns=[*columns, *counted])


def _sources(matches: npt.NDArray[np.int64], archaic: tuple[str, ...]) -> npt.NDArray[np.object_]:
    """Name the archaic person that shares the largest part of the rare alleles at which it is called."""
    if not archaic:
        return np.full(len(matches), UNKNOWN, dtype=object)
    called, shared = matches[..., 0], matches[..., 1]
    share = np.divide(shared, called, out=np.full(called.shape, -1.0), where=called > 0)
    best = share.max(axis=1)
    names = np.array(archaic, dtype=object)[share.argmax(axis=1)]
    names = np.where((share == best[:, None]).sum(axis=1) > 1, TIED, names)
    return np.where(best > 0, names, UNKNOWN)


def _people(segments: pd.DataFrame, words: BinsFile) -> pd.DataFrame:
    """Summarise each person: callable bases of the haplotypes, those in segments and their percent, segments, lengths.

    A segment counts by its callable bases in ``introgressed`` and of its source, by its whole length in lengths.
    """
    callable_, inside = 0, np.zeros(len(segments), dtype=np.int64)
    for chrom in words.bins:
        edges, before = words.edges(chrom), np.append(0, words.shared(chrom, "callable").cumsum(dtype=np.int64))
        callable_ += int(before[-1])
        here = (segments["chrom"] == chrom).to_numpy()
        for name, sign in (("start", -1), ("end", 1)):
            inside[here] += sign * before[np.searchsorted(edges, segments.loc[here, name].to_numpy(dtype=np.int64))]
    length = (segments["end"] - segments["start"]).astype(np.int64)
    rows = []
    for sample in dict.fromkeys(name for name, _ in words.haplotypes):
        own = segments["sample"] == sample
        haplotypes = sum(name == sample for name, _ in words.haplotypes)
        row = {
            "sample": sample,
            "haplotypes": haplotypes,
            "callable": callable_ * haplotypes,
            "introgressed": int(inside[own].sum()),
            "percent": 100 * float(inside[own].sum()) / max(1, callable_ * haplotypes),
            "segments": int(own.sum()),
            "mean_length": float(length[own].mean()) if own.any() else np.nan,
            "longest": int(length[own].max()) if own.any() else 0,
        }
        if words.alphabet.archaic:
            for source in (*words.alphabet.archaic, TIED, UNKNOWN):
                name = "unknown" if source == UNKNOWN else source
                row[f"{name}_bases"] = int(inside[own & (segments["source"] == source)].sum())
        row["length"] = int(length[own].sum())
        rows.append(row)
    return pd.DataFrame(rows)


def _deserts(sums: _Sums, least: int) -> pd.DataFrame:
    """Find stretches, at least half of them callable, in which nobody carries a segment: BED6, score = that share."""
    rows = []
    for chrom, shared in sums.shared.items():
        covered = np.concatenate([[0], np.cumsum(np.diff(shared.edges) * shared.used)])
        for first, last in zip(*runs(shared.callers == 0), strict=True):
            start, end = int(shared.edges[first]), int(shared.edges[last])
            share = (covered[last] - covered[first]) / (end - start)
            if end - start >= least and share >= 0.5:
                rows.append((chrom, start, end, "desert", round(1000 * share), "."))
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "name", "score", "strand"])


def _write_shared(folder: Path, words: BinsFile, sums: _Sums) -> None:
    for name, column in (("mean", "total"), ("share", "callers")):
        with BigWigWriter(folder / f"{name}.bw", _lengths(words)) as writer:
            for chrom, shared in sums.shared.items():
                used, edges = shared.used, shared.edges
                values = np.round(getattr(shared, column) / shared.haplotypes, DIGITS + 1)
                writer.add(chrom, mean_over_overlaps(edges[:-1][used], edges[1:][used], values[used]))


def write_tables(
    called: Called,
    archaic: tuple[str, ...],
    *,
    bed: Path | None = None,
    segments: Path | None = None,
    summary: Path | None = None,
    deserts: Path | None = None,
) -> None:
    """Write what was called, as far as asked for."""
    if bed:
        write_table(bed, segments_bed(called.segments, archaic), header=False)
    if segments:
        write_table(segments, called.segments)
    if summary:
        write_table(summary, called.people)
    if deserts:
        write_table(deserts, called.deserts, header=False)
