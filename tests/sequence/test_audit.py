"""Each part of the audit against a slow computation that shares no code with it, and the verdicts on known cases."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archaictools.io.dna import encode
from archaictools.learning.splits import Locations, SplitScheme
from archaictools.sequence.audit import shared_kmers as similarity
from archaictools.sequence.audit.composition import features, separability
from archaictools.sequence.audit.coverage import coverage
from archaictools.sequence.audit.overlap import check_leakage
from archaictools.sequence.kmers import long_kmers
from archaictools.sequence.token_file import Sentences

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
WINDOWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 60), st.integers(1, 15), st.integers(0, 1), st.sampled_from([0, 2])),
    min_size=2,
    max_size=14,
)


def places_and_sides(rows):
    chrom, start, length, label, side = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    places = Locations(["a", "b"], chrom.astype(np.uint32), start, start + length, label.astype(np.int8))
    return places, side.astype(np.int8)


def sentences(texts, label=None):
    size = max(map(len, texts))
    codes = np.full((len(texts), size), 4, dtype=np.uint8)
    for row, text in enumerate(texts):
        codes[row, : len(text)] = encode(text)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    zeros = np.zeros(len(texts), dtype=np.int64)
    label = zeros if label is None else np.asarray(label)
    return Sentences(zeros.astype(np.uint32), zeros, lengths, zeros.astype(np.int8), label.astype(np.int8), codes)


@given(WINDOWS)
def test_coverage_equals_counting_bases(rows):
    places, _ = places_and_sides(rows)
    found = coverage(places)
    depth = np.zeros((2, 2, 80), dtype=int)  # class, chromosome, base
    for chrom, start, length, label, _ in rows:
        depth[label, chrom, start : start + length] += 1
    for name, label in (("introgressed", 1), ("depleted", 0)):
        assert found[name]["bases"] == (depth[label] > 0).sum()
        assert found[name]["bases_covered_twice"] == (depth[label] > 1).sum()
        assert found[name]["bases_summed"] == depth[label].sum()
    assert found["both"]["bases"] == ((depth[0] > 0) & (depth[1] > 0)).sum()


@given(WINDOWS)
def test_coordinates_alone_equal_the_loop_over_pairs(rows):
    places, side = places_and_sides(rows)
    train, test = np.flatnonzero(side == 0), np.flatnonzero(side == 2)
    found = check_leakage(places, side, SplitScheme(method="interval"))
    if not len(train) or not len(test):
        assert np.isnan(found["coordinate_accuracy"])
        return
    middle = places.start + places.end
    majority = int(places.label[train].mean() >= 0.5)
    sure = possible = 0  # windows at the same distance may be of both classes: then either answer is right
    for i in test:
        near = [j for j in train if places.chrom[j] == places.chrom[i]]
        least = min((abs(int(middle[i] - middle[j])) for j in near), default=None)
        guesses = {int(places.label[j]) for j in near if abs(int(middle[i] - middle[j])) == least} or {majority}
        sure += guesses == {int(places.label[i])}
        possible += int(places.label[i]) in guesses
    assert sure <= round(found["coordinate_accuracy"] * len(test)) <= possible
    assert found["majority_accuracy"] == pytest.approx(np.mean(places.label[test] == majority))


@given(st.text("ACGTNacgt", min_size=1, max_size=70), st.integers(1, 32))
def test_long_kmers_equal_strings(text, k):
    values, good = long_kmers(sentences([text]).codes, k=k)
    upper = text.upper()
    kmers = [upper[i : i + k] for i in range(len(upper) - k + 1)]
    assert values.shape == good.shape == (1, max(0, len(kmers)))
    for kmer, value, fine in zip(kmers, values[0].tolist(), good[0], strict=True):
        assert fine == ("N" not in kmer)
        if fine:
            smaller = min(kmer, kmer.translate(COMPLEMENT)[::-1])
            assert value == int(smaller.translate(str.maketrans("ACGT", "0123")), 4)


@pytest.mark.parametrize("limit", [2 * similarity.LIMIT, 4_000])
def test_twins_are_found_on_both_strands(monkeypatch, limit):
    """4,000 k-mers hold a fraction of what 300 training windows have: then a sample must do."""
    monkeypatch.setattr(similarity, "LIMIT", limit // 2)  # of each class
    rng = np.random.default_rng(1)
    draw = lambda: "".join(rng.choice(list("ACGT"), 200))  # noqa: E731
    train = [draw() for _ in range(300)]
    same = [text.translate(COMPLEMENT)[::-1] if i % 2 else text for i, text in enumerate(train[:40])]
    changed = [text[:10] + "ACGT"["TGCA".index(text[10])] + text[11:] for text in train[40:70]]  # 11 of 170 31-mers go
    half = [text[:100] + draw()[:100] for text in train[70:90]]
    strangers = [draw() for _ in range(110)]
    test = same + changed + half + strangers
    sides = np.array([0] * len(train) + [2] * len(test), dtype=np.int8)
    made = sentences(train + test)
    label = np.arange(len(sides), dtype=np.int8) % 2
    found = similarity.shared_sequence(lambda: [made], sides, label)
    assert found["identical"] == 40
    if limit > 1_000_000:
        assert found["sampled"] == 1
        assert (found["windows"], found["twins"], found["touched"]) == (200, 70, 90)
    else:
        assert found["sampled"] < 0.2
        assert 65 <= found["twins"] <= 80
        assert 80 <= found["touched"] <= 90


def test_a_padded_window_is_itself_on_the_other_strand():
    made = sentences(["ACGTTGCAAC" * 20, "ACGGT", "ACCGT", "TTTTT"])
    found = similarity.shared_sequence(
        lambda: [made], np.array([0, 0, 2, 2], dtype=np.int8), np.array([0, 1, 0, 1], dtype=np.int8)
    )
    assert found["identical"] == 1


def test_composition_is_what_counting_says():
    rng = np.random.default_rng(2)
    texts = ["".join(rng.choice(list("ACGT"), 100, p=[0.3, 0.2, 0.2, 0.3])) for _ in range(200)]
    texts += ["".join(rng.choice(list("ACGT"), 100, p=[0.2, 0.3, 0.3, 0.2])) for _ in range(200)]
    texts[0] = "N" * 10 + texts[0][10:60]
    label = np.repeat([0, 1], 200)
    made = sentences(texts, label)
    table = features([made], len(texts))
    for row in (0, 5, 300):
        text = texts[row]
        known = len(text) - text.count("N")
        pairs = [text[i : i + 2] for i in range(len(text) - 1) if "N" not in text[i : i + 2]]
        assert table[row, 0] == len(text)
        assert table[row, 1] == pytest.approx(text.count("N") / len(text))
        assert table[row, 2] == pytest.approx((text.count("G") + text.count("C")) / known)
        for number, base in enumerate("ACGT"):
            assert table[row, 3 + number] == pytest.approx(text.count(base) / known)
        for number, pair in enumerate(a + b for a in "ACGT" for b in "ACGT"):
            assert table[row, 7 + number] == pytest.approx(pairs.count(pair) / len(pairs), abs=1e-6)
    sides = np.where(np.arange(400) % 2, 2, 0).astype(np.int8)
    found = separability(table, label.astype(np.int8), sides)
    assert found["gc"]["auroc"] > 0.97
    assert abs(found["length"]["auroc"] - 0.5) < 0.02


def test_verdicts_on_the_planted_genome(ok, run, planted, tmp_path):
    words, bed = planted / "words.h5", planted / "windows.bed"
    assert "verdict: clean" in ok("audit", words, "--out", tmp_path / "a.json").out
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["schema_version"] == 1
    assert found["verdict"] == "clean"
    assert found["windows"] == {"train": 670, "validation": 415, "test": 316, "unused": 0}
    assert found["separability"]["dinucleotides"]["auroc"] > 0.7  # what was planted shows in its composition
    assert ok("audit", bed, "--genome", planted / "planted.fa.gz", "--out", tmp_path / "b.json")
    assert json.loads((tmp_path / "b.json").read_text()) == found
    assert "not looked at" in ok("audit", bed, "--out", tmp_path / "c.tsv").out
    table = pd.read_csv(tmp_path / "c.tsv", sep="\t")
    assert list(table.columns) == ["check", "item", "value"]
    leaky = run("audit", words, "--split", "random", "--out", tmp_path / "d.json", "--fail-on", "leaky")
    assert leaky.code == 1
    assert json.loads((tmp_path / "d.json").read_text())["verdict"] == "leaky"
    assert run("audit", words, "--out", tmp_path / "e.json", "--fail-on", "suspect").code == 0
    assert run("audit", words, "--out", tmp_path / "e.txt").code == 2
    assert run("audit", planted / "genes.bed", "--out", tmp_path / "e.json").code == 3


def test_classes_cut_differently_are_suspect(ok, tmp_path):
    rng = np.random.default_rng(3)
    rows = []
    for chrom in ("a", "b", "c"):
        for number in range(60):
            name, length = (("introgressed", 300), ("depleted", 200))[int(rng.integers(2))]
            rows.append((chrom, 1_000 * number, 1_000 * number + length, name))
    (tmp_path / "w.bed").write_text("".join(f"{c}\t{s}\t{e}\t{n}\n" for c, s, e, n in rows))
    genome = "".join(f">{c}\n{''.join(rng.choice(list('ACGT'), 61_000))}\n" for c in ("a", "b", "c"))
    (tmp_path / "g.fa").write_text(genome)
    done = ok("audit", tmp_path / "w.bed", "--genome", tmp_path / "g.fa", "--out", tmp_path / "r.json")
    assert "suspect (the length of a window alone tells the class" in done.out


@pytest.mark.realdata
def test_the_published_regions_tell_their_class_by_place_alone(ok, real_data, tmp_path):
    """100,000 windows per class of the published regions: facts known beforehand are 98.95 %, depths 9.1 and 4.4."""
    rng = np.random.default_rng(1)
    lines, depth = [], {}
    for name, file in (("introgressed", "akey_intr.hg19.bed.gz"), ("depleted", "akey_depl.hg19.bed.gz")):
        with gzip.open(real_data / file, "rt") as handle:
            rows = [line.split()[:3] for line in handle if line.startswith("chr")]
        start, end = (np.array([int(row[i]) for row in rows]) for i in (1, 2))
        chrom = np.array([row[0] for row in rows])
        number = np.unique(chrom, return_inverse=True)[1].astype(np.uint32)
        label = np.full(len(rows), int(name == "introgressed"), dtype=np.int8)
        depth[name] = coverage(Locations(list(np.unique(chrom)), number, start, end, label))[name]["depth"]
        count = (end - start) // 200
        last = np.cumsum(count)
        pick = rng.choice(last[-1], 100_000, replace=False)
        row = np.searchsorted(last, pick, side="right")
        begin = start[row] + 200 * (pick - last[row] + count[row])
        lines += [f"{c}\t{s}\t{s + 200}\t{name}\n" for c, s in zip(chrom[row], begin.tolist(), strict=True)]
    assert depth["introgressed"] == pytest.approx(9.1, abs=0.05)
    assert depth["depleted"] == pytest.approx(4.4, abs=0.05)
    (tmp_path / "w.bed").write_text("".join(lines))
    ok("audit", tmp_path / "w.bed", "--split", "random", "--out", tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["verdict"] == "leaky"
    assert found["coordinates"]["coordinate_accuracy"] == pytest.approx(0.9895, abs=0.005)
    ok("audit", tmp_path / "w.bed", "--test-chromosomes", "chr1,chr8,chr21", "--out", tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text())["verdict"] == "clean"
