"""The first section of a report of people, against sums computed one by one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.pretrained import pretrained_file
from archaictools.io.files import sha256
from archaictools.report.blocks import Facts, Notes, Table
from archaictools.report.people import headline, landscape, methods
from archaictools.report.people.shares import totals
from helpers import ROOT
from synthetic_people import people

TITLES = (
    "Who was read",
    "How much archaic sequence",
    "Who carries most, and from which archaic genome",
    "Where",
    "Is there skill",
    "How sure",
    "What to mistrust",
)


def items(section, title):
    [notes] = [block for block in section.blocks if isinstance(block, Notes) and block.title == title]
    return notes.items


def texts(section):
    """Every sentence of the section."""
    notes = [item for block in section.blocks if isinstance(block, Notes) for item in block.items]
    return [section.lead, *notes]


@pytest.fixture(scope="module")
def results():
    return replace(people(6, seed=2), genes=None)


@pytest.fixture(scope="module")
def section(results):
    return headline.section(results)


def evaluation(**measures):
    model = {"precision_bp": 0.932, "recall_bp": 0.957, "f1_bp": 0.9449} | measures
    rivals = {"hmm": {"f1_bp": 0.592}, "hmm_archaic": {"f1_bp": 0.803}, "majority": {"f1_bp": 0.0}}
    return {"verdict": "skill", "reason": "AUROC", "models": {"model": model, **rivals}}


def test_titles_come_in_the_order_of_the_questions(section):
    assert tuple(block.title for block in section.blocks if isinstance(block, Notes)) == TITLES
    assert isinstance(section.blocks[0], Facts)


def facts(results):
    return dict(headline.section(results).blocks[0].items)


def test_figures_answer_who_carries_most_and_whether_there_is_skill(results):
    found = facts(results)
    top = results.people.sort_values("percent").iloc[-1]
    assert found["Carries most"] == f"{top['sample']}, {top['percent']:.2f} %"
    assert found["Archaic share, mean"] == f"{results.people['percent'].mean():.2f} %"
    assert found["Main source"].startswith("AltaiNea, ")
    assert found["Skill in these people"] == "not measured"
    assert facts(replace(results, evaluation=evaluation()))["Skill in these people"] == "yes, F1 0.945"
    none = evaluation(f1_bp=None) | {"verdict": "no skill"}
    assert facts(replace(results, evaluation=none))["Skill in these people"] == "no, F1 NA"
    nothing = facts(replace(results, segments=results.segments[:0], people=results.people.assign(percent=0.0)))
    assert set(nothing) == {
        "People",
        "Archaic share, mean",
        "Segments",
        "Archaic sequence, all haplotypes",
        "Skill in these people",
    }


def test_who_was_read(results, section):
    first, callable_, outgroup, archaic = items(section, "Who was read")
    assert first == "6 people (P000, P001, P002 and 3 more), 12 haplotypes, on chr20 and chr21."
    assert callable_.startswith("360.0 Mb are callable in all")
    assert outgroup == "They were compared with an outgroup of 50 people."
    assert archaic == "Archaic genomes: AltaiNea (Neanderthal), Denisova (Denisovan)."
    alone = headline.section(replace(results, encoded=None))
    assert any("not known here" in item for item in items(alone, "Who was read"))


def test_amounts_are_sums_of_the_segments(results, section):
    length = results.segments["end"] - results.segments["start"]
    percent = {name: 100 * length[results.segments["sample"] == name].sum() / 60e6 for name in results.people["sample"]}
    low, high = min(percent.values()), max(percent.values())
    mean, total, source = items(section, "How much archaic sequence")
    assert f"{sum(percent.values()) / 6:.2f} %" in mean
    assert f"from {low:.2f} to {high:.2f} %" in mean
    assert total == f"{length.sum() / 1e6:.1f} Mb in {len(length)} segments, all haplotypes added up."
    for name in ("AltaiNea", "Denisova", "ambiguous", "unmatched"):
        share = 100 * length[results.segments["source"] == name].sum() / length.sum()
        assert re.search(rf"{name} [\d.]+ (Mb|kb) \({share:.1f} %\)", source)
    top = max(percent, key=percent.get)
    most, together, own = items(section, "Who carries most, and from which archaic genome")
    assert most.startswith(f"{top} carries most: {high:.2f} %")
    assert min(percent, key=percent.get) in most
    assert own.startswith(f"{top}, of the callable bases: AltaiNea")
    neanderthal = 100 * length[results.segments["source"] == "AltaiNea"].sum() / length.sum()
    assert f"{neanderthal:.0f} % of the called bases are from AltaiNea (Neanderthal)" in together
    assert f" {top} carries most." in section.lead


def test_strongest_and_most_frequent_places(results, section):
    strongest, frequent, doubt = items(section, "Where")
    sure = results.segments[results.segments["posterior"] >= 0.9]
    row = sure.loc[(sure["end"] - sure["start"]).idxmax()]
    assert f"{row['chrom']}:{row['start'] + 1:,}-{row['end']:,}" in strongest
    assert f"in {row['sample']} haplotype {row['haplotype']}." in strongest
    assert f"posterior {row['posterior']:.3f}" in strongest
    assert strongest.startswith("Strongest segment (the longest with a posterior of 0.9 or more): chr")
    number = Counter()
    for one in results.segments.itertuples():
        for bin_ in range(one.start // 1_000, one.end // 1_000):
            number[one.chrom, bin_] += 1
    highest = max(number.values())
    found = re.search(
        r"(chr\d+):([\d,]+)-([\d,]+)\. At its highest, (\d+) of 12 haplotypes \((\d+) %\) have a segment\.", frequent
    )
    assert int(found[4]) == highest
    assert int(found[5]) == round(100 * highest / 12)
    start, end = (int(found[place].replace(",", "")) for place in (2, 3))
    assert highest in {number[found[1], bin_] for bin_ in range((start - 1) // 1_000, end // 1_000)}
    near = results.segments[
        (results.segments["chrom"] == found[1]) & (results.segments["start"] < end) & (results.segments["end"] >= start)
    ]
    mean = near["posterior"].mean()
    assert frequent.endswith(f"Mean posterior of carriers: {mean:.3f}.")
    assert mean < 0.9
    assert "doubtful" in doubt
    sure = replace(results, segments=results.segments.assign(posterior=0.95))
    assert "doubtful" not in " ".join(items(headline.section(sure), "Where"))


def test_every_section_names_the_same_most_frequent_place(results):
    """The stretch that neighbouring pieces form, not the piece with the highest share alone."""
    rows = [("P000", 0, 9_000), ("P001", 1_000, 9_000), ("P002", 2_000, 9_000)]
    segments = results.segments.iloc[: len(rows)].assign(
        chrom="chr20",
        sample=[name for name, _, _ in rows],
        start=[5_000_000 + start for _, start, _ in rows],
        end=[5_000_000 + end for _, _, end in rows],
    )
    # The two last segments end alike, so the stretch from the second's start has 2 carriers, then 3.
    found = replace(results, segments=segments, callable=results.callable.assign(end=600_000_000), genes=None)
    where = " ".join(items(headline.section(found), "Where"))
    along = landscape.section(found)
    [table] = [block for block in along.blocks if isinstance(block, Table) and block.name == "peaks"]
    first = table.frame.iloc[0]
    assert (first["start"], first["end"]) == (5_001_000, 5_009_000)
    assert first["top_start"] == 5_002_000
    assert "Most frequent place: chr20:5,001,001-5,009,000." in where
    assert "The most frequent place is chr20:5,001,001-5,009,000." in along.blocks[0].text


def test_a_single_segment_is_not_frequent(results):
    found = items(headline.section(replace(results, segments=results.segments[:1].assign(posterior=0.6))), "Where")
    assert len(found) == 2
    assert found[1] == "No base is archaic in more than one haplotype."


def test_genes_at_a_place_are_named(results):
    sure = results.segments[results.segments["posterior"] >= 0.9]
    row = sure.loc[(sure["end"] - sure["start"]).idxmax()]
    genes = pd.DataFrame(
        {
            "gene": ["IN", "BEFORE", "AFTER", "ELSEWHERE"],
            "chrom": [row["chrom"]] * 3 + ["chr9"],
            "start": [row["end"] - 1, row["start"] - 10, row["end"], row["start"]],
            "end": [row["end"] + 9, row["start"], row["end"] + 9, row["end"]],
        }
    )
    assert items(headline.section(replace(results, genes=genes)), "Where")[1] == "Genes in the strongest segment: IN."
    assert (
        items(headline.section(replace(results, genes=genes[1:])), "Where")[1]
        == "Genes in the strongest segment: none."
    )
    assert "ene" not in "".join(items(headline.section(results), "Where"))


def test_two_genomes_of_one_label_stay_apart(results):
    both = {"AltaiNea": "Neanderthal", "Denisova": "Neanderthal"}
    found = headline.section(replace(results, sources=sources_of(["AltaiNea", "Denisova"], both)))
    text = items(found, "How much archaic sequence")[2]
    assert "Neanderthal (AltaiNea) " in text
    assert "Neanderthal (Denisova) " in text


def test_how_sure_is_weighted_by_bases(results):
    segments = results.segments[:3].assign(callable=[1_000, 2_000, 7_000], posterior=[0.95, 0.9, 0.6])
    found = replace(results, segments=segments)
    assert totals(found).sure == pytest.approx(0.3)
    sure, belief = items(headline.section(found), "How sure")
    assert sure == "30 % of the called bases are in segments with a posterior of 0.9 or more."
    mean = 0.1 * 0.95 + 0.2 * 0.9 + 0.7 * 0.6
    assert f"{mean:.3f}" in belief
    assert f"expects {100 * (1 - mean):.1f} %" in belief
    assert "its own belief, not a measurement" in belief


def test_skill_with_truth(results):
    found = headline.section(replace(results, evaluation=evaluation()))
    verdict, model, rivals = items(found, "Is there skill")
    assert verdict.startswith("Yes:")
    assert model.startswith("Of the called bases 93.2 % are truly archaic")
    assert "95.7 % are called" in model
    assert "F1 is 0.94" in model
    assert "without archaic genome has 0.592" in rivals
    assert "with archaic genome has 0.803" in rivals
    assert items(found, "How sure")[-1].endswith("6.8 % of the called bases are false.")
    unknown = headline.section(replace(results, evaluation=evaluation(precision_bp=None)))
    assert "NA are truly archaic" in items(unknown, "Is there skill")[1]
    assert len(items(unknown, "How sure")) == 2


@pytest.mark.parametrize(("verdict", "start"), [("no skill", "No:"), ("leaky", "Not known:")])
def test_other_verdicts(results, verdict, start):
    found = headline.section(replace(results, evaluation=evaluation() | {"verdict": verdict}))
    assert items(found, "Is there skill")[0].startswith(start)


def test_skill_without_truth_names_what_was_measured(results):
    record = {"inputs": {"model": {"name": "pretrained.h5", "sha256": sha256(pretrained_file())}}}
    pretrained = items(headline.section(replace(results, record=record)), "Is there skill")
    assert len(pretrained) == 2
    assert pretrained[0].startswith("Not known:")
    assert "0.91 to 0.98" in pretrained[1]
    other = {"inputs": {"model": {"name": "model.h5", "sha256": "0" * 64}}}
    assert (
        "other than the pretrained one" in items(headline.section(replace(results, record=other)), "Is there skill")[1]
    )
    assert "not recorded" in items(headline.section(results), "Is there skill")[-1]


def test_measured_figures_are_those_of_the_page_on_accuracy(results):
    page = (ROOT / "docs/accuracy.md").read_text()
    found = [float(value) for value in re.findall(r"^\| \S+, \d+, \d \| \*\*(0\.\d+)\*\* \|", page, re.MULTILINE)]
    assert len(found) == 12
    assert headline.MEASURED[True].startswith(f"{min(found):.2f} to {max(found):.2f} ")
    assert headline.MEASURED[False].startswith(f"{'0.73 to 0.91'} ")
    assert "(F1 0.73 to 0.91)" in page


def test_nothing_called_is_said_plainly(results):
    table = results.people.assign(introgressed=0, percent=0.0, segments=0, mean_length=np.nan, longest=0)
    found = headline.section(replace(results, segments=results.segments[:0], people=table))
    assert found.lead == "No archaic segment was called in 6 people. 360.0 Mb of callable sequence were searched."
    assert items(found, "How much archaic sequence")[0].startswith("Nothing was called.")
    titles = {block.title for block in found.blocks if isinstance(block, Notes)}
    assert {"Who was read", "Is there skill", "What to mistrust"} <= titles
    assert not {"Where", "How sure"} & titles


def test_data_unlike_the_training_stand_beside_every_share(results):
    sentence = "Unlike the model's training: 6 of 6 people. Posteriors are not reliable there; their ranking may be."
    table = results.people.assign(unlike_training=results.people["callable"])
    found = headline.section(replace(results, people=table))
    assert found.lead.endswith(sentence)
    [facts] = [block for block in found.blocks if isinstance(block, Facts)]
    labels = [label for label, _ in facts.items]
    assert labels.index("Posteriors not reliable") == labels.index("Archaic share, mean") + 1
    assert dict(facts.items)["Posteriors not reliable"] == "6 of 6 people"
    assert sentence in items(found, "What to mistrust")[0]
    zero = table.assign(introgressed=0, percent=0.0, segments=0, mean_length=np.nan, longest=0)
    nothing = replace(results, segments=results.segments[:0], people=zero)
    found = headline.section(nothing)
    assert found.lead.endswith(sentence)
    said = items(found, "How much archaic sequence")
    assert said[1] == f"{sentence} Little archaic sequence does not mean none."
    assert methods.methods(nothing)[-1] == (
        "0 segments were called, 0.00 % of the callable bases of a person on average (range 0.00 to 0.00 %); posteriors "
        "were not reliable, because data were unlike the training of the model (6 of 6 people); accuracy was not "
        "measured in these people."
    )


def test_one_person_without_an_archaic_genome():
    found = people(1, archaic=(), seed=3)
    section = headline.section(found)
    assert "carries most" not in section.lead
    assert items(section, "Who carries most, and from which archaic genome") == (
        "The source is not known, since no archaic genome was given.",
    )
    assert any(item.startswith("No archaic genome was given, so") for item in items(section, "What to mistrust"))


def test_people_that_were_not_read_are_not_zero(results):
    table = results.people.astype({"callable": "Int64", "percent": "Float64"})
    table.loc[0, ["callable", "percent"]] = [0, pd.NA]
    found = headline.section(
        replace(results, people=table, segments=results.segments[results.segments["sample"] != "P000"])
    )
    assert "The share is NA (not known) for 1 person." in items(found, "How much archaic sequence")
    assert "P000" not in items(found, "Who carries most, and from which archaic genome")[0]
    assert "0.00" not in found.lead


def test_without_a_summary_shares_are_unknown(results):
    table = results.people.assign(callable=pd.NA, introgressed=pd.NA, percent=pd.NA)
    found = headline.section(replace(results, people=table))
    assert found.lead.startswith(f"{len(results.segments)} archaic segments (")
    assert items(found, "Who was read")[1].startswith("360.0 Mb")


def test_equal_shares_have_no_first(results):
    found = headline.section(replace(results, people=results.people.assign(percent=1.0)))
    assert "carries most" not in found.lead
    assert "carry the same share" in items(found, "Who carries most, and from which archaic genome")[0]


def test_labels_stand_for_names(results):
    labelled = replace(results, sources=sources_of(["AltaiNea", "Denisova"], {"AltaiNea": "Vindija Neanderthal"}))
    assert "Vindija Neanderthal" in headline.section(labelled).lead


def test_sentences_are_short(results, section):
    for found in (section, headline.section(replace(results, evaluation=evaluation(), encoded=None))):
        for text in texts(found):
            for one in re.split(r"(?<=[a-z)%][.!?]) ", text):
                assert len(one.split()) <= 25, one
