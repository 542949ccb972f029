"""Words of haplotypes against counting by hand, whatever the VCF looks like."""

from __future__ import annotations

import gzip
import os

import h5py
import numpy as np
import pandas as pd
import pysam
import pytest

from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features
from archaictools.io import vcf as variants
from helpers import (
    ARCHAIC,
    HEADER,
    INGROUP,
    LENGTH,
    OUTGROUP,
    ROLES,
    SAMPLES,
    by_hand,
    check,
    write_lines,
    write_vcf,
)


@pytest.mark.parametrize(("missing", "everybody"), [("uncalled", False), ("reference", False), ("uncalled", True)])
def test_words_against_counting_by_hand(ok, tmp_path, people, missing, everybody):
    modern, archaic = people
    if everybody:  # is called: such blocks of text are read in another way
        modern = [(*site, alts, [call.replace(".", str(len(alts))) for call in calls]) for *site, alts, calls in modern]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, modern)
    other = write_vcf(tmp_path / "a.vcf", ARCHAIC, archaic, chrom="7")  # without chr
    out = tmp_path / "w.h5"
    summary = tmp_path / "s.tsv"
    ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0,A1", "--archaic-missing", missing,
       "--out", out, "--summary", summary)  # fmt: skip
    check(out, by_hand(modern, archaic, missing=missing))
    table = pd.read_csv(summary, sep="\t").set_index("item")["count"]
    assert table["records read"].iloc[0] == len(modern)
    assert table.filter(like="another style").sum() == 1


def shared_by_hand(modern):
    """(bin, carriers) of every allele that at most 1 % of the outgroup and at least two haplotypes carry, in order."""
    found = []
    for position, _, _, calls in modern:
        alleles = [allele for call in calls for allele in call.replace("/", "|").split("|")]
        outgroup = [allele for allele in alleles[: 2 * len(OUTGROUP)] if allele != "."]
        own = alleles[2 * len(OUTGROUP) :]
        for allele in sorted(set(own) - {"."}) if outgroup else ():
            carriers = [one == allele for one in own]
            if 100 * outgroup.count(allele) <= len(outgroup) and sum(carriers) > 1:
                found.append((position // 1_000, carriers))
    return found


def test_shared_alleles_against_looking_by_hand(ok, tmp_path):
    """Two to four alleles, REF the one that the outgroup lacks or not, one or two that it lacks, missing calls."""
    rng = np.random.default_rng(8)
    modern = []
    for position in np.sort(rng.choice(LENGTH, size=600, replace=False)).tolist():
        number = int(rng.choice([2, 3, 4]))
        most = int(rng.integers(number))  # what the outgroup has
        outgroup = [most if rng.random() < 0.97 else int(rng.integers(number)) for _ in range(2 * len(OUTGROUP))]
        alleles = [str(a) if rng.random() > 0.03 else "." for a in [*outgroup, *rng.integers(number, size=6)]]
        calls = ["|".join(alleles[place : place + 2]) for place in range(0, len(alleles), 2)]
        bases = [str(base) for base in rng.permutation(list("ACGT"))]
        modern.append((position, bases[0], bases[1:number], calls))
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, modern)
    ok("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    expected = shared_by_hand(modern)
    assert len(expected) > 300
    with open_features(tmp_path / "w.h5") as found:
        assert found.groups == [slice(0, 6)]
        bins, carriers = found.shared_alleles("chr7", slice(0, 6))
        assert [(int(where), list(row)) for where, row in zip(bins, carriers, strict=True)] == expected
        # Of some haplotypes, what two of them carry.
        bins, carriers = found.shared_alleles("chr7", slice(1, 4))
        some = [(where, row[1:4]) for where, row in expected if sum(row[1:4]) > 1]
        assert [(int(where), list(row)) for where, row in zip(bins, carriers, strict=True)] == some
    ok("haplotypes", "--vcf", vcf, *ROLES, "--together", 2, "--out", tmp_path / "t.h5")
    with open_features(tmp_path / "t.h5") as found:
        assert found.groups == [slice(0, 2), slice(2, 6)]


def test_no_more_than_so_many_haplotypes_are_looked_at_together(tmp_path):
    haplotypes = [(f"P{number}", side) for number in range(45) for side in (1, 2)]
    with write_features(
        tmp_path / "w.h5",
        HaplotypeEncoding(),
        haplotypes=haplotypes,
        lengths={"chr1": 1},
        provenance={},
        vcf_digests=["0" * 64],
        groups=(0, 60, 62),
    ) as writer:
        writer.begin("chr1")
        matches, pairs = np.zeros((90, 1, 0, 3), "u1"), np.zeros((90, 1, 0, 2), "u1")
        missing = np.zeros((90, 1), "u2")
        writer.append(FeatureChunk(np.zeros((90, 1, 32), "u1"), matches, *np.zeros((3, 1), "u2"), missing, pairs))
    with open_features(tmp_path / "w.h5") as found:
        ends = [(rows.start, rows.stop) for rows in found.groups]
    assert ends == [(0, 24), (24, 48), (48, 60), (60, 62), (62, 86), (86, 90)]


def test_one_file_of_all_people_as_bcf_gives_the_same_words(ok, tmp_path, people):
    modern, archaic = people
    there = {position: (alts, calls) for position, _, alts, calls in archaic}
    joint, alone, listed = [], [], []
    for position, ref, alts, calls in modern:
        own, archaic_calls = there.get(position, (alts, [".|.", ".|."]))
        every = [*alts, *(base for base in own if base not in alts)]
        # Numbered as the joint record numbers them.
        translated = [
            "/".join(
                a if a in ".0" else str(1 + every.index(own[int(a) - 1])) for a in call.replace("|", "/").split("/")
            )
            for call in archaic_calls
        ]
        joint.append((position, ref, every, [*calls, *translated]))
        alone.append((position, ref, alts, calls))
        listed.append((position, ref, every, calls))
    text = write_vcf(tmp_path / "joint.vcf", [*OUTGROUP, *INGROUP, *ARCHAIC], joint)
    bcf = tmp_path / "joint.bcf"
    with pysam.VariantFile(str(text)) as source, pysam.VariantFile(str(bcf), "wb", header=source.header) as target:
        for record in source:
            target.write(record)
    for number, path in enumerate((text, bcf)):
        out = tmp_path / f"{number}.h5"
        ok("haplotypes", "--vcf", path, *ROLES, "--archaic", "A0,A1", "--out", out)
        # The joint record lists archaic alleles, too, and all that are listed count as shared or not.
        check(out, (*by_hand(alone, archaic)[:4], by_hand(listed, archaic)[4]))


def test_people_read_in_groups_are_read_as_by_themselves(ok, tmp_path, people):
    """Three people, two together at most: one, then two. Together all three have more words."""
    modern, archaic = people
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, modern)
    other = write_vcf(tmp_path / "a.vcf", ARCHAIC, archaic)
    common = ("haplotypes", "--vcf", vcf, "--outgroup", ",".join(OUTGROUP), "--archaic-vcf", other, "--archaic", "A0")
    found = {}
    for name, ingroup, more in (
        ("all", "I0,I1,I2", ()), ("three", "I0,I1,I2", ("--together", 3)), ("two", "I0,I1,I2", ("--together", 2)),
        ("I0", "I0", ()), ("I1,I2", "I1,I2", ()),
    ):  # fmt: skip
        ok(*common, "--ingroup", ingroup, *more, "--out", tmp_path / "w.h5")
        with open_features(tmp_path / "w.h5") as bins:
            matches = np.stack([bins.matches("chr7", row) for row in range(len(bins.haplotypes))])
            found[name] = bins.counts("chr7"), matches, bins.shared("chr7", "outgroup_variable")
    for one, other in zip(found["all"], found["three"], strict=True):
        assert np.array_equal(one, other)
    for number, of_two in enumerate(found["two"][:2]):
        assert np.array_equal(of_two, np.concatenate([found["I0"][number], found["I1,I2"][number]]))
    assert np.array_equal(found["two"][2], found["all"][2])
    apart, together = found["two"][0].sum(axis=(0, 1)), found["all"][0].sum(axis=(0, 1))
    fixed = np.array([name.startswith("fixed") for name in CLASSES])
    assert np.array_equal(apart[~fixed], together[~fixed])
    assert apart[fixed].sum() < 0.9 * together[fixed].sum()


def test_names_from_a_pipe(ok, tmp_path, people):
    """As bash gives them: --ingroup <(head -n 2 people.txt)."""
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, people[0])
    read, write = os.pipe()
    os.write(write, b"I0\nI2\n")
    os.close(write)
    ok("haplotypes", "--vcf", vcf, "--ingroup", f"/dev/fd/{read}", "--outgroup", ",".join(OUTGROUP), "--out",
       tmp_path / "w.h5")  # fmt: skip
    with open_features(tmp_path / "w.h5") as bins:
        assert bins.haplotypes == [("I0", 1), ("I0", 2), ("I2", 1), ("I2", 2)]


def test_ref_and_alt_exchanged_give_the_same_words(ok, tmp_path, people):
    modern, _ = people
    exchange = str.maketrans("01", "10")
    flipped = [
        (position, alts[0], [ref], [call.translate(exchange) for call in calls])
        if len(alts) == 1
        else (position, ref, alts, calls)
        for position, ref, alts, calls in modern
    ]
    counts = []
    for name, records in (("a", modern), ("b", flipped)):
        vcf = write_vcf(tmp_path / f"{name}.vcf", OUTGROUP + INGROUP, records)
        ok("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / f"{name}.h5")
        with open_features(tmp_path / f"{name}.h5") as found:
            counts.append(found.counts("chr7"))
    assert np.array_equal(*counts)


def test_several_files_and_regions_across_bins(ok, tmp_path):
    """Two chromosomes in two files; a site beyond the first region of bins; an empty stretch between."""
    calls = ["0|0"] * len(OUTGROUP)
    one = write_vcf(
        tmp_path / "1.vcf", OUTGROUP + INGROUP,
        [(10, "A", ["G"], [*calls, "0|1", "0|0", "0|0"]), (2_999_999, "C", ["T"], [*calls, "1|1", "0|0", "0|1"])],
        chrom="chr1", length=3_000_500,
    )  # fmt: skip
    two = write_vcf(tmp_path / "2.vcf.gz.txt", OUTGROUP + INGROUP, [(0, "A", ["G"], [*calls, "1|0", "0|0", "0|0"])],
                    chrom="chr2", length=999)  # fmt: skip
    packed = tmp_path / "2.vcf.gz"
    packed.write_bytes(gzip.compress(two.read_bytes()))
    ok("haplotypes", "--vcf", one, "--vcf", packed, *ROLES, "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as found:
        assert found.bins == {"chr1": 3_001, "chr2": 1}
        absent, common = CLASSES.index("absent_uncalled"), CLASSES.index("fixed_uncalled")
        first, second = found.counts("chr1"), found.counts("chr2")
        assert first[:, 0, absent].tolist() == [0, 1, 0, 0, 0, 0]
        assert first[:, 2_999, absent].tolist() == [1, 1, 0, 0, 0, 1]
        assert first[:, 0, common].tolist() == [1, 0, 1, 1, 1, 1]
        assert first.sum() == 12
        assert second[:, 0, absent].tolist() == [1, 0, 0, 0, 0, 0]
        assert found.shared("chr1", "callable")[[0, 3_000]].tolist() == [1_000, 500]
        assert found.shared("chr2", "callable").tolist() == [999]


def test_callable_regions_and_truth(ok, tmp_path, people):
    modern, _ = people
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, modern)
    mask = tmp_path / "c.bed"
    mask.write_text("chr7\t500\t2500\nchr7\t2000\t9000\nchr7\t20000\t26000\nchr9\t5\t9\n")
    truth = tmp_path / "t.bed"
    truth.write_text(
        "7\t0\t1500\tI0\t1\n7\t1400\t1600\tI0\t1\nchr7\t4000\t5000\tI1\t.\nchr7\t25400\t25800\tI2\t2\nchr7\t0\t10\tX\t1\n"
        "chr8\t10\t30\tI0\t1\nchr8\t90\t95\tI2\t.\n"
    )
    result = ok("haplotypes", "--vcf", vcf, *ROLES, "--callable", mask, "--truth", truth, "--out", tmp_path / "w.h5",
                "--summary", tmp_path / "s.tsv")  # fmt: skip
    inside = [r for r in modern if 500 <= r[0] < 9_000 or r[0] >= 20_000]
    assert f"introgressed: {3_700 / (6 * LENGTH):.2%}" in result.out
    with open_features(tmp_path / "w.h5") as found:
        expected, varies, *_ = by_hand(inside, [])
        counts = found.counts("chr7")
        assert counts.sum() == sum(expected.values())
        assert found.shared("chr7", "outgroup_variable").sum() == sum(varies.values())
        assert found.shared("chr7", "callable").tolist() == [500, *[1_000] * 8, *[0] * 11, *[1_000] * 5, 500]
        bases = found.truth("chr7")
        assert bases[0].tolist()[:3] == [1_000, 600, 0]
        assert bases[1].sum() == 0
        assert bases[2:4, 4].tolist() == [1_000, 1_000]
        assert bases[5, 25] == 100
        assert bases.sum() == 1_600 + 2_000 + 100
    with h5py.File(tmp_path / "w.h5") as raw:
        assert raw["bins/0/label"][0, :3].tolist() == [1, 1, 0]
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index(["class", "item"])[["count", "bases"]]
    assert table.loc[("modern", "sites outside callable regions, not used"), "count"] == len(modern) - len(inside)
    assert table.loc[("truth", "segments of people not in the ingroup, not used"), "count"] == 1
    elsewhere, beyond = "on chromosomes that no VCF holds, not used", "beyond the end of a chromosome, cut"
    assert table.loc[("truth", f"stretches of haplotypes {elsewhere}")].tolist() == [3, 20 + 2 * 5]
    assert table.loc[("truth", f"stretches of haplotypes {beyond}")].tolist() == [1, 300]
    assert table.loc[("callable", f"stretches {elsewhere}")].tolist() == [1, 4]
    assert table.loc[("callable", f"stretches {beyond}")].tolist() == [1, 500]


def test_an_archaic_record_with_ref_and_alt_exchanged(ok, tmp_path):
    """C A 0/0 beside A C says C twice; a record of other bases says nothing, and is never taken for REF."""
    calls = [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"]
    sites = [(100, "A", ["C"], calls), (1_100, "A", ["C"], calls), (2_100, "A", ["C"], calls)]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, sites)
    other = write_vcf(tmp_path / "a.vcf", ["A0"], [(100, "C", ["A"], ["0/0"]), (1_100, "G", ["T"], ["0/0"])])
    summary = tmp_path / "s.tsv"
    ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--archaic-missing", "reference",
       "--out", tmp_path / "w.h5", "--summary", summary)  # fmt: skip
    with open_features(tmp_path / "w.h5") as words:
        carrier = words.counts("chr7")[1, :3]  # haplotype 2 of I0
    said = [CLASSES[int(np.argmax(row))] for row in carrier]
    assert said == ["absent_hom", "absent_uncalled", "absent_lacked"]  # C, nothing, and no record: REF
    table = pd.read_csv(summary, sep="\t").set_index("item")["count"]
    assert table["sites whose REF is no modern allele, not used"] == 1


def test_an_archaic_ref_call_whose_base_is_alt_of_the_modern_people(ok, tmp_path):
    """C . 0/0 beside A C is C twice, as a site of a panel whose REF is the ancestral base; G . beside A C is no call."""
    calls = [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(position, "A", ["C"], calls) for position in (100, 1_100, 2_100)])
    lines = [
        f"chr7 {position + 1} . {ref} . . . . GT 0/0" for position, ref in ((100, "C"), (1_100, "A"), (2_100, "G"))
    ]
    other = write_lines(tmp_path / "a.vcf", ["A0"], lines)
    summary = tmp_path / "s.tsv"
    ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5",
       "--summary", summary)  # fmt: skip
    with open_features(tmp_path / "w.h5") as words:
        carrier = words.counts("chr7")[1, :3]  # haplotype 2 of I0
    assert [CLASSES[int(np.argmax(row))] for row in carrier] == ["absent_hom", "absent_lacked", "absent_uncalled"]
    table = pd.read_csv(summary, sep="\t").set_index("item")["count"]
    assert table["sites whose REF is no modern allele, not used"] == 1


@pytest.mark.parametrize(
    ("other", "block"), [("0", variants.BLOCK_BYTES), (".", variants.BLOCK_BYTES), ("0", 400), (".", 50)]
)
def test_sites_split_into_records_of_one_alt_each(ok, tmp_path, people, monkeypatch, other, block):
    """As bcftools norm -m- writes them, carriers of another ALT as REF or as not called: the words stay the same,
    wherever a block of text ends."""
    modern, archaic = people
    monkeypatch.setattr(variants, "BLOCK_BYTES", block)

    def split(records):
        for position, ref, alts, calls in records:
            for number, alt in enumerate(alts, start=1):
                table = {"0": "0", ".": ".", str(number): "1"}
                yield (
                    position,
                    ref,
                    [alt],
                    [call[1].join(table.get(allele, other) for allele in (call[0], call[2])) for call in calls],
                )

    words = []
    for name, change in (("whole", list), ("split", split)):
        vcf = write_vcf(tmp_path / f"{name}.vcf", OUTGROUP + INGROUP, list(change(modern)))
        ancient = write_vcf(tmp_path / f"{name}.a.vcf", ARCHAIC, list(change(archaic)))
        ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", ancient, "--archaic", "A0,A1", "--out",
           tmp_path / f"{name}.h5", "--summary", tmp_path / "s.tsv")  # fmt: skip
        with open_features(tmp_path / f"{name}.h5") as found:
            words.append(found.inputs("chr7"))
    assert np.array_equal(*words)
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index(["class", "item"])["count"]
    assert table["modern", "records of alleles of one site, joined"] == sum(len(alts) - 1 for _, _, alts, _ in modern)


def test_stretches_without_a_site_are_not_callable(ok, tmp_path):
    """A centromere of 60 kb, and an end of 49 kb: only the first is left out, and only where no regions are given."""
    calls = [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"]
    sites = [(position, "A", ["G"], calls) for position in (500, 20_500, 81_500, 100_500)]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, sites, length=150_000)
    command = ("haplotypes", "--vcf", vcf, *ROLES, "--summary", tmp_path / "s.tsv")
    ok(*command, "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as words:
        covered = words.shared("chr7", "callable")
    assert np.flatnonzero(covered == 0).tolist() == list(range(21, 81))
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")
    assert table.loc["stretches of 50,000 bp or more without a site, left out", ["count", "bases"]].tolist() == [
        1,
        60_000,
    ]
    # A gap of 50,000 bp that begins within a bin, as between contigs of hg19; and one of 49,999.
    for begin, gap, left_out in ((20_500, 50_000, 49), (20_500, 49_999, 0), (20_998, 49_999, 0), (20_999, 50_000, 50)):
        some = [(position, "A", ["G"], calls) for position in (500, begin, begin + gap + 1, 100_500)]
        write_vcf(vcf, OUTGROUP + INGROUP, some, length=150_000)
        ok(*command, "--out", tmp_path / "w.h5")
        with open_features(tmp_path / "w.h5") as words:
            assert np.flatnonzero(words.shared("chr7", "callable") == 0).tolist() == list(range(21, 21 + left_out))
    write_vcf(vcf, OUTGROUP + INGROUP, sites, length=150_000)
    (tmp_path / "c.bed").write_text("chr7\t0\t150000\n")
    ok(*command, "--callable", tmp_path / "c.bed", "--out", tmp_path / "all.h5")
    with open_features(tmp_path / "all.h5") as words:
        assert words.shared("chr7", "callable").min() == 1_000


def test_more_names_than_a_path_can_hold(ok, tmp_path):
    """Five hundred names on the command line are names, not the path of a file."""
    outgroup = [f"OUTGROUP_PERSON_{number:03d}" for number in range(500)]
    records = [(100, "A", ["C"], ["0|0"] * 500 + ["0|1"]), (900, "G", ["T"], ["1|0"] + ["0|0"] * 500)]
    vcf = write_vcf(tmp_path / "m.vcf", [*outgroup, "I0"], records)
    ok("haplotypes", "--vcf", vcf, "--ingroup", "I0", "--outgroup", ",".join(outgroup), "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as words:
        assert words.encoding.outgroup == 500
        counts = words.counts("chr7")[:, 0]
    assert counts[:, CLASSES.index("absent_uncalled")].tolist() == [0, 1]


def test_archaic_chromosomes_in_another_order_and_files(ok, tmp_path):
    """The archaic file holds chr2 before chr1, and a chromosome nobody asked for."""
    calls = ["0|0"] * len(OUTGROUP)
    header = HEADER.format(chrom="chr1", length=5_000) + "##contig=<ID=chr2,length=5000>\n##contig=<ID=chr3,length=9>\n"
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]

    def record(chrom, position, genotypes):
        return "\t".join([chrom, str(position + 1), ".", "A", "G", ".", ".", ".", "GT", *genotypes]) + "\n"

    modern = tmp_path / "m.vcf"
    modern.write_text(
        header + "\t".join([*columns, *OUTGROUP, *INGROUP]) + "\n"
        + "".join(record(c, 7, [*calls, "1|0", "0|0", "0|0"]) for c in ("chr1", "chr2"))
    )  # fmt: skip
    archaic = tmp_path / "a.vcf"
    archaic.write_text(
        header + "\t".join([*columns, "A0"]) + "\n"
        + record("chr3", 7, ["0/0"]) + record("chr2", 7, ["1/1"]) + record("chr1", 7, ["0/1"])
    )  # fmt: skip
    ok("haplotypes", "--vcf", modern, *ROLES, "--archaic-vcf", archaic, "--archaic", "A0", "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as found:
        assert found.counts("chr1")[0, 0, CLASSES.index("absent_het")] == 1
        assert found.counts("chr2")[0, 0, CLASSES.index("absent_hom")] == 1


@pytest.mark.parametrize("verb", ["predict", "evaluate", "train"])
def test_files_of_the_development_version_are_refused(run, planted, tmp_path, verb):
    """0.1.0.dev wrote k-mers and haplotypes as one kind; the error names the verb that makes the file again."""
    path = tmp_path / "words.h5"
    path.write_bytes((planted / "haplotypes.h5").read_bytes())
    with h5py.File(path, "a") as handle:
        handle.attrs["format"] = "archaictools words"
    with pytest.raises(InputError, match="make the file again with 'archaictools haplotypes'"), open_features(path):
        pass
    model = [] if verb == "train" else ["pretrained"]
    out = ["--model", tmp_path / "m.h5"] if verb == "train" else ["--table", tmp_path / "t.tsv"]
    result = run(verb, *model, path, *out)
    assert result.code == 3
    assert "make the file again with" in result.err
