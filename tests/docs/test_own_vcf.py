"""The page on people's own VCFs: its checks of the build find what is wrong, and its commands run as typed."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from archaictools.haplotypes.feature_file import open_features
from archaictools.io.builds import LENGTHS
from helpers import ROOT

PAGE = (ROOT / "docs/your-own-vcf.md").read_text()
SCRIPT = ROOT / "examples/prepare.sh"
PEOPLE = ["P1", "P2", "P3", "O1", "O2"]
NEEDED = ("bash", "bcftools", "bgzip", "tabix")

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED), reason=f"needs {', '.join(NEEDED)} on the PATH"
)


def known_snps():
    """Return the table of the page: name, chromosome, positions by build, alleles."""
    rows = re.findall(r"^\| (rs\d+) \| [^|]+ \| (\d+):([\d,]+) \| (\d+):([\d,]+) \| (\w), (\w) \|$", PAGE, flags=re.M)
    return [
        (name, chrom, {"hg19": int(old.replace(",", "")), "hg38": int(new.replace(",", ""))}, one, two)
        for name, chrom, old, other, new, one, two in rows
        if chrom == other
    ]


def write_vcf(path, names, records, *, build="hg38", chr_="chr"):
    """Write an indexed VCF of records (chrom, position, REF, ALT, genotypes)."""
    chroms = dict.fromkeys(record[0] for record in records)
    order = (*map(str, range(1, 23)), "X")
    lines = ["##fileformat=VCFv4.2", '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">']
    lines += [f"##contig=<ID={chr_}{name},length={LENGTHS[build][order.index(name)]}>" for name in chroms]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]))
    for chrom, position, ref, alt, genotypes in sorted(records, key=lambda r: (order.index(r[0]), r[1])):
        lines.append("\t".join([f"{chr_}{chrom}", str(position), ".", ref, alt, ".", "PASS", ".", "GT", *genotypes]))
    plain = path.with_suffix("")
    plain.write_text("\n".join(lines) + "\n")
    subprocess.run(["bgzip", "--force", plain], check=True)
    subprocess.run(["tabix", "--force", "--preset", "vcf", path], check=True)
    return path


def prepare(tmp_path, *arguments, build="hg38"):
    """Run the script; return its process."""
    command = ["bash", SCRIPT, build, tmp_path / "out", *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=tmp_path)


def cohort(tmp_path, build="hg38", positions="hg38"):
    """Write a panel with known SNPs at the positions of a build, an archaic VCF, and the names of four of five people."""
    carried = ["0|1", "0|0", "1|1", "0|0", "0|1"]
    snps = known_snps()
    modern = [(chrom, at[positions], one, two, carried) for _, chrom, at, one, two in snps]
    # Other sites: 40 that these people carry, one that only O2 has, and one that no person has.
    modern += [("21", 40_000_000 + 100 * n, "A", "C", carried) for n in range(40)]
    modern.append(("21", 40_900_000, "A", "C", ["0|0"] * 4 + ["1|1"]))
    modern.append(("21", 40_950_000, "A", "C", ["0|0"] * 5))
    archaic = [("21", 40_000_000 + 100 * n, "A", "C" if n % 2 else ".", ["1/1" if n % 2 else "0/0"]) for n in range(40)]
    archaic += [("21", 40_000_050 + 100 * n, "G", "T", ["1/1"]) for n in range(40)]
    panel = write_vcf(tmp_path / "panel.vcf.gz", PEOPLE, modern, build=build)
    old = write_vcf(tmp_path / "old.vcf.gz", ["Altai"], archaic, build=build, chr_="")
    names = tmp_path / "people.txt"
    names.write_text("\n".join(PEOPLE[:4]) + "\n")
    return panel, names, old


def positions_in(path):
    with gzip.open(path, "rt") as lines:
        return [line.split("\t")[:2] for line in lines if not line.startswith("#")]


def test_the_script_and_the_page_name_the_same_snps():
    text = SCRIPT.read_text()
    table = re.search(r"snps='(.*?)'", text, flags=re.S).group(1)
    of_script = [tuple(line.split()) for line in table.splitlines()]
    of_page = [(name, chrom, str(at["hg19"]), str(at["hg38"]), one, two) for name, chrom, at, one, two in known_snps()]
    assert len(of_page) == 11
    assert of_script == of_page


def test_the_script_knows_the_lengths_of_the_package():
    rows = re.search(r"lengths='chrom hg19 hg38\n(.*?)'", SCRIPT.read_text(), flags=re.S).group(1)
    names = (*map(str, range(1, 23)), "X")
    expected = [f"{name} {old} {new}" for name, old, new in zip(names, LENGTHS["hg19"], LENGTHS["hg38"], strict=False)]
    assert rows.splitlines() == expected


@pytest.mark.parametrize("build", ["hg19", "hg38"])
def test_sites_of_these_people_are_kept_and_all_checks_are_written(tmp_path, build):
    panel, names, old = cohort(tmp_path, build, build)
    result = prepare(tmp_path, panel, names, old, build=build)
    assert result.returncode == 0, result.stderr
    assert f"11 common SNPs are where {build} has them" in result.stdout
    # The site of O2 alone and that of no person are left out; so are archaic sites between those of modern people.
    kept = positions_in(tmp_path / "out/modern.vcf.gz")
    assert len(kept) == 51
    assert ["chr21", "40900000"] not in kept
    assert positions_in(tmp_path / "out/archaic1.vcf.gz") == [["21", str(40_000_000 + 100 * n)] for n in range(40)]
    checks = pd.read_csv(tmp_path / "out/checks.tsv", sep="\t", keep_default_na=False)
    assert set(checks["result"]) == {"ok"}
    assert (checks["check"] == "position").sum() == 11
    assert checks.loc[checks["check"] == "REF", ["expected", "found"]].to_numpy().tolist() == [[40, 40]]


def test_the_mask_of_an_archaic_genome_is_applied(tmp_path):
    """The third column of a BED is the first base outside. chr21 and 21 are the same chromosome."""
    panel, names, old = cohort(tmp_path)
    mask = tmp_path / "mask.bed"
    mask.write_text("chr21\t40000099\t40002100\n")
    result = prepare(tmp_path, panel, names, f"{old},{mask}")
    assert result.returncode == 0, result.stderr
    kept = positions_in(tmp_path / "out/archaic1.vcf.gz")
    assert kept == [["21", str(position)] for position in range(40_000_100, 40_002_200, 100)]


@pytest.mark.parametrize(
    ("build", "positions", "message"),
    [
        ("hg19", "hg19", "chromosome 1 has 249250621 bp, expected 248956422 in hg38"),
        ("hg38", "hg19", "11 common SNPs are where the other build has them, and 0 where hg38 has them"),
    ],
)
def test_another_build_is_found_by_lengths_and_by_positions(tmp_path, build, positions, message):
    result = prepare(tmp_path, *cohort(tmp_path, build, positions))
    assert result.returncode == 3
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_archaic_records_of_another_build_are_found_by_their_reference_bases(tmp_path):
    panel, names, _ = cohort(tmp_path)
    other = [("21", 40_000_000 + 100 * n, "ACGT"[n % 4], ".", ["0/0"]) for n in range(40)]
    result = prepare(tmp_path, panel, names, write_vcf(tmp_path / "other.vcf.gz", ["Altai"], other))
    assert result.returncode == 3
    assert "REF is no allele of" in result.stderr
    assert "at 20 of 40 shared sites" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_panel_whose_ref_is_the_ancestral_base_is_read_with_a_warning(tmp_path):
    panel, names, _ = cohort(tmp_path)
    other = [("21", 40_000_000 + 100 * n, "AC"[n % 4 == 0], ".", ["0/0"]) for n in range(40)]
    result = prepare(tmp_path, panel, names, write_vcf(tmp_path / "other.vcf.gz", ["Altai"], other))
    assert result.returncode == 0, result.stderr
    assert "REF and ALT are exchanged at 10 of 40 sites" in result.stderr
    checks = pd.read_csv(tmp_path / "out/checks.tsv", sep="\t", keep_default_na=False)
    assert checks.loc[checks["check"] == "REF", "result"].tolist() == ["exchanged"]


def test_what_could_not_be_checked_is_na(tmp_path):
    sites = [("21", 40_000_000 + n, "A", "C", ["0|1"] * 5) for n in range(5)]
    panel = write_vcf(tmp_path / "panel.vcf.gz", PEOPLE, sites)
    old = write_vcf(tmp_path / "old.vcf.gz", ["Altai"], [(*site[:4], ["0/0"]) for site in sites])
    names = tmp_path / "people.txt"
    names.write_text("P1\nO1\n")
    result = prepare(tmp_path, panel, names, old)
    assert result.returncode == 0, result.stderr
    assert "positions do not confirm hg38" in result.stderr
    assert "only 5 sites" in result.stderr
    checks = pd.read_csv(tmp_path / "out/checks.tsv", sep="\t", keep_default_na=False)
    assert set(checks.loc[checks["check"] != "length", "result"]) == {"NA"}


@pytest.mark.parametrize("wrong", ["people", "build", "file"])
def test_a_wrong_argument_is_one_sentence(tmp_path, wrong):
    panel, names, old = cohort(tmp_path)
    if wrong == "people":
        names.write_text("P1\nStranger\n")
    result = prepare(tmp_path, panel, names, tmp_path / "absent.vcf.gz" if wrong == "file" else old,
                     build="hg18" if wrong == "build" else "hg38")  # fmt: skip
    assert result.returncode == 3
    assert result.stderr.splitlines()[-1].startswith("prepare: error: ")
    assert not (tmp_path / "out").exists()


def test_the_made_up_cohort_of_the_page_is_called_by_its_commands_as_typed(tmp_path):
    """The blocks of "Try it", with chromosomes of 1 Mb; the truth of the simulation is the yardstick."""
    section = PAGE.split("\n## Try it\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```", section, flags=re.M | re.S)
    assert len(blocks) == 2
    commands = "".join(blocks)
    encode = re.search(r"^archaictools haplotypes .*?[^\\]\n", commands, flags=re.M | re.S).group()
    whole = (
        encode.replace("prepared/modern", "modern")
        .replace("prepared/archaic1", "archaic")
        .replace("haplotypes.h5", "whole.h5")
    )
    assert whole.count("prepared") == 0
    assert "--length 5000000" in commands
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    program = tmp_path / "bin/archaictools"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from archaictools.cli.main import run; run()" "$@"\n')
    program.chmod(0o755)
    run = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            commands.replace("--length 5000000", "--length 1000000") + whole.rstrip() + " --force",
        ],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    segments = pd.read_csv(tmp_path / "segments.tsv", sep="\t")
    truth = pd.read_csv(tmp_path / "made-up/truth.bed", sep="\t", header=None).iloc[:, :5]
    truth.columns = ["chrom", "start", "end", "sample", "haplotype"]
    truth["chrom"] = truth["chrom"].map({"chr1": "chr21", "chr2": "chr22"})
    kilobases = [
        {
            (row.chrom, row.sample, row.haplotype, kb)
            for row in table.itertuples()
            for kb in range(row.start // 1000, -(-row.end // 1000))
        }
        for table in (segments, truth)
    ]
    hits = len(kilobases[0] & kilobases[1])
    assert 2 * hits / (len(kilobases[0]) + len(kilobases[1])) > 0.8
    assert {"Neanderthal", "Denisovan"} <= set(segments["source"])
    # What the script leaves out changes no feature.
    with open_features(tmp_path / "haplotypes.h5") as words, open_features(tmp_path / "whole.h5") as other:
        assert words.lengths["chr21"] == LENGTHS["hg38"][20]
        for chrom in words.bins:
            assert words.counts(chrom).sum() > 1_000
            assert (words.counts(chrom) == other.counts(chrom)).all()
    assert Path(tmp_path / "report.html").stat().st_size > 100_000
