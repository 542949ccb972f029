"""The headline of the report of k-mers says what was measured, and what to mistrust."""

from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from archaictools.report.blocks import Absent, Chart, Facts, Notes, Table
from archaictools.report.kmers import headline, provenance, training, verdict
from archaictools.report.kmers.loading import load_kmer_results
from archaictools.report.kmers.page import kmer_page
from archaictools.report.kmers.results import KmerResults
from synthetic_kmers import kmer_files


@pytest.fixture(scope="module")
def skilled(tmp_path_factory):
    return load_kmer_results(kmer_files(tmp_path_factory.mktemp("skill")))


@pytest.fixture(scope="module")
def unskilled(tmp_path_factory):
    return load_kmer_results(kmer_files(tmp_path_factory.mktemp("none"), signal=0.0))


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    return load_kmer_results(kmer_files(tmp_path_factory.mktemp("leaky"), method="random"))


def texts(section):
    found = [section.title, section.lead]
    for block in section.blocks:
        found += [str(getattr(block, name)) for name in ("text", "items", "caption") if hasattr(block, name)]
    return " ".join(found)


def changed(results, *keys, value):
    """Results whose evaluation and metrics have another value under some keys."""
    parts = {}
    for name in ("evaluation", "metrics"):
        document = copy.deepcopy(getattr(results, name))
        part = document
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value
        parts[name] = document
    return replace(results, **parts)


@pytest.mark.parametrize(
    ("which", "title", "said"),
    [
        ("skilled", "Skill: the model tells", "better than every control"),
        ("unskilled", "No skill: the model does not tell", "This is a valid result"),
        ("leaky", "Leaky split: nothing can be concluded", "Train again on a split by chromosomes"),
    ],
)
def test_each_verdict_is_the_heading(request, which, title, said):
    results = request.getfixturevalue(which)
    found = headline.section(results)
    assert found.title.startswith(title)
    assert said in found.lead
    facts = dict(next(block for block in found.blocks if isinstance(block, Facts)).items)
    assert facts["Verdict"] == results.evaluation["verdict"]
    assert facts["AUROC on test windows"] == f"{results.evaluation['test']['auroc']:.3f}"
    low, high = results.evaluation["test"]["auroc_ci"]
    assert facts["95 % interval of the AUROC"] == f"{low:.3f} to {high:.3f}"
    assert facts["Test windows"] == f"{results.evaluation['test']['n']:,}"
    assert facts["Audit of the split"] == results.evaluation["audit"]["verdict"]
    assert results.evaluation["audit"]["reason"] in texts(found)


def test_only_no_skill_and_leaky_are_warnings(skilled, unskilled, leaky):
    for results, expected in ((skilled, False), (unskilled, True), (leaky, True)):
        notes = next(block for block in headline.section(results).blocks if isinstance(block, Notes))
        assert notes.warning is expected


def test_a_rival_that_does_as_well_is_named(skilled):
    assert "Random Forest on k-mer counts does as well" in headline.section(skilled).lead
    better = changed_models(skilled, "random_forest", gain=0.2, gain_ci=[0.1, 0.3])
    assert "does as well" not in headline.section(better).lead
    assert "may be nothing" not in " ".join(verdict.doubts(better))


def changed_models(results, name, **values):
    document = copy.deepcopy(results.evaluation)
    document["models"][name] |= values
    return replace(results, evaluation=document)


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("test", "n"), 120, "Only 120 windows were tested"),
        (("test", "auroc_ci"), [0.6, 0.9], "The interval of the AUROC is wide: 0.600 to 0.900"),
        (("test", "ece"), 0.21, "Probabilities are not calibrated: they differ from the observed share by 0.210"),
        (("train", "auroc"), 1.2, "learnt single windows by heart"),
        (
            ("audit",),
            {"verdict": "suspect", "reason": "3 test windows overlap"},
            "The split is suspect: 3 test windows",
        ),
    ],
)
def test_what_to_mistrust(skilled, keys, value, said):
    assert said not in " ".join(verdict.doubts(skilled))
    assert said in " ".join(verdict.doubts(changed(skilled, *keys, value=value)))


def test_one_chromosome_is_mistrusted(skilled):
    one = {"chr4": next(iter(skilled.evaluation["chromosomes"].values()))}
    assert "All test windows are on chr4" in " ".join(verdict.doubts(changed(skilled, "chromosomes", value=one)))


def test_composition_that_tells_the_classes_is_mistrusted(skilled):
    found = verdict.doubts(changed_models(skilled, "gc", auroc=0.8, auroc_ci=[0.7, 0.9]))
    assert "GC content alone gives an AUROC of 0.800" in " ".join(found)


def test_predictions_on_seen_windows_are_counted(skilled):
    seen = int((skilled.segments["name"] == "introgressed_seen").sum())
    assert 0 < seen < len(skilled.segments)
    said = " ".join(verdict.doubts(skilled))
    assert f"{seen:,} of {len(skilled.segments):,} segments share bases with windows seen in training" in said
    trained = int((skilled.genes["seen"] > 0).sum())
    assert f"{trained} of {len(skilled.genes)} genes" in said


def test_training_alone_names_the_missing_baselines(skilled):
    alone = KmerResults(metrics=skilled.metrics)
    found = headline.section(alone)
    assert "compared with chance only" in found.lead
    assert "run 'archaictools evaluate'" in texts(found)
    assert not [block for block in found.blocks if isinstance(block, Table | Chart)]


def test_the_measures_inside_of_a_model_are_enough(skilled):
    assert headline.section(KmerResults(model=skilled.model)).title.startswith("Skill")
    assert isinstance(headline.section(KmerResults()), Absent)


def test_a_comparison_that_disagrees_with_training_counts(skilled):
    document = copy.deepcopy(skilled.evaluation)
    document["verdict"] = "no skill"
    found = headline.section(replace(skilled, evaluation=document))
    assert found.title.startswith("No skill")
    assert "Training alone gave the verdict 'skill'" in texts(found)


def test_the_model_comes_first_and_controls_last(skilled):
    table = headline.baselines(skilled)
    assert table["kind"].tolist() == ["model", "rival", "control", "control"]
    for _, row in table.iterrows():
        found = next(
            one for name, one in skilled.evaluation["models"].items() if verdict.BASELINES[name] == row["name"]
        )
        assert row["auroc"] == found["auroc"]
        assert [row["auroc_low"], row["auroc_high"]] == found["auroc_ci"]


def test_unknown_measures_are_na(skilled):
    results = changed(skilled, "test", "auroc", value=None)
    results = changed(results, "test", "auroc_ci", value=[None, None])
    facts = dict(headline.section(results).blocks[0].items)
    assert facts["AUROC on test windows"] == facts["95 % interval of the AUROC"] == "NA"


def test_kept_epochs(skilled):
    assert training.kept_epochs(skilled) == {1: 3}
    alone = KmerResults(history=skilled.history)
    assert training.kept_epochs(alone) == {1: 3}  # the lowest validation loss
    rows = [{"fold": fold, "epoch": epoch, "loss": 0.5} for fold in (1, 2, 3) for epoch in (1, 2)]
    history = pd.DataFrame(rows).assign(validation_loss=[0.5, 0.4, 0.3, 0.4, 0.2, 0.1], validation_auroc=0.7)
    folds = [{"training": {"best_epoch": best}} for best in (2, 1, 2)]
    metrics = {"training": {"best_epoch": 1}, "folds": folds, "split": {"folds": 3}}
    assert training.kept_epochs(KmerResults(history=history, metrics=metrics)) == {1: 2, 2: 1, 3: 2}
    chart = training.section(KmerResults(history=history)).blocks[1].chart.to_dict()
    assert chart["layer"]


def test_learning_curves_name_the_kept_epoch(skilled):
    facts = dict(training.section(skilled).blocks[0].items)
    assert facts["Epoch kept"] == "3"
    assert facts["Epochs trained"] == "4"
    assert facts["Validation loss there (nats a window)"] == "0.450"
    assert isinstance(training.section(KmerResults()), Absent)
    assert "nothing was trained" in training.section(KmerResults(history=skilled.history.iloc[:0])).lead


def test_without_skill_each_interpretation_is_warned_about(skilled, unskilled, leaky):
    for results, said in ((skilled, None), (unskilled, "no evidence of introgression"), (leaky, "remembers")):
        warned = {
            section.id
            for section in kmer_page(results).sections
            if section.id != "verdict"
            and any(
                isinstance(block, Notes) and block.warning and said in block.items[0] for block in section.blocks[:1]
            )
        }
        assert warned == ({"positions", "motifs", "embedding", "genes", "tracks"} if said else set())


def history(loss, auroc, folds=1):
    rows = [
        {"fold": fold, "epoch": at, "loss": 0.1, "validation_loss": one, "validation_auroc": other}
        for fold in range(1, folds + 1)
        for at, (one, other) in enumerate(zip(loss, auroc, strict=True), start=1)
    ]
    return KmerResults(history=pd.DataFrame(rows))


def test_overfitting_is_said():
    found = training.section(history([0.6, 0.1, 0.3], [0.982, 0.979, 0.984])).lead
    assert "rises after epoch 2 (0.100 there, 0.300 at the last epoch): overfitting; the kept epoch is 2" in found
    assert "0.979 to 0.984, so nearly the same in all epochs; it is highest at epoch 3, not at the kept one" in found
    calm = training.section(history([0.6, 0.3, 0.1], [0.7, 0.8, 0.9])).lead
    assert "rises after epoch" not in calm
    assert "0.700 to 0.900." in calm
    assert "in 2 of 2 folds" in training.overfitting(history([0.6, 0.1, 0.3], [0.9, 0.9, 0.9], folds=2))[0]


def test_overfitting_is_mistrusted(skilled):
    risen = replace(skilled, history=history([0.6, 0.5, 0.1, 0.9], [0.9] * 4).history)
    for results in (skilled, risen):
        notes = next(block for block in headline.section(results).blocks if isinstance(block, Notes))
        last = results.history.iloc[-1]["validation_loss"]
        expected = last > results.history.set_index("epoch")["validation_loss"][3]
        assert any("overfitting" in item for item in notes.items) == expected


def test_equal_probabilities_explain_an_auroc_of_one_half(skilled):
    table = headline.baselines(skilled)
    assert not headline.constant(table.assign(auroc_low=0.4))
    same = table.assign(auroc=0.5, auroc_low=0.5, auroc_high=0.5, name=verdict.BASELINES["nearest_sequence"])
    said = headline.constant(same.head(1))[0]
    assert said.startswith("Most similar training window: exactly 0.500, because every test window gets the same")
    assert "No test window shares" in said


def test_settings_chosen_automatically_say_what_was_used(skilled):
    given = {"verb": "train", "parameters": {"batch_size": 0, "learning_rate": 0.1, "test_chromosomes": [], "gap": 0}}
    found = provenance.with_choices(given, skilled)["parameters"]
    assert found["batch_size"] == f"chosen automatically: {skilled.evaluation['training']['batch_size']}"
    assert found["learning_rate"] == 0.1
    assert found["gap"] == 0
    names = skilled.evaluation["split"]["chromosomes"]["test"]
    assert found["test_chromosomes"].startswith(f"chosen automatically: {names[0]}")
    assert given["parameters"]["batch_size"] == 0
    assert provenance.with_choices({}, skilled) == {}
