"""Methods, references and provenance of a report."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

import archaictools as at
from archaictools import provenance
from archaictools.haplotypes.pretrained import pretrained_file
from archaictools.io.files import sha256
from archaictools.report.blocks import Facts, Notes, Table, Text
from archaictools.report.citations import ALWAYS, CITATIONS, genomes_cited, references
from archaictools.report.people import methods
from archaictools.report.people import provenance as people_provenance
from archaictools.report.provenance import command_of, model_of, provenance_section
from helpers import ROOT
from synthetic_people import people


@pytest.fixture(scope="module")
def results():
    found = people(3)
    record = provenance.record(
        "predict",
        {"threshold": 0.7, "min_length": 8_000, "max_gap": 2_000, "desert_length": 1_000_000, "seed": 5},
        {"model": pretrained_file(), "words": ROOT / "test-data/haplotypes.h5"},
    )
    origin = provenance.record(
        "haplotypes",
        {"bin": 1_000, "pass_only": True, "unphased": "refuse"},
        {"vcf_0": ROOT / "test-data/people.vcf.gz"},
    )
    encoded = replace(found.encoded, provenance=origin)
    return replace(
        found, record=record, encoded=encoded, files={"--segments s.tsv": "a" * 64, "--words w.h5": "b" * 64}
    )


def test_five_sentences_are_filled_with_what_was_used(results):
    who, encoding, model, calling, outcome = methods.methods(results)
    assert who == (
        "Archaic segments were called in 3 people (P000, P001, P002) with archaictools "
        f"{at.__version__} on chr20 and chr21 (30.0 Mb callable per haplotype on average)."
    )
    assert "bins of 1,000 bp" in encoding
    assert "an outgroup of 50 people" in encoding
    assert "AltaiNea and Denisova" in encoding
    assert sha256(pretrained_file())[:12] in model
    assert "pretrained model" in model
    assert "at least 0.7 and a length of at least 8,000 bp" in calling
    assert (
        "; up to 5,000 bp without data did not end a run, and neighbours were joined across up to 2,000 bp" in calling
    )
    assert "below that posterior (--max-gap 2000)" in calling
    none = replace(results, record=results.record | {"parameters": results.record["parameters"] | {"max_gap": 0}})
    ended = methods.methods(none)[3]
    assert "5,000 bp without data did not end a run, and a bin below that posterior ended it (--max-gap 0)" in ended
    percent = results.people["percent"]
    assert f"{len(results.segments)} segments were called, {percent.mean():.2f} % of the callable bases" in outcome
    assert f"(range {percent.min():.2f} to {percent.max():.2f} %)" in outcome
    assert "accuracy was not measured" in outcome
    assert all(text.count(". ") == 0 for text in (who, encoding, model, calling, outcome))
    section = methods.section(results)
    assert section.blocks[0] == Text(" ".join((who, encoding, model, calling, outcome)))
    assert methods.UNKNOWN not in section.blocks[0].text
    assert [block.title for block in section.blocks[1:]] == ["References"]


def test_what_is_not_recorded_is_not_guessed(results):
    found = replace(results, record=None, encoded=None)
    texts = methods.methods(found)
    assert [text.count(methods.UNKNOWN) for text in texts] == [0, 2, 1, 2, 0]
    assert "0.5" not in texts[3]
    notes = methods.section(found).blocks[1]
    assert notes.title == "To fill the gaps"
    assert [re.search(r"--\w+", item)[0] for item in notes.items] == ["--words", "--record"]


def test_methods_without_an_archaic_genome_and_with_truth():
    found = people(1, archaic=())
    evaluation = {"models": {"model": {"precision_bp": 0.93, "recall_bp": 0.9571}, "hmm": {}}}
    found = replace(found, evaluation=evaluation, encoded=replace(found.encoded, unphased=True))
    _, encoding, model, calling, outcome = methods.methods(found)
    assert "no archaic genome was used; unphased alleles were ordered at random" in encoding
    assert "second network" in model
    assert "archaic genome" not in calling
    assert outcome.endswith("against true tracts, precision 0.930 and recall 0.957 of bases were measured.")
    assert "hmmix" in methods.cited(found)


def test_another_model_is_named(results):
    other = {"verb": "predict", "inputs": {"model": {"name": "mine.h5", "sha256": "c" * 64}}, "parameters": {}}
    text = methods.methods(replace(results, record=other))[2]
    assert f"mine.h5, SHA-256 {'c' * 12}…" in text
    assert "pretrained" not in text
    assert "stdpopsim" not in methods.cited(replace(results, record=other))


def test_references_are_those_of_what_was_used(results):
    keys = methods.cited(results)
    assert keys[: len(ALWAYS)] == ALWAYS
    assert set(keys) - set(ALWAYS) == {"altai", "denisova", "stdpopsim", "msprime", "sprime", "igv"}
    placed = methods.cited(replace(results, populations={"P000": "CEU"}))
    assert {"vindija", "sankararaman", "chen", "1000genomes"} <= set(placed)
    assert len(placed) == len(set(placed))
    nameless = replace(people(2, archaic=("Nean",)), record=results.record)
    assert not {"altai", "vindija", "chagyrskaya"} & set(methods.cited(nameless))
    assert any("does not tell which genome" in item for item in methods.section(nameless).blocks[1].items)


def test_genomes_are_cited_by_name():
    assert genomes_cited(["Vindija33.19", "Chagyrskaya-Phalanx", "AltaiNeandertal", "Denisova", "ARC000"]) == (
        "vindija",
        "chagyrskaya",
        "altai",
        "denisova",
    )


def test_every_reference_has_a_title_and_a_link_or_is_software():
    for key, citation in CITATIONS.items():
        assert re.fullmatch(r"10\.\d{4,5}/\S+", citation.doi) or key in {
            "archaictools",
            "oskolkov",
            "keras",
            "scikit-learn",
        }, key
        assert citation.title in citation.reference
        assert ".." not in citation.reference
    dois = [citation.doi for citation in CITATIONS.values() if citation.doi]
    assert len(dois) == len(set(dois))
    assert CITATIONS["vindija"].short == "Prüfer et al. 2017"
    assert CITATIONS["logomaker"].short == "Tareen and Kinney 2020"
    assert CITATIONS["1000genomes"].short == "The 1000 Genomes Project Consortium 2015"
    with pytest.raises(KeyError):
        references(["nothing"])
    assert len(references(["igv", "altair", "igv"]).items) == 2


def test_the_program_is_cited_as_in_its_citation_file():
    text = (ROOT / "CITATION.cff").read_text()
    mine = CITATIONS["archaictools"]
    assert f'title: "{mine.title}"' in text
    assert f"version: {at.__version__}" in text
    assert at.__version__ in mine.journal
    assert f"name: {mine.authors}" in text
    assert f"title: {CITATIONS['oskolkov'].title}" in text


def test_commands_are_rebuilt_from_records(results):
    predict, encode = command_of(results.record), command_of(results.encoded.provenance)
    assert shlex.split(predict) == [
        "archaictools", "predict", "pretrained", "haplotypes.h5", "--threshold", "0.7", "--min-length", "8000",
        "--max-gap", "2000", "--desert-length", "1000000", "--seed", "5",
    ]  # fmt: skip
    assert encode == "archaictools haplotypes --vcf people.vcf.gz --bin 1000 --pass-only --unphased refuse"
    train = {"verb": "train", "parameters": {"keep_depleted": 0.35}, "inputs": {"words_0": {"name": "a b.h5"}}}
    assert command_of(train) == "archaictools train 'a b.h5' (settings below)"


def test_rebuilt_options_are_options_of_the_command(results):
    import importlib

    import click

    for record in (results.record, results.encoded.provenance):
        command = importlib.import_module(f"archaictools.cli.{record['verb']}").command
        known = {flag for param in command.params if isinstance(param, click.Option) for flag in param.opts}
        assert {word for word in shlex.split(command_of(record)) if word.startswith("--")} <= known


def test_provenance_of_people(results):
    section = people_provenance.section(results)
    kinds = [type(block) for block in section.blocks]
    text = section.blocks[kinds.index(Text)].text
    assert isinstance(section.blocks[kinds.index(Text) - 1], Notes)  # the commands
    assert "do not run as they stand" in text
    assert "--ingroup (3 people), --outgroup (50 people), --archaic (AltaiNea, Denisova), outputs and folders" in text
    [facts] = [block for block in section.blocks if isinstance(block, Facts)]
    assert dict(facts.items)["archaictools"] == at.__version__
    assert dict(facts.items)["Seed of predict"] == "5"
    assert dict(facts.items)["Model"].startswith(f"pretrained.h5, {sha256(pretrained_file())[:12]}")
    tables = {block.name: block.frame for block in section.blocks if isinstance(block, Table)}
    assert tables["provenance-files"].to_numpy().tolist() == [
        ["--segments", "s.tsv", "a" * 64],
        ["--words", "w.h5", "b" * 64],
    ]
    inputs = tables["provenance-inputs"].set_index("name")["sha256"].to_dict()
    assert inputs["people.vcf.gz"] == sha256(ROOT / "test-data/people.vcf.gz")
    assert inputs["pretrained.h5"] == sha256(pretrained_file())
    settings = tables["provenance-settings"].set_index(["verb", "setting"])["value"]
    assert settings["predict", "threshold"] == "0.7"
    assert settings["haplotypes", "pass_only"] == "True"
    assert "2 recorded runs and 2 files" in section.lead
    assert not [block for block in section.blocks if isinstance(block, Notes) and block.title == "Not recorded"]


def test_provenance_without_records(results):
    section = people_provenance.section(replace(results, record=None, encoded=None, files={}))
    [notes] = section.blocks
    assert notes.title == "Not recorded"
    assert len(notes.items) == 2
    assert provenance_section([], {}).blocks == ()


@pytest.mark.parametrize("record", [None, {}, {"inputs": None}, {"inputs": {"model": "x"}}, {"inputs": {"model": {}}}])
def test_a_record_without_a_model(record):
    assert model_of(record) is None
