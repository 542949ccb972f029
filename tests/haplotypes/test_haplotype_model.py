"""Models of haplotypes: training, stitching, augmentation, the HMM, evaluation, calls and carriers, each against an
independent computation or a known truth."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import h5py
import numpy as np
import pandas as pd
import pyBigWig
import pytest
from scipy.stats import poisson
from sklearn.metrics import average_precision_score, roc_auc_score

from archaictools.errors import InputError
from archaictools.haplotypes import evaluate as bin_evaluation
from archaictools.haplotypes import fit as bin_fitting
from archaictools.haplotypes import hmm
from archaictools.haplotypes.allele_classes import PATTERNS
from archaictools.haplotypes.audit import audit_haplotypes
from archaictools.haplotypes.augment import Augmentation, _uneven
from archaictools.haplotypes.batches import BinBatches
from archaictools.haplotypes.dataset import Genomes, _united
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.evaluate import CONTROLS, RIVALS, evaluate_bins
from archaictools.haplotypes.explain import draw_stretches
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features
from archaictools.haplotypes.predict import BinEnsemble
from archaictools.haplotypes.predictors import BinPredictor
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning import training
from archaictools.learning.backend import start_tensorflow
from archaictools.learning.checkpoint import save_checkpoint
from archaictools.learning.model_file import load_model
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import fold_table, read_folds
from archaictools.learning.splits import EXCLUDED, SplitScheme, make_splits

ABSENT_HOM, ABSENT_LACKED = PATTERNS.index("absent_hom"), PATTERNS.index("absent_lacked")


def make_words(path, *, chromosomes=3, bins=600, people=2, seed=1, archaic=("A0", "A1"), vcf=None):
    """Haplotypes of known tracts of 40 to 80 bins: in them the outgroup lacks more alleles, and A0 shares those."""
    rng = np.random.default_rng(seed)
    haplotypes = [(f"P{number}", side) for number in range(people) for side in (1, 2)]
    lengths = {f"chr{number + 1}": bins * 1_000 for number in range(chromosomes)}
    digest = hashlib.sha256((vcf or str(path)).encode()).hexdigest()
    truth = {}
    with write_features(path, HaplotypeEncoding(archaic=archaic, outgroup=9), haplotypes=haplotypes, lengths=lengths,
                    provenance={}, vcf_digests=[digest]) as writer:  # fmt: skip
        for chrom in lengths:
            inside = np.zeros((len(haplotypes), bins), dtype=bool)
            for row in range(len(haplotypes)):
                first = int(rng.integers(50, bins - 150))
                inside[row, first : first + int(rng.integers(40, 80))] = True
            counts = np.zeros((len(haplotypes), bins, len(PATTERNS)), dtype=np.uint8)
            counts[..., ABSENT_LACKED] = rng.poisson(0.15, inside.shape)
            counts[..., ABSENT_HOM] = rng.poisson(np.where(inside, 0.8, 0.02))
            called = counts[..., ABSENT_LACKED] + counts[..., ABSENT_HOM]
            matches = np.zeros((*inside.shape, len(archaic), 3), dtype=np.uint8)
            pairs = np.zeros((*inside.shape, len(archaic) * (len(archaic) - 1), 2), dtype=np.uint8)
            matches[..., 0] = called[..., None]
            if archaic:
                matches[..., 0, 1] = counts[..., ABSENT_HOM]
                pairs[..., : len(archaic) - 1, 0] = counts[..., ABSENT_HOM, None]  # A0 beside each of the others
            writer.begin(chrom)
            ones = np.ones(bins, dtype=np.uint16)
            missing = np.zeros(counts.shape[:2], dtype=np.uint16)
            writer.append(FeatureChunk(counts, matches, 3 * ones, 1_000 * ones, 9 * ones, missing, pairs))
            truth[chrom] = (inside * 1_000).astype(np.uint16)
            writer.label(truth[chrom])
    return truth


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("bins") / "words.h5"
    return path, make_words(path, chromosomes=4, people=4)


SMALL = ("--lstm", 8, "--embedding", 8, "--dense", 8, "--stretch", 100, "--learning-rate", 0.01, "--threads", 2)


@pytest.fixture(scope="module")
def trained(words, tmp_path_factory):
    from archaictools.cli.main import main

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


def test_the_temperature_is_of_people_beside_an_archaic_genome(run, tmp_path, monkeypatch):
    """The same people are read without one, too: of 4 haplotypes and 300 bins on the validation side, either way."""
    fitted_to = []
    monkeypatch.setattr(bin_fitting, "fit_temperature", lambda label, _: fitted_to.append(label.copy()) or 2.0)
    files = [tmp_path / name for name in ("beside.h5", "without.h5", "also_without.h5")]
    for file, archaic, seed in zip(files, (("A0",), (), ()), (1, 2, 3), strict=True):
        truth = make_words(file, bins=300, archaic=archaic, seed=seed, vcf="the same")
        if archaic:
            beside = truth["chr2"] > 0
    common = ("--validation-chromosomes", "chr2", "--test-chromosomes", "chr3", "--epochs", 1, "--patience", 0, *SMALL)
    assert run("train", *files, *common, "--model", tmp_path / "m.h5").code == 0
    assert run("train", *files[1:], *common, "--model", tmp_path / "n.h5").code == 0
    assert np.array_equal(fitted_to[0], beside.ravel())
    # That of the second reading is of people without one, who alone are read twice.
    assert [len(label) for label in fitted_to[1:]] == [2 * beside.size] * 3


def test_training_finds_planted_tracts_on_a_held_out_chromosome(trained):
    metrics = trained[1]
    assert metrics["verdict"] == "skill"
    assert metrics["audit"] == {
        "schema_version": 1,
        "verdict": "clean",
        "reason": "whole chromosomes of all haplotypes are held out",
        "distance_bp": None,
        "people_on_two_sides": 0,
    }
    held = metrics["split"]["chromosomes"]
    assert sorted(len(held[side]) for side in ("train", "validation", "test")) == [1, 1, 2]
    assert metrics["test"]["n"] == 8 * 600
    assert metrics["test"]["auprc"] > 0.95


def test_resuming_gives_the_same_model(ok, run, tmp_path, words, monkeypatch):
    """Stopped after the first of three epochs, then gone on; and once more after the last, when nothing is left to do."""
    common = ("train", words[0], "--epochs", 3, *SMALL)
    ok(*common, "--model", tmp_path / "whole.h5")

    def stop(*arguments):
        save_checkpoint(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_checkpoint", stop)
        assert run(*common, "--model", tmp_path / "a.h5", "--checkpoint", tmp_path / "c").code == 130
    assert not (tmp_path / "a.h5").exists()
    for going_on, name in ((1, "a.h5"), (3, "again.h5")):
        result = ok(*common, "--model", tmp_path / name, "--checkpoint", tmp_path / "c")
        assert f"resuming after epoch {going_on}" in result.err
        assert (tmp_path / "whole.h5").read_bytes() == (tmp_path / name).read_bytes()
    other = run("train", words[0], "--epochs", 4, *SMALL, "--model", tmp_path / "b.h5", "--checkpoint", tmp_path / "c")
    assert other.code == 3
    assert "other settings" in other.err


def test_a_model_of_other_bins_or_words_is_refused(run, tmp_path, trained, planted):
    result = run("predict", trained[0], planted / "words.h5", "--bed", tmp_path / "x")
    assert result.code == 3
    assert "model of the variant alphabet, not kmer" in result.err
    result = run("predict", "pretrained", planted / "words.h5", "--segments", tmp_path / "x")
    assert result.code == 2
    result = run("train", planted / "words.h5", planted / "words.h5", "--model", tmp_path / "m.h5")
    assert result.code == 2
    make_words(tmp_path / "w.h5")
    result = run("train", tmp_path / "w.h5", "--split", "random", "--model", tmp_path / "m.h5")
    assert result.code == 2
    assert "both sides" in result.err


@pytest.mark.parametrize(
    ("verb", "of_kmers", "of_haplotypes", "output"),
    [
        ("train", ["--rc", "--forget-bias", "unit"], ["--stretch", 100, "--no-augment"], "--model"),
        ("importance", ["--mode", "word", "--metric", "auroc", "--part", "all"], [], "--positions"),
        ("predict", ["--any-build"], ["--summary", "p.tsv", "--desert-length", 500], "--table"),
        ("evaluate", ["--block-size", 1_000, "--trees", 5], [], "--table"),
        ("embedding", ["--word2vec-sentences", 50], [], "--vectors"),
    ],
)
def test_options_of_the_other_alphabet_are_refused(
    run, tmp_path, words, trained, planted, verb, of_kmers, of_haplotypes, output
):
    """An option that would say nothing is named, not passed over; its default is no such option."""
    sides = {
        "haplotypes": (of_kmers, (trained[0], words[0])),
        "k-mers": (of_haplotypes, (planted / "model.h5", planted / "words.h5")),
    }
    for kind, (options, (model, read)) in sides.items():
        if not options:
            continue
        files = {"train": [read], "embedding": [model]}.get(verb, [model, read])
        result = run(verb, *files, *options, output, tmp_path / "out")
        assert result.code == 2
        named = [option for option in options if str(option).startswith("--")]
        assert f"{', '.join(named)}: only for" in result.err
        assert f"these are {kind}" in result.err
        assert not (tmp_path / "out").exists()


def test_files_of_the_same_people_stay_on_one_side(tmp_path):
    for name, vcf in (("a.n5", "same"), ("a.n50", "same"), ("b.n5", "other"), ("c.n5", "third")):
        make_words(tmp_path / f"{name}.h5", chromosomes=1, vcf=vcf, seed=len(name))
    with (
        open_features(tmp_path / "a.n5.h5") as a, open_features(tmp_path / "a.n50.h5") as b,
        open_features(tmp_path / "b.n5.h5") as c, open_features(tmp_path / "c.n5.h5") as d,
    ):  # fmt: skip
        genomes = Genomes([a, b, c, d])
        assert [unit.name for unit in genomes.units] == ["a/chr1", "a/chr1", "b/chr1", "c/chr1"]
        (split,) = make_splits(genomes.locations, SplitScheme(test_chromosomes=("a/chr1",)))
        assert [run.unit.words for run in genomes.runs(split, "test")] == [a, b]
        assert len(list(genomes.runs(split, "train"))) + len(list(genomes.runs(split, "validation"))) == 2


def test_files_that_share_a_vcf_are_of_the_same_people():
    a, b, c, d = (frozenset(names) for names in (("chr1",), ("chr2",), ("chr3",), ("chr1", "chr2")))
    assert _united([a, b, c]) == [a, b, c]
    assert _united([a, c, b, d]) == [a | b, c]


def test_blocks_are_runs_without_the_other_sides(words):
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        (split,) = make_splits(genomes.locations, SplitScheme(method="block", block_size=50_000, gap=5_000))
        seen = {}
        for side in ("train", "validation", "test"):
            for run in genomes.runs(split, side):
                for place in range(run.first, run.last):
                    assert seen.setdefault((run.unit.name, place), side) == side
        for (name, place), side in seen.items():
            for near in range(1, 6):
                assert seen.get((name, place + near), side) == side


@pytest.mark.parametrize(("gap", "verdict"), [(0, "suspect"), (1, "clean"), (5_000, "clean")])
def test_the_audit_measures_the_distance_between_sides(tmp_path, words, gap, verdict):
    """The same split has one verdict, whether options describe it or the fold file that they wrote."""
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        splits = make_splits(genomes.locations, SplitScheme(method="block", block_size=50_000, gap=gap))
        fold_table(splits, genomes.locations, genomes.lengths).to_csv(
            tmp_path / "f.bed", sep="\t", index=False, header=False
        )
        again = make_splits(genomes.locations, read_folds(tmp_path / "f.bed"))
        first, second = (audit_haplotypes(genomes, each) for each in (splits, again))
        sides = splits[0].sides(genomes.locations)
    runs = {}  # by brute force: the nearest bins of two sides
    for chrom, start, side in zip(genomes.locations.chrom, genomes.locations.start, sides, strict=True):
        if side != EXCLUDED:
            runs.setdefault(chrom, []).append((start, side))
    near = min(
        b - a - 1_000 for bins in runs.values() for (a, one), (b, other) in pairwise(sorted(bins)) if one != other
    )
    assert near == {0: 0, 1: 2_000, 5_000: 10_000}[gap]
    assert (first["verdict"], first["distance_bp"]) == (verdict, near)
    assert (second["verdict"], second["distance_bp"]) == (verdict, near)
    assert ("--gap" in first["reason"]) == (gap == 0)
    assert "--gap" not in second["reason"]  # it goes with --split block alone
    assert ("fold file" in second["reason"]) == (gap == 0)


@pytest.mark.parametrize(("half", "verdict"), [("test", "clean"), ("train", "suspect")])
def test_whole_chromosomes_in_a_fold_file_are_clean(tmp_path, words, half, verdict):
    rows = ["chr1 0 600000 train", "chr2 0 600000 validation", "chr4 0 600000 test"]
    rows += ["chr3 0 300000 test", f"chr3 300000 600000 {half}"]
    (tmp_path / "f.bed").write_text("".join(row.replace(" ", "\t") + "\n" for row in rows))
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        found = audit_haplotypes(genomes, make_splits(genomes.locations, read_folds(tmp_path / "f.bed")))
    assert (found["verdict"], found["distance_bp"]) == (verdict, None if half == "test" else 0)


@pytest.mark.parametrize(
    ("seed", "test", "verdict"),
    [(1, "b/chr1", "leaky"), (2, "b/chr1", "clean"), (1, ("a/chr1", "b/chr1"), "clean")],
)
def test_the_audit_finds_people_of_two_files(tmp_path, seed, test, verdict):
    """Two VCFs of the same people: the same names, the same tracts."""
    make_words(tmp_path / "a.h5", chromosomes=3, vcf="one", seed=1)
    make_words(tmp_path / "b.h5", chromosomes=3, vcf="filtered", seed=seed)
    with open_features(tmp_path / "a.h5") as a, open_features(tmp_path / "b.h5") as b:
        genomes = Genomes([a, b])
        held = (test,) if isinstance(test, str) else test
        others = ("a/chr2", "b/chr2")
        splits = make_splits(genomes.locations, SplitScheme(test_chromosomes=held, validation_chromosomes=others))
        found = audit_haplotypes(genomes, splits)
    assert (found["verdict"], found["people_on_two_sides"]) == (verdict, 2 if verdict == "leaky" else 0)
    assert found["distance_bp"] is None
    assert ("P0, P1" in found["reason"]) == (verdict == "leaky")


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


def test_batches_hold_every_rich_stretch_and_weigh_the_others(words):
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        (split,) = make_splits(genomes.locations, SplitScheme())
        runs = list(genomes.runs(split, "train"))
        batches = BinBatches(runs, size=1_000, stretch=100, batch=8, keep=0.5, augmentation=None, seed=3)
        drawn = list(batches.epoch(0))
        again = list(batches.epoch(0))
        other = list(batches.epoch(1))
        true = sum(int(bins.truth(run.unit.chrom).sum()) for run in runs)
    assert len(drawn) == batches.steps
    assert all(np.array_equal(a, b) for x, y in zip(drawn, again, strict=True) for a, b in zip(x, y, strict=True))
    assert not np.array_equal(drawn[0][0], other[0][0])
    label = np.concatenate([y for _, y, _ in drawn])
    weight = np.concatenate([w for _, _, w in drawn])
    used = weight[:, 0, 0] > 0
    rich = label.any(axis=(1, 2))
    assert set(np.unique(weight[rich & used])) == {1.0}
    assert set(np.unique(weight[~rich & used])) == {2.0}
    # 600 bins are cut into six stretches without loss; steps are an expectation, so a batch may be missing.
    assert abs(label.sum() * 1_000 - true) <= 8 * 100 * 1_000


def test_hmm_posteriors_against_forward_backward_by_hand():
    rng = np.random.default_rng(6)
    state = np.repeat([0, 1, 0, 1, 0], [300, 60, 400, 40, 200])
    observed = rng.poisson(np.where(state, 3.0, 0.4))[:, None]
    model = hmm.fitted([observed], seed=1)
    found = hmm.posterior(model, observed)
    assert average_precision_score(state, found) > 0.9
    # With the parameters that hmmlearn ended at, posteriors must be those of the textbook recursion.
    emission = np.stack([poisson.pmf(observed[:, 0], rate[0]) for rate in model.lambdas_], axis=1)
    forward = np.empty_like(emission)
    forward[0] = model.startprob_ * emission[0]
    forward[0] /= forward[0].sum()
    for place in range(1, len(emission)):
        forward[place] = (forward[place - 1] @ model.transmat_) * emission[place]
        forward[place] /= forward[place].sum()
    backward = np.ones_like(emission)
    for place in range(len(emission) - 2, -1, -1):
        backward[place] = model.transmat_ @ (emission[place + 1] * backward[place + 1])
        backward[place] /= backward[place].sum()
    both = forward * backward
    both /= both.sum(axis=1, keepdims=True)
    assert np.allclose(found, both[:, int(np.argmax(model.lambdas_[:, 0]))], atol=1e-6)


def test_what_the_hmm_reads():
    inputs = np.zeros((1, 1, 34), dtype=np.uint8)
    for word, count in (("absent_lacked", 3), ("absent_het", 1), ("absent_hom", 5), ("absent_uncalled", 2)):
        inputs[0, 0, PATTERNS.index(word)] = count
    inputs[0, 0, PATTERNS.index("to_1_hom")] = 9
    assert hmm.observations(inputs, archaic=False)[0, 0].tolist() == [11]
    assert hmm.observations(inputs, archaic=True)[0, 0].tolist() == [5, 6]


def test_evaluate_against_scikit_learn_and_counting(ok, tmp_path, words, trained):
    """The test chromosome alone is measured: the model has seen the others."""
    path, truth = words
    ok("evaluate", trained[0], path, "--metrics", tmp_path / "e.json", "--table", tmp_path / "e.tsv",
       "--plots", tmp_path / "plots")  # fmt: skip
    report = json.loads((tmp_path / "e.json").read_text())
    ok("predict", trained[0], path, "--table", tmp_path / "t.tsv", "--min-length", 0, "--segments", tmp_path / "s.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    (held,) = trained[1]["split"]["chromosomes"]["test"]
    assert set(table.loc[table["seen"] == 0, "chrom"]) == {held}
    part = table[table["chrom"] == held].sort_values(["sample", "haplotype", "start"])
    inside = truth[held].reshape(-1) > 0
    assert report["models"]["model"]["n"] == len(inside) == 8 * 600
    # The table rounds to a thousandth.
    assert report["models"]["model"]["auprc"] == pytest.approx(
        average_precision_score(inside, part["probability"]), abs=0.01
    )
    called = part["probability"].to_numpy() >= 0.5
    precision, recall = (called & inside).sum() / called.sum(), (called & inside).sum() / inside.sum()
    assert report["models"]["model"]["precision_bp"] == pytest.approx(precision, abs=0.01)
    assert report["models"]["model"]["recall_bp"] == pytest.approx(recall, abs=0.01)
    assert report["models"]["model"]["f1_bp"] == pytest.approx(2 * precision * recall / (precision + recall), abs=0.01)
    lengths = report["models"]["model"]["recall_by_length"]
    assert lengths[2]["bases"] == inside.sum() * 1_000  # all tracts have 40 to 80 kb
    assert set(report["models"]) == {"model", "hmm", "hmm_archaic", "majority", "private_alleles"}
    assert report["models"]["hmm_archaic"]["auprc"] > report["models"]["hmm"]["auprc"] > 0.05
    assert {plot.name for plot in (tmp_path / "plots").iterdir()} == {
        "comparison.png", "reliability.png", "recall_by_length.png",
    }  # fmt: skip


def test_what_is_measured_and_drawn_is_every_haplotype_in_blocks_of_the_genome(words):
    """The pretrained model has seen nothing here: measures and intervals from all posteriors held at once."""
    model = load_pretrained()
    with open_features(words[0]) as bins:
        found = evaluate_bins(model, bins, seed=3).report["models"]["model"]
        chromosomes = evaluate_bins(model, bins, leave_out=(*RIVALS, *CONTROLS), seed=3).report["chromosomes"]
        ensemble = BinEnsemble(model, bins)
        said = np.concatenate([ensemble.predict(c, slice(0, 8))[0] for c in bins.bins], axis=1)
        label = np.concatenate([bins.label(c) for c in bins.bins], axis=1)
    assert found["n"] == label.size
    assert found["auroc"] == pytest.approx(roc_auc_score(label.ravel(), said.ravel()), abs=1e-4)
    assert found["auprc"] == pytest.approx(average_precision_score(label.ravel(), said.ravel()), abs=1e-3)
    assert list(chromosomes) == ["chr1", "chr2", "chr3", "chr4"]
    assert chromosomes["chr2"]["auroc"] == pytest.approx(
        roc_auc_score(label[:, 600:1_200].ravel(), said[:, 600:1_200].ravel()), abs=1e-3
    )
    block = np.arange(2_400) // 48  # 50 blocks of all haplotypes
    chosen = np.random.default_rng(3).integers(0, 50, size=(1_000, 50))
    areas = []
    for draw in chosen:
        places = np.concatenate([np.flatnonzero(block == one) for one in draw])
        areas.append(roc_auc_score(label[:, places].ravel(), said[:, places].ravel()))
    assert found["auroc_ci"] == pytest.approx(np.quantile(areas, [0.025, 0.975]), abs=2e-4)


def test_hmms_are_fitted_to_so_many_haplotypes_only(words, monkeypatch):
    model = load_pretrained()
    lengths = []
    fit = hmm.fitted
    monkeypatch.setattr(
        hmm, "fitted", lambda seen, seed: lengths.append([len(one) for one in seen]) or fit(seen, seed=seed)
    )
    with open_features(words[0]) as bins:
        whole = evaluate_bins(model, bins, leave_out=CONTROLS).report["models"]
        monkeypatch.setattr(bin_evaluation, "FITTED", 7_000)
        some = evaluate_bins(model, bins, leave_out=CONTROLS).report["models"]
        drawn = [bin_evaluation._drawn(bins, seed) for seed in (1, 1, 2)]
    assert lengths == [[600] * 32, [600] * 32, [600] * 11, [600] * 11]
    assert drawn[0] == drawn[1] != drawn[2]
    for name in RIVALS:
        assert some[name]["n"] == whole[name]["n"] == 32 * 600  # all are measured
        assert some[name]["auroc"] == pytest.approx(whole[name]["auroc"], abs=0.05)


def test_bins_that_could_not_be_called_are_not_measured(tmp_path):
    make_words(tmp_path / "w.h5", chromosomes=2)
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        file["bins/0/callable"][100:150] = 0
        file["bins/1/callable"][:] = 0
    with open_features(tmp_path / "w.h5") as bins:
        report = evaluate_bins(load_pretrained(), bins).report
    assert {found["n"] for found in report["models"].values()} == {4 * 550}
    assert list(report["chromosomes"]) == ["chr1"]


def test_every_fold_is_measured_by_the_network_that_has_not_seen_it(ok, tmp_path):
    make_words(tmp_path / "w.h5", bins=300)
    ok("train", tmp_path / "w.h5", "--folds", 3, "--epochs", 10, "--no-augment", "--no-sharing", *SMALL, "--model",
       tmp_path / "m.h5")  # fmt: skip
    ok("evaluate", tmp_path / "m.h5", tmp_path / "w.h5", "--metrics", tmp_path / "e.json")
    report = json.loads((tmp_path / "e.json").read_text())
    model = load_model(tmp_path / "m.h5", HaplotypeEncoding)
    with open_features(tmp_path / "w.h5") as bins:
        label = np.concatenate([bins.label(chrom).ravel() for chrom in bins.bins])
        said = []
        for number, chrom in enumerate(bins.bins):
            held = [m for m in model.members if m.split.chromosomes["test"] == [chrom]]
            assert len(held) == 1, number
            predictor = BinPredictor(model.network.build(dict(held[0].weights)), both_strands=model.both_strands)
            said.append(predictor(bins.inputs(chrom)).ravel())
    assert report["models"]["model"]["n"] == label.size
    assert report["models"]["model"]["auroc"] == pytest.approx(roc_auc_score(label, np.concatenate(said)), abs=1e-3)


def test_an_hmm_stays_finite_where_no_fitted_haplotype_had_an_allele():
    model = hmm.fitted([np.zeros((500, 1), dtype=np.int64)], seed=1)
    found = hmm.posterior(model, np.array([[0], [3], [0], [0]]))
    assert np.isfinite(found).all()


def test_calls_of_known_tracts(ok, tmp_path, words, trained):
    path, truth = words
    ok("predict", trained[0], path, "--bigwig", tmp_path / "tracks", "--bed", tmp_path / "c.bed", "--table",
       tmp_path / "t.tsv", "--segments", tmp_path / "s.tsv", "--summary", tmp_path / "p.tsv", "--deserts",
       tmp_path / "d.bed", "--desert-length", 20_000)  # fmt: skip
    segments = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    # Segments are runs of bins at or above one half, of 5 kb or more, found here by walking over the table.
    expected = []
    for (chrom, sample, haplotype), rows in table.groupby(["chrom", "sample", "haplotype"]):
        run = []
        for row in [*rows.itertuples(), None]:
            if row is not None and row.probability >= 0.5:
                run.append(row)
            else:
                if len(run) >= 5:
                    mean = np.mean([r.probability for r in run])
                    expected.append((chrom, run[0].start, run[-1].end, sample, haplotype, mean))
                run = []
    expected.sort(key=lambda row: row[:5])
    assert len(expected) == len(segments) >= 20
    for row, (chrom, start, end, sample, haplotype, mean) in zip(segments.itertuples(), expected, strict=True):
        assert (row.chrom, row.start, row.end, row.sample, row.haplotype) == (chrom, start, end, sample, haplotype)
        assert row.posterior == pytest.approx(mean, rel=1e-5)
    # A0 shares the alleles of tracts, A1 none.
    assert set(segments["source"]) == {"A0"}
    assert (segments["A0_shared"] > 0).all()
    assert (segments["A1_shared"] == 0).all()
    with open_features(path) as bins:
        counted = bins.matches("chr1", 0)[:, 0].sum()
    assert counted > 0
    bed = pd.read_csv(tmp_path / "c.bed", sep="\t", header=None)
    assert (bed[4] - 1_000 * segments["posterior"]).abs().max() <= 0.501
    assert bed[3].str.fullmatch(r"P\d\.[12](_seen)?").all()
    assert set(bed[8]) == {"0,114,178"}
    # Tracks hold the table; mean and share are those over all eight haplotypes.
    whole = table.pivot_table(index=["chrom", "start"], columns=["sample", "haplotype"], values="probability")
    for (sample, haplotype), column in whole.items():
        with pyBigWig.open(str(tmp_path / "tracks" / f"{sample}.{haplotype}.bw")) as track:
            values = np.concatenate([track.values(chrom, 0, 600_000, numpy=True)[::1_000] for chrom in truth])
        assert np.allclose(values, column.to_numpy(), atol=1e-6)
    share = np.zeros(4 * 600)
    for row in segments.itertuples():
        first = (int(row.chrom[3:]) - 1) * 600
        share[first + row.start // 1_000 : first + row.end // 1_000] += 1 / 8
    for name, expected_values in (("mean", whole.mean(axis=1).to_numpy()), ("share", share)):
        with pyBigWig.open(str(tmp_path / "tracks" / f"{name}.bw")) as track:
            values = np.concatenate([track.values(chrom, 0, 600_000, numpy=True)[::1_000] for chrom in truth])
        assert np.allclose(values, expected_values, atol=1e-4), name
    people = pd.read_csv(tmp_path / "p.tsv", sep="\t").set_index("sample")
    lengths = (segments["end"] - segments["start"]).groupby(segments["sample"])
    assert people["introgressed"].to_dict() == lengths.sum().to_dict()
    assert people.loc["P0", "callable"] == 2 * 4 * 600_000
    assert people["percent"].to_numpy() == pytest.approx(100 * lengths.sum().to_numpy() / 4_800_000, rel=1e-4)
    # Deserts: nobody carries anything there, and they cannot be longer.
    deserts = pd.read_csv(tmp_path / "d.bed", sep="\t", header=None)
    free = np.flatnonzero(np.diff(np.concatenate([[0], (share[:600] == 0).astype(int), [0]])))
    long = [(int(a) * 1_000, int(b) * 1_000) for a, b in zip(free[::2], free[1::2], strict=True) if b - a >= 20]
    assert [tuple(row) for row in deserts.loc[deserts[0] == "chr1", [1, 2]].to_numpy()] == long


def test_a_person_is_summarised_by_callable_bases(ok, tmp_path, words, trained):
    """Bins of 1 kb of which 100 to 1,000 bases can be called: bases, not bins, are archaic and callable."""
    path = tmp_path / "w.h5"
    path.write_bytes(words[0].read_bytes())
    rng = np.random.default_rng(8)
    with h5py.File(path, "a") as raw:
        masks = {f"chr{number + 1}": rng.integers(100, 1_001, 600) for number in range(4)}
        for number in range(4):
            raw[f"bins/{number}/callable"][...] = masks[f"chr{number + 1}"]
    ok("predict", trained[0], path, "--segments", tmp_path / "s.tsv", "--summary", tmp_path / "p.tsv")
    segments = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    people = pd.read_csv(tmp_path / "p.tsv", sep="\t").set_index("sample")
    callable_ = 2 * sum(int(mask.sum()) for mask in masks.values())
    assert len(segments) >= 10
    for sample, rows in segments.groupby("sample"):
        inside = sum(
            int(masks[chrom][start // 1_000 : end // 1_000].sum())
            for chrom, start, end in zip(rows["chrom"], rows["start"], rows["end"], strict=True)
        )
        person = people.loc[sample]
        assert (person["callable"], person["introgressed"], person["A0_bases"]) == (callable_, inside, inside)
        assert person["percent"] == pytest.approx(100 * inside / callable_, rel=1e-4)
        assert person["longest"] == (rows["end"] - rows["start"]).max()


@pytest.mark.parametrize("name", ["x.bw", "x.bigWig"])
def test_tracks_of_haplotypes_are_no_file(run, tmp_path, words, trained, name):
    """A folder under the name of a track opens in no browser."""
    result = run("predict", trained[0], words[0], "--bigwig", tmp_path / name)
    assert result.code == 2
    assert "the words are haplotypes, with a track each: name a folder" in result.err
    assert not (tmp_path / name).exists()


def test_genes_that_carry_segments(ok, tmp_path):
    segments = tmp_path / "s.tsv"
    segments.write_text(
        "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"
        "chr1\t100\t300\tA\t1\t0.9\tAltai\t0\n"
        "chr1\t250\t400\tA\t2\t0.7\tAltai\t0\n"
        "chr1\t280\t320\tB\t1\t0.8\tambiguous\t0\n"
        "chr2\t0\t50\tB\t1\t0.6\tunmatched\t0\n"
    )
    genes = tmp_path / "g.bed"
    genes.write_text("chr1\t200\t600\tG1\t0\t+\nchr1\t700\t800\tG2\t0\t-\nchr1\t390\t410\tG3\t0\t-\n")
    ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv", "--bed", tmp_path / "o.bed")
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t").set_index("gene")
    assert table.loc["G1", ["haplotypes", "people"]].tolist() == [3, 2]
    assert table.loc["G1", "fraction"] == pytest.approx(200 / 400)
    assert table.loc["G1", "mean"] == pytest.approx(0.8)
    assert table.loc["G1", "sources"] == "Altai:2,ambiguous:1"
    assert table.loc["G3", ["haplotypes", "fraction"]].tolist() == [1, 0.5]
    assert table.loc["G2", "haplotypes"] == 0
    assert (tmp_path / "o.bed").read_text().split("\n")[0] == "chr1\t200\t600\tG1\t900\t+"
    # Those of a posterior below the threshold carry nothing, and are counted.
    result = ok("genes", segments, "--annotation", genes, "--threshold", 0.8, "--out", tmp_path / "o.tsv")
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t").set_index("gene")
    assert table.loc["G1", ["haplotypes", "people", "sources"]].tolist() == [2, 2, "Altai:1,ambiguous:1"]
    assert table.loc["G1", "fraction"] == pytest.approx(120 / 400)
    assert table.loc["G3", "haplotypes"] == 0
    assert "segments below 0.8, not used: 2" in result.out


def test_genes_of_segments_elsewhere_or_of_none(ok, tmp_path):
    """A gene that nobody's segment overlaps has 0 carriers; without any segment it is not known whether it was read."""
    header = "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"
    (tmp_path / "g.bed").write_text("chr1\t700\t800\tG2\t0\t-\n")
    nobody, unknown = ["G2", "0", "0", "0", "."], ["G2", "NA", "NA", "NA", "NA"]
    for name, rows, expected in (
        ("elsewhere", "chr1\t100\t300\tA\t1\t0.9\tAltai\t0\n", nobody), ("none", "", unknown)
    ):  # fmt: skip
        (tmp_path / f"{name}.tsv").write_text(header + rows)
        ok("genes", tmp_path / f"{name}.tsv", "--annotation", tmp_path / "g.bed", "--out", tmp_path / "o.tsv", "--bed",
           tmp_path / "o.bed")  # fmt: skip
        table = pd.read_csv(tmp_path / "o.tsv", sep="\t", keep_default_na=False, dtype=str)
        assert table.loc[0, ["gene", "haplotypes", "people", "fraction", "sources"]].tolist() == expected
        assert (tmp_path / "o.bed").read_text() == ""


def test_what_training_saw_are_places_of_its_own_people(ok, tmp_path, words, trained):
    """Other people's chromosomes of the same names are not seen; its own are, also in a model of several files."""
    make_words(tmp_path / "others.h5", chromosomes=4, people=1, seed=9)
    ok("predict", trained[0], tmp_path / "others.h5", "--table", tmp_path / "t.tsv")
    assert pd.read_csv(tmp_path / "t.tsv", sep="\t")["seen"].sum() == 0
    ok("train", words[0], tmp_path / "others.h5", "--epochs", 1, "--test-chromosomes", "words/chr1",
       "--validation-chromosomes", "words/chr2", *SMALL, "--model", tmp_path / "two.h5")  # fmt: skip
    ok("predict", tmp_path / "two.h5", words[0], "--table", tmp_path / "t.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    assert set(table.loc[table["seen"] == 0, "chrom"]) == {"chr1"}
    assert set(table.loc[table["seen"] == 1, "chrom"]) == {"chr2", "chr3", "chr4"}


def test_going_on_from_a_model(ok, run, tmp_path, words, trained):
    """Where it hardly learns, the weights stay; what the earlier model has seen stays seen."""
    make_words(tmp_path / "others.h5", chromosomes=3, people=2, seed=9)
    common = ("train", tmp_path / "others.h5", "--start-from", trained[0], "--epochs", 1, "--stretch", 100, "--model")
    ok(*common, tmp_path / "on.h5", "--learning-rate", 1e-9)
    before, after = (load_model(path, HaplotypeEncoding).member(1) for path in (trained[0], tmp_path / "on.h5"))
    for name in ("embedding", "forward_recurrent", "backward_kernel", "dense_kernel"):
        assert np.allclose(after.weights[name], before.weights[name], atol=1e-6), name
    ok("predict", tmp_path / "on.h5", words[0], "--table", tmp_path / "t.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    assert set(table.loc[table["seen"] == 0, "chrom"]) == set(trained[1]["split"]["chromosomes"]["test"])
    ok("predict", tmp_path / "on.h5", tmp_path / "others.h5", "--table", tmp_path / "t.tsv")
    assert pd.read_csv(tmp_path / "t.tsv", sep="\t").groupby("chrom")["seen"].mean().sort_values().tolist() == [0, 1, 1]
    for size in ("--lstm", "--lstm-layers"):
        assert run(*common, tmp_path / "x.h5", size, 4).code == 2
    ok(*common, tmp_path / "dropped.h5", "--dropout", 0.25)
    assert load_model(tmp_path / "dropped.h5", HaplotypeEncoding).network.dropout == 0.25


def test_two_layers_learn_and_are_read_back(ok, tmp_path, words):
    ok("train", words[0], "--epochs", 8, "--no-augment", *SMALL, "--lstm-layers", 2, "--model", tmp_path / "m.h5")
    model = load_model(tmp_path / "m.h5", HaplotypeEncoding)
    assert model.network.lstm_layers == 2
    assert model.member(1).weights["forward_2_kernel"].shape == (16, 32)  # both directions of the layer below
    assert model.metrics["test"]["auroc"] > 0.9


def test_importance_is_measured_where_training_saw_nothing(run, tmp_path, words, trained):
    with open_features(words[0]) as bins:
        held = set(trained[1]["split"]["chromosomes"]["test"])
        asked = []
        draw_stretches(bins, 20, length=100, seed=1, seen=lambda chrom: asked.append(chrom) or
                       np.full(bins.bins[chrom], chrom not in held))  # fmt: skip
        assert set(asked) == set(bins.bins)
        with pytest.raises(InputError, match="that training did not see"):
            draw_stretches(bins, 20, length=100, seed=1, seen=lambda chrom: np.ones(bins.bins[chrom], dtype=bool))


def test_a_stretch_of_which_training_saw_one_bin_is_not_drawn(words):
    with open_features(words[0]) as bins:
        free = {chrom: np.arange(number) // 100 == 2 for chrom, number in bins.bins.items()}
        seen = {chrom: ~there & (np.arange(len(there)) % 100 == 50) for chrom, there in free.items()}
        inputs, label = draw_stretches(bins, 1_000, length=100, seed=1, seen=lambda chrom: seen[chrom])
        unseen = np.concatenate([bins.inputs(chrom)[:, there] for chrom, there in free.items()])
    assert len(inputs) == len(label) == len(unseen)
    assert {one.tobytes() for one in inputs} == {one.tobytes() for one in unseen}


def test_importance_names_the_planted_word(ok, tmp_path, words, trained):
    ok("importance", trained[0], words[0], "--windows", 800, "--repeats", 2, "--positions", tmp_path / "i.tsv",
       "--plot", tmp_path / "i.png")  # fmt: skip
    table = pd.read_csv(tmp_path / "i.tsv", sep="\t")
    assert table.loc[table["importance"].idxmax(), "word"] == "absent_hom"
    assert table.loc[table["word"] == "absent_hom", "q"].iloc[0] < 0.01
    assert table.loc[table["word"] == "to_50_het", "importance"].iloc[0] == 0  # there is none


def test_vectors_of_words(ok, tmp_path, trained, words):
    ok("embedding", trained[0], "--vectors", tmp_path / "v.tsv", "--metadata", tmp_path / "m.tsv")
    table = pd.read_csv(tmp_path / "m.tsv", sep="\t").set_index("word")
    assert len(table) == 32
    with open_features(words[0]) as bins:
        train = trained[1]["split"]["chromosomes"]["train"]
        total = sum(int(bins.counts(chrom)[..., ABSENT_HOM].sum()) for chrom in train)
    assert table.loc["absent_hom", "count"] == total
    assert table.loc["absent_hom", "log_odds"] > table.loc["absent_lacked", "log_odds"]
    vectors = pd.read_csv(tmp_path / "v.tsv", sep="\t", header=None)
    assert np.allclose(np.linalg.norm(vectors, axis=1), table["norm"], rtol=1e-4)


@pytest.mark.parametrize("layers", [1, 3])
def test_network_of_bins_against_numpy(layers):
    """The network's arithmetic, written out: Dense, LSTMs in both directions, Dense, sigmoid."""
    start_tensorflow(threads=2, seed=1)
    network = NetworkConfig(
        vocabulary=5, words=7, embedding=4, lstm=3, dense=2, lstm_layers=layers, per_bin=True, forget_bias="unit"
    )
    model = network.build()
    weights = network.weights_of(model)
    x = np.random.default_rng(1).normal(size=(1, 7, 5)).astype(np.float32)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731

    def lstm(sequence, side):
        h = c = np.zeros(3)
        out = []
        for step in sequence:
            z = step @ weights[f"{side}_kernel"] + h @ weights[f"{side}_recurrent"] + weights[f"{side}_bias"]
            i, f, g, o = z[:3], z[3:6], z[6:9], z[9:]
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        return np.array(out)

    found = np.maximum(x[0] @ weights["embedding"] + weights["embedding_bias"], 0)
    for end in ("", "_2", "_3")[:layers]:
        found = np.concatenate([lstm(found, f"forward{end}"), lstm(found[::-1], f"backward{end}")[::-1]], axis=1)
    dense = np.maximum(found @ weights["dense_kernel"] + weights["dense_bias"], 0)
    expected = sigmoid(dense @ weights["output_kernel"] + weights["output_bias"])
    assert np.allclose(model.predict_on_batch(x)[0], expected, atol=1e-5)
