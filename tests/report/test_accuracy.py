"""The section on accuracy against the JSON that it reads."""

from __future__ import annotations

import copy
import dataclasses
import itertools

import pytest

from archaictools.report.blocks import Absent, Chart, Facts, Notes, Table, Text
from archaictools.report.people import accuracy, headline
from synthetic_people import EVALUATION, people


def section(evaluation):
    return accuracy.section(dataclasses.replace(people(), evaluation=evaluation))


def values(chart):
    """Return the rows that a chart draws in each of its layers."""
    found = chart.to_dict()
    return [found["datasets"][layer.get("data", found.get("data"))["name"]] for layer in found["layer"]]


def test_without_an_evaluation_the_section_says_how_to_get_one():
    found = section(None)
    assert isinstance(found, Absent)
    assert found.how == (
        "Accuracy was not measured on these people: their true tracts are not known. "
        "evaluate measures it on a file made with --truth."
    )


def test_known_tracts_without_an_evaluation():
    """The reader is told that they are known, and how to measure; without the words nothing is known of them."""
    results = people()
    known = dataclasses.replace(results, encoded=dataclasses.replace(results.encoded, labelled=True))
    assert accuracy.section(known).how == (
        "Accuracy was not measured on these people, although their true tracts are known. "
        "To add it: evaluate MODEL WORDS --metrics evaluation.json, then report --evaluation evaluation.json."
    )
    assert "are not known" in accuracy.section(dataclasses.replace(results, encoded=None)).how
    said = [item for block in headline.section(known).blocks if isinstance(block, Notes) for item in block.items]
    assert any("although their true tracts are known. 'archaictools evaluate --metrics' measures it" in x for x in said)
    assert not any("are not known" in item for item in said)


def test_verdict_lead_and_table_have_the_numbers_of_the_evaluation():
    found = section(EVALUATION)
    assert "finds 95.7 % of the archaic bases, and 93.2 % of the bases that it calls are archaic" in found.lead
    assert "HMM with archaic genome) finds 85.9 %, and 75.4 %" in found.lead
    facts = next(dict(block.items) for block in found.blocks if isinstance(block, Facts))
    assert facts["Verdict"] == "skill"
    assert facts["F1 of bases"] == "0.945"
    assert not any("sentences" in block.text for block in found.blocks if isinstance(block, Text))
    table = next(block for block in found.blocks if isinstance(block, Table))
    assert "40,000 bins of 1 kb" in table.caption
    assert {column.field for column in table.columns} == set(table.frame)
    frame = table.frame.set_index("name")
    assert frame.loc["Model"].tolist() == [
        "model", pytest.approx(93.22), pytest.approx(95.73), 0.9446, pytest.approx(85), 0.9874, "0.963 to 0.997",
    ]  # fmt: skip
    assert frame["precision"].isna().tolist() == [False, False, False, True]
    assert frame["kind"].tolist() == ["model", "HMM", "HMM", "control"]


def test_charts_show_the_model_and_the_hmms_and_only_what_is_defined():
    charts = {block.name: block.chart for block in section(EVALUATION).blocks if isinstance(block, Chart)}
    assert list(charts) == [
        "accuracy-length", "accuracy-precision", "accuracy-recall", "accuracy-f1", "accuracy-reliability",
    ]  # fmt: skip
    methods = ["Model", "HMM without archaic genome", "HMM with archaic genome"]
    by_length = values(charts["accuracy-length"])[0]
    assert [(one["method"], one["length"]) for one in by_length] == list(
        itertools.product(methods, ["10 to 30", "30 to 100", "100 or more"])
    )
    assert [one["recall"] for one in by_length[:3]] == [0.9573, 0.9573, 1.0]
    precision = values(charts["accuracy-precision"])[0]
    assert [(one["method"], one["threshold"], one["precision_bp"]) for one in precision] == [
        (method, 0.5, value) for method, value in zip(methods, [0.9322, 0.5078, 0.7541], strict=True)
    ]
    assert [one["recall_bp"] for one in values(charts["accuracy-recall"])[0]] == [0.9573, 0, 0.7087, 0, 0.8591, 0]
    assert values(charts["accuracy-reliability"])[1][0]["share_high"] == 0.05


def test_an_evaluation_of_before_says_what_it_lacks():
    old = copy.deepcopy(EVALUATION)
    for one in old["models"].values():
        del one["by_threshold"]
    for one in old["calibration"]["reliability"]:
        del one["share_low"], one["share_high"]
    blocks = section(old).blocks
    assert [block.name for block in blocks if isinstance(block, Chart)] == ["accuracy-length", "accuracy-reliability"]
    assert any("no measures by threshold" in block.text for block in blocks if isinstance(block, Text))
    chart = next(block for block in blocks if isinstance(block, Chart) and block.name == "accuracy-reliability")
    assert "has no intervals" in chart.caption


def test_one_hmm_is_not_called_the_better():
    alone = copy.deepcopy(EVALUATION)
    del alone["models"]["hmm_archaic"], alone["models"]["majority"]
    assert "The HMM without archaic genome finds 70.9 %" in section(alone).lead
    del alone["models"]["hmm"]
    assert section(alone).lead.endswith("bases that it calls are archaic.")
