"""The command line as a user meets it: help, versions, exit codes, one sentence for every mistake."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import archaictools
from archaictools.cli.main import VERBS
from helpers import PLANTED, write_fasta

PACKAGE = Path(archaictools.__file__).parent
GENOME = PLANTED / "planted.fa.gz"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_helps_and_tells_its_version(ok, verb):
    text = ok(verb, "--help").out
    for option in ("--threads", "--seed", "--quiet", "--version"):
        assert option in text
    assert ok(verb, "--version").out.startswith(f"archaictools {archaictools.__version__}, Python 3.")


def test_help_imports_nothing_heavy():
    """What makes --help slow is imports; none of the numeric libraries may be among them."""
    code = "import sys; from archaictools.cli.main import main; main([{!r}, '--help']); print(*sorted(sys.modules))"
    for verb in VERBS:
        done = subprocess.run([sys.executable, "-c", code.format(verb)], capture_output=True, text=True, check=True)
        loaded = set(done.stdout.split("\n")[-2].split())
        assert not loaded & {"numpy", "pandas", "tensorflow", "keras", "h5py", "pysam", "sklearn", "matplotlib"}


def test_usage_errors_exit_2(run, tmp_path):
    for arguments, message in (
        ((), "Usage"),
        (("fly",), "No such command"),
        (("windows", "--genome", GENOME), "Missing option '--out'"),
        (("windows", "--genome", GENOME, "--out", tmp_path / "x", "--size", "0"), "0 is not in the range"),
        (("tokenize", "--out", tmp_path / "x"), "WINDOWS and --genome are needed"),
        (("predict", "m.h5", "w.h5"), "name at least one output"),
        (("windows", "--genome", GENOME, "--out", tmp_path / "no" / "x"), "does not exist"),
    ):
        result = run(*arguments)
        assert result.code == 2, result.err
        assert message in result.err
        assert "Traceback" not in result.err


def bed(tmp_path: Path, text: str, name: str = "r.bed") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


BAD_REGIONS = {
    "missing": (lambda t: t / "none.bed", "no such file"),
    "folder": (lambda t: t, "is a folder"),
    "empty": (lambda t: bed(t, ""), "is empty"),
    "headers only": (lambda t: bed(t, "track name=x\n"), "holds no interval"),
    "reversed": (lambda t: bed(t, "chr1\t1\t5\nchr1\t900\t100\n"), "line 2: end lies before start"),
    "zero length": (lambda t: bed(t, "chr1\t5\t5\n"), "holds no interval"),
    "negative": (lambda t: bed(t, "chr1\t-5\t5\n"), "line 1: start is before"),
    "text": (lambda t: bed(t, "chr1\tone\t5\n"), "line 1: start is 'one'"),
    "unknown": (
        lambda t: bed(t, "chr1\t0\t900\nchr9\t0\t9\nchrX\t1\t2\n"),
        "chr9, chrX (it holds chr1, chr2, chr3 and 2",
    ),
    "beyond": (lambda t: bed(t, "chr1\t9000000\t9100000\n"), "rows beyond the chromosome's end, dropped: 1"),
    "too short": (lambda t: bed(t, "chr1\t100\t150\n"), "regions shorter than a window, dropped: 1"),
    "all N": (lambda t: bed(t, "chr3\t40000\t42000\n"), "windows with more than 0 N, dropped: 10"),
}


@pytest.mark.parametrize("case", BAD_REGIONS)
def test_bad_regions_exit_3_with_a_sentence_and_no_output(run, tmp_path, case):
    make, message = BAD_REGIONS[case]
    out, summary = tmp_path / "w.out", tmp_path / "s.out"
    result = run(
        "windows", "--genome", GENOME, "--introgressed", make(tmp_path), "--depleted", PLANTED / "depleted.bed",
        "--out", out, "--summary", summary, "--quiet",
    )  # fmt: skip
    assert result.code == 3, result.err
    assert message in result.err
    assert result.err.startswith("archaictools: error: ")
    assert result.err.count("\n") == 1
    assert not list(tmp_path.glob("*.out")), "nothing stands under an output's name"
    assert not list(tmp_path.glob(".*part*")), "nothing is left behind"


def test_bad_genomes_exit_3(run, tmp_path):
    regions = bed(tmp_path, "chr1\t0\t1000\n")
    binary = tmp_path / "b.fa"
    binary.write_bytes(bytes(range(256)))
    cut = tmp_path / "c.fa.gz"
    cut.write_bytes(gzip.compress(b">chr1\n" + b"ACGT" * 999)[:-20])
    for genome, message in ((binary, "is not FASTA"), (cut, "cut short"), (tmp_path / "no.fa", "no such file")):
        result = run("windows", "--genome", genome, "--regions", regions, "--out", tmp_path / "w.bed")
        assert result.code == 3
        assert message in result.err
        assert not (tmp_path / "w.bed").exists()


def test_oddities_are_warned_of_in_the_summary_not_refused(ok, tmp_path):
    regions = bed(
        tmp_path,
        "#x\nchr2\t10\t800\tn\t9999\t+\r\nchr1\t0\t500\ta\t0\t+\textra\tcolumns\nchr1\t0\t500\nchr1\t300\t9000000\n",
    )
    result = ok("windows", "--genome", GENOME, "--regions", regions, "--out", tmp_path / "w.bed")
    for expected in (
        "rows with Windows line ends: 1", "rows with a score outside 0-1000, ignored: 1", "rows that repeat another row: 1",
        "header, comment or blank lines: 1", "rows clipped at the chromosome's end: 1",
    ):  # fmt: skip
        assert expected in result.out


def test_k_larger_than_the_window(run, tmp_path):
    windows = bed(tmp_path, "chr1\t0\t8\n")
    result = run("tokenize", windows, "--genome", GENOME, "--k", 10, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert "k is 10 but the longest sentence has 8 bases" in result.err


def test_windows_of_another_genome(run, tmp_path):
    windows = bed(tmp_path, "chr1\t619900\t620100\n")
    result = run("tokenize", windows, "--genome", GENOME, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert "line 1: the window chr1:619900-620100 ends past the chromosome (620000 bp)" in result.err
    windows = bed(tmp_path, "7\t0\t200\n")
    result = run("tokenize", windows, "--genome", GENOME, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert "1 chromosome(s) are not in" in result.err


def test_files_of_another_kind(run, ok, tmp_path):
    windows = bed(tmp_path, "chr1\t0\t200\nchr1\t200\t400\n")
    words, model = tmp_path / "w.h5", tmp_path / "m.h5"
    ok("tokenize", windows, "--genome", GENOME, "--out", words)
    for arguments, message in (
        (("train", windows, "--model", model), "not an intact HDF5 file, expected archaictools kmers or"),
        (("train", words, "--model", model), "no sentence has a label"),
        (("predict", words, words, "--table", model), "holds archaictools kmers, expected archaictools model"),
        (("embedding", windows, "--vectors", model), "not an intact HDF5 file, expected archaictools model"),
        (("genes", windows, "--annotation", windows, "--out", model), "has no column"),
        (("genes", words, "--annotation", windows, "--out", model), "is a binary file"),
        (("tokenize", "--fasta", windows, "--out", model), "is not FASTA"),
    ):
        result = run(*arguments)
        assert result.code == 3, result.err
        assert message in result.err
        assert not model.exists()


def test_one_class_only(run, ok, tmp_path):
    windows = bed(
        tmp_path, "".join(f"chr{c}\t{s}\t{s + 200}\tintrogressed\n" for c in (1, 2, 3) for s in range(0, 4000, 200))
    )
    ok("tokenize", windows, "--genome", GENOME, "--out", tmp_path / "w.h5")
    result = run("train", tmp_path / "w.h5", "--model", tmp_path / "m.h5")
    assert result.code == 3
    assert "all 60 labelled sentences are introgressed" in result.err


def test_genes_on_other_chromosomes(run, tmp_path):
    table = bed(tmp_path, "chrom\tstart\tend\tprobability\nchr1\t0\t200\t0.9\n", "t.tsv")
    result = run("genes", table, "--annotation", bed(tmp_path, "chr2\t0\t90\tg\n"), "--out", tmp_path / "g.tsv")
    assert result.code == 3
    assert "chr2 (it holds chr1)" in result.err
    table.write_text("chrom\tstart\tend\tprobability\nchr1\t0\t200\tmany\n")
    result = run("genes", table, "--annotation", bed(tmp_path, "chr1\t0\t90\tg\n"), "--out", tmp_path / "g.tsv")
    assert result.code == 3
    assert "line 2: probability is 'many', expected a number" in result.err


def test_genes_without_windows_are_kept_as_na(ok, tmp_path):
    table = bed(tmp_path, "chrom\tstart\tend\tprobability\nchr1\t0\t200\t0.9\nchr1\t200\t400\t0.1\n", "t.tsv")
    genes = bed(tmp_path, "chr1\t150\t250\ta\nchr1\t900\t950\tb\nchr2\t0\t9\tc\n")
    out = tmp_path / "g.tsv"
    result = ok("genes", table, "--annotation", genes, "--out", out)
    assert "free of introgression: 0 of 1 genes with a prediction" in result.out
    assert out.read_text().splitlines()[1:] == [
        "a\tchr1\t150\t250\t.\t2\t0.5\t0.9\t0.5\tintrogressed\tNA", "b\tchr1\t900\t950\t.\t0\tNA\tNA\tNA\tNA\tNA",
        "c\tchr2\t0\t9\t.\t0\tNA\tNA\tNA\tNA\tNA",
    ]  # fmt: skip


def test_quiet_and_stdout(ok, tmp_path):
    result = ok("windows", "--genome", GENOME, "--out", tmp_path / "w.bed", "--quiet")
    assert result.err == ""
    assert len(result.out.splitlines()) <= 6


def test_terminated_leaves_nothing(tmp_path):
    """SIGTERM in the middle of the work: the output is absent, and so is what was staged for it."""
    genome = write_fasta(tmp_path / "g.fa", {"chr1": "ACGTTGCA" * 2_000_000}, width=1_000)
    process = subprocess.Popen(
        [sys.executable, "-c", "from archaictools.cli.main import run; run()", "windows", "--genome", genome,
         "--step", "3", "--out", tmp_path / "w.out", "--quiet"],
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".w.*.part.out")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.fa"]
