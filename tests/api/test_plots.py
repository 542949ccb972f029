"""Each verb that measures writes the plots that docs/file-formats.md lists, as PNG and SVG, and no other file."""

from __future__ import annotations

import re

import pytest

import archaictools as at
from archaictools.cli.main import VERBS
from archaictools.errors import UsageError
from helpers import ROOT

TINY = {"epochs": 1, "batch_size": 256, "embedding": 2, "lstm": 2, "dense": 0, "split": "block", "threads": 1}
#: Verbs without plots.
NO_PLOTS = {"windows", "simulate", "haplotypes", "merge", "candidates", "extract", "report"}
QUICK = {"windows": 40, "repeats": 1, "threads": 1}


def documented():
    """Return the plots of each verb as the documentation lists them: (verb, input) to names."""
    text = (ROOT / "docs" / "file-formats.md").read_text()
    section = re.search(r"^## Plots\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)[1]
    found = {}
    for verb, kind, plot in re.findall(r"^\| `(\w+)` \| ([^|]*) \| `(\w+)` \|", section, re.MULTILINE):
        kinds = ("k-mers", "haplotypes") if kind == "both" else (kind,)
        for each in kinds:
            found.setdefault((verb, each), []).append(plot)
    return found


def test_every_verb_with_the_option_is_documented_and_no_other():
    with_option = {verb for verb in VERBS if "plots" in _options(getattr(at, verb))}
    assert {verb for verb, _ in documented()} == with_option
    assert with_option == set(VERBS) - NO_PLOTS


def _options(verb):
    return {name for bundle in verb.bundles.values() for name in bundle.__dataclass_fields__}


def two_populations(folder):
    """Write the populations of the two people of segments.tsv beside a folder; return the file."""
    path = folder.with_name("groups.tsv")
    path.write_text("sample\tpopulation\nIN000\tCEU\nIN001\tCHB\n")
    return path


CALLS = {
    ("tokenize", "k-mers"): lambda d, o: at.tokenize(
        d / "windows.bed", genome=d / "planted.fa.gz", k=5, out=o.with_name("w.h5"), plots=o
    ),
    ("audit", "k-mers"): lambda d, o: at.audit(d / "words.h5", plots=o),
    ("genes", "k-mers"): lambda d, o: at.genes(d / "predictions_chr5.tsv", annotation=d / "genes.bed", plots=o),
    ("genes", "haplotypes"): lambda d, o: at.genes(d / "segments.tsv", annotation=d / "genes.bed", plots=o),
    ("train", "k-mers"): lambda d, o: at.train(d / "words.h5", block_size=20_000, gap=200, **TINY, plots=o),
    ("train", "haplotypes"): lambda d, o: at.train(
        d / "haplotypes.h5", block_size=10_000, gap=1_000, stretch=50, no_sharing=True, **TINY, plots=o
    ),
    ("evaluate", "k-mers"): lambda d, o: at.evaluate(
        d / "model.h5", d / "words.h5", leave_out="shuffled_labels,random_forest", plots=o
    ),
    ("evaluate", "haplotypes"): lambda d, o: at.evaluate(
        "pretrained", d / "haplotypes.h5", leave_out="hmm,hmm_archaic", plots=o
    ),
    ("importance", "k-mers"): lambda d, o: at.importance(d / "model.h5", d / "words.h5", **QUICK, plots=o),
    ("importance", "haplotypes"): lambda d, o: at.importance("pretrained", d / "haplotypes.h5", **QUICK, plots=o),
    ("embedding", "k-mers"): lambda d, o: at.embedding(d / "model.h5", top=60, plots=o),
    ("embedding", "haplotypes"): lambda d, o: at.embedding("pretrained", plots=o),
    ("predict", "k-mers"): lambda d, o: at.predict(d / "model.h5", d / "words.h5", plots=o),
    ("predict", "haplotypes"): lambda d, o: at.predict("pretrained", d / "haplotypes.h5", plots=o),
    ("sharing", "haplotypes"): lambda d, o: at.sharing(d / "segments.tsv", groups=two_populations(o), plots=o),
}


@pytest.mark.parametrize(("verb", "kind"), CALLS)
def test_files_are_the_documented_ones(planted, tmp_path, verb, kind):
    folder = tmp_path / "plots"
    CALLS[verb, kind](planted, folder)
    names = documented()[verb, kind]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{name}.{suffix}" for name in names for suffix in ("png", "svg")
    )
    for name in names:
        assert (folder / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        svg = (folder / f"{name}.svg").read_text()
        assert re.search("<text[^>]*font-weight: 700", svg), "a title"
        assert svg.count("<text") >= 3, "a title and two axes at least"


def test_all_documented_calls_are_tested():
    assert set(CALLS) == set(documented())


def test_the_same_audit_gives_the_same_bytes_and_a_folder_is_not_replaced(planted, tmp_path):
    for name in ("one", "two"):
        at.audit(planted / "words.h5", plots=tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    with pytest.raises(UsageError, match="not empty"):
        at.audit(planted / "words.h5", plots=tmp_path / "one")


def test_an_audit_without_a_genome_has_all_plots(planted, tmp_path):
    at.audit(planted / "windows.bed", plots=tmp_path / "plots")
    assert "Not looked at" in (tmp_path / "plots" / "gc.svg").read_text()
