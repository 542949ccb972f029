"""A long chromosome is predicted in blocks: the same scores, in memory that hardly grows."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.special import expit

from archaictools.alphabet import Alphabet
from archaictools.haplotypes.both_readings import BothReadings
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features
from archaictools.haplotypes.inputs import InputReader
from archaictools.haplotypes.outputs import write_posteriors
from archaictools.haplotypes.posteriors import predict_haplotypes
from archaictools.haplotypes.predictors import BLOCK, CHUNKING, HALVES, BinPredictor
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.calibration import logit
from archaictools.learning.options import SegmentOptions
from archaictools.progress import Progress

PEOPLE = 4


class Quick:
    """Network whose score of a bin depends on its place in the chunk, the direction of reading and its inputs."""

    steps_in_batch = 8_000

    def __call__(self, batches):
        for batch in batches:
            place = np.arange(batch.shape[1], dtype=np.float32) / np.float32(batch.shape[1])
            yield expit(np.log1p(batch[..., :30].sum(axis=-1)) - 2 * place).astype(np.float32)


class QuickRuntime:
    """Makes quick networks."""

    def network(self, config, weights):
        return Quick()


def blended(inputs, chunking):
    """Blend all chunks of one haplotype at once, first those that are read forwards: written for this test."""
    bins, size = len(inputs), chunking.size
    total, weight = np.zeros((2, bins), dtype=np.float32)
    for backwards in (False, True):
        for start in chunking.starts(bins, backwards=backwards):
            part = inputs[start : start + size][:: -1 if backwards else 1]
            (score,) = Quick()([part[None]])
            total[start : start + size] += chunking.taper(size) * logit(score[0][:: -1 if backwards else 1]).astype(
                "f4"
            )
            weight[start : start + size] += chunking.taper(size)
    return expit(total / weight)


@pytest.mark.parametrize("chunking", [CHUNKING, HALVES])
@pytest.mark.parametrize("bins", [BLOCK - 1, BLOCK + 1, 2 * BLOCK + 1_999, 3 * BLOCK])
def test_scores_do_not_depend_on_blocks(bins, chunking):
    inputs = np.random.default_rng(bins).random((2, bins, 34)).astype(np.float32)
    found = BinPredictor(Quick(), both_strands=True, scale=np.asarray, chunking=chunking)(inputs)
    for own, expected in zip(found, inputs, strict=True):
        assert np.array_equal(own, blended(expected, chunking))


def people_file(path, bins, *, archaic=(), missing=0.0):
    """Write haplotypes with few alleles, and a gap without sites that is wider than what is read around a bin."""
    rng, rows = np.random.default_rng(5), 2 * PEOPLE
    with write_features(
        path,
        HaplotypeEncoding(bin=1_000, archaic=archaic, outgroup=5),
        haplotypes=[(f"P{person}", side) for person in range(PEOPLE) for side in (1, 2)],
        lengths={"chr1": 1_000 * bins - 300},
        provenance={"inputs": {}, "version": "1"},
        vcf_digests=["0" * 64],
        groups=(0,),
    ) as writer:
        writer.begin("chr1")
        for first in range(0, bins, 1_024):
            number = min(1_024, bins - first)
            place = first + np.arange(number)
            typed = np.where((place % 700 < 100) | (place < 60), 0, 9).astype(np.uint16)
            lacking = rng.random((rows, number)) < missing
            lacking[1] |= (place % 900 > 600) & bool(missing)
            writer.append(
                FeatureChunk(
                    rng.poisson(0.05, size=(rows, number, 32)).astype(np.uint8),
                    np.zeros((rows, number, len(archaic), 3), dtype=np.uint8),
                    rng.integers(0, 9, size=number).astype(np.uint16),
                    np.minimum(1_000, 1_000 * bins - 300 - 1_000 * place).astype(np.uint16),
                    typed,
                    (lacking * rng.integers(0, 10, size=number) * (typed > 0)).astype(np.uint16),
                    np.zeros((rows, number, 0, 2), dtype=np.uint8),
                )
            )
        alleles = np.sort(rng.integers(0, bins, size=2 * bins))
        writer.share(alleles, rng.random((len(alleles), rows)) < 0.3)
    return path


@pytest.mark.parametrize("archaic", [(), ("ARC",)])
def test_parts_of_a_chromosome_have_the_inputs_of_the_whole(tmp_path, archaic):
    with open_features(people_file(tmp_path / "h.h5", 3_000, archaic=archaic, missing=0.3)) as features:
        whole, reader = features.inputs("chr1"), InputReader(features, "chr1")
        assert features.gaps("chr1").any()
        for first, stop in ((0, 50), (650, 800), (690, 701), (1_399, 1_400), (2_000, 2_999), (2_990, 3_000)):
            for row in range(2 * PEOPLE):
                found = reader.read(slice(row, row + 1), slice(first, stop))[0]
                assert np.array_equal(found, whole[row, first:stop])


@pytest.mark.parametrize("archaic", [(), ("ARC",)])
def test_memory_hardly_grows_with_a_chromosome(tmp_path, archaic):
    """Before blocks, inputs alone took 34 bytes for a bin of each of 8 haplotypes."""
    model, peaks = load_pretrained(), []
    sizes = (10_000, 40_000, 160_000)
    for bins in sizes:
        with open_features(people_file(tmp_path / f"{bins}.h5", bins, archaic=archaic)) as features:
            readings = BothReadings(model, features, QuickRuntime())
            tracemalloc.start()
            with Progress(readings.work(), "bins", "predict") as progress:
                found = write_posteriors(
                    predict_haplotypes(features, readings, progress=progress),
                    features,
                    SegmentOptions(threshold=0.99).resolved(Alphabet.VARIANT),
                    desert_length=10**6,
                )
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert found.bins == bins * 2 * PEOPLE
    for number, peak in zip(sizes[1:], peaks[1:], strict=True):
        assert (peak - peaks[0]) / (number - sizes[0]) < 200, peaks
