"""How long stretches are cut into chunks, and their predictions joined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from archaictools.haplotypes.predictors import CHUNKING, SHORT_CHUNKS, BinPredictor, Chunking
from archaictools.learning.calibration import logit


class FirstBins:
    """Network whose log odds are a thousandth of the number of a chunk's first bin, everywhere in the chunk."""

    steps_in_batch = 6_000

    def __init__(self) -> None:
        self.bins = 0

    def __call__(self, batches):
        for batch in batches:
            self.bins += batch.shape[0] * batch.shape[1]
            first = np.where(batch > 0, batch, np.inf).min(axis=1) - 1
            yield 1 / (1 + np.exp(-np.broadcast_to(first / 1_000, batch.shape[:2])))


def numbered(bins: int) -> np.ndarray:
    """One haplotype whose input is the number of the bin, from 1: bins added to a short chunk are 0."""
    return np.arange(1, bins + 1, dtype=np.float32)[None, :, None]


def predicted(bins: int, chunking: Chunking, *, both_strands: bool) -> tuple[np.ndarray, int]:
    """Log odds of one haplotype, and the bins that the network read."""
    network = FirstBins()
    predictor = BinPredictor(network, both_strands=both_strands, scale=np.asarray, chunking=chunking)
    return logit(predictor(numbered(bins)))[0], network.bins


@pytest.mark.parametrize("both_strands", [False, True])
def test_one_chunk_fades_into_the_next_in_a_straight_line(both_strands):
    found, _ = predicted(380, Chunking(100, 20), both_strands=both_strands)
    expected = np.empty(380)
    starts = [0, 80, 160, 240, 280]  # the last ends with the last bin, and overlaps the one before it by more
    for start in starts:
        expected[start:] = start
    rising = np.arange(1, 21) / 21
    for before, start in ((0, 80), (80, 160), (160, 240)):
        expected[start : start + 20] = (1 - rising) * before + rising * start
    # Chunks from 240 and from 280 share 60 bins. Each weighs as far as its end is away, up to 20 bins.
    bins = np.arange(280, 340)
    falls, rises = np.minimum(340 - bins, 20), np.minimum(bins - 279, 20)
    expected[280:340] = (falls * 240 + rises * 280) / (falls + rises)
    assert found == pytest.approx(expected / 1_000, abs=1e-5)


def test_chunks_that_are_read_backwards_can_begin_elsewhere():
    """A bin weighs in each chunk as far as it is from the end of that chunk, up to the overlap."""
    found, _ = predicted(260, Chunking(100, 20, shift=40), both_strands=True)
    forwards, backwards = [0, 80, 160], [0, 40, 120, 160]
    for bin_number in range(260):
        chunks = [start for start in (*forwards, *backwards) if start <= bin_number < start + 100]
        weights = [min(bin_number - start + 1, start + 100 - bin_number, 20) for start in chunks]
        assert found[bin_number] == pytest.approx(np.average(chunks, weights=weights) / 1_000, abs=1e-5)


class Copy:
    """Network whose log odds are the input of the bin: the order in which a chunk is read does not matter."""

    steps_in_batch = 6_000

    def __call__(self, batches):
        for batch in batches:
            yield 1 / (1 + np.exp(-batch[..., 0].astype(np.float64)))


@pytest.mark.parametrize("bins", [1, 40, 1_999, 2_000, 2_001, 4_700])
def test_what_is_read_backwards_is_turned_round_again(bins):
    inputs = np.random.default_rng(4).normal(size=(3, bins, 1)).astype(np.float32)
    both = BinPredictor(Copy(), both_strands=True, scale=np.asarray)
    assert logit(both(inputs)) == pytest.approx(inputs[..., 0], abs=1e-5)


def test_few_bins_are_read_twice():
    """Chunks of 2,000 bins that overlapped by half read a chromosome nearly twice, in each direction."""
    bins = 100_000
    _, read = predicted(bins, CHUNKING, both_strands=True)
    assert 2 * bins < read < 2 * 1.4 * bins


@pytest.mark.parametrize("bins", [1, 9, 10, 11, 500, 1_501, CHUNKING.size])
def test_a_short_stretch_is_one_chunk(bins):
    found, read = predicted(bins, CHUNKING, both_strands=False)
    assert np.array_equal(found, np.zeros(bins, dtype=np.float32))
    assert read == min(length for length in (*SHORT_CHUNKS, CHUNKING.size) if length >= bins)


@pytest.mark.parametrize("chunking", [Chunking(2_000, 200), Chunking(2_000, 1_000), Chunking(300, 30)])
@pytest.mark.parametrize("bins", [1, 299, 301, 1_999, 2_001, 5_555])
def test_chunks_cover_a_stretch_and_overlap(chunking, bins):
    starts = chunking.starts(bins)
    assert starts[0] == 0
    assert starts[-1] == max(0, bins - chunking.size)
    assert all(chunking.overlap <= chunking.size - step for step in np.diff(starts))
    shifted = replace(chunking, shift=70)
    backwards = shifted.starts(bins, backwards=True)
    assert shifted.starts(bins) == starts
    assert (backwards[0], backwards[-1]) == (starts[0], starts[-1])
    assert all(chunking.overlap <= chunking.size - step for step in np.diff(backwards))
    assert not set(backwards[1:-1]) & set(starts)
