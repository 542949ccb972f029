"""Augmentation changes what it must and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from archaictools.haplotypes.augment import Augmentation, _uneven


def test_augmentation_keeps_what_it_must():
    rng = np.random.default_rng(2)
    inputs = rng.poisson(1.5, (2, 3_000, 34)).astype(np.uint8)
    inputs[1, :, 32] = inputs[0, :, 32]
    inputs[..., 33] = 255
    truth = np.array([np.repeat(np.arange(30) % 2, 100), np.repeat(np.arange(30) % 3 == 0, 100)]) * np.uint16(1_000)
    truth = truth.astype(np.uint16)
    of_archaics = ("archaic_absent", "archaic_missing", "archaic_as_reference", "archaic_only_alternate")
    never = dict.fromkeys(("switch", *of_archaics, "rate", "masked", "reverse"), 0.0)
    shape = (2, 3_000, 8, 4)

    def changed(**chosen):
        return Augmentation(**(never | chosen)).apply(inputs, truth, np.random.default_rng(5))

    same, same_truth = changed()
    assert np.array_equal(same, inputs)
    assert np.array_equal(same_truth, truth)
    before = inputs[..., :32].reshape(shape)
    for name in of_archaics:
        after = changed(**{name: 1.0})[0][..., :32].reshape(shape)
        assert np.array_equal(after.sum(axis=3), before.sum(axis=3)), name  # alleles only change what the archaic says
        assert not np.array_equal(after, before)
    absent = changed(archaic_absent=1.0)[0][..., :32].reshape(shape)
    assert not absent[..., :3].any()
    alternate = changed(archaic_only_alternate=1.0)[0][..., :32].reshape(shape)
    assert not alternate[:, :, :4, 0].any()  # an archaic person that lacks a derived allele has REF: not called
    assert not alternate[:, :, 4:, 2].any()
    assert np.array_equal(alternate[:, :, :4, 1:3], before[:, :, :4, 1:3])
    assert np.array_equal(alternate[:, :, 4:, :2], before[:, :, 4:, :2])
    read = changed(archaic_as_reference=1.0)[0][..., :32].reshape(shape)
    assert (read[:, :, :4, 0] >= before[:, :, :4, 0]).all()  # of rarer alleles more are lacked
    assert (read[:, :, 4:, 2] >= before[:, :, 4:, 2]).all()  # of commoner ones more are shared
    assert np.array_equal(read[..., 3], before[..., 3])
    switched, switched_truth = changed(switch=1.0, switches=20.0)
    assert np.array_equal(np.sort(switched, axis=0), np.sort(inputs, axis=0))
    swapped = (switched[0] != inputs[0]).any(axis=1)
    assert swapped.any()
    assert np.array_equal(switched_truth[0, swapped], truth[1, swapped])  # truth goes with the alleles
    backwards, backwards_truth = changed(reverse=1.0)
    assert np.array_equal(backwards[:, ::-1], inputs)
    assert np.array_equal(backwards_truth[:, ::-1], truth)
    for name in ("rate", "masked"):
        thinner, kept = changed(**{name: 1.0})
        assert (thinner[..., :33] <= inputs[..., :33]).all()
        assert thinner[..., :32].sum() < inputs[..., :32].sum()
        assert np.array_equal(thinner[0, :, 32], thinner[1, :, 32])
        assert np.array_equal(kept, truth)
    masked = changed(masked=1.0)[0]
    none = masked[0, :, 33] == 0
    assert none.any()
    assert not masked[0, none, :33].any()


def test_missing_archaic_calls_come_in_places():
    share = _uneven(0.3, 200_000, np.random.default_rng(1))
    assert share.shape == (200_000,)
    assert share.mean() == pytest.approx(0.3, abs=0.01)
    assert share.var() == pytest.approx(0.3 * 0.7 / 2, rel=0.05)  # of a beta distribution whose parameters add up to 1
    assert np.mean(share[1:] == share[:-1]) == pytest.approx(1 - 1 / 5.5, abs=0.01)
