"""``at.report``: files, results and tables as inputs, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import archaictools as at
from archaictools.errors import InputError, UsageError
from helpers import ROOT

HAPLOTYPES = ROOT / "test-data/haplotypes.h5"


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Predictions of two people, in memory, and their outputs in a folder."""
    folder = tmp_path_factory.mktemp("calls")
    found = at.predict(model="pretrained", words=HAPLOTYPES)
    found.to_tsv(folder / "segments.tsv")
    found.to_bigwig(folder / "tracks")
    found.people.to_csv(folder / "people.tsv", sep="\t", index=False, na_rep="NA")
    return found, folder


def test_results_in_memory_give_the_page_of_the_files(calls, tmp_path):
    found, folder = calls
    genes = at.genes(found, annotation=ROOT / "test-data/genes.bed")
    kept = at.report(words=HAPLOTYPES, segments=found, genes=genes, out=tmp_path / "a.html")
    at.genes(folder / "segments.tsv", annotation=ROOT / "test-data/genes.bed", out=tmp_path / "genes.tsv")
    files = at.report(
        words=HAPLOTYPES,
        segments=folder / "segments.tsv",
        summary=folder / "people.tsv",
        genes=tmp_path / "genes.tsv",
        out=tmp_path / "b.html",
    )
    assert kept.sections == files.sections
    assert "6.88" in (tmp_path / "a.html").read_text(), "the archaic percentage of IN001"
    assert kept.sections[0] == "In short"


def test_tables_of_pandas(calls, tmp_path):
    found, folder = calls
    panel = pd.DataFrame({"sample": ["IN000", "IN001"], "population": ["CEU", "CEU"]})
    result = at.report(
        segments=found, populations=panel, bigwig=folder / "tracks", label={"ARC000": "Neanderthal"}, out=tmp_path / "x"
    )
    page = (tmp_path / "x").read_text()
    assert "CEU" in page
    assert "Neanderthal" in page
    assert result.path == tmp_path / "x"


def test_a_section_without_its_input_is_named(calls, tmp_path):
    result = at.report(segments=calls[0], out=tmp_path / "x.html")
    assert "archaictools genes" in " ".join(result.absent.values())
    assert "evaluate" in " ".join(result.absent.values())
    assert "left out" in result.facts


def test_the_hub_alone(calls, tmp_path):
    found, folder = calls
    result = at.report(segments=found, bigwig=folder / "tracks", hub=tmp_path / "hub")
    assert result.path is None
    assert {"hub.txt", "genomes.txt", "igv_session.xml"} <= {path.name for path in (tmp_path / "hub").iterdir()}
    with pytest.raises(UsageError, match="the report has no file"):
        result.__fspath__()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name at least one output: --out or --hub"),
        ({"out": "x.html"}, "name at least one result to show"),
        ({"out": "x.html", "words": HAPLOTYPES}, "--segments is missing"),
        ({"out": "x.html", "segments": 3}, "--segments: is int, expected a path, a result or a table"),
        ({"out": "x.html", "words": HAPLOTYPES, "metrics": HAPLOTYPES}, "--metrics: only for k-mers"),
        ({"out": "x.html", "segments": HAPLOTYPES, "label": "Altai"}, "--label 'Altai' is not NAME=LABEL"),
        ({"out": "x.html", "segments": HAPLOTYPES, "label": "A=x\ty"}, r"--label 'A=x\\ty' is not NAME=LABEL"),
        ({"out": "x.html", "segments": HAPLOTYPES, "label": "A= "}, "--label 'A= ' is not NAME=LABEL"),
        ({"out": "x.html", "segments": HAPLOTYPES, "label": ["A=x", "A=y"]}, "--label names 'A' twice, expected one"),
    ],
)
def test_usage(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        at.report(**options)
    assert not list(tmp_path.iterdir())


def test_people_of_another_run_are_refused_and_nothing_is_written(calls, tmp_path):
    found, _ = calls
    people = found.people.assign(sample=["IN000", "OTHER"])
    with pytest.raises(InputError, match="summary.tsv: has the sample OTHER, which .*haplotypes.h5 lacks"):
        at.report(words=HAPLOTYPES, segments=found, summary=people, out=tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def test_the_folder_of_tracks_is_kept(calls, tmp_path):
    found, folder = calls
    before = sorted(path.name for path in (folder / "tracks").iterdir())
    for options in ({"hub": folder / "tracks"}, {"out": folder / "tracks/share.bw"}):
        with pytest.raises(UsageError, match="is a folder that is an input, or lies in one"):
            at.report(segments=found, bigwig=folder / "tracks", force=True, **options)
    assert sorted(path.name for path in (folder / "tracks").iterdir()) == before


def test_a_title_that_is_the_name_of_a_folder_is_no_input(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    assert at.report(segments=calls[0], title="out", out="out/report.html").path.name == "report.html"
