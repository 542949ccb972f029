"""People with known tracts, a model trained on them, and random sites, each made once for all tests."""

from __future__ import annotations

import json

import numpy as np
import pytest

from archaictools.cli.main import main
from helpers import ARCHAIC, INGROUP, LENGTH, OUTGROUP, SMALL, make_words


@pytest.fixture(scope="session")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("bins") / "words.h5"
    return path, make_words(path, chromosomes=4, people=4)


@pytest.fixture(scope="session")
def trained(words, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    arguments = [
        "train",
        words[0],
        "--epochs",
        15,
        "--no-augment",
        "--model",
        folder / "m.h5",
        "--metrics",
        folder / "m.json",
        *SMALL,
    ]
    assert main([str(argument) for argument in arguments]) == 0
    return folder / "m.h5", json.loads((folder / "m.json").read_text())


@pytest.fixture(scope="session")
def people():
    """Random sites of two to four alleles, frequent, rare or fixed, with missing calls; archaics with their own ALT."""
    rng = np.random.default_rng(3)
    modern, archaic = [], []
    for position in np.sort(rng.choice(LENGTH, size=900, replace=False)).tolist():
        bases = [str(base) for base in rng.permutation(list("ACGT"))]
        number = int(rng.choice([2, 2, 2, 3, 4]))
        share = rng.choice([0.003, 0.05, 0.3, 0.6, 0.97, 1.0, 0.0])
        weights = np.array([1 - share, *[share / (number - 1)] * (number - 1)])

        def call(weights=weights, number=number, missing=0.02, mark="|"):
            pair = rng.choice(number, size=2, p=weights)
            return mark.join("." if rng.random() < missing else str(allele) for allele in pair)

        calls = [call() for _ in OUTGROUP + INGROUP]
        modern.append((position, bases[0], bases[1:number], calls))
        if rng.random() < 0.8:
            order = [bases[0], *rng.permutation(bases[1:]).tolist()]  # the archaic file numbers ALT in its own way
            flat = np.full(4, 0.25)
            archaic.append((position, bases[0], order[1:], [call(flat, 4, 0.2, "/") for _ in ARCHAIC]))
    return modern, archaic
