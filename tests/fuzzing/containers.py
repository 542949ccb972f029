"""Small valid files of each kind of HDF5 container, and how each is read: for tests that damage them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features
from archaictools.haplotypes.joined_sums import JoinedSums
from archaictools.haplotypes.likeness import SiteCounts
from archaictools.haplotypes.relatedness import INPUTS
from archaictools.haplotypes.segment_calls import with_counts
from archaictools.haplotypes.segments import ChromosomeSums
from archaictools.haplotypes.sums_file import SumsFile, write_sums
from archaictools.haplotypes.sums_layout import Calling, SumsHead
from archaictools.learning.checkpoint import State, load_checkpoint, save_checkpoint
from archaictools.learning.model_file import Member, TrainedModel, load_model, save_model
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import SeenRegions
from archaictools.learning.splits import Split, SplitScheme
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.token_file import Sentences, open_tokens, write_tokens

INPUT = {"inputs": {"vcf_0": {"name": "people.vcf.gz", "sha256": "0" * 64}}, "version": "1"}
SETTINGS = {"words": "x", "seed": 1}


def kmers(path: Path) -> Path:
    rng = np.random.default_rng(1)
    with write_tokens(
        path, KmerEncoding(k=3, size=20), genome="g.fa", chromosomes={"chr1": 500, "chr2": 300}, provenance=INPUT
    ) as writer:
        start = np.array([0, 20, 40, 100, 0, 50])
        size = np.array([20, 20, 15, 20, 20, 20])
        codes = rng.integers(0, 5, size=(6, 20)).astype(np.uint8)
        codes[2, 15:] = 4
        chrom, strand = np.array([0, 0, 0, 0, 1, 1], "u4"), np.array([1, -1, 0, 1, 1, 1], "i1")
        writer.append(Sentences(chrom, start, start + size, strand, np.array([1, 0, -1, 1, 0, 0], "i1"), codes))
    return path


def haplotypes(path: Path) -> Path:
    rng = np.random.default_rng(1)
    rows = [(name, side) for name in ("P1", "P2", "P3") for side in (1, 2)]
    lengths = {"chr1": 9_500, "chr2": 3_000, "chr3": 700}
    with write_features(
        path,
        HaplotypeEncoding(bin=1_000, archaic=("ARC1", "ARC2"), outgroup=5),
        haplotypes=rows,
        lengths=lengths,
        provenance=INPUT,
        vcf_digests=["0" * 64],
        groups=(0, 4),
    ) as writer:
        for chrom in ("chr1", "chr2"):
            writer.begin(chrom)
            bins = -(-lengths[chrom] // 1_000)
            known = rng.integers(0, 9, size=(6, bins, 2, 1))
            writer.append(
                FeatureChunk(
                    rng.integers(0, 9, size=(6, bins, 32)).astype(np.uint8),
                    np.concatenate([known, known // 2, known], axis=3).astype(np.uint8),
                    rng.integers(0, 9, size=bins).astype(np.uint16),
                    np.minimum(1_000, lengths[chrom] - 1_000 * np.arange(bins)).astype(np.uint16),
                    np.full(bins, 9, dtype=np.uint16),
                    rng.integers(0, 9, size=(6, bins)).astype(np.uint16),
                    rng.integers(0, 9, size=(6, bins, 2, 2)).astype(np.uint8),
                )
            )
            writer.share(np.sort(rng.integers(0, bins, size=12)), rng.random((12, 6)) < 0.5)
            writer.label(rng.integers(0, 500, size=(6, bins)).astype(np.uint16))
    return path


def sums(path: Path) -> Path:
    rng = np.random.default_rng(2)
    rows = [(name, side) for name in ("P1", "P2") for side in (1, 2)]
    head = SumsHead(
        encoding=HaplotypeEncoding(bin=1_000, archaic=("ARC1", "ARC2"), outgroup=5),
        calling=Calling(threshold=0.5, min_length=5_000, max_gap=0, desert_length=9_000, model="0" * 64),
        lengths={"chr1": 29_500, "chr2": 3_000, "chr3": 700},
        haplotypes=rows,
    )
    with write_sums(path, head, verb="predict") as writer:
        for chrom in ("chr1", "chr2"):
            one = ChromosomeSums.empty(head.lengths[chrom], 1_000, len(rows), 2)
            one.callable += 4
            one.carriers += rng.integers(0, 3, size=len(one.callable))
            one.total += rng.integers(0, 4_001, size=len(one.callable))
            one.covered |= one.carriers > 0
            one.bases[:3] = head.lengths[chrom]
            one.bases[3] = 0
            if chrom == "chr1":  # not compared with the training on the other
                one.sites = SiteCounts(variable=700, bases=29_000, private=30, called=58_000)
            one.outside += rng.integers(5, 9, size=(len(rows), 2, 1)) - np.array([0, 3, 1])
            number = 4 if chrom == "chr1" else 0
            start = 1_000 * np.arange(number)
            frame = pd.DataFrame({"chrom": chrom, "start": start, "end": start + 6_000})
            frame = frame.assign(sample="P1", haplotype=2, posterior=0.8, seen=np.int8(0), callable=5_500)
            known = rng.integers(1, 9, size=(number, 2, 1))
            matches = np.concatenate([known, known // 2, known], axis=2)
            segments = with_counts(frame, matches, rng.integers(0, 5, size=(number, 2, 2)))
            writer.add(chrom, one, np.array([[90, 80], [90, 1]]), [segments] if number else [])
    return path


def _member(network: NetworkConfig, second: NetworkConfig | None, fold: int, words: int) -> Member:
    rng = np.random.default_rng(fold)
    weights, others = (
        {name: rng.normal(size=shape).astype(np.float32) for name, shape in (one.shapes() if one else {}).items()}
        for one in (network, second)
    )
    return Member(
        weights=weights,
        second_weights=others,
        split=Split(SplitScheme(folds=3), {"train": ["chr1"], "validation": ["chr2"], "test": ["chr3"]}, fold),
        seen=SeenRegions(["chr1", "chr1", "chr2"], np.array([0, 600, 0]), np.array([500, 1000, 900])),
        counts=rng.integers(0, 9, size=(2, words)).astype(np.uint32),
    )


def _model(
    path: Path, encoding: KmerEncoding | HaplotypeEncoding, network: NetworkConfig, second: NetworkConfig | None
) -> Path:
    training = {"epochs": 1, "temperature": 1.0}
    model = TrainedModel(
        network=network,
        members=[_member(network, second, fold, network.vocabulary) for fold in range(2)],
        encoding=encoding,
        both_strands=True,
        chromosomes={"chr1": 1_000, "chr2": 900},
        words_digest="0" * 64,
        metrics={"training": training, "folds": [{"training": training}] * 2},
        provenance=INPUT,
        second_network=second,
        sources={"": ["0" * 64]} if network.per_bin else {},
    )
    save_model(path, model)
    return path


def kmer_model(path: Path) -> Path:
    encoding = KmerEncoding(k=3, size=20)
    network = NetworkConfig(vocabulary=encoding.vocabulary, words=encoding.words, embedding=4, lstm=3, dense=2)
    return _model(path, encoding, network, None)


def haplotype_model(path: Path) -> Path:
    encoding = HaplotypeEncoding(bin=1_000, archaic=("ARC1",), outgroup=5)
    network = NetworkConfig(
        vocabulary=encoding.vocabulary, words=50, embedding=4, lstm=3, dense=2, lstm_layers=2, per_bin=True
    )
    return _model(path, encoding, network, replace(network, vocabulary=network.vocabulary + len(INPUTS), lstm_layers=1))


def _state() -> State:
    weights = [np.ones((3, 2), "f4"), np.zeros(2, "f4")]
    history = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}]
    return State(2, weights, [np.array(7), *weights, np.float32(0.1)], weights, 1, 0.5, history)


def checkpoint(path: Path) -> Path:
    save_checkpoint(path.parent, _state(), SETTINGS)
    return (path.parent / "checkpoint.h5").rename(path)


def read_kmers(path: Path) -> None:
    with open_tokens(path) as words:
        for name in ("chrom", "start", "end", "strand", "label"):
            words.field(name)
        for part in words.chunks():
            words.encoding.ids(part.codes)
        words.take(np.arange(len(words))[::-1])


def read_haplotypes(path: Path) -> None:
    with open_features(path) as words:
        assert len(words.people) <= len(words.haplotypes)
        for chrom in words.bins:
            for rows in words.groups[:3]:
                words.inputs(chrom, rows)
                words.shared_alleles(chrom, rows)
                words.matches(chrom, rows.start)
            if words.labelled:
                words.truth(chrom)
                words.label(chrom)


def read_sums(path: Path) -> None:
    joined = JoinedSums([SumsFile(path)])
    namer = joined.namer()
    for chrom in joined.bins:
        joined.sums(chrom)
        for segments in joined.segments(chrom):
            namer.named(segments)


def read_model(path: Path) -> None:
    load_model(path, KmerEncoding, HaplotypeEncoding)


def read_checkpoint(path: Path) -> None:
    """Read a checkpoint, which has a name of its own in a folder."""
    folder = path.with_suffix(".folder")
    folder.mkdir(exist_ok=True)
    (folder / "checkpoint.h5").write_bytes(path.read_bytes())
    load_checkpoint(folder, SETTINGS, _state())


#: Kind to what writes a valid file, and what reads all of one.
KINDS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], None]]] = {
    "kmers": (kmers, read_kmers),
    "haplotypes": (haplotypes, read_haplotypes),
    "sums": (sums, read_sums),
    "kmer model": (kmer_model, read_model),
    "haplotype model": (haplotype_model, read_model),
    "checkpoint": (checkpoint, read_checkpoint),
}
