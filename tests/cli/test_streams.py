"""Pipes, standard input and output, outputs that are there already, and errors of bounded length."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from archaictools.errors import InputError, UsageError, one_line, shortlist
from archaictools.options import RunOptions
from helpers import INGROUP, OUTGROUP, PLANTED, ROOT, write_fasta, write_vcf

PROGRAM = [sys.executable, "-c", "from archaictools.cli.main import run; run()"]


@pytest.fixture
def genome(tmp_path):
    return write_fasta(tmp_path / "g.fa", {"chr1": "ACGTTGCA" * 100, "chr2": "GGATTACA" * 50})


def cutting(genome, out, *others):
    return ["windows", "--genome", genome, "--size", 100, "--step", 100, "--out", out, *others]


def shell(line, **names):
    """Run a line of bash, in which "archaictools" is this program."""
    code = f'archaictools() {{ "{sys.executable}" -c "from archaictools.cli.main import run; run()" "$@"; }}\n{line}'
    environment = {**os.environ, **{name: str(value) for name, value in names.items()}}
    return subprocess.run(
        ["bash", "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "line",
    [
        "archaictools windows --genome <(cat $g) --regions <(cat $r) --size 100 --step 100 --out $o",
        "cat $g | archaictools windows --genome - --regions $r --size 100 --step 100 --out $o",
        "archaictools windows --genome /dev/stdin --regions $r --size 100 --step 100 --out $o < $g",
        "cat $r | archaictools windows --genome $g --regions /dev/stdin --size 100 --step 100 --out $o",
        "mkfifo $r.pipe; cat $r > $r.pipe & archaictools windows --genome $g --regions $r.pipe --size 100 --step 100 --out $o",
        "gzip -c $g | archaictools windows --genome - --regions <(gzip -c $r) --size 100 --step 100 --out $o",
        "archaictools windows --genome $g --regions $r --size 100 --step 100 --out - > $o",
        "archaictools windows --genome $g --regions $r --size 100 --step 100 --out /dev/stdout | cat > $o",
        "archaictools windows --genome $g --regions $r --size 100 --step 100 --out >(cat > $o); sleep 0.5",
    ],
)  # fmt: skip
def test_pipes_are_read_and_written_as_files(run, tmp_path, genome, line):
    regions = tmp_path / "r.gff"
    regions.write_text("##gff-version 3\nchr1\t.\tgene\t101\t300\t.\t+\t.\tID=g1\n")
    before = {path.name for path in tmp_path.iterdir()}
    done = shell(line, g=genome, r=regions, o=tmp_path / "o.bed")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "o.bed").read_text() == "chr1\t100\t200\t.\t0\t.\nchr1\t200\t300\t.\t0\t.\n"
    assert {path.name for path in tmp_path.iterdir()} - before <= {"o.bed", "r.gff.pipe"}


def test_vcf_names_and_truth_through_pipes(tmp_path):
    calls = ["0|0"] * len(OUTGROUP) + ["1|0", "0|1", "0|0"]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, [(500, "A", ["G"], calls)])
    done = shell(
        "archaictools haplotypes --vcf <(cat $v) --ingroup <(printf 'I0\nI1\n') --outgroup - --truth "
        "<(printf 'chr7\t0\t1000\tI0\t1\n') --callable <(printf 'chr7\t0\t9000\n') --out $o <<< 'O0 O1 O2'",
        v=vcf, o=tmp_path / "w.h5",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "haplotypes: 4 of 2 samples, compared with 3 outgroup" in done.stdout


def test_errors_name_the_pipe_as_it_was_given(tmp_path, genome):
    done = shell("archaictools windows --genome $g --regions - --out $o <<< $'chr1\t9\t5'", g=genome, o=tmp_path / "o")
    assert done.returncode == 3
    assert done.stderr.startswith("archaictools: error: -, line 1: end lies before start") or (
        done.stderr.startswith("archaictools: error: /dev/stdin, line 1: end lies before start")
    )


def test_devices_are_refused(run, tmp_path, genome):
    result = run(*cutting(genome, tmp_path / "o", "--regions", "/dev/zero"))
    assert result.code == 3
    assert "/dev/zero: is a device, expected a file or a pipe" in result.err
    assert "is empty" in run(*cutting(genome, tmp_path / "o", "--regions", "/dev/null")).err


def test_summary_leaves_stdout_to_the_output(ok, genome, tmp_path):
    result = ok(*cutting(genome, "-", "--quiet"))
    assert len(result.out.splitlines()) == 12
    assert result.out.startswith("chr1\t0\t100\t.\t0\t.\n")
    assert "windows: 12" in result.err
    again = ok(*cutting(genome, "/dev/null"))
    assert "windows: 12" in again.out


def test_appending_keeps_what_is_there(tmp_path, genome):
    target = tmp_path / "all.bed"
    target.write_text("before\n")
    shell("archaictools windows --genome $g --size 400 --step 400 --out - >> $o", g=genome, o=target)
    assert target.read_text().splitlines() == ["before", "chr1\t0\t400\t.\t0\t.", "chr1\t400\t800\t.\t0\t.",
                                               "chr2\t0\t400\t.\t0\t."]  # fmt: skip


def test_binary_outputs_are_not_written_to_stdout(run, genome, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("-", "/dev/stdout"):
        result = run("tokenize", "--fasta", genome, "--out", name)
        assert result.code == 2
        assert "this output is no text, so it is not written to standard output; name a file" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["g.fa"]


def test_folders_are_replaced_only_with_force(ok, run, genome, tmp_path):
    out, folder = tmp_path / "w.bed", tmp_path / "parts"
    out.touch()  # as Galaxy makes its outputs beforehand
    folder.mkdir()
    ok(*cutting(genome, out, "--by-chromosome", folder))
    assert len(out.read_text().splitlines()) == 12
    (folder / "mine.txt").touch()
    result = run(*cutting(genome, out, "--step", 50, "--by-chromosome", folder))
    assert result.code == 2
    assert f"{folder}: is there already and not empty; name another folder, or replace it with --force" in result.err
    assert len(out.read_text().splitlines()) == 12
    assert len(list(folder.iterdir())) == 3
    ok(*cutting(genome, out, "--step", 50))
    assert len(out.read_text().splitlines()) == 22
    (folder / "old.bed").write_text("x")
    ok("windows", "--genome", genome, "--size", 400, "--step", 400, "--out", out, "--by-chromosome", folder, "--force")
    assert len(out.read_text().splitlines()) == 3
    assert sorted(path.name for path in folder.iterdir()) == ["chr1.bed", "chr2.bed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.fa", "parts", "w.bed"]


def test_force_does_not_replace_a_folder_of_folders(run, genome, tmp_path):
    home = tmp_path / "home"
    (home / "photos").mkdir(parents=True)
    result = run(*cutting(genome, tmp_path / "w.bed", "--by-chromosome", home, "--force"))
    assert result.code == 2
    assert "holds other folders" in result.err
    assert (home / "photos").is_dir()


@pytest.mark.parametrize(
    "verb",
    [
        "windows --genome $g --size 100 --step 1",
        "report --segments $d/called_segments.tsv --callable $d/called_callable.bed --summary $d/called_people.tsv",
    ],
)
def test_a_reader_that_closes_the_pipe_ends_the_program_silently(tmp_path, verb):
    """As a signal would: code 141, whatever is left to write."""
    genome = write_fasta(tmp_path / "g.fa", {"chr1": "ACGTTGCA" * 10_000})
    line = f"archaictools {verb} --quiet --out - | head -c 10 > /dev/null; exit ${{PIPESTATUS[0]}}"
    done = shell(line, g=genome, d=ROOT / "test-data")
    assert (done.returncode, done.stderr) == (141, "")


def test_sigterm_says_one_line(tmp_path):
    write_fasta(tmp_path / "g.fa", {"chr1": "ACGTTGCA" * 2_000_000}, width=1_000)
    process = subprocess.Popen(
        [*PROGRAM, "windows", "--genome", tmp_path / "g.fa", "--step", "3", "--out", tmp_path / "w.out", "--quiet"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".w.*.part.out")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said == "archaictools: error: terminated\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.fa"]


def test_errors_are_one_line_of_bounded_length(run, genome, tmp_path):
    long = "x" * 1_000_000
    regions = tmp_path / "r.bed"
    for row in (f"{long}\t0\t9\n", f"chr1\t{long}\t9\n", f"{'many words ' * 100_000}\t0\t9\n", "a\x1b[31m\t0\t9\n"):
        regions.write_text(row)
        result = run(*cutting(genome, tmp_path / "o.bed", "--regions", regions, "--quiet"))
        assert result.code == 3
        assert result.err.count("\n") == 1
        assert len(result.err) < 1_000
        assert "\x1b" not in result.err
        assert "x" * 61 not in result.err
    for arguments in (["--size", long[:100_000]], [f"--{long[:100_000]}"], ["--regions", long[:100_000]]):
        result = run(*cutting(genome, tmp_path / "o.bed", *arguments))
        assert result.code in {2, 3}
        assert len(result.err) < 1_500


def test_messages_keep_long_names_of_files():
    name = "ALL.chr21.shapeit2_integrated_snvindels_v2a_27022019.GRCh38.phased.vcf.gz"
    assert str(InputError("is empty", path=name)) == f"{name}: is empty"
    assert str(UsageError("one\ntwo")) == "one two"
    assert one_line("y" * 70) == "y" * 59 + "…"
    assert shortlist(["a b " * 100, "c"]) == ("a b " * 15)[:59] + "…, c"


def test_names_that_no_file_can_have(run, genome, tmp_path):
    result = run(*cutting(genome, tmp_path / ("x" * 300)))
    assert result.code == 2
    assert "has a name that is too long for a file" in result.err


@pytest.mark.parametrize(
    ("slots", "asked", "expected"),
    [("3", None, 3), ("3", 2, 2), ("0", None, 4), ("-1", None, 4), ("²", None, 4), ("", None, 4), ("9" * 5_000, None, 4),
     ("1", 10**30, 4)],
)  # fmt: skip
def test_threads_are_at_most_one_a_core(monkeypatch, slots, asked, expected):
    monkeypatch.setenv("GALAXY_SLOTS", slots)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert RunOptions(threads=asked).usable_threads == expected


def test_a_pipe_named_twice_is_read_once(tmp_path):
    from archaictools.io.pipes import forget, seekable

    path = tmp_path / "pipe"
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_text, args=("chr1\t0\t9\n",))
    thread.start()
    kept = [seekable(path), seekable(str(path))]
    thread.join()
    assert kept[0] == kept[1] != path
    assert kept[0].read_text() == "chr1\t0\t9\n"
    forget()
    assert not kept[0].exists()
    assert seekable(PLANTED) == PLANTED


def test_contigs_with_names_that_no_file_can_have(ok, tmp_path):
    names = ["a/b", "..", ".hidden", "x" * 300, "HLA-A*01:01"]
    genome = write_fasta(tmp_path / "g.fa", dict.fromkeys(names, "ACGT" * 25))
    ok(*cutting(genome, tmp_path / "w.bed", "--by-chromosome", tmp_path / "parts"))
    rows = [path.read_text().split("\t")[0] for path in (tmp_path / "parts").iterdir()]
    assert sorted(rows) == sorted(names)


def test_many_contigs_take_linear_time(ok, tmp_path):
    genome = write_fasta(tmp_path / "g.fa", {f"c{number}": "ACGTTGCATT" * 2 for number in range(20_000)})
    regions = tmp_path / "r.bed"
    regions.write_text("".join(f"c{number}\t0\t10\n" for number in range(20_000)))
    begun = time.process_time()
    ok("windows", "--genome", genome, "--regions", regions, "--size", 10, "--step", 10, "--out", tmp_path / "w.bed")
    ok("tokenize", tmp_path / "w.bed", "--genome", genome, "--k", 2, "--out", tmp_path / "w.h5")
    assert time.process_time() - begun < 60
    assert len((tmp_path / "w.bed").read_text().splitlines()) == 20_000


def test_numba_has_a_folder_where_the_home_is_not_writable(monkeypatch, tmp_path):
    from archaictools.learning import embedding as vectors

    (tmp_path / "file").touch()
    assert vectors._writable(tmp_path / "new" / "folder")
    assert not vectors._writable(tmp_path / "file" / "folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    vectors.cache_of_compiled_code()
    assert "NUMBA_CACHE_DIR" not in os.environ
    monkeypatch.setattr(vectors, "_writable", lambda folder: False)
    vectors.cache_of_compiled_code()
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.environ["NUMBA_CACHE_DIR"])  # so that it is taken back
    (Path(os.environ["NUMBA_CACHE_DIR"]) / "code").write_text("x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
def test_a_full_disk_is_named(run, tmp_path):
    (tmp_path / "g.fa").write_text(">a\nACGTACGTAC\n")
    done = run("windows", "--genome", tmp_path / "g.fa", "--size", 5, "--step", 5, "--out", "/dev/full")
    assert done.code == 1
    assert "an output cannot be written (No space left on device)" in done.err
    assert "not expected" not in done.err


def test_an_output_is_not_an_input(run, tmp_path):
    genome = tmp_path / "g.fa"
    genome.write_text(">chr1\nACGTACGTAC\n")
    (tmp_path / "link.fa").symlink_to(genome)
    for out in ("g.fa", "link.fa"):
        result = run("windows", "--genome", genome, "--size", 5, "--step", 5, "--out", tmp_path / out)
        assert result.code == 2
        assert f"{out}: is an input, which the output would replace" in result.err
    assert genome.read_text() == ">chr1\nACGTACGTAC\n"
