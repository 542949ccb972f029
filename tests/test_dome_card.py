"""The DOME card of the package is that of its model, and answers every question with the numbers of the file."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from dataclasses import replace

import h5py
import pytest

from archaictools.haplotypes.pretrained import load_pretrained, pretrained_file
from archaictools.learning.model_file import save_model
from helpers import ROOT

#: The topics of Walsh et al. 2021, in their order.
TOPICS = {
    "Data": ["Provenance", "Data splits", "Redundancy between data splits", "Availability of data"],
    "Optimization": [
        "Algorithm",
        "Meta-predictions",
        "Data encoding",
        "Parameters",
        "Features",
        "Fitting",
        "Regularization",
        "Availability of configuration",
    ],
    "Model": ["Interpretability", "Output", "Execution time", "Availability of software"],
    "Evaluation": [
        "Evaluation method",
        "Performance measures",
        "Comparison",
        "Confidence",
        "Availability of evaluation",
    ],
}
NUMBER = re.compile(r"(?<![\w.-])\d[\d.,]*(?<![.,])(?!\w)")


@pytest.fixture
def script(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "pretraining"), *sys.path])
    return importlib.import_module("dome_card")


def committed() -> str:
    return pretrained_file().with_name("DOME.md").read_text()


def saved(tmp_path, **changes):
    """Save the model of the package with other contents."""
    path = tmp_path / "model.h5"
    save_model(path, replace(load_pretrained(), **changes))
    return path


def with_test_chromosome(name):
    """Return the members of the model of the package, with another first chromosome of the test side."""
    members = []
    for member in load_pretrained().members:
        chromosomes = {**member.split.chromosomes}
        chromosomes["test"] = [name, *chromosomes["test"][1:]]
        members.append(replace(member, split=replace(member.split, chromosomes=chromosomes)))
    return members


def answers(card: str) -> dict[str, str]:
    return dict(re.findall(r"^\*\*(.+)\.\*\* \*.+\?\*\n(.+)$", card, re.MULTILINE))


def test_the_card_of_the_package_is_that_of_its_model(script):
    remedy = "python pretraining/dome_card.py lib/archaictools/haplotypes/weights/{pretrained.h5,DOME.md}"
    assert committed() == script.card(pretrained_file()), f"the card is of another model: {remedy}"


def test_every_question_has_an_answer():
    card = committed()
    assert [line for line in card.splitlines() if line.startswith("## ")] == [
        f"## {name}" for name in (*TOPICS, "Measures")
    ]
    found = answers(card)
    assert list(found) == [name for names in TOPICS.values() for name in names]
    assert all(len(answer) > 20 for answer in found.values())
    assert len(card.splitlines()) < 120


def test_numbers_are_those_of_the_file():
    """Read with h5py, by names of its layout alone."""
    found = answers(committed())
    with h5py.File(pretrained_file()) as handle:
        metrics = json.loads(handle["metrics"][...].tobytes())
        sizes = [sum(array.size for array in handle[f"members/0/{kind}"].values()) for kind in ("weights", "second")]
        inputs = [handle[f"members/0/{kind}/embedding"].shape[0] for kind in ("weights", "second")]
        vcfs = set(handle["sources/sha256"].asstr()[...])
    assert [int(number.replace(",", "")) for number in NUMBER.findall(found["Parameters"])] == sizes
    assert [int(number) for number in NUMBER.findall(found["Features"])] == inputs
    assert f"all trainings together read {len(vcfs)}." in found["Provenance"]
    for side in ("train", "validation", "test"):
        assert f"{metrics[side]['n']:,}" in found["Data splits"]
        assert f"{100 * metrics[side]['prevalence']:.2f} %" in found["Data splits"]
    row = next(line for line in committed().splitlines() if line.startswith("| test side"))
    names = ("precision", "recall", "f1", "mcc", "auroc", "auprc", "brier", "ece")
    for cell, name in zip(row.split("|")[3:-1], names, strict=True):
        assert float(cell) == pytest.approx(metrics["test"][name], abs=0.0005), name


def test_no_number_is_typed_by_hand_but_a_measured_time(script):
    """A template of an answer has the numbers of the file as names; the time is that of the page of accuracy."""
    typed = {topic["name"]: NUMBER.findall(topic["answer"]) for topic in script.topics()}
    times = typed.pop("Execution time")
    assert {name: numbers for name, numbers in typed.items() if numbers} == {}
    page = (ROOT / "docs" / "accuracy.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| predict (20 haplotypes of chr21"))
    assert times
    assert set(times) <= set(NUMBER.findall(row))


@pytest.mark.parametrize("metrics", [{}, {"training": {"epochs": "57.6", "steps": 16473}}], ids=["none", "gpu"])
def test_what_a_file_lacks_is_not_recorded(script, tmp_path, metrics):
    """As models of pretrain_gpu.py, which store how they were trained and no measure."""
    members = [replace(member, second_weights={}) for member in load_pretrained().members]
    card = script.card(saved(tmp_path, metrics=metrics, provenance={}, second_network=None, members=members))
    found = answers(card)
    assert list(found) == list(answers(committed()))
    assert "test not recorded" in found["Data splits"]
    assert "There is no second network." in found["Algorithm"]
    assert "AUPRC is not recorded in training" in found["Fitting"]
    assert ("steps 16,473" in found["Availability of configuration"]) == bool(metrics)
    assert "None" not in card
    assert not re.search(r"\bnan\b", card)


def test_a_model_that_continues_from_one_of_the_gpu_has_the_settings_of_both(script, tmp_path):
    metrics = json.loads(json.dumps(load_pretrained().metrics))
    metrics["training"] |= {"epochs": 3, "epochs_run": 2, "best_epoch": 1, "stopped_early": True, "learning_rate": 2e-4}
    metrics["started_from"] = {"words": [], "training": {"epochs": "57.6", "learning_rate": "0.004", "steps": 16473}}
    found = answers(script.card(saved(tmp_path, metrics=metrics)))
    assert "First network: weights of epoch 1 of 2, stopped early." in found["Regularization"]
    assert "Model it continued from: epoch kept not recorded." in found["Regularization"]
    assert "epochs run 2, epochs asked for 3" in found["Availability of configuration"]
    assert (
        "trained with: epochs asked for 57.6, steps 16,473, learning rate 0.004."
        in found["Availability of configuration"]
    )
    assert "learning rate 0.0002" in found["Availability of configuration"]


def test_a_test_chromosome_that_an_earlier_training_saw_is_counted(script, tmp_path):
    """The names of earlier trainings differ, so that only the VCF tells."""
    model = load_pretrained()
    number = len(model.members[0].split.chromosomes["test"])
    assert f"saw: 0 of {number}." in script.card(pretrained_file())
    seen = {name for name in model.members[0].seen.chrom if name.startswith("earlier:")}
    name = min(seen)
    title = name.rpartition("/")[0]
    alias = "other_o1_s1"
    sources = {**model.sources, alias: model.sources[title]}
    card = script.card(saved(tmp_path, members=with_test_chromosome(f"{alias}/chr1"), sources=sources))
    assert f"saw: 1 of {number}." in answers(card)["Meta-predictions"]


def test_a_test_simulation_with_the_seed_of_a_training_one_is_counted(script, tmp_path):
    training = load_pretrained().members[0].split.chromosomes["train"]
    history, seed = re.fullmatch(r"(.+)_o\d+_s(\d+)/chr1", training[0]).groups()
    card = script.card(saved(tmp_path, members=with_test_chromosome(f"{history}_o7_s{seed}/chr1")))
    assert "history and seed of a training one: 1." in answers(card)["Redundancy between data splits"]


def test_a_file_that_is_no_model_is_one_sentence(tmp_path):
    wrong, out = tmp_path / "wrong.h5", tmp_path / "card.md"
    wrong.write_text("no model")
    command = [sys.executable, str(ROOT / "pretraining" / "dome_card.py"), str(wrong), str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "wrong.h5" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not out.exists()
