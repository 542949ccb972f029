"""Sources of segments: likelihoods against urns counted by hand, and files of people whose source is known."""

from __future__ import annotations

from fractions import Fraction
from math import comb, log

import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes import sources
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.outputs import write_posteriors
from archaictools.haplotypes.posteriors import HaplotypePosteriors
from archaictools.haplotypes.sources import AMBIGUOUS, LEVEL, UNMATCHED, log_ratio, name_sources, prior, weigh
from archaictools.haplotypes.tables import segments_bed
from archaictools.learning.options import SegmentOptions

LENGTH, TRACT = 100_000, (20_000, 60_000)
OUTGROUP = [f"O{number}" for number in range(10)]


def urn(shared, total, model):
    """Probability of a beta-binomial count, drawn one by one from an urn that gets what is drawn twice back."""
    a, b = (Fraction(value).limit_denominator(100) for value in model)
    chance = Fraction(comb(total, shared))
    for draw in range(total):
        chance *= (a + draw if draw < shared else b + draw - shared) / (a + b + draw)
    return chance


@pytest.mark.parametrize(("shared", "total"), [(0, 0), (0, 1), (1, 1), (14, 41), (20, 22), (60, 60)])
def test_ratios_against_urns(shared, total):
    for model, other in ((sources.OWN, sources.OTHER), (sources.PAIR, sources.PAIR[::-1])):
        expected = log(urn(shared, total, model) / urn(shared, total, other))
        assert log_ratio(np.array(shared), np.array(total), model, other) == pytest.approx(expected, abs=1e-9)


def test_what_counts_of_two_genomes():
    """Of 40 alleles the first shares 24, the second 9, both 6; the second is not called at 5 that the first shares."""
    matches = np.array([[[40, 24, 0], [35, 9, 5]]])
    pairs = np.array([[[13, 5], [3, 0]]])

    def ratio(shared, total, model, other):
        return log(urn(shared, total, model) / urn(shared, total, other))

    for without, total, mine in ((False, 35, 13), (True, 40, 18)):
        found = weigh(matches, pairs, np.array([False, without]))
        assert found.compared.tolist() == [[40, total]]
        expected = ratio(mine, mine + 3, sources.PAIR, sources.PAIR[::-1])
        assert found.over[0] == pytest.approx([expected, -expected])
        # The second alone: what it lacks, and what it shares where the first lacks it.
        second = max(
            ratio(9, total, sources.OWN, sources.OTHER),
            ratio(3, total - 9 + 3, sources.OWN_ALONE, sources.OTHER_ALONE),
        )
        assert found.match[0, 1] == pytest.approx(second)


def test_a_genome_that_is_not_called_does_not_compete():
    matches = np.array([[[40, 24, 0], [0, 0, 40]]])
    found = weigh(matches, np.array([[[0, 24], [0, 0]]]), np.array([False, False]))
    assert found.over[0, 0] == np.inf
    assert np.isnan(found.match[0, 1])
    named = name_sources(found.match, found.over, ("A", "B"))
    assert (named.source.tolist(), np.isnan(named.score).tolist()) == (["A"], [True])


def test_the_prior_is_the_share_in_the_file():
    """Ratios drawn from a mixture give its share back; a lone segment and a uniform file move it within bounds."""
    rng = np.random.default_rng(4)
    share = np.where(rng.random(4_000) < 0.3, rng.beta(*sources.OWN, 4_000), rng.beta(*sources.OTHER, 4_000))
    ratios = log_ratio(rng.binomial(50, share), np.array(50), sources.OWN, sources.OTHER)
    assert prior(ratios) == pytest.approx(0.3, abs=0.03)
    assert prior(np.full(500, -3.0)) == sources.PRIOR[0]
    assert sources.PRIOR[0] < prior(np.array([-3.0])) < 0.5
    assert prior(np.append(ratios, np.nan)) == prior(ratios)


def test_the_level_is_a_posterior_of_95_percent():
    assert pytest.approx(19) == np.exp(LEVEL)
    match = np.full((2, 2), 5.0)
    over = np.array([[LEVEL, -LEVEL], [LEVEL - 0.01, 0.01 - LEVEL]])
    assert name_sources(match, over, ("A", "B")).source.tolist() == ["A", AMBIGUOUS]


def people(folder, archaic, alleles, *, reference=True, background=300, elsewhere=()):
    """Write people, the first haplotype of I0 with alleles of known sharing in its tract; return arguments to read them.

    ``alleles`` are numbers of alleles by the genomes that share them, such as {"A": 20, "AB": 3, "": 9}.
    """
    rng = np.random.default_rng(5)
    shared = [who for who, number in alleles.items() for _ in range(number)]
    rng.shuffle(shared)
    inside = np.sort(rng.choice(np.arange(*TRACT), len(shared), replace=False))
    outside = np.sort(rng.choice(np.arange(TRACT[1], LENGTH), background, replace=False))
    modern, old = [], []
    for position in outside:  # of the second haplotype, and of nobody archaic
        modern.append((position, ["0|0"] * len(OUTGROUP) + ["0|1"]))
        old.append((position, ["0/0" if reference else "./."] * len(archaic)))
    for position, who in zip(inside, shared, strict=True):
        modern.append((position, ["0|0"] * len(OUTGROUP) + ["1|0"]))
        old.append((position, ["1/1" if name in who else "0/0" if reference else "./." for name in archaic]))
    write(folder / "modern.vcf", [*OUTGROUP, "I0"], modern, ("chr1", *elsewhere))
    arguments = ["--vcf", folder / "modern.vcf", "--outgroup", ",".join(OUTGROUP), "--ingroup", "I0"]
    if archaic:
        write(folder / "archaic.vcf", archaic, old)
        arguments += ["--archaic", ",".join(archaic), "--archaic-vcf", folder / "archaic.vcf"]
    return [*arguments, "--archaic-missing", "uncalled"]


def write(path, samples, records, chromosomes=("chr1",)):
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID={chrom},length={LENGTH}>" for chrom in chromosomes)]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    for chrom in chromosomes:
        for position, calls in sorted(records, key=lambda record: record[0]):
            lines.append("\t".join([chrom, str(position + 1), ".", "A", "C", ".", "PASS", ".", "GT", *calls]))
    path.write_text("\n".join(lines) + "\n")


def call(path):
    """Call the tract of the first haplotype, and nothing else."""
    with open_features(path) as words:
        found = []
        for chrom in words.bins:
            for row in range(len(words.haplotypes)):
                edges = words.edges(chrom)
                inside = (edges[:-1] >= TRACT[0]) & (edges[1:] <= TRACT[1]) & (row == 0)
                known = np.ones(len(inside), dtype=bool)
                found.append(HaplotypePosteriors(chrom, row, edges, inside.astype(np.float64), known, ~known))
        return write_posteriors(iter(found), words, SegmentOptions(threshold=0.5), desert_length=LENGTH)


@pytest.mark.parametrize(
    ("alleles", "reference", "expected"),
    [
        # One genome shares 173 of 173 called alleles, the other 84 of 84: a file without REF calls.
        ({"A": 92, "AB": 81, "B": 3, "": 137}, False, "A"),
        ({"A": 92, "AB": 81, "B": 3, "": 137}, True, "A"),
        ({"B": 25, "AB": 5, "": 12}, True, "B"),
        ({"B": 25, "AB": 5, "": 12}, False, "B"),
        # The same evidence for both, and next to none for either.
        ({"A": 6, "AB": 25, "B": 6, "": 8}, True, AMBIGUOUS),
        ({"A": 6, "AB": 25, "B": 6, "": 8}, False, AMBIGUOUS),
        ({"AB": 30}, True, AMBIGUOUS),
        ({"A": 1, "AB": 5, "B": 1, "": 40}, True, UNMATCHED),
        ({"A": 1, "AB": 5, "B": 1, "": 40}, False, UNMATCHED),
        # A distant genome: half of its lineage's alleles, or a third, but twice as many as the other's.
        ({"A": 18, "AB": 2, "B": 3, "": 24}, True, "A"),
        ({"A": 13, "AB": 3, "B": 2, "": 30}, False, "A"),
    ],
)
def test_two_genomes(ok, tmp_path, alleles, reference, expected):
    arguments = people(tmp_path, ("A", "B"), alleles, reference=reference)
    ok("haplotypes", *arguments, "--out", tmp_path / "w.h5")
    called = call(tmp_path / "w.h5")
    (segment,) = called.segments.to_dict("records")
    assert segment["source"] == expected
    for name in ("A", "B"):
        shared = sum(number for who, number in alleles.items() if name in who)
        total = sum(alleles.values())
        assert segment[f"{name}_shared"] == shared
        assert segment[f"{name}_called"] == (total if reference else shared)
        assert segment[f"{name}_compared"] == total
    assert pd.isna(segment["source_score"]) == (expected == UNMATCHED)
    person = called.people.iloc[0]
    bases = {name: person[f"{name}_bases"] for name in ("A", "B", AMBIGUOUS, UNMATCHED)}
    assert bases == {name: 40_000 if name == expected else 0 for name in bases}
    assert not set(called.people.columns) & {"tied_bases", "unknown_bases"}


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize(("shared", "expected"), [(14, UNMATCHED), (27, "A")])
def test_one_genome(ok, tmp_path, reference, shared, expected):
    """Of 41 alleles per genome of another lineage shares 14, the right one 27."""
    arguments = people(tmp_path, ("A",), {"A": shared, "": 41 - shared}, reference=reference)
    ok("haplotypes", *arguments, "--out", tmp_path / "w.h5")
    (segment,) = call(tmp_path / "w.h5").segments.to_dict("records")
    assert (segment["source"], segment["A_compared"], segment["A_shared"]) == (expected, 41, shared)
    assert (segment["A_match"] > 0) == (expected == "A")


def test_without_an_archaic_genome_nothing_matches(ok, tmp_path):
    ok("haplotypes", *people(tmp_path, (), {"": 40}), "--out", tmp_path / "w.h5")
    called = call(tmp_path / "w.h5")
    assert called.segments["source"].tolist() == [UNMATCHED]
    assert called.segments["source_score"].isna().all()
    assert not [name for name in called.people if name.endswith("_bases")]


def test_a_chromosome_that_a_genome_lacks(ok, tmp_path):
    """A is called on both chromosomes, B on the first alone: on the second B does not compete."""
    arguments = people(tmp_path, ("A", "B"), {"A": 20, "AB": 20, "B": 20, "": 20}, elsewhere=("chr2",))
    lines = (tmp_path / "archaic.vcf").read_text().splitlines()
    head, body = [line for line in lines if line[0] == "#"], [line for line in lines if line[0] != "#"]
    for name, column, chromosomes in (("A", 9, ("chr1", "chr2")), ("B", 10, ("chr1",))):
        own = ["\t".join([*line.split("\t")[:9], line.split("\t")[column]]) for line in [head[-1], *body]]
        rows = [row.replace("chr1", chrom, 1) for chrom in chromosomes for row in own[1:]]
        contigs = [f"##contig=<ID={chrom},length={LENGTH}>" for chrom in chromosomes]
        (tmp_path / f"{name}.vcf").write_text("\n".join([head[0], *contigs, own[0], *rows]) + "\n")
    at = arguments.index("--archaic-vcf")
    arguments[at : at + 2] = ["--archaic-vcf", tmp_path / "A.vcf", "--archaic-vcf", tmp_path / "B.vcf"]
    ok("haplotypes", *arguments, "--out", tmp_path / "w.h5")
    segments = call(tmp_path / "w.h5").segments
    assert segments["source"].tolist() == [AMBIGUOUS, "A"]
    assert segments["B_compared"].tolist() == [80, 0]
    assert segments["B_match"].isna().tolist() == [False, True]


def test_colours_tell_sources_apart():
    segments = pd.DataFrame({"chrom": "chr1", "start": range(4), "end": range(1, 5), "sample": "I0", "haplotype": 1,
                             "posterior": 0.9, "source": ["A", "B", AMBIGUOUS, UNMATCHED], "seen": 0})  # fmt: skip
    colours = segments_bed(segments, sources_of(["A", "B"]))["colour"]
    assert colours.nunique() == 4
    # The field's colours: Neanderthals red, Denisovans blue, in whatever order their genomes are named.
    segments["source"] = ["Denisova", "AltaiNea", AMBIGUOUS, UNMATCHED]
    colours = [
        tuple(map(int, text.split(",")))
        for text in segments_bed(segments, sources_of(["Denisova", "AltaiNea"]))["colour"]
    ]
    (blue, red, purple, grey) = colours
    assert max(blue) == blue[2]
    assert max(red) == red[0]
    assert min(purple) == purple[1]
    assert len(set(grey)) == 1
