"""The comparison of calls in real people with published ones: two tables, each in a file of its own."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from helpers import ROOT


def test_two_tables_with_one_header_each(ok, tmp_path):
    people = ["I0", "I1", *(f"O{n}" for n in range(5)), "ALT"]
    calls = {100: ["1|0", "0|0", *["0|0"] * 5, "1|1"], 1_500: ["0|1", "0|0", *["0|1"] * 5, "0|0"],
             2_900: ["0|0", "0|1", *["0|0"] * 5, "0|0"]}  # fmt: skip
    (tmp_path / "p.vcf").write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=3000>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        + "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *people])
        + "\n"
        + "".join(
            "\t".join(["chr1", str(at), ".", "A", "G", ".", ".", ".", "GT", *row]) + "\n" for at, row in calls.items()
        )
    )
    ok("haplotypes", "--vcf", tmp_path / "p.vcf", "--ingroup", "I0,I1", "--outgroup", "O0,O1,O2,O3,O4", "--archaic", "ALT",
       "--out", tmp_path / "w.h5")  # fmt: skip
    (tmp_path / "s.tsv").write_text(
        "chrom\tstart\tend\tsample\thaplotype\tposterior\nchr1\t0\t1000\tI0\t1\t0.95\nchr1\t2000\t3000\tI0\t2\t0.6\n"
    )
    published = [("I0", "a", 0, 2_000), ("I0", "b", 500, 2_500), ("I0", "c", 400, 600), ("I1", "a", 0, 100)]
    (tmp_path / "p.tsv").write_text(
        "#chrom\tstart\tend\tsample\tmethod\n" + "".join(f"chr1\t{s}\t{e}\t{p}\t{m}\n" for p, m, s, e in published)
    )
    (tmp_path / "out").mkdir()
    subprocess.run(
        [
            sys.executable,
            ROOT / "validation" / "callers" / "people.py",
            *(tmp_path / name for name in ("out", "w.h5", "s.tsv", "p.tsv")),
        ],
        check=True,
        capture_output=True,
    )
    compared = pd.read_csv(tmp_path / "out" / "comparison.tsv", sep="\t").set_index(["caller", "people"])
    assert compared.columns.tolist() == ["precision", "recall", "F1", "bases"]
    # Two or more published methods agree on 400 to 2000 of I0; ours are 0 to 1000 and 2000 to 3000.
    all_ours, sure = (compared.loc[(f"segments of {threshold} or more", "all")].tolist() for threshold in (0.5, 0.9))
    assert all_ours == pytest.approx([600 / 2000, 600 / 1600, 1200 / 3600, 2000], abs=6e-4)
    assert sure == pytest.approx([600 / 1000, 600 / 1600, 1200 / 2600, 1000], abs=6e-4)
    assert compared.loc[("segments of 0.5 or more", "I1")].tolist() == [0, 0, 0, 0]
    # Method a has 0 to 2000 of I0 and 0 to 100 of I1.
    alone = compared.loc[("segments of 0.5 or more, against a alone", "all")].tolist()
    assert alone == pytest.approx([1000 / 2000, 1000 / 2100, 2000 / 4100, 2000], abs=6e-4)
    alleles = pd.read_csv(tmp_path / "out" / "archaic_alleles.tsv", sep="\t").set_index("where")
    assert alleles.loc["own calls"].tolist() == [1, 2, 0.5]
    assert alleles.loc["the next person's calls"].tolist() == [0, 2, 0]
    assert alleles.loc["elsewhere"].tolist() == [0, 8, 0]


def test_deciles_of_the_posterior_equal_hand_counts(tmp_path):
    """Two bins of 1 kb: either haplotype is archaic with 1 - 0.5 * 0.6 and 1 - 0.85 * 1, and one bin has no data."""
    rows = [(0, 1, 0.5), (0, 2, 0.4), (1_000, 1, 0.15), (1_000, 2, 0.0), (2_000, 1, "NA"), (2_000, 2, "NA")]
    (tmp_path / "t.tsv").write_text(
        "chrom\tstart\tend\tsample\thaplotype\tprobability\tseen\n"
        + "".join(f"chr1\t{start}\t{start + 1_000}\tI0\t{side}\t{p}\tno\n" for start, side, p in rows)
    )
    published = [("a", 0, 1_200), ("b", 500, 2_500), ("c", 400, 600)]  # two or more: 400 to 1200
    (tmp_path / "p.tsv").write_text(
        "#chrom\tstart\tend\tsample\tmethod\n" + "".join(f"chr1\t{s}\t{e}\tI0\t{m}\n" for m, s, e in published)
    )
    script = ROOT / "validation" / "callers" / "people_deciles.py"
    found = subprocess.run([sys.executable, script, tmp_path / "t.tsv", tmp_path / "p.tsv"], check=True,
                           capture_output=True, text=True).stdout  # fmt: skip
    assert found.splitlines() == [
        "posterior\tbins\tmean\tconfirmed",
        "0.1 to 0.2\t1\t0.1500\t0.2000",
        "0.7 to 0.8\t1\t0.7000\t0.6000",
        "all\t2\t0.4250\t0.4000",
    ]
