"""Each warning of a report of people is given for its cause alone; clean results give none."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.likeness import DIVERSITY, PRIVATE, Density
from archaictools.haplotypes.lineages import sources_of
from archaictools.report.blocks import Notes
from archaictools.report.people import caveats, headline, match_rate
from archaictools.report.people.caveats import robust_distance
from archaictools.report.people.loci import strongest_locus
from archaictools.report.people.shares import totals
from helpers import ROOT
from synthetic_people import HG19, people

EVALUATION = {
    "verdict": "skill",
    "reason": "",
    "models": {"model": {"precision_bp": 0.9, "recall_bp": 0.8, "f1_bp": 0.85}},
}


#: Both densities of a chromosome are off, and one of another.
UNLIKE = {
    "chr1": (Density("diversity", 0.54, DIVERSITY), Density("private alleles", 2.03, PRIVATE)),
    "chr2": (Density("diversity", 0.58, DIVERSITY),),
}


@pytest.fixture(scope="module")
def clean():
    """Twelve people with whole genomes, nothing missing, and a known accuracy."""
    found = people(12, lengths=HG19, seed=4)
    encoded = replace(found.encoded, sites=5 * sum(HG19.values()) // 1_000)
    return replace(found, encoded=encoded, evaluation=EVALUATION)


def encoded(results, **changes):
    return replace(results, encoded=replace(results.encoded, **changes))


def person(results, row, **values):
    """Change values of one person."""
    table = results.people.copy()
    for name, value in values.items():
        table[name] = table[name].astype("Float64")
        table.loc[row, name] = value
    return replace(results, people=table)


def fired(results):
    """Return the names of the checks that warn."""
    return [check.__name__ for check in caveats.CHECKS if list(check(results))]


def test_clean_results_give_no_warning(clean):
    assert caveats.caveats(clean) == ()


def measured(results, recall=(), **measures):
    """Return results with an evaluation: recall of tracts below 10 kb by method, and measures of the model."""
    kinds = {"model": "model", "hmm": "rival", "hmm_archaic": "rival"}
    models = {
        name: {"kind": kinds[name], "recall_by_length": [{"from": 0, "to": 10_000, "bases": 1_000, "recall": value}]}
        for name, value in dict(recall).items()
    }
    model = EVALUATION["models"]["model"] | measures | models.get("model", {})
    return replace(results, evaluation=EVALUATION | {"models": models | {"model": model}})


def at_the_start(results):
    """Move the strongest segment to the start of its chromosome."""
    chrom, start, end = strongest_locus(results)
    segments = results.segments.copy()
    there = (segments["chrom"] == chrom) & (segments["start"] == start) & (segments["end"] == end)
    segments.loc[there, ["start", "end"]] = [0, end - start]
    return replace(results, segments=segments)


CAUSES = {
    "false_share": lambda clean: measured(clean, precision_bp=0.5),
    "short_tracts": lambda clean: measured(clean, {"model": 0.69}),
    "one_archaic_genome": lambda clean: replace(clean, sources=(clean.sources[0], *clean.sources[-2:])),
    "low_match": lambda clean: replace(
        clean, segments=clean.segments.assign(AltaiNea_shared=clean.segments["AltaiNea_compared"] // 3)
    ),
    "unexpected": lambda clean: replace(clean, populations={"P000": "CEU"}),  # a tenth of its segments is Denisovan
    "little_sequence": lambda clean: replace(clean, people=clean.people.assign(callable=2 * 49_900_000)),
    "few_people": lambda clean: replace(
        clean,
        people=clean.people[:4],
        haplotypes=clean.haplotypes[:8],
        segments=clean.segments[clean.segments["sample"].isin(clean.people["sample"][:4])],
    ),
    "near_an_edge": at_the_start,
    "not_checked": lambda clean: replace(clean, encoded=None),
    "no_summary": lambda clean: replace(
        clean, people=clean.people.assign(callable=pd.NA, introgressed=pd.NA, percent=pd.NA)
    ),
    "small_outgroup": lambda clean: encoded(clean, outgroup=19),
    "no_archaic_genome": lambda clean: replace(
        clean, sources=clean.sources[-2:], encoded=replace(clean.encoded, archaic=(), reference_calls={})
    ),
    "only_differences": lambda clean: encoded(clean, reference_calls={"AltaiNea": False, "Denisova": True}),
    "unphased": lambda clean: encoded(clean, unphased=True),
    "few_sites": lambda clean: encoded(clean, sites=sum(HG19.values()) // 1_001),
    "unlike_training": lambda clean: encoded(clean, unlike_training=UNLIKE),
    "missing_genotypes": lambda clean: encoded(clean, missing=clean.encoded.missing | {"P003": 0.11}),
    "not_read": lambda clean: person(clean, 2, callable=0, introgressed=np.nan, percent=np.nan),
    "not_a_genome": lambda clean: replace(
        clean,
        lengths={"chr1": HG19["chr1"]},
        callable=clean.callable[:1],
        segments=clean.segments[clean.segments["chrom"] == "chr1"],
    ),
    "far_from_others": lambda clean: person(clean, 5, percent=3.0),
    "seen_in_training": lambda clean: replace(
        clean, segments=clean.segments.assign(seen=np.arange(len(clean.segments)) == 0)
    ),
    "not_calibrated": lambda clean: replace(clean, evaluation=None),
    "few_segments": lambda clean: replace(clean, segments=clean.segments[100:119]),
}


def test_every_check_has_a_cause():
    assert sorted(check.__name__ for check in caveats.CHECKS) == sorted(CAUSES)


@pytest.mark.parametrize("name", CAUSES)
def test_a_warning_is_given_for_its_cause_alone(clean, name):
    assert fired(CAUSES[name](clean)) == [name]


@pytest.mark.parametrize(
    "harmless",
    [
        lambda clean: encoded(clean, outgroup=20),
        lambda clean: encoded(clean, sites=sum(HG19.values()) // 999),
        lambda clean: encoded(clean, missing=clean.encoded.missing | {"P003": 0.1}),
        lambda clean: replace(clean, segments=clean.segments[100:120]),
        lambda clean: replace(clean, populations={"P000": "CHX", "P001": "Papuan"}),
        lambda clean: replace(clean, segments=clean.segments[:0]),
        lambda clean: measured(clean, {"model": 0.7, "hmm": 0.6}, precision_bp=0.8),
        lambda clean: replace(clean, people=clean.people.assign(callable=2 * 50_000_000)),
        lambda clean: at_the_start(encoded(clean, labelled=True)),  # simulated chromosomes have no telomeres
    ],
)
def test_bounds_are_harmless(clean, harmless):
    assert fired(harmless(clean)) == []


def test_numbers_of_small_outgroups_and_missing_genotypes(clean):
    [text] = caveats.caveats(encoded(clean, outgroup=1))
    assert text.startswith("Small outgroup: 1 person,")
    many = {"P001": 0.5, "P002": 0.254, "P003": 0.9}
    [text] = caveats.caveats(encoded(clean, missing=clean.encoded.missing | many))
    assert text.startswith("3 people lack more than 10 % of the genotypes: P003 (90 %), P001 (50 %), P002 (25 %).")


def test_archaic_calls_read_as_reference_are_told_from_uncalled_ones(clean):
    lacking = {"AltaiNea": True, "Denisova": False}
    [text] = caveats.caveats(encoded(clean, reference_calls=lacking))
    assert text.startswith("The file of Denisova has no REF calls")
    assert "model reads it as not genotyped; sources and match rates count it as a mismatch" in text
    assert "read as REF" not in text
    labelled = replace(clean, sources=sources_of(["AltaiNea", "Denisova"], {"Denisova": "Denisova 3"}))
    [text] = caveats.caveats(encoded(labelled, reference_calls=lacking))
    assert text.startswith("The file of Denisova 3 (Denisova) has no REF calls")
    warnings = [block for block in match_rate.section(encoded(labelled, reference_calls=lacking)).blocks
                if isinstance(block, Notes) and block.warning]  # fmt: skip
    assert warnings[0].items[0].startswith(text)
    provenance = {"parameters": {"archaic_missing": "reference"}}
    [text] = caveats.caveats(encoded(clean, provenance=provenance))  # then all calls are REF or not REF
    assert "read as REF" in text
    assert "0.45" in text
    assert caveats.caveats(encoded(clean, provenance={"parameters": {"archaic_missing": "uncalled"}})) == ()


def test_what_is_unlike_the_training_is_told_with_its_range(clean):
    [text] = caveats.caveats(encoded(clean, unlike_training=UNLIKE))
    assert text.startswith("Unlike the training: the outgroup's diversity is 0.54 to 0.58 per kb (0.6 to 2.8 in training) on chr1, chr2. Private alleles are 2.03 per kb and haplotype (")  # fmt: skip
    assert " in training) on chr1. Posteriors are not reliable there; their ranking may be." in text
    # The table of people tells it without haplotypes.h5, and NA in it means another model than the pretrained one.
    people = clean.people.assign(unlike_training=[1, *[0] * 11])
    [text] = caveats.unlike_training(replace(clean, people=people, encoded=None))
    assert text.startswith("Unlike the model's training: 1 of 12 people. Posteriors are not reliable there;")
    unknown = encoded(replace(clean, people=people.assign(unlike_training=pd.NA)), unlike_training=UNLIKE)
    assert list(caveats.unlike_training(unknown)) == []
    older = encoded(replace(clean, people=clean.people.drop(columns="unlike_training")), unlike_training=UNLIKE)
    assert len(list(caveats.unlike_training(older))) == 1
    own = replace(older, record={"inputs": {"model": {"name": "own.h5", "sha256": "0" * 64}}})
    assert list(caveats.unlike_training(own)) == []


def test_haploid_people_and_empty_chromosomes(clean):
    [text] = caveats.caveats(person(clean, 0, haplotypes=1))
    assert text.startswith("Only one haplotype has data in P000.")
    without = replace(clean, callable=clean.callable[clean.callable["chrom"] != "chr22"])
    [text] = caveats.caveats(without)
    assert text.startswith("No base is callable on chr22.")


def test_one_chromosome_is_not_a_genome_and_a_part_is_no_chromosome(clean):
    one = {"1": 5_000_000}
    segments = clean.segments[clean.segments["chrom"] == "chr1"].assign(chrom="1", start=1_000_000, end=1_001_000)
    part = pd.DataFrame([("1", 0, 2_400_000, 24)], columns=["chrom", "start", "end", "haplotypes"])
    found = replace(clean, lengths=one, build="genome", segments=segments, callable=part)
    first, second = caveats.caveats(found)
    assert first.startswith("Only chromosome 1 is given.")
    assert second.startswith("Less than half of a chromosome is callable: 1 (48 %).")
    two = replace(
        found,
        lengths=one | {"2": 1_000},
        callable=pd.concat([part.assign(end=5_000_000), part.assign(chrom="2", end=900)]),
    )
    assert caveats.caveats(two) == ()
    [text] = caveats.caveats(replace(found, build="hg19", callable=part.assign(end=5_000_000)))
    assert text.startswith("Only chromosome 1 is given: 1 of 22 autosomes.")


def test_robust_distance_is_that_of_iglewicz_and_hoaglin():
    """Their modified z-score is 0.6745 (x - median) / MAD."""
    rng = np.random.default_rng(3)
    values = rng.normal(1.5, 0.2, 101)
    mad = np.median(np.abs(values - np.median(values)))
    assert np.allclose(robust_distance(values), 0.6745 * (values - np.median(values)) / mad, rtol=1e-3)
    assert robust_distance(np.full(7, 2.0)).tolist() == [0] * 7
    assert robust_distance(np.array([1.0] * 6 + [5.0]))[-1] > caveats.FAR


def test_outliers_in_both_directions_and_only_within_a_population(clean):
    table = clean.people.copy()
    table["percent"] = [1.0, 1.1, 0.9, 1.05, 0.95, 0.2, 2.0, 2.1, 1.9, 2.05, 1.95, 3.5]
    names = table["sample"].tolist()
    mixed = replace(clean, people=table)
    assert fired(mixed) == []
    of_two = replace(mixed, populations=dict(zip(names, ["CEX"] * 6 + ["PNG"] * 6, strict=True)))
    first, second = caveats.caveats(of_two)
    assert first.startswith(
        "Far from the others is P005 (0.20 %, below). The median of 6 people of CEX is 0.97 % archaic."
    )
    assert second.startswith(
        "Far from the others is P011 (3.50 %, above). The median of 6 people of PNG is 2.02 % archaic."
    )
    few = replace(mixed, people=table[:4].assign(percent=[1, 1.1, 0.9, 30]), haplotypes=clean.haplotypes[:8])
    assert "far_from_others" not in fired(few)


def test_people_without_data_do_not_count_as_others(clean):
    table = clean.people.copy()
    table["percent"] = [1.0, 1.1, 0.9, 30] + [np.nan] * 8
    assert "far_from_others" not in fired(replace(clean, people=table))


def test_share_of_bases_seen_in_training(clean):
    segments = clean.segments.assign(callable=1_000, seen=0)
    segments.loc[:1, "seen"] = 1
    segments.loc[0, "callable"] = 11_000
    found = replace(clean, segments=segments)
    [text] = caveats.caveats(found)
    share = 100 * 12_000 / (1_000 * (len(segments) - 1) + 11_000)
    assert text.startswith(f"2 segments ({share:.1f} % of the called bases)")


def test_measured_losses_are_those_of_the_page_on_accuracy(clean):
    """Figures in warnings are rounded from docs/accuracy.md."""
    page = (ROOT / "docs/accuracy.md").read_text()

    def row(start):
        [line] = [line for line in page.splitlines() if line.startswith(f"| {start} |")]
        return [f"{float(cell.strip().strip('*%')):.2f}" for cell in line.split("|")[2:-1] if cell.strip()]

    perfect, five = row("as simulated"), row("an outgroup of 5 people")
    nothing, nothing_five = row("no archaic genome"), row("no archaic genome, an outgroup of 5 people")
    [text] = caveats.caveats(encoded(clean, outgroup=5))
    assert re.findall(r"0\.\d\d", text) == perfect + five
    without = CAUSES["no_archaic_genome"](clean)
    [text] = caveats.caveats(without)
    assert re.findall(r"0\.\d\d", text) == perfect + nothing
    text = caveats.caveats(encoded(without, outgroup=5))[0]
    assert re.findall(r"0\.\d\d", text) == nothing + nothing_five
    half = row("50% of genotypes, ingroup")
    none = row("nothing")
    [text] = caveats.caveats(CAUSES["missing_genotypes"](clean))
    assert re.findall(r"0\.\d\d", text) == [none[0], half[0]]
    [text] = caveats.missing_genotypes(CAUSES["missing_genotypes"](without))
    assert re.findall(r"0\.\d\d", text) == [none[3], half[3]]
    ten = row("**pretrained model**, default threshold (0.5), outgroup of five")
    sure = row("the same, segments of 0.9 or more")
    [text] = caveats.not_calibrated(replace(clean, evaluation=None))
    assert re.findall(r"\d\d(?= %)", text) == [f"{100 * float(value):.0f}" for value in (ten[0], sure[0])]
    assert "F1 is 0.45: in this file" in page.replace("\n", " ")


def test_sentences_are_short(clean):
    """At most 25 words each."""
    texts = [text for cause in CAUSES.values() for text in caveats.caveats(cause(clean))]
    long = [one for text in texts for one in re.split(r"(?<=[.!?]) ", text) if len(one.split()) > 25]
    assert not long


def test_measured_and_believed_errors(clean):
    bases = clean.segments["end"] - clean.segments["start"]
    believed = 100 * (1 - np.average(clean.segments["posterior"], weights=bases))
    assert believed == pytest.approx(100 * (1 - totals(clean).posterior))
    [text] = caveats.caveats(measured(clean, precision_bp=0.5))
    assert (
        f"50.0 % of the called bases are false, measured against the true tracts. From its posteriors {believed:.1f} %"
        in text
    )


def test_short_tracts_beside_the_better_hmm(clean):
    [text] = caveats.caveats(measured(clean, {"model": 0.57, "hmm": 0.39, "hmm_archaic": 0.71}))
    assert "of true tracts below 10 kb, 57 % are called. An HMM with archaic genome calls 71 %." in text
    [text] = caveats.caveats(measured(clean, {"model": 0.57, "hmm": 0.39}))
    assert "HMM" not in text
    [text] = caveats.caveats(measured(clean, {"model": 0.8, "hmm": 0.9}))
    assert "An HMM without archaic genome calls 90 %" in text
    assert caveats.caveats(measured(clean, {"model": None, "hmm": None})) == ()


def test_one_genome_cannot_be_told_from_others(clean):
    [text] = caveats.caveats(CAUSES["one_archaic_genome"](clean))
    assert (
        "AltaiNea is the only archaic source that could be named. A high share of it does not exclude others." in text
    )


def test_the_first_eight_stand_at_the_top_and_no_warning_is_lost(clean):
    found = encoded(clean, outgroup=5, unphased=True, sites=1_000, missing=clean.encoded.missing | {"P003": 0.5})
    found = measured(replace(found, sources=(clean.sources[0], *clean.sources[-2:])), {"model": 0.5}, precision_bp=0.5)
    found = replace(found, people=found.people[:4].assign(callable=10_000), haplotypes=found.haplotypes[:8])
    warnings = caveats.caveats(found)
    assert len(warnings) > 8
    notes = {block.title: block for block in headline.section(found).blocks if isinstance(block, Notes)}
    assert notes["What to mistrust"].items == warnings[:8]
    assert notes["Further reasons to mistrust"].items == warnings[8:]
    assert "Further reasons to mistrust" not in {
        block.title for block in headline.section(clean).blocks if isinstance(block, Notes)
    }
