"""Results of k-mers are read; each wrong file, and each pair that does not belong together, is refused by name."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError, UsageError
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.tables import write_table
from archaictools.report.kmers.loading import KmerFiles, load_kmer_results
from archaictools.report.kmers.page import kmer_page
from helpers import PLANTED as TEST_DATA
from helpers import ROOT
from synthetic_kmers import LENGTHS, changed_json, empty_bed, kmer_files


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return kmer_files(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """A chain with other random numbers."""
    return kmer_files(tmp_path_factory.mktemp("other"), seed=5, signal=1.0)


def edited(path, target, change):
    """Write a copy of a table after a change of its data frame."""
    table = pd.read_csv(path, sep="\t", keep_default_na=False, dtype=str)
    write_table(target, change(table))
    return target


def refused(files, **other):
    with pytest.raises(InputError) as error:
        load_kmer_results(replace(files, **other))
    message = str(error.value)
    name = next(path.name for path in other.values() if path is not None)
    assert name in message
    assert "\n" not in message
    return message


def test_all_results_of_a_chain(files):
    found = load_kmer_results(files)
    assert dict(found.lengths) == LENGTHS
    assert found.build == "genome"
    assert found.words["windows"] == 3_000
    assert found.words["introgressed"] + found.words["depleted"] == 3_000
    assert found.words["parameters"] == {"k": 8, "stride": 1, "canonical": False, "size": 100}
    assert found.model["metrics"]["verdict"] == found.metrics["verdict"] == found.evaluation["verdict"] == "skill"
    assert found.segments["score"].between(0, 1000).all()
    assert len(found.files) == 13
    for path in (files.bigwig, files.metrics):
        key = next(name for name in found.files if name.endswith(f" {path.name}"))
        assert found.files[key] == hashlib.sha256(path.read_bytes()).hexdigest()


#: Name of a result whose option has another name.
RESULT = {"predictions": "held_out", "umap": "embedding", "bed": "segments", "bigwig": "track"}


def test_each_file_alone(files):
    given = {option: path for option, path in vars(files).items() if path}
    assert set(vars(files)) - set(given) == {"record"}
    for option, path in given.items():
        found = load_kmer_results(KmerFiles(**{option: path}))
        assert list(found.files) == [f"--{option.replace('_', '-')} {path.name}"]
        assert getattr(found, RESULT.get(option, option)) is not None
    with pytest.raises(UsageError, match="at least one result"):
        KmerFiles()


def test_the_record_of_predict(files, tmp_path):
    path = tmp_path / "run.json"
    digest = hashlib.sha256(files.model.read_bytes()).hexdigest()
    inputs = {"model": {"name": "model.h5", "sha256": digest}, "words": {"name": "tiles.h5", "sha256": "1" * 64}}
    path.write_text(json.dumps({"verb": "predict", "version": "0.1.0", "parameters": {}, "inputs": inputs}))
    found = load_kmer_results(replace(files, record=path))
    assert found.record["inputs"] == inputs
    page = kmer_page(found)
    tables = [block for block in page.sections[-1].blocks if hasattr(block, "frame")]
    assert any("tiles.h5" in table.frame.to_numpy() for table in tables)
    path.write_text(path.read_text().replace(digest, "2" * 64))
    assert "is of another file than" in refused(files, record=path)


def test_tensorflow_is_not_imported(files):
    code = (
        "import sys; from pathlib import Path\n"
        "from archaictools.report.kmers.loading import KmerFiles, load_kmer_results\n"
        "from archaictools.report.kmers.page import kmer_page\n"
        f"kmer_page(load_kmer_results(KmerFiles(model=Path({str(files.model)!r}), kmers=Path({str(files.kmers)!r}))))\n"
        "print(sorted({'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_empty_tables_are_read(files, tmp_path):
    changes = {
        option: edited(getattr(files, option), tmp_path / f"{option}.tsv", lambda table: table.iloc[:0])
        for option in ("kmers", "umap", "genes", "positions")
    }
    found = load_kmer_results(replace(files, bed=empty_bed(tmp_path / "none.bed"), **changes))
    assert [len(getattr(found, name)) for name in ("kmers", "embedding", "genes", "positions", "segments")] == [0] * 5


# Wrong kinds of files


def test_a_model_of_haplotypes():
    path = ROOT / "lib/archaictools/haplotypes/weights/pretrained.h5"
    assert "is a model of haplotypes, expected one of k-mers" in refused(KmerFiles(model=path), model=path)


def test_words_as_model_and_haplotypes_as_words(files):
    assert "expected archaictools model" in refused(KmerFiles(model=files.words), model=files.words)
    haplotypes = TEST_DATA / "haplotypes.h5"
    assert "expected archaictools kmers" in refused(KmerFiles(words=haplotypes), words=haplotypes)


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("metrics", "{", "is no JSON"),
        ("metrics", "[]", "has no key 'verdict'"),
        ("metrics", '{"verdict": "skill"}', "lacks 'verdict'"),
        ("metrics", '{"verdict": "skill", "reason": "x", "models": {}}', "give it as --evaluation"),
        ("metrics", '{"verdict": "skill", "reason": "x", "network": {"per_bin": true}}', "of a model of haplotypes"),
        ("metrics", '{"verdict": "clean", "reason": "", "coordinates": {}, "separability": {}}', "an audit of a split"),
        ("evaluation", '{"verdict": "skill", "reason": "x", "training": {}}', "give it as --metrics"),
        ("evaluation", '{"verdict": "skill", "models": {}, "test": {"f1_bp": 1}}', "of a model of haplotypes"),
        ("history", "fold\tepoch\tnetwork\tloss\n1\t1\tfirst\t0.4\n", "is a history of a model of haplotypes"),
        ("history", "a\tb\n1\t2\n", "has no column fold"),
        ("predictions", "chrom\tstart\tend\tprobability\tseen\nchr1\t0\t9\t0.5\t0\n", "which has no labels"),
        (
            "predictions",
            "chrom\tstart\tend\tsample\thaplotype\tposterior\nchr1\t0\t9\tA\t1\t0.5\n",
            "is a table of segments of people",
        ),
        (
            "predictions",
            "chrom\tstart\tend\tlabel\tprobability\tsplit\tfold\nchr1\t0\t9\t1\t0.5\ttrain\t1\n",
            "line 2: split is 'train', expected validation or test",
        ),
        (
            "predictions",
            "chrom\tstart\tend\tlabel\tprobability\tsplit\tfold\nchr1\t9\t9\t1\t0.5\ttest\t1\n",
            "line 2: the row ends at 9, but begins at 9",
        ),
        ("positions", "position\timportance\tsd\tp\tq\tword\n0\t1\t1\t0\t0\tx\n", "ranks the inputs of a model of hap"),
        ("positions", "position\timportance\tsd\tp\tq\n0\t1\t1\t0\t2\n", "line 2: q is '2', expected"),
        ("kmers", "kmer\tcount\n", "has no column background"),
        (
            "kmers",
            "kmer\tcount\tbackground\todds_ratio\tp\tq\tat_content\tlog_odds\n<b>\t1\t0\t1\t0\t0\t0\t0\n",
            "letters",
        ),
        (
            "kmers",
            "kmer\tcount\tbackground\todds_ratio\tp\tq\tat_content\tlog_odds\nACG\t1\t0\t1\t0\t0\t0\t0\nAC\t1\t0\t1\t0\t0\t0\t0\n",
            "line 3: has k-mers of 3 and of 2 bp",
        ),
        ("umap", "kmer\tcount\tat_content\tlog_odds\nACG\t1\t0\t1\n", "is no map, expected the map of k-mers"),
        ("umap", "word\tumap1\tumap2\nx\t0\t1\n", "is the map of a model of haplotypes"),
        ("genes", "gene\tchrom\tstart\tend\tstrand\thaplotypes\tpeople\nA\tchr1\t0\t9\t+\t1\t1\n", "genes of people"),
        (
            "genes",
            "gene\tchrom\tstart\tend\tstrand\twindows\tmean\tmax\tfraction\tcall\tseen\nA\tchr1\t0\t9\t+\t1\t1\t1\t1\tmaybe\t0\n",
            "line 2: call is 'maybe', expected introgressed, free or NA",
        ),
        ("bed", "chr1\t0\t10\tIN002.1\t630\t.\n", "line 1: names a row 'IN002.1'"),
        ("bed", "chr1\t0\t10\tintrogressed\t7000\t.\n", "line 1: score is '7000', expected 0 to 1000"),
        (
            "bed",
            "chrom\tstart\tend\tsample\thaplotype\tposterior\nchr1\t0\t9\tA\t1\t0.5\n",
            "is a table of segments of people",
        ),
        ("bigwig", "track type=bigWig\n", "is not a bigWig"),
        ("attribution", "x\n", "is not a bigWig"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, option, content, said):
    path = tmp_path / f"wrong_{option}"
    path.write_text(content)
    assert said in refused(KmerFiles(**{option: path}), **{option: path})


def test_values_of_json_are_checked(files, tmp_path):
    for keys, value in (
        (("test", "auroc"), "high"),
        (("test", "auroc_ci"), [0.5]),
        (("test", "n"), None),
        (("audit",), []),
        (("chromosomes",), {"chr1": 3}),
        (("split",), "x"),
    ):
        path = changed_json(files.metrics, tmp_path / "metrics.json", *keys, value=value)
        assert f"lacks '{keys[0]}" in refused(KmerFiles(metrics=path), metrics=path)
    for keys, value in ((("models", "model"), 1), (("similarity",), [1]), (("calibration", "reliability"), [{}])):
        path = changed_json(files.evaluation, tmp_path / "evaluation.json", *keys, value=value)
        assert "lacks '" in refused(KmerFiles(evaluation=path), evaluation=path)


def test_attribution_as_track(files):
    assert "expected a probability from 0 to 1" in refused(
        KmerFiles(bigwig=files.attribution), bigwig=files.attribution
    )


# Results that do not belong together


def test_metrics_of_another_model(files, others):
    message = refused(files, metrics=others.metrics)
    assert re.search(r"is of another split|test windows, but|has a test AUROC of", message)
    assert "model.h5" in message


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("test", "auroc"), 0.7, "has a test AUROC of 0.7000, but"),
        (("test", "n"), 5, "has 5 test windows, but"),
        (("split", "method"), "block", "is of another split (block"),
    ],
)
@pytest.mark.parametrize("option", ["metrics", "evaluation"])
def test_measures_that_differ(files, tmp_path, option, keys, value, said):
    path = changed_json(getattr(files, option), tmp_path / f"{option}.json", *keys, value=value)
    message = refused(files, **{option: path})
    assert said in message
    assert "model.h5" in message


def test_another_verdict_than_the_model(files, tmp_path):
    path = changed_json(files.metrics, tmp_path / "metrics.json", "verdict", value="no skill")
    assert "has the verdict 'no skill', but" in refused(files, metrics=path)


def test_an_evaluation_that_records_another_model(files, tmp_path):
    inputs = {"model": {"name": "model.h5", "sha256": "0" * 64}}
    path = changed_json(files.evaluation, tmp_path / "evaluation.json", "inputs", value=inputs)
    assert "their SHA-256 differ" in refused(files, evaluation=path)
    inputs["model"]["sha256"] = hashlib.sha256(files.model.read_bytes()).hexdigest()
    path = changed_json(files.evaluation, tmp_path / "evaluation.json", "inputs", value=inputs)
    assert load_kmer_results(replace(files, evaluation=path)).evaluation["inputs"] == inputs


def test_a_history_of_another_training(files, tmp_path):
    short = edited(files.history, tmp_path / "short.tsv", lambda table: table.iloc[:2])
    assert "has 2 epochs of fold 1, but" in refused(files, history=short)
    folds = edited(files.history, tmp_path / "folds.tsv", lambda table: pd.concat([table, table.assign(fold=2)]))
    assert "has 2 folds, but" in refused(files, history=folds)


def test_held_out_predictions_of_another_model(files, tmp_path):
    fewer = edited(files.predictions, tmp_path / "fewer.tsv", lambda table: table.iloc[:-3])
    assert "windows, but" in refused(files, predictions=fewer)
    other = edited(files.predictions, tmp_path / "turned.tsv", lambda table: table.assign(probability="0.5"))
    assert "AUROC of 0.5000, but" in refused(files, predictions=other)


def test_held_out_windows_of_another_side_of_the_split(files, tmp_path):
    """Two windows change their sides and their places, so that numbers and AUROC stay."""
    sides = json.loads(files.metrics.read_text())["split"]["chromosomes"]

    def turned(table):
        other = {"chr1": "chr1"} | {sides["test"][0]: sides["validation"][0]}
        rows = table["split"] == "test"
        return table.assign(chrom=table["chrom"].where(~rows, table["chrom"].map(lambda name: other.get(name, name))))

    path = edited(files.predictions, tmp_path / "turned.tsv", turned)
    message = refused(replace(files, words=None), predictions=path)
    assert f"has test windows on {sides['validation'][0]}, but" in message


def test_held_out_windows_that_the_words_lack(files, tmp_path):
    shifted = edited(files.predictions, tmp_path / "shifted.tsv", moved("start", "13"))
    assert ":14-100, which" in refused(files, predictions=shifted)
    label = pd.read_csv(files.predictions, sep="\t")["label"]
    same = label.index[label == 1 - label[0]][0]

    def swapped(table):  # labels and probabilities of two windows, so that numbers and AUROC stay
        columns = ["label", "probability"]
        table.loc[[0, same], columns] = table.loc[[same, 0], columns].to_numpy()
        return table

    side = pd.read_csv(files.predictions, sep="\t")["split"]
    assert side[0] == side[same]
    path = edited(files.predictions, tmp_path / "swapped.tsv", swapped)
    assert re.search(
        r"has the (introgressed|depleted) window chr\d:1-100, which .*kmers.h5 lacks", refused(files, predictions=path)
    )


def test_words_that_the_model_was_not_trained_on(files, others):
    message = refused(replace(files, predictions=None), words=others.words)
    assert re.search(r"is not the file that .*model.h5 was trained on \(its SHA-256", message)


def test_genes_of_other_predictions_than_the_track(files, others, tmp_path):
    message = refused(files, genes=others.genes)
    assert re.search(r"has the gene G\d+ with a mean of .*introgressed.bw has .*different predictions", message)
    unread = edited(files.genes, tmp_path / "unread.tsv", moved("mean", "NA"))
    assert "with a mean of NA, but" in refused(files, genes=unread)


def test_a_record_and_an_evaluation_of_different_models(files, tmp_path):
    record = tmp_path / "run.json"
    inputs = {"model": {"name": "model.h5", "sha256": "1" * 64}}
    record.write_text(json.dumps({"verb": "predict", "version": "1", "parameters": {}, "inputs": inputs}))
    other = {"model": {"name": "model.h5", "sha256": "2" * 64}}
    path = changed_json(files.evaluation, tmp_path / "evaluation.json", "inputs", value=other)
    message = refused(KmerFiles(evaluation=path, record=record), evaluation=path)
    assert re.search(r"is of another model than .*run.json \(the SHA-256 of the model differ\)", message)


def test_positions_of_another_window(files, tmp_path):
    shorter = edited(files.positions, tmp_path / "shorter.tsv", lambda table: table.iloc[:50])
    assert "of the window, but windows have 100 bp" in refused(files, positions=shorter)
    plain = ["position", "importance", "sd", "p", "q"]
    old = edited(files.positions, tmp_path / "old.tsv", lambda table: table.iloc[:50][plain])
    assert "has 50 positions, but windows have 93 k-mers" in refused(files, positions=old)
    # A block of another length than k has other positions, but the same window.
    block = edited(
        files.positions,
        tmp_path / "block.tsv",
        lambda table: table.iloc[:81].assign(end=table["start"].iloc[:81].astype(int) + 20),
    )
    assert len(load_kmer_results(replace(files, positions=block)).positions) == 81


def test_kmers_of_another_length(files, tmp_path):
    for option in ("kmers", "umap"):
        cut = edited(
            getattr(files, option), tmp_path / "cut.tsv", lambda table: table.assign(kmer=table["kmer"].str[:5])
        )
        assert "has k-mers of 5 bp, but" in refused(files, **{option: cut})
    alone = KmerFiles(kmers=files.kmers, umap=tmp_path / "cut.tsv")
    assert "enriched.tsv has k-mers of 8 bp" in refused(alone, umap=alone.umap)


def test_words_of_another_kind_than_the_model(files):
    words = TEST_DATA / "words.h5"
    assert "does not fit the model: k 5" in refused(files, words=words)


def moved(column, value):
    return lambda table: table.assign(**{column: [value, *table[column].iloc[1:]]})


def test_tables_of_another_genome(files, tmp_path):
    for option in ("genes", "predictions"):
        without = replace(files, bigwig=None)
        beyond = edited(getattr(files, option), tmp_path / "beyond.tsv", moved("end", "999999"))
        assert "reaches chr" in refused(without, **{option: beyond})
        unknown = edited(getattr(files, option), tmp_path / "unknown.tsv", moved("chrom", "chrZ"))
        assert "has the chromosome chrZ, which" in refused(without, **{option: unknown})
    for text, said in (
        ("chr1\t0\t999999\tintrogressed\t900\t.\n", "reaches chr1:999,999, but chr1 has 150,000 bp in"),
        ("1\t0\t99\tintrogressed\t900\t.\n", "has the chromosome 1, which"),
    ):
        path = tmp_path / "moved.bed"
        path.write_text(text)
        message = refused(files, bed=path)
        assert said in message
        assert "kmers.h5" in message


def test_tracks_of_another_genome(files, tmp_path):
    for lengths, said in (
        ({"chr1": 7_000}, "chr1 has 7,000 bp, but 150,000 bp in"),
        ({"chrZ": 9}, "the chromosome chrZ"),
    ):
        path = tmp_path / "other.bw"
        with BigWigWriter(path, lengths) as writer:
            writer.add(next(iter(lengths)), (np.array([0]), np.array([5]), np.array([0.5])))
        for option in ("bigwig", "attribution"):
            assert said in refused(files, **{option: path})


def test_segments_of_another_run_than_the_track(files, others):
    message = refused(files, bed=others.bed)
    assert "they are of different runs" in message
    assert "introgressed.bw" in message


def test_genes_on_further_contigs_without_windows_are_kept(files):
    assert "chr9" in set(load_kmer_results(files).genes["chrom"])


def test_documents_are_those_of_the_files(files):
    found = load_kmer_results(files)
    assert found.metrics == json.loads(files.metrics.read_text())
    assert found.model["metrics"]["test"]["n"] == found.metrics["test"]["n"]
