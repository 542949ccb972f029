"""The second reading, of haplotypes that share alleles: what it reads against loops, and what it finds that one does not."""

from __future__ import annotations

import hashlib
import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from archaictools.errors import InputError
from archaictools.haplotypes import relatedness as sharing
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.batches import scaled
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features
from archaictools.haplotypes.fit_second import _changed
from archaictools.haplotypes.predict import BinEnsemble
from archaictools.haplotypes.predictors import BinPredictor
from archaictools.haplotypes.relatedness import INPUTS, WINDOWS, count_very_rare
from archaictools.learning.forward import OpenVinoRuntime
from archaictools.learning.model_file import load_model
from helpers import SMALL


def second_inputs(*arguments):
    """Of all haplotypes: (haplotypes, bins, inputs)."""
    return np.stack(list(sharing.second_inputs(*arguments)))


def drawn(haplotypes, bins, alleles, seed):
    """Log odds, counts of alleles, and where those lie that two or more carry."""
    rng = np.random.default_rng(seed)
    where = np.sort(rng.integers(0, bins, size=alleles))
    carriers = rng.random((alleles, haplotypes)) < rng.choice([0.1, 0.5, 0.9], size=(alleles, 1))
    very_rare = np.zeros((haplotypes, bins), dtype=np.float32)
    for place, row in zip(where, carriers, strict=True):
        very_rare[:, place] += row
    several = carriers.sum(axis=1) > 1
    return rng.normal(0, 6, size=(haplotypes, bins)), very_rare, where[several], carriers[several]


def by_hand(odds, very_rare, where, carriers, row, place):
    """What the second network reads of one haplotype in one bin."""
    haplotypes, bins = odds.shape
    said = np.clip(odds[:, place], -16, 16) / 4
    found = {
        "odds": said[row],
        "very_rare": np.log1p(very_rare[row, place]),
        "shared": np.log1p(sum(carriers[where == place, row])),
    }
    for window in WINDOWS:
        first, last = max(0, place - window // 2), min(bins, place + window // 2 + 1)
        inside = (where >= first) & (where < last)
        alleles = very_rare[:, first:last].sum(axis=1)
        both = [int((carriers[inside, row] & carriers[inside, other]).sum()) for other in range(haplotypes)]
        others = [
            (both[other] / max(1, alleles[row] + alleles[other] - both[other]), said[other], other)
            for other in range(haplotypes)
            if other != row
        ]
        order = [other for *_, other in sorted(others, reverse=True)]
        likeness = {other: value for value, _, other in others}
        for rank, other in enumerate(order[:2], start=1):
            found[f"likeness_{rank}_{window}"] = likeness[other]
            found[f"odds_{rank}_{window}"] = said[other] if likeness[other] else -4.0
        found[f"shared_1_{window}"] = np.log1p(both[order[0]])
        sharing = [other for other in order if both[other] >= 2]
        found[f"odds_sharing_{window}"] = max([-4.0, *(said[other] for other in sharing)])
        found[f"odds_alike_{window}"] = max([-4.0, *(said[other] for other in sharing if likeness[other] > 0.5)])
        found[f"very_rare_{window}"] = np.log1p(alleles[row])
    return [found[name] for name in INPUTS]


def test_inputs_against_a_loop():
    odds, very_rare, where, carriers = drawn(5, 90, 120, seed=4)
    found = second_inputs(odds, very_rare, where, carriers)
    assert found.shape == (5, 90, len(INPUTS))
    expected = [[by_hand(odds, very_rare, where, carriers, row, place) for place in range(90)] for row in range(5)]
    assert np.allclose(found, expected, atol=1e-5)
    spread = dict(zip(INPUTS, found.std(axis=(0, 1)), strict=True))
    assert min(spread.values()) > 0.05, spread  # every input says something here


def test_whoever_stands_in_whatever_row_reads_the_same():
    odds, very_rare, where, carriers = drawn(6, 200, 260, seed=5)
    order = np.array([3, 0, 5, 1, 4, 2])
    found = second_inputs(odds, very_rare, where, carriers)
    moved = second_inputs(odds[order], very_rare[order], where, carriers[:, order])
    assert np.allclose(moved, found[order], atol=1e-5)


def test_backwards_reads_the_same_backwards():
    odds, very_rare, where, carriers = drawn(4, 150, 200, seed=6)
    found = second_inputs(odds, very_rare, where, carriers)
    turned = second_inputs(odds[:, ::-1], very_rare[:, ::-1], 149 - where[::-1], carriers[::-1])
    assert np.allclose(turned[:, ::-1], found, atol=1e-5)


def test_two_haplotypes_have_no_second():
    odds, very_rare, where, carriers = drawn(2, 80, 60, seed=8)
    found = second_inputs(odds, very_rare, where, carriers)
    for row in range(2):
        said = dict(zip(INPUTS, found[row].T, strict=True))
        assert said["likeness_1_15"].max() > 0
        assert (said["likeness_2_15"] == 0).all()
        assert (said["odds_2_15"] == -4.0).all()


def test_nobody_else():
    odds, very_rare, where, carriers = drawn(1, 50, 30, seed=7)
    found = dict(zip(INPUTS, np.moveaxis(second_inputs(odds, very_rare, where, carriers)[0], -1, 0), strict=True))
    assert (found["odds_1_15"] == -4.0).all()
    assert (found["odds_2_15"] == -4.0).all()
    assert (found["likeness_2_41"] == 0).all()
    assert (found["odds_alike_5"] == -4.0).all()


def test_training_changes_what_archaics_say_and_nothing_else():
    """Alleles keep their frequency, bin and haplotype; a person left over, with one haplotype, stays as it is."""
    rng = np.random.default_rng(9)
    inputs = rng.integers(0, 4, size=(5, 300, len(CLASSES) + 2)).astype(np.uint8)
    before = inputs.copy()
    draws = np.stack([_changed(inputs, rng=np.random.default_rng(seed)) for seed in range(40)])
    assert np.array_equal(inputs, before)
    assert np.array_equal(draws[..., len(CLASSES) :], np.broadcast_to(inputs[..., len(CLASSES) :], (40, 5, 300, 2)))
    by_frequency = draws[..., : len(CLASSES)].reshape(40, 5, 300, 8, 4)
    assert np.array_equal(by_frequency.sum(axis=-1), np.broadcast_to(by_frequency.sum(axis=-1)[:1], (40, 5, 300, 8)))
    assert np.array_equal(by_frequency.sum(axis=-1)[0], inputs[..., : len(CLASSES)].reshape(5, 300, 8, 4).sum(axis=-1))
    different = (draws != inputs).any(axis=(2, 3))
    assert not different[:, 4].any()
    assert 0.3 < different[:, :4].mean() < 0.8
    assert (by_frequency[..., :3].sum(axis=(2, 3, 4)) == 0).any()  # somebody without archaic genomes


def family(path, *, vcf, chromosomes=5, bins=600, people=4, seed=1):
    """Tracts come in pairs: long ones with many alleles, and pieces of 8 to 15 bins of them, whose few are those alleles.

    Elsewhere haplotypes have as many alleles in places, but nobody shares them.
    """
    rng = np.random.default_rng(seed)
    haplotypes = [(f"P{number}", side) for number in range(people) for side in (1, 2)]
    rows = len(haplotypes)
    lengths = {f"chr{number + 1}": bins * 1_000 for number in range(chromosomes)}
    with write_features(path, HaplotypeEncoding(), haplotypes=haplotypes, lengths=lengths,
                    provenance={}, vcf_digests=[hashlib.sha256(vcf.encode()).hexdigest()]) as writer:  # fmt: skip
        for chrom in lengths:
            truth = np.zeros((rows, bins), dtype=bool)
            places, carriers = [], []
            for start in range(20, bins - 120, 100):
                long, *short = rng.permutation(rows)[:4]
                end = start + int(rng.integers(50, 80))
                who = np.zeros((rows, end - start), dtype=bool)
                who[long] = True
                for one in short:
                    first = int(rng.integers(0, end - start - 15))
                    who[one, first : first + int(rng.integers(8, 15))] = True
                truth[:, start:end] |= who
                for place in rng.integers(start, end, size=45):
                    places.append(place)
                    carriers.append(who[:, place - start])
            for row in range(rows):  # private to one, as dense as in short pieces
                for first in rng.integers(0, bins - 15, size=8):
                    for place in rng.integers(first, first + 12, size=8):
                        places.append(place)
                        carriers.append(np.arange(rows) == row)
            order = np.argsort(places, kind="stable")
            where, who = np.array(places)[order], np.array(carriers)[order]
            counts = np.zeros((rows, bins, len(CLASSES)), dtype=np.uint8)
            for place, row in zip(where, who, strict=True):
                counts[row, place, CLASSES.index("absent_uncalled")] += 1
            writer.begin(chrom)
            ones = np.ones(bins, dtype=np.uint16)
            missing = np.zeros((rows, bins), dtype=np.uint16)
            matches, pairs = (np.zeros((rows, bins, 0, kinds), dtype=np.uint8) for kinds in (3, 2))
            writer.append(FeatureChunk(counts, matches, 3 * ones, 1_000 * ones, 9 * ones, missing, pairs))
            several = who.sum(axis=1) > 1
            writer.share(where[several], who[several])
            writer.label((truth * 1_000).astype(np.uint16))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Trained with and without a second reading; measured on other people."""
    from archaictools.cli.main import main

    folder = tmp_path_factory.mktemp("sharing")
    family(folder / "train.h5", vcf="one")
    family(folder / "test.h5", vcf="two", seed=2)
    for name, more in (("twice", ()), ("once", ("--no-sharing",))):
        command = ("train", folder / "train.h5", "--epochs", 25, "--no-augment", *SMALL, *more)
        assert main([str(word) for word in (*command, "--model", folder / f"{name}.h5")]) == 0
        command = ("evaluate", folder / f"{name}.h5", folder / "test.h5", "--metrics", folder / f"{name}.json")
        assert main([str(word) for word in command]) == 0
    return folder


def test_pieces_of_tracts_are_found_beside_who_carries_the_whole(models):
    once, twice = (json.loads((models / f"{name}.json").read_text())["models"]["model"] for name in ("once", "twice"))
    assert twice["auprc"] > once["auprc"] + 0.05
    assert twice["f1_bp"] > once["f1_bp"] + 0.05


def test_both_readings_are_as_the_file_says(models):
    """The first network alone is that of --no-sharing; the second reads what it says."""
    once, twice = (load_model(models / f"{name}.h5", HaplotypeEncoding) for name in ("once", "twice"))
    assert once.second_network is None
    assert not once.members[0].second_weights
    for name, array in once.members[0].weights.items():
        assert np.array_equal(array, twice.members[0].weights[name]), name
    first = BinPredictor(OpenVinoRuntime(2).network(twice.network, twice.members[0].weights), both_strands=False)
    network = twice.second_network.build(twice.members[0].second_weights)
    with open_features(models / "test.h5") as words:
        inputs = words.inputs("chr2")
        seen = second_inputs(
            logit(np.clip(first(inputs).astype(float), 1e-7, 1 - 1e-7)),
            count_very_rare(inputs),
            *words.shared_alleles("chr2", slice(0, 8)),
        )
        seen = np.concatenate([scaled(inputs), seen], axis=2)
        expected = network.predict_on_batch(np.pad(seen, ((0, 0), (0, 400), (0, 0))))[:, :600, 0]
        found = BinEnsemble(twice, words, OpenVinoRuntime(2)).predict("chr2", slice(0, 8))[0]
    assert np.abs(found - expected).max() < 1e-3
    assert found.max() > 0.9
    assert found.min() < 0.1


def test_a_second_reading_is_added_to_a_model_that_reads_once(models, ok, tmp_path):
    """With 0 epochs its own network stays as it is, but for the temperature: then it says what both together learnt."""
    ok("train", models / "train.h5", "--start-from", models / "once.h5", "--epochs", 0, "--no-augment", "--stretch", 100,
       "--model", tmp_path / "m.h5", "--history", tmp_path / "h.tsv", "--metrics", tmp_path / "m.json")  # fmt: skip
    once, both = (load_model(path, HaplotypeEncoding) for path in (models / "once.h5", tmp_path / "m.h5"))
    for name, array in once.members[0].weights.items():
        assert np.allclose(array, both.members[0].weights[name], rtol=1e-2), name
    history = pd.read_csv(tmp_path / "h.tsv", sep="\t")
    assert set(history["reading"]) == {2}
    metrics = json.loads((tmp_path / "m.json").read_text())
    second = metrics["training"]["second"]
    assert history["validation_loss"].min() < second["first"]["validation_loss"] - 0.01
    assert metrics["training"]["epochs_run"] == 0
    ok("evaluate", tmp_path / "m.h5", models / "test.h5", "--metrics", tmp_path / "e.json")
    found = json.loads((tmp_path / "e.json").read_text())["models"]["model"]
    twice = json.loads((models / "twice.json").read_text())["models"]["model"]
    assert found["auprc"] == pytest.approx(twice["auprc"], abs=0.03)


def test_no_epoch_and_no_model_leave_nothing_learnt(models, run, planted, tmp_path):
    for words, message in ((models / "train.h5", "--start-from"), (planted / "words.h5", "1 or more")):
        result = run("train", words, "--epochs", 0, "--model", tmp_path / "m.h5")
        assert result.code == 2
        assert message in result.err
        assert not (tmp_path / "m.h5").exists()


def test_beside_an_archaic_genome_the_first_reading_stands(models, tmp_path):
    path = tmp_path / "w.h5"
    path.write_bytes((models / "test.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        parameters = json.loads(file.attrs["parameters"])
        file.attrs["parameters"] = json.dumps(parameters | {"archaic": ["A0"]})
        for group in file["bins"].values():
            rows, bins = group["matches"].shape[:2]
            del group["matches"], group["unshared"]
            group["matches"], group["unshared"] = np.zeros((rows, bins, 1, 3), "u1"), np.zeros((1, 2), "i8")
    said = {}
    for name in ("once", "twice"):
        model = load_model(models / f"{name}.h5", HaplotypeEncoding)
        for words in (path, models / "test.h5"):
            with open_features(words) as bins:
                said[name, words] = BinEnsemble(model, bins, OpenVinoRuntime(2)).predict("chr1", slice(0, 8))[0]
    assert np.array_equal(said["once", path], said["twice", path])
    assert np.abs(said["once", models / "test.h5"] - said["twice", models / "test.h5"]).max() > 0.5


@pytest.mark.parametrize("damage", ["digest", "missing", "other inputs", "k-mers"])
def test_a_second_network_that_does_not_fit_is_refused(models, tmp_path, damage):
    path = tmp_path / "m.h5"
    path.write_bytes((models / "twice.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        description = json.loads(file.attrs["second_network"])
        if damage == "digest":
            file["members/0/second/output_bias"][0] += 1
        elif damage == "missing":
            del file["members/0/second/output_bias"]
        elif damage == "other inputs":
            file.attrs["second_network"] = json.dumps(description | {"vocabulary": len(INPUTS)})
        else:
            file.attrs["second_network"] = json.dumps(description | {"per_bin": False})
    expected = {"digest": "digest", "missing": "has no dataset"}.get(damage, "does not fit")
    with pytest.raises(InputError, match=expected):
        load_model(path, HaplotypeEncoding)


def test_words_of_the_release_before_are_refused_in_a_sentence(models, run, tmp_path):
    path = tmp_path / "w.h5"
    path.write_bytes((models / "test.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        del file["haplotypes/group"]
    result = run("predict", models / "twice.h5", path, "--table", tmp_path / "t.tsv")
    assert result.code == 3
    assert "make it again" in result.err
