"""Keywords of the API: what a user of a notebook may get wrong, and what must never be lost."""

from __future__ import annotations

import inspect
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

import archaictools as at
from archaictools.errors import UsageError
from helpers import ROOT

DATA = ROOT / "test-data"
GENOME = DATA / "planted.fa.gz"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 1.5}, "--size is 1.5, expected a whole number"),
        ({"size": True}, "--size is True, expected a whole number"),
        ({"size": 0}, "--size: 0 is not in the range"),
        ({"gc_tolerance": float("nan")}, "--gc-tolerance: nan is no finite number"),
        ({"gc_tolerance": [1]}, r"--gc-tolerance is \[1\] \(list\)"),
        ({"chromosomes": 4}, "--chromosomes is 4 .int., expected text or a list of texts"),
        ({"chromosomes": [4]}, "--chromosomes is .4. .list., expected text"),
        ({"keep_short": "no"}, "--keep-short is 'no', expected True or False"),
        ({"introgressed": 3}, "--introgressed is int, expected a path"),
        ({"genome": None}, "--genome is missing"),
    ],
)
def test_a_wrong_value_names_its_option(keywords, message):
    with pytest.raises(UsageError, match=message):
        at.windows(**{"genome": GENOME} | keywords)


def test_unknown_keywords_name_the_function_and_a_similar_one():
    with pytest.raises(TypeError, match=r"windows\(\) has no option 'keepshort'; did you mean 'keep_short'"):
        at.windows(genome=GENOME, keepshort=True)
    with pytest.raises(TypeError, match=r"windows\(\): too many positional"):
        at.windows(GENOME)


def test_none_is_the_default_and_numbers_of_numpy_are_numbers():
    usual = at.windows(genome=GENOME, size=10_000).windows
    given = at.windows(genome=GENOME, size=np.int64(10_000), seed=None, keep_short=np.bool_(False), chromosomes=None)
    assert given.windows.equals(usual)


def test_no_output_replaces_an_input(tmp_path):
    bed, genome = (shutil.copy(DATA / name, tmp_path) for name in ("introgressed.bed", "planted.fa.gz"))
    for suffix in (".fai", ".gzi"):
        shutil.copy(f"{GENOME}{suffix}", tmp_path)
    before = (DATA / "introgressed.bed").read_bytes()
    for output in ("out", "summary"):
        with pytest.raises(UsageError, match="is an input"):
            at.windows(**{"genome": genome, "introgressed": bed, output: tmp_path / "." / "introgressed.bed"})
    with pytest.raises(UsageError, match="holds an input"):
        at.windows(genome=genome, introgressed=bed, by_chromosome=tmp_path, force=True)
    assert (tmp_path / "introgressed.bed").read_bytes() == before


def test_no_output_replaces_what_is_read_beside_an_input(tmp_path):
    """An index, and the callable regions of a table of segments; in a run of its own name for them, both may go."""
    genome = shutil.copy(GENOME, tmp_path)
    index = Path(shutil.copy(f"{GENOME}.fai", tmp_path))
    with pytest.raises(UsageError, match="planted.fa.gz.fai: is an input, which the output would replace"):
        at.windows(genome=genome, out=index, force=True)
    segments = Path(shutil.copy(DATA / "called_segments.tsv", tmp_path / "s.tsv"))
    regions = Path(shutil.copy(DATA / "called_callable.bed", tmp_path / "s.callable.bed"))
    before = regions.read_bytes()
    for call in (
        lambda: at.genes(segments, annotation=DATA / "genes.bed", out=regions, force=True),
        lambda: at.report(segments=segments, out=regions, force=True),
        lambda: at.merge(segments, out=tmp_path / "s.txt", force=True),
    ):
        with pytest.raises(UsageError, match="s.callable.bed: is an input, which the output would replace"):
            call()
    assert regions.read_bytes() == before
    other = shutil.copy(regions, tmp_path / "other.bed")
    at.genes(segments, annotation=DATA / "genes.bed", callable=other, out=regions)
    assert regions.read_text().startswith("gene\t")


def test_names_of_samples_in_a_file_are_an_input(tmp_path):
    people = shutil.copy(DATA / "ingroup.txt", tmp_path)
    with pytest.raises(UsageError, match="is an input"):
        at.haplotypes(vcf=DATA / "people.vcf.gz", ingroup=people, outgroup=DATA / "outgroup.txt", out=people)


def test_a_notebook_completes_and_explains():
    assert {"haplotypes", "predict", "windows", "errors"} <= set(dir(at))
    text = inspect.getdoc(at.windows)
    assert "size : int, default 200\n    Window length in bp." in text
    assert text.index("Other Parameters") < text.index("Returns")
    assert pickle.loads(pickle.dumps(at.haplotypes)) is at.haplotypes
    assert issubclass(at.errors.UsageError, at.errors.ArchaicError)
