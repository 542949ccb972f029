"""Results of people are read, and results that do not belong together are refused by name."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError, UsageError
from archaictools.io.bigwig import BigWigWriter
from archaictools.report.people.loading import PeopleFiles, load_people_results
from helpers import ROOT
from synthetic_people import EVALUATION

HAPLOTYPES = ROOT / "test-data/haplotypes.h5"
SEGMENTS = """chrom	start	end	sample	haplotype	posterior	source	seen	callable	ARC000_called	ARC000_shared	ARC000_compared	ARC000_match	source_score
chr1	100000	150000	IN001	2	0.8	unmatched	0	50000	40	14	40	-1.3	NA
chr1	200000	210000	IN000	1	0.9	ARC000	0	9000	10	9	10	2.5	NA
"""
PEOPLE = """sample	haplotypes	callable	introgressed	percent	segments	mean_length	longest	ARC000_bases	ambiguous_bases	unmatched_bases	length
IN000	2	800000	9000	1.125	1	10000	10000	9000	0	0	10000
IN001	2	800000	50000	6.25	1	50000	50000	0	0	50000	50000
"""
GENES = """gene	chrom	start	end	strand	haplotypes	people	mean	max	fraction	sources	read
A	chr1	140000	160000	+	1	1	0.8	0.8	0.5	unmatched:1	1
B	chr1	300000	310000	-	0	0	NA	NA	0	.	1
C	chr2	1	10	-	NA	NA	NA	NA	NA	NA	0
"""


@pytest.fixture
def run(tmp_path):
    """The files of one run, as ``PeopleFiles`` names them."""
    texts = {
        "segments": ("segments.tsv", SEGMENTS),
        "summary": ("people.tsv", PEOPLE),
        "genes": ("genes.tsv", GENES),
        "deserts": ("deserts.bed", "chr1\t210000\t400000\tdesert;haplotypes=4;expected=0.1\t0\t.\n"),
        "evaluation": ("evaluation.json", json.dumps(EVALUATION)),
    }
    files = {"words": (HAPLOTYPES,)}
    for option, (name, text) in texts.items():
        files[option] = tmp_path / name
        files[option].write_text(text)
    (tmp_path / "segments.callable.bed").write_text("chr1\t0\t400000\t4\n")
    files["bigwig"] = tmp_path / "tracks"
    tracks(files["bigwig"])
    return files


#: Posteriors of haplotypes where they have a segment.
POSTERIORS = {"IN000.1": (200_000, 210_000, 0.9), "IN001.2": (100_000, 150_000, 0.8)}


def tracks(folder, share=((100_000, 150_000), (200_000, 210_000)), length=400_000, names=(*POSTERIORS, "mean")):
    folder.mkdir(exist_ok=True)
    for name in names:
        start, end, value = POSTERIORS.get(name, (5_000, 6_000, 0.1))
        track(folder / f"{name}.bw", [(0, 1000, 0.1), (start, end, value)], {"chr1": length})
    track(folder / "share.bw", [(start, end, 0.25) for start, end in share], {"chr1": length})


def track(path, rows, lengths):
    start, end = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2).T
    with BigWigWriter(path, lengths) as writer:
        writer.add("chr1", (start, end, np.array([row[2] for row in rows])))


def load(files, **other):
    given = {**files, **other}
    several = {name: (given[name],) for name in ("words", "record") if isinstance(given.get(name), Path)}
    return load_people_results(PeopleFiles(**given | several))


def changed(files, option, old, new):
    text = files[option].read_text()
    assert old in text
    files[option].write_text(text.replace(old, new))


def test_all_results_of_a_run(run):
    found = load(run)
    assert dict(found.lengths) == {"chr1": 400_000}
    assert found.haplotypes == (("IN000", 1), ("IN000", 2), ("IN001", 1), ("IN001", 2))
    assert found.segments[["sample", "haplotype", "posterior", "ARC000_shared"]].to_numpy().tolist() == [
        ["IN001", 2, 0.8, 14],
        ["IN000", 1, 0.9, 9],
    ]
    assert found.people["introgressed"].tolist() == [9_000, 50_000]
    assert [source.name for source in found.sources] == ["ARC000", "ambiguous", "unmatched"]
    assert found.encoded.outgroup > 0
    assert found.encoded.sites > 0
    assert found.genes["haplotypes"].tolist()[:2] == [1, 0]
    assert np.isnan(found.genes["haplotypes"].iloc[2])
    assert found.callable.to_numpy().tolist() == [["chr1", 0, 400_000, 4]]
    assert len(found.files) == 6
    assert found.populations == {}


def test_segments_and_callable_regions_are_enough(run):
    found = load_people_results(PeopleFiles(segments=run["segments"]))
    assert found.lengths == {"chr1": 400_000}
    assert found.people["segments"].tolist() == [1, 1]
    assert found.people["percent"].isna().all(), "the callable bases of a person are not known"
    assert found.encoded is None


def test_people_without_a_segment_must_be_known(run):
    """Without the summary, a person without a segment would be missing from the page."""
    lines = run["segments"].read_text().splitlines(keepends=True)
    run["segments"].write_text("".join(line for line in lines if "IN001" not in line))
    with pytest.raises(
        InputError, match=r"segments.callable.bed: counts 4 haplotypes .*segments.tsv names 2; name the table of all"
    ):
        load_people_results(PeopleFiles(segments=run["segments"]))
    (run["segments"].parent / "segments.callable.bed").write_text("chr1\t0\t400000\t5\n")
    with pytest.raises(InputError, match=r"counts 5 haplotypes with data, but .*haplotypes.h5 names 4; give the out"):
        load(run)


def test_unknown_callable_regions_are_computed_from_the_words_or_refused(run):
    (run["segments"].parent / "segments.callable.bed").unlink()
    assert load(run).callable[["start", "end", "haplotypes"]].to_numpy().tolist() == [[0, 400_000, 4]]
    with pytest.raises(InputError, match="callable regions of these segments are not known; name them with --callable"):
        load_people_results(PeopleFiles(segments=run["segments"]))


def test_a_run_without_a_segment(run):
    run["segments"].write_text(SEGMENTS.splitlines()[0] + "\n")
    lines = PEOPLE.splitlines()
    run["summary"].write_text(
        "\n".join([lines[0]] + [f"{name}\t2\t800000\t0\t0\t0\tNA\t0\t0\t0\t0\t0" for name in ("IN000", "IN001")]) + "\n"
    )
    changed(run, "genes", "\t1\t1\t0.8\t0.8\t0.5\tunmatched:1", "\t0\t0\tNA\tNA\t0\t.")
    tracks(run["bigwig"], share=(), names=("mean",))
    found = load(run)
    assert len(found.segments) == 0
    assert found.people["introgressed"].tolist() == [0, 0]


def test_names_for_archaic_genomes(run):
    found = load(run, labels={"ARC000": "Altai Neanderthal"})
    assert (found.sources[0].label, found.sources[0].lineage) == ("Altai Neanderthal", "Neanderthal")
    with pytest.raises(UsageError, match=r"--label names 'ARC001', which is no archaic genome of these .*\(ARC000\)"):
        load(run, labels={"ARC001": "x"})
    with pytest.raises(UsageError, match="--label gives ARC000 the label 'unmatched', which unmatched has; give each"):
        load(run, labels={"ARC000": "unmatched"})


def test_two_archaic_genomes_with_one_label(run):
    """Their segments could not be told apart."""
    changed(run, "segments", "source_score", "Den_called\tDen_shared\tDen_compared\tDen_match\tsource_score")
    run["segments"].write_text(run["segments"].read_text().replace("\tNA\n", "\t1\t1\t1\t1\tNA\n"))
    files = {**run, "words": ()}
    labels = {"ARC000": "Neanderthal", "Den": "Neanderthal"}
    with pytest.raises(UsageError, match="--label gives Den the label 'Neanderthal', which ARC000 has"):
        load(files, labels=labels)
    assert [source.label for source in load(files, labels=labels | {"Den": "Denisovan"}).archaic] == [
        "Neanderthal",
        "Denisovan",
    ]


def test_populations(run, tmp_path, caplog):
    """A panel may name many more people; those of the results count."""
    caplog.set_level("INFO", logger="archaictools")
    path = tmp_path / "panel"
    path.write_text("sample\tpop\tsuper_pop\nIN000\tCEU\tEUR\nOTHER\tYRI\tAFR\n")
    assert load(run, populations=path).populations == {"IN000": "CEU"}
    said = {record.levelname: record.getMessage() for record in caplog.records}
    assert said["WARNING"].endswith("panel has no population of 1 of the people: IN001")
    assert said["INFO"].endswith("panel names 1 people who are not in the results, and are left out: OTHER")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("IN000\tCEU\nIN000\tYRI\n", "panel, line 3: names a sample twice"),
        ("", "panel: names no sample; give a row for each person"),
        ("OTHER\tYRI\n", r"panel: names no person of .*haplotypes.h5 \(IN000, IN001\), but OTHER; name the people as"),
    ],
)
def test_populations_of_other_people(run, tmp_path, rows, message):
    path = tmp_path / "panel"
    path.write_text(f"sample\tpop\n{rows}")
    with pytest.raises(InputError, match=message):
        load(run, populations=path)


@pytest.mark.parametrize(
    ("option", "old", "new", "message"),
    [
        ("segments", "IN001", "XY", r"segments.tsv: has the sample XY, which .*haplotypes.h5 lacks; give the outputs"),
        ("summary", "IN001\t", "XY\t", r"people.tsv: has the sample XY, which .*haplotypes.h5 lacks"),
        ("summary", PEOPLE.splitlines()[2] + "\n", "", r"people.tsv: lacks IN001, which .*haplotypes.h5 has"),
        ("segments", "ARC000\t0\t9000", "Altai\t0\t9000", r"segments.tsv: names the source Altai, which is no archaic"),
        ("segments", "chr1\t100000", "chr7\t100000", r"segments.tsv: has the chromosome chr7, which .*h5 lacks .*chr1"),
        ("segments", "210000", "410000", r"reaches chr1:410,000, but chr1 has 400,000 bp in .*haplotypes.h5; .*build"),
        ("segments", "\t50000\t40", "\t40000\t40", r"people.tsv: counts 50,000 archaic bases of IN001, but .*40,000"),
        ("summary", "IN001\t2\t800000\t50000\t6.25\t1", "IN001\t2\t800000\t50000\t6.25\t2", r"counts 2 segments of IN001"),
        ("genes", "B\tchr1\t300000\t310000\t-\t0\t0", "B\tchr1\t300000\t310000\t-\t3\t2", r"counts 3 haplotypes in B, but"),
        ("genes", "\t1\t1\t0.8", "\t5\t1\t0.8", r"genes.tsv: counts 5 haplotypes in A, but .*haplotypes.h5 names 4"),
        ("genes", "\t1\t1\t0.8", "\t4\t3\t0.8", r"genes.tsv: counts 3 people in A, but .*haplotypes.h5 names 2"),
        ("genes", "\t1\t1\t0.8", "\t1\t2\t0.8", r"counts 2 people in A, but its row counts haplotypes: 1"),
        ("genes", "140000", "160000", r"genes.tsv, line 2: the row ends at 160,000, but begins at 160,000"),
        ("genes", "0.5\tunmatched:1\t1", "0.5\tunmatched:1\t1.5", r"genes.tsv, line 2: read is '1.5', expected .* to 1"),
        ("genes", "unmatched:1", "Vindija:1", r"names the source Vindija in A, which is no source of .*segments.tsv"),
        ("genes", "unmatched:1", "unmatched", r"names the source unmatched in A"),
        ("genes", "\t1\t1\t0.8", "\t1e300\t1\t0.8", r"genes.tsv, line 2: haplotypes is '1e300', expected a whole"),
        ("genes", "160000", "960000", r"genes.tsv: reaches chr1:960,000, but chr1 has 400,000 bp"),
        ("deserts", "210000", "205000", r"deserts.bed: has the desert chr1:205,001-400,000, in which .*has a segment"),
        ("deserts", "400000", "500000", r"deserts.bed: reaches chr1:500,000"),
        ("genes", "haplotypes\tpeople", "windows\tpeople", r"genes.tsv: is a table of genes of k-mers, expected one of"),
    ],
)  # fmt: skip
def test_results_of_two_runs_are_refused_by_name(run, option, old, new, message):
    changed(run, option, old, new)
    with pytest.raises(InputError, match=message):
        load(run)


def test_tracks_of_other_people_another_build_or_another_model(run):
    tracks(run["bigwig"], names=(*POSTERIORS, "NA1.2", "mean"))
    with pytest.raises(InputError, match=r"tracks: holds NA1.2.bw, whose sample .*haplotypes.h5 lacks"):
        load(run)
    shutil.rmtree(run["bigwig"])
    tracks(run["bigwig"], length=500_000)
    with pytest.raises(InputError, match=r"share.bw: chr1 has 500,000 bp, but 400,000 bp in .*haplotypes.h5"):
        load(run)
    tracks(run["bigwig"], share=((100_000, 150_000), (200_000, 210_000), (300_000, 320_000)))
    with pytest.raises(InputError, match=r"share.bw: has carriers at chr1:300,001-320,000, where .*has no segment"):
        load(run)
    (run["bigwig"] / "share.bw").unlink()
    with pytest.raises(InputError, match=r"holds no share.bw"):
        load(run)


@pytest.mark.parametrize(
    ("share", "where", "bases"),
    [([], "chr1:100,001-150,000", "0"), ([(100_000, 130_000), (200_000, 210_000)], "chr1:100,001-150,000", "30,000")],
)
def test_a_share_without_the_carriers_of_the_segments(run, share, where, bases):
    tracks(run["bigwig"], share=share)
    with pytest.raises(
        InputError,
        match=rf"share.bw: has carriers at {bases} bases of {where}, but .*a segment of IN001 there, .*model",
    ):
        load(run)
    changed(run, "segments", "\t0\t50000\t40", f"\t0\t{bases.replace(',', '')}\t40")
    tracks(run["bigwig"], share=share or [(149_000, 150_000), (200_000, 210_000)])
    assert load({**run, "summary": None}), "a haplotype is a carrier only where it has data"


def test_tracks_of_swapped_haplotypes_are_refused(run):
    one, other = (run["bigwig"] / f"{name}.bw" for name in POSTERIORS)
    content = one.read_bytes(), other.read_bytes()
    one.write_bytes(content[1])
    other.write_bytes(content[0])
    with pytest.raises(
        InputError, match=r"IN000.1.bw: has no value at chr1:200,001-210,000, but .*segment of IN000, haplotype 1, with"
    ):
        load(run)
    track(one, [(200_000, 210_000, 0.85)], {"chr1": 400_000})
    with pytest.raises(InputError, match=r"IN000.1.bw: has a mean posterior of 0.850 at .*, with 0.900 there"):
        load(run)
    one.write_bytes(content[0])
    with pytest.raises(InputError, match=r"IN001.2.bw: has no value at chr1:100,001-150,000"):
        load(run)
    # Bases without a value may have had any posterior: 0.85 at 60 % of the bases fits a mean of 0.9, 0.75 at 90 % does not.
    other.write_bytes(content[1])
    track(one, [(200_000, 206_000, 0.85)], {"chr1": 400_000})
    assert load(run)
    track(one, [(200_000, 209_000, 0.75)], {"chr1": 400_000})
    with pytest.raises(InputError, match="a mean posterior of 0.750"):
        load(run)


def test_a_track_of_a_person_is_the_maximum_of_both_haplotypes(run):
    for name in POSTERIORS:
        (run["bigwig"] / f"{name}.bw").unlink()
    track(run["bigwig"] / "IN001.bw", [(100_000, 120_000, 0.8), (120_000, 150_000, 0.95)], {"chr1": 400_000})
    assert load(run)
    track(run["bigwig"] / "IN001.bw", [(100_000, 150_000, 0.7)], {"chr1": 400_000})
    with pytest.raises(InputError, match=r"IN001.bw: has a mean posterior of 0.700 .* segment of IN001, haplotype 2"):
        load(run)


@pytest.mark.parametrize(
    ("name", "lengths", "message"),
    [
        ("mean", {"chr1": 300_000}, r"mean.bw: chr1 has 300,000 bp, but 400,000 bp in .*share.bw"),
        ("mean", {"chr1": 400_000, "chr2": 9}, r"mean.bw: has the chromosome chr2, which .*share.bw lacks"),
        ("IN000.2", {"chr1": 300_000}, r"IN000.2.bw: chr1 has 300,000 bp, but 400,000 bp in .*share.bw"),
        ("IN000.2", {"chr1": 400_000, "chr2": 9}, r"IN000.2.bw: has the chromosome chr2, which"),
    ],
)
def test_tracks_with_other_chromosomes_than_the_share(run, name, lengths, message):
    track(run["bigwig"] / f"{name}.bw", [(0, 1000, 0.1)], lengths)
    with pytest.raises(InputError, match=message):
        load({**run, "words": ()})


def test_a_mean_that_lacks_a_chromosome_of_the_share(run):
    track(
        run["bigwig"] / "share.bw", [(100_000, 150_000, 0.25), (200_000, 210_000, 0.25)], {"chr1": 400_000, "chr2": 9}
    )
    with pytest.raises(InputError, match=r"mean.bw: lacks the chromosome chr2, which .*share.bw has"):
        load(run)


def test_segments_of_a_haplotype_that_overlap_each_other(run):
    row = SEGMENTS.splitlines(keepends=True)[1]
    run["segments"].write_text(SEGMENTS + row)
    message = r"segments.tsv: has two segments of one haplotype of IN001, haplotype 2, at chr1:100,001, expected none"
    with pytest.raises(InputError, match=message):
        load(run)
    run["segments"].write_text(SEGMENTS + row.replace("100000", "149000"))
    with pytest.raises(InputError, match="at chr1:149,001"):
        load(run)
    # A short one in a long one hides the end of the long one.
    run["segments"].write_text(SEGMENTS + row.replace("150000", "110000") + row.replace("100000", "120000"))
    with pytest.raises(InputError, match="has two segments"):
        load(run)
    run["segments"].write_text(SEGMENTS + row.replace("IN001\t2", "IN001\t1"))
    with pytest.raises(InputError, match=r"people.tsv: counts 1 segments of IN001"):  # another haplotype may overlap
        load(run)


def test_deserts_that_overlap_each_other(run):
    text = run["deserts"].read_text()
    run["deserts"].write_text(text + text)
    with pytest.raises(InputError, match=r"deserts.bed: has two deserts at chr1:210,001, expected none that overlaps"):
        load(run)


@pytest.mark.parametrize("name", ["model", "words"])
def test_a_record_and_an_evaluation_of_different_models(run, name, tmp_path):
    record = {"verb": "predict", "version": "1", "parameters": {}, "inputs": {name: {"sha256": "1" * 64}}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    run["evaluation"].write_text(json.dumps(EVALUATION | {"inputs": {name: {"sha256": "2" * 64}}}))
    files = {**run, "words": (), "record": (tmp_path / "run.json",)}
    with pytest.raises(InputError, match=rf"evaluation.json: is of another {name} than .*run.json \(the SHA-256 of"):
        load(files)
    run["evaluation"].write_text(json.dumps(EVALUATION | {"inputs": record["inputs"]}))
    assert load(files).record == record


@pytest.mark.parametrize("option", ["evaluation", "record"])
def test_a_document_about_another_file_is_refused(run, option, tmp_path):
    path = tmp_path / "document.json"
    inputs = {"words": {"sha256": "0" * 64}}
    path.write_text(json.dumps(EVALUATION | {"verb": "predict", "parameters": {}, "inputs": inputs}))
    with pytest.raises(InputError, match=r"document.json: is of another file than .*haplotypes.h5 \(their SHA-256"):
        load(run, **{option: path})


@pytest.mark.parametrize("text", ["{", "[]", '{"verdict": "skill"}', "\x00"])
def test_what_is_no_evaluation(run, text):
    run["evaluation"].write_text(text)
    with pytest.raises(
        InputError, match=r"evaluation.json: (is no JSON|has no key 'models'); give the file of 'eval|is a bin"
    ):
        load(run)


@pytest.mark.parametrize("pack", [lambda text: b"\xef\xbb\xbf" + text, gzip.compress])
def test_json_with_a_byte_order_mark_or_compressed(run, pack):
    run["evaluation"].write_bytes(pack(json.dumps(EVALUATION).encode()))
    assert load(run).evaluation == EVALUATION
    run["evaluation"].write_bytes(gzip.compress(json.dumps(EVALUATION).encode())[:-20])
    with pytest.raises(InputError, match=r"evaluation.json: gzip data are damaged or cut short"):
        load(run)


@pytest.mark.parametrize("number", ["1e300", "-1e19", "9" * 5_000])
def test_numbers_beyond_any_count(run, number):
    """A chart with them would be empty; Python does not even read the last one."""
    run["evaluation"].write_text(json.dumps(EVALUATION | {"threshold": "?"}).replace('"?"', number))
    with pytest.raises(InputError, match=r"evaluation.json: has the number [-0-9e…]+, expected none beyond 1e\+18"):
        load(run)


def test_evidence_beyond_any_likelihood(run):
    changed(run, "segments", "\t-1.3\t", "\t1e300\t")
    with pytest.raises(InputError, match=r"segments.tsv, line 2: ARC000_match is '1e300', expected none beyond 1e\+18"):
        load(run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": []}, "lacks 'models.model'"),
        ({"models": {"model": {}}}, "lacks 'models.model.n'"),
        ({"models": {"model": {"auroc": 0.9}}}, "is the evaluation of a model of k-mers, expected one of haplotypes"),
        ({"verdict": None}, "lacks 'verdict'"),
        ({"calibration": {"reliability": [{}]}}, "lacks 'calibration.reliability'"),
        ({"models": EVALUATION["models"] | {"hmm": EVALUATION["models"]["hmm"] | {"f1_bp": "x"}}}, "models.hmm.f1_bp"),
    ],
)
def test_an_evaluation_that_lacks_what_the_page_shows(run, change, message):
    run["evaluation"].write_text(json.dumps(EVALUATION | change))
    with pytest.raises(InputError, match=f"evaluation.json: .*{message}"):
        load(run)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"verb": "simulate"}, "is a record of 'simulate', expected one of 'predict'"),
        ({"verb": "predict", "parameters": None, "inputs": {}}, "lacks 'parameters'"),
        ({"verb": "predict", "parameters": {}, "inputs": {"model": 1}}, "lacks 'inputs'"),
    ],
)
def test_what_is_no_record_of_predict(run, record, message, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"run.json: {message}"):
        load(run, record=path)
    with pytest.raises(InputError, match="is a folder, expected a file"):
        load(run, record=tmp_path)


def test_segments_without_source_or_evidence(run):
    changed(run, "segments", "\tsource\t", "\torigin\t")
    with pytest.raises(InputError, match="segments.tsv, line 1: has no column source; give the table that 'predict"):
        load(run)
    changed(run, "segments", "\torigin\t", "\tsource\t")
    changed(run, "segments", "ARC000_shared", "other")
    with pytest.raises(InputError, match=r"has evidence for no archaic genome, but .*haplotypes.h5 has ARC000"):
        load(run)


def test_a_person_without_data_has_a_row_but_no_haplotype(run):
    """As predict writes it: no haplotype, and NA after the callable bases."""
    lines = PEOPLE.splitlines(keepends=True)
    run["summary"].write_text("".join([*lines, "IN002\t0\t0" + "\tNA" * 9 + "\n"]))
    found = load_people_results(PeopleFiles(segments=run["segments"], summary=run["summary"]))
    assert found.people["sample"].tolist() == ["IN000", "IN001", "IN002"]
    assert {sample for sample, _ in found.haplotypes} == {"IN000", "IN001"}


def test_missing_genotypes_of_a_file(run):
    """Against a count from the stored arrays."""
    import h5py

    with h5py.File(HAPLOTYPES) as handle:
        lost = handle["bins/0/missing"][:].sum(axis=1, dtype=int) / handle["bins/0/typed"][:].sum(dtype=int)
    found = load(run).encoded.missing
    assert found == pytest.approx({"IN000": lost[:2].mean(), "IN001": lost[2:].mean()})
    assert isinstance(load(run).people, pd.DataFrame)


def test_callable_regions_of_another_run(run, tmp_path):
    other = tmp_path / "other.bed"
    other.write_text("chr1\t0\t120000\t4\nchr1\t200000\t400000\t4\n")
    with pytest.raises(
        InputError, match=r"other.bed: has 20,000 callable bases at chr1:100,001-150,000, but .*segments.tsv has 50,000"
    ):
        load(run, callable=other)
    other.write_text("chr1\t0\t400000\t3\n")
    with pytest.raises(InputError, match=r"other.bed: has 1,200,000 callable bases, .*people.tsv has 1,600,000"):
        load({**run, "words": ()}, callable=other)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_length": 20_000}, r"a minimum length of 20,000 bp, but .*segments.tsv has a segment of 10,000 bp"),
        ({"threshold": 0.85}, r"a threshold of 0.85, but .*segments.tsv has a segment with a posterior of 0.8"),
    ],
)
def test_a_record_with_other_settings_than_the_segments(run, settings, message, tmp_path):
    record = {"verb": "predict", "version": "1", "parameters": settings, "inputs": {}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"run.json: has {message}"):
        load(run, record=tmp_path / "run.json")
    record["parameters"] |= {"max_gap": 1_000} if "threshold" in settings else {"min_length": 10_000}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert load(run, record=tmp_path / "run.json").record == record
