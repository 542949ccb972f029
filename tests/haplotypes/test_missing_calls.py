"""What is not called is NA, never archaic and never free: bins, segments, tracks, percentages and deserts."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archaictools.cli.main import main
from archaictools.haplotypes.callability import MIN_CALLED_SHARE, bridged, read_bins
from archaictools.haplotypes.deserts import Landscape, find_deserts
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.predictors import BinPredictor

LENGTH = 2_000_000


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_a_bin_is_read_where_enough_is_called_or_where_a_neighbour_is(columns):
    typed = np.array([max(a, b) for a, b in columns])
    missing = np.array([[min(a, b) for a, b in columns]])
    expected = []
    for place in range(len(typed)):
        left = [k for k in range(place + 1) if typed[k]][-1:]
        right = [k for k in range(place, len(typed)) if typed[k]][:1]
        near = left + right
        good = [typed[k] - missing[0, k] > MIN_CALLED_SHARE * typed[k] for k in near]
        expected.append(any(good) if near else True)
    assert read_bins(typed, missing)[0].tolist() == expected


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 5))
def test_only_short_gaps_between_read_bins_are_bridged(read, most):
    text = "".join("x" if flag else "." for flag in read)
    for width in range(1, most + 1):
        gap = "x" + "." * width + "x"
        while gap in text:
            text = text.replace(gap, "x" * len(gap))
    assert bridged(np.array(read, dtype=bool), most).tolist() == [letter == "x" for letter in text]


def simulated(folder: Path) -> Path:
    sim = folder / "sim"
    assert main(["simulate", "--model", "9K19", "--outgroup", "10", "--ingroup", "3", "--archaic", "1", "--length",
                 str(LENGTH), "--seed", "10", "--quiet", "--out", str(sim)]) == 0  # fmt: skip
    return sim


def changed(sim: Path, out: Path, change) -> Path:
    """Copy the VCF of modern people, as ``change(position, names, calls)`` and the header's length leave it."""
    with gzip.open(sim / "modern.chr1.vcf.gz", "rt") as text, out.open("w") as copy:
        for line in text:
            if line.startswith("#CHROM"):
                names = line.rstrip("\n").split("\t")[9:]
            if not line.startswith("#"):
                fields = line.rstrip("\n").split("\t")
                calls = dict(zip(names, fields[9:], strict=True))
                change(int(fields[1]) - 1, calls)
                copy.write("\t".join([*fields[:9], *calls.values()]) + "\n")
            else:
                copy.write(line)
    return out


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Simulated people, damaged: A has nothing called, B is haploid, C lacks 500 kb; and what was called in them."""
    folder = tmp_path_factory.mktemp("people")
    sim = simulated(folder)
    names = (sim / "ingroup.txt").read_text().split()

    def damage(position, calls):
        calls[names[0]] = ".|."
        calls[names[1]] = calls[names[1]][0]
        if 700_000 <= position < 1_200_000:
            calls[names[2]] = ".|."

    vcf = changed(sim, folder / "damaged.vcf", damage)
    read = ["haplotypes", "--ingroup", str(sim / "ingroup.txt"), "--outgroup", str(sim / "outgroup.txt"), "--archaic-vcf",
            str(sim / "archaic.chr1.vcf.gz"), "--archaic", str(sim / "archaic.txt"), "--quiet"]  # fmt: skip
    for name, given_vcf in (("damaged", vcf), ("whole", sim / "modern.chr1.vcf.gz")):
        words = str(folder / f"{name}.h5")
        assert main([*read, "--vcf", str(given_vcf), "--out", words]) == 0
        assert main(["predict", "pretrained", words, "--quiet", "--segments", str(folder / f"{name}.segments.tsv"),
                     "--summary", str(folder / f"{name}.people.tsv"), "--table", str(folder / f"{name}.table.tsv"),
                     "--bigwig", str(folder / f"{name}.tracks"), "--bed", str(folder / f"{name}.bed")]) == 0  # fmt: skip
    return folder, names, read


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, sep="\t")


def test_a_person_without_calls_is_not_known(people):
    folder, names, _ = people
    summary = table(folder, "damaged.people.tsv").set_index("sample")
    assert summary.loc[names[0], "callable"] == 0
    assert summary.loc[names[0]].drop(["haplotypes", "callable"]).isna().all()
    assert summary.drop(names[0])["introgressed"].notna().all()
    assert not (table(folder, "damaged.segments.tsv")["sample"] == names[0]).any()
    assert not (table(folder, "damaged.table.tsv")["sample"] == names[0]).any()
    with pyBigWig.open(str(folder / "damaged.tracks" / f"{names[0]}.1.bw")) as track:
        assert track.header()["nBasesCovered"] == 0


def test_people_that_lack_many_genotypes_are_named(people, ok):
    folder, names, read = people
    result = ok(*read, "--vcf", folder / "damaged.vcf", "--out", folder / "again.h5")
    share = 1 - np.mean([names[2] not in missing_at for missing_at in lacking(folder, names)])
    assert (
        f"2 of 13 samples lack more than 10% of their genotypes ({names[0]} 100%, {names[2]} {share:.0%})" in result.err
    )
    whole = ok(*read, "--vcf", folder / "sim" / "modern.chr1.vcf.gz", "--out", folder / "again.h5")
    assert "lack" not in whole.err


def lacking(folder, names):
    """Yield who of some people is not called, record by record."""
    columns = []
    for line in (folder / "damaged.vcf").read_text().splitlines():
        if line.startswith("#"):
            columns = line.split("\t")[9:]
            continue
        calls = dict(zip(columns, line.split("\t")[9:], strict=True))
        yield [name for name in names if calls[name] == ".|."]


def test_a_haploid_chromosome_has_one_haplotype(people):
    folder, names, _ = people
    summary = table(folder, "damaged.people.tsv").set_index("sample")
    assert summary.loc[names[1], ["haplotypes", "callable"]].tolist() == [1, LENGTH]
    for name in ("damaged.segments.tsv", "damaged.table.tsv"):
        rows = table(folder, name)
        assert set(rows.loc[rows["sample"] == names[1], "haplotype"]) <= {1}
    assert [path.name for path in (folder / "damaged.tracks").glob(f"{names[1]}.*")] == [f"{names[1]}.1.bw"]


def test_a_gap_is_a_gap(people):
    """Where C lacks its calls there is nothing; elsewhere, C is called as the whole data have it."""
    folder, names, _ = people
    rows = {name: table(folder, f"{name}.table.tsv") for name in ("damaged", "whole")}
    rows = {name: rows[name][rows[name]["sample"] == names[2]] for name in rows}
    assert len(rows["whole"]) == 2 * LENGTH // 1_000
    inside = rows["damaged"]["start"].between(701_000, 1_198_000)
    assert not inside.any()
    assert len(rows["damaged"]) == pytest.approx(2 * (LENGTH - 500_000) / 1_000, abs=4)
    both = rows["damaged"].merge(rows["whole"], on=["start", "haplotype"], suffixes=("", "_whole"))
    away = ~both["start"].between(600_000, 1_300_000)
    assert (both["probability"] - both["probability_whole"])[away].abs().max() < 0.05
    summary = table(folder, "damaged.people.tsv").set_index("sample")
    assert summary.loc[names[2], "callable"] == 1_000 * len(rows["damaged"])
    segments = table(folder, "damaged.segments.tsv")
    assert not ((segments["sample"] == names[2]) & (segments["end"] > 701_000) & (segments["start"] < 1_199_000)).any()
    with pyBigWig.open(str(folder / "damaged.tracks" / f"{names[2]}.2.bw")) as track:
        assert track.stats("chr1", 750_000, 1_150_000) == [None]
    # What was read, as counted from the table of bins.
    read = pd.read_csv(folder / "damaged.segments.callable.bed", sep="\t", header=None)
    depth = np.zeros(LENGTH // 1_000, dtype=int)
    for _, start, end, number in read.itertuples(index=False):
        depth[start // 1_000 : end // 1_000] += number
    counted = np.bincount(table(folder, "damaged.table.tsv")["start"] // 1_000, minlength=len(depth))
    assert depth.tolist() == counted.tolist()
    assert set(depth) == {1, 3}
    with pyBigWig.open(str(folder / "damaged.tracks" / "mean.bw")) as track:
        everyone = table(folder, "damaged.table.tsv")
        expected = everyone.loc[everyone["start"] == 900_000, "probability"].mean()
        assert track.values("chr1", 900_000, 900_001)[0] == pytest.approx(expected, abs=1e-3)


def test_missing_calls_are_counted_as_by_hand(people):
    folder, names, _ = people
    columns, typed, missing = [], np.zeros(LENGTH // 1_000, dtype=int), np.zeros((6, LENGTH // 1_000), dtype=int)
    for line in (folder / "damaged.vcf").read_text().splitlines():
        if line.startswith("#CHROM"):
            columns = line.split("\t")[9:]
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        calls = dict(zip(columns, fields[9:], strict=True))
        place = (int(fields[1]) - 1) // 1_000
        typed[place] += 1
        for number, name in enumerate(names):
            alleles = calls[name].split("|")
            for side in (0, 1):
                missing[2 * number + side, place] += side >= len(alleles) or alleles[side] == "."
    with open_features(folder / "damaged.h5") as words:
        assert words.shared("chr1", "typed").tolist() == typed.tolist()
        assert words.missing("chr1", slice(0, 6)).tolist() == missing.tolist()
        assert words.exists("chr1").tolist() == [True, True, True, False, True, True]


@pytest.mark.parametrize("lacks", ["all of a large ingroup", "most of the outgroup and one person"])
def test_a_gap_is_a_gap_however_few_others_are_called(ok, tmp_path, lacks):
    """Ingroup of 9 beside an outgroup of 3, or of 2 beside one of 9; nobody of those named has calls in bins 10-19."""
    outgroup, ingroup = (3, 9) if lacks.startswith("all") else (9, 2)
    names = [f"O{n}" for n in range(outgroup)] + [f"I{n}" for n in range(ingroup)]
    without = names[3:] if lacks.startswith("all") else [*names[2:9], "I0"]
    rows = []
    for position in range(50, 30_000, 200):
        gap = 10_000 <= position < 20_000
        calls = [".|." if gap and name in without else "01"[name == "O0"] + "|0" for name in names]
        rows.append("\t".join(["chr1", str(position + 1), ".", "A", "G", ".", "PASS", ".", "GT", *calls]))
    head = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=30000>",
            "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT ".replace(" ", "\t") + "\t".join(names)]  # fmt: skip
    vcf = tmp_path / "m.vcf"
    vcf.write_text("\n".join([*head, *rows]) + "\n")
    ok("haplotypes", "--vcf", vcf, "--outgroup", ",".join(names[:outgroup]), "--ingroup", ",".join(names[outgroup:]),
       "--out", tmp_path / "w.h5", "--quiet")  # fmt: skip
    with open_features(tmp_path / "w.h5") as words:
        read = words.read("chr1")
    for (row, place), found in np.ndenumerate(read):
        expected = not (10 <= place < 20 and names[outgroup + row // 2] in without)
        assert found == expected, (row, place)


@pytest.mark.parametrize("masked", [False, True])
def test_where_nobody_of_the_outgroup_is_called_nothing_is_callable(ok, tmp_path, masked):
    """Also within callable regions; a shorter stretch, or one without any record, is as callable as the regions say."""
    names = ["O0", "O1", "I0"]
    rows = []
    for position in range(50, 400_000, 200):
        if 300_000 <= position < 360_000:
            continue
        lacks = 100_000 <= position < 160_000 or 200_000 <= position < 220_000
        calls = [".|." if lacks and name[0] == "O" else "01"[name == "O0"] + "|0" for name in names]
        rows.append("\t".join(["chr1", str(position + 1), ".", "A", "G", ".", "PASS", ".", "GT", *calls]))
    head = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=400000>",
            "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT ".replace(" ", "\t") + "\t".join(names)]  # fmt: skip
    vcf, mask = tmp_path / "m.vcf", tmp_path / "mask.bed"
    vcf.write_text("\n".join([*head, *rows]) + "\n")
    mask.write_text("chr1\t0\t400000\n")
    ok("haplotypes", "--vcf", vcf, "--outgroup", "O0,O1", "--ingroup", "I0", "--out", tmp_path / "w.h5", "--quiet",
       "--summary", tmp_path / "s.tsv", *(["--callable", mask] if masked else []))  # fmt: skip
    expected = np.full(400, 1_000)
    expected[100:160] = 0
    if not masked:
        expected[300:360] = 0
    with open_features(tmp_path / "w.h5") as words:
        assert words.shared("chr1", "callable").tolist() == expected.tolist()
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")
    item = "stretches of 50,000 bp or more " + (
        "in which no outgroup sample is called, left out" if masked else "without a site, left out"
    )
    assert table.loc[item, ["count", "bases"]].tolist() == ([1, 60_000] if masked else [2, 120_000])


@pytest.mark.parametrize("masked", [False, True])
def test_a_short_chromosome_without_the_outgroup_is_not_callable(ok, tmp_path, masked):
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID=chr{n},length=4500>" for n in (1, 2)),
             "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT O0 I0".replace(" ", "\t")]  # fmt: skip
    for chrom, outgroup in (("chr1", "0|0"), ("chr2", ".|.")):
        lines += [f"{chrom}\t{position}\t.\tA\tG\t.\t.\t.\tGT\t{outgroup}\t0|1" for position in (500, 2_500)]
    vcf, mask = tmp_path / "m.vcf", tmp_path / "mask.bed"
    vcf.write_text("\n".join(lines) + "\n")
    mask.write_text("chr1\t0\t4500\nchr2\t0\t4500\n")
    ok("haplotypes", "--vcf", vcf, "--outgroup", "O0", "--ingroup", "I0", "--out", tmp_path / "w.h5",
       *(["--callable", mask] if masked else []))  # fmt: skip
    with open_features(tmp_path / "w.h5") as words:
        assert words.shared("chr1", "callable").tolist() == [1_000] * 4 + [500]
        assert words.shared("chr2", "callable").tolist() == [0] * 5
        assert not words.read("chr2").any()


def test_scattered_missing_calls_hardly_move_segments(people):
    """Half of a person's calls lost by chance: segments stay where they were."""
    folder, names, read = people
    rng = np.random.default_rng(1)

    def scatter(_, calls):
        if rng.random() < 0.5:
            calls[names[2]] = ".|."

    vcf = changed(folder / "sim", folder / "scattered.vcf", scatter)
    words, segments = str(folder / "scattered.h5"), str(folder / "scattered.segments.tsv")
    assert main([*read, "--vcf", str(vcf), "--out", words]) == 0
    assert main(["predict", "pretrained", words, "--quiet", "--segments", segments]) == 0
    cover = []
    for name in ("whole", "scattered"):
        rows = table(folder, f"{name}.segments.tsv")
        flags = np.zeros((2, LENGTH // 1_000), dtype=bool)
        for row in rows[rows["sample"] == names[2]].itertuples():
            flags[row.haplotype - 1, row.start // 1_000 : row.end // 1_000] = True
        cover.append(flags)
    whole, scattered = cover
    assert whole.sum() > 20
    assert 2 * (whole & scattered).sum() / (whole.sum() + scattered.sum()) > 0.8


def test_the_header_does_not_move_calls(people, ok):
    """The same sites under a chromosome five times as long, and beside other contigs."""
    folder, _, read = people
    text = gzip.decompress((folder / "sim" / "modern.chr1.vcf.gz").read_bytes()).decode()
    longer = folder / "longer.vcf"
    longer.write_text(text.replace(f"length={LENGTH}", f"length={5 * LENGTH}"))
    archaic = gzip.decompress((folder / "sim" / "archaic.chr1.vcf.gz").read_bytes()).decode()
    beside = folder / "longer.archaic.vcf"
    beside.write_text(archaic.replace(f"length={LENGTH}", f"length={5 * LENGTH}"))
    place = read.index("--archaic-vcf") + 1
    ok(*read[:place], beside, *read[place + 1 :], "--vcf", longer, "--out", folder / "longer.h5")
    ok(
        "predict",
        "pretrained",
        folder / "longer.h5",
        "--segments",
        folder / "longer.tsv",
        "--summary",
        folder / "p.tsv",
    )
    assert (folder / "longer.tsv").read_bytes() == (folder / "whole.segments.tsv").read_bytes()
    ours, theirs = (table(folder, name)["callable"] for name in ("p.tsv", "whole.people.tsv"))
    assert (ours - theirs).abs().max() <= 100_000


def test_small_contigs_are_read_as_alone(people, ok, monkeypatch):
    """Short contigs share batches, in both directions; each is predicted as if it were the only one."""
    sizes, whole = [], BinPredictor._batches

    def counted(self, stretches):
        for chunks in whole(self, stretches):
            sizes.append(len(chunks))
            yield chunks

    monkeypatch.setattr(BinPredictor, "_batches", counted)
    folder, _, read = people
    lines = gzip.decompress((folder / "sim" / "modern.chr1.vcf.gz").read_bytes()).decode().splitlines(keepends=True)
    names = next(line for line in lines if line.startswith("#CHROM"))
    head = "##fileformat=VCFv4.2\n" + "".join(f"##contig=<ID=s{n},length=3000>\n" for n in range(40))
    rows = [[] for _ in range(40)]
    for line in lines:
        if not line.startswith("#"):
            _, position, rest = line.split("\t", 2)
            number, offset = divmod(int(position) - 1, 3_000)
            if number < 40:
                rows[number].append(f"s{number}\t{offset + 1}\t{rest}")
    roles = read[1 : read.index("--archaic-vcf")]
    for name, chosen in (("all", range(40)), ("one", [17])):
        vcf = folder / f"{name}.vcf"
        vcf.write_text(head + names + "".join("".join(rows[n]) for n in chosen))
        ok("haplotypes", *roles, "--vcf", vcf, "--out", folder / f"{name}.h5")
        ok("predict", "pretrained", folder / f"{name}.h5", "--table", folder / f"{name}.table.tsv")
    both = 2  # directions
    assert sizes == [both * 6 * 40, both * 6 * 40, both * 6, both * 6]
    every = table(folder, "all.table.tsv")
    one = table(folder, "one.table.tsv")
    every = every[every["chrom"] == "s17"].reset_index(drop=True)
    assert len(one) == 6 * 3
    assert every["probability"].to_numpy() == pytest.approx(one["probability"].to_numpy(), abs=1e-3)


def test_odd_names_have_tracks(people, ok):
    folder, names, read = people
    text = (folder / "damaged.vcf").read_text().replace(names[2], "A/B 1")
    vcf = folder / "odd.vcf"
    vcf.write_text(text)
    rest = read[read.index("--outgroup") :]
    ok("haplotypes", "--ingroup", "A/B 1", *rest, "--vcf", vcf, "--out", folder / "odd.h5")
    ok("predict", "pretrained", folder / "odd.h5", "--bigwig", folder / "odd.tracks")
    assert sorted(path.name for path in (folder / "odd.tracks").iterdir()) == [
        "A%2FB 1.1.bw", "A%2FB 1.2.bw", "mean.bw", "share.bw",
    ]  # fmt: skip


def landscape(text: str, size: int = 100_000) -> Landscape:
    """One letter a bin: ``-`` no data, ``.`` 4 haplotypes with data, ``#`` a segment."""
    edges = np.arange(len(text) + 1) * size
    return Landscape(edges, np.array([0 if c == "-" else 4 for c in text]), np.array([c == "#" for c in text]))


def test_deserts_are_trimmed_to_what_was_read():
    found = find_deserts(
        {"chr1": landscape("-----" + "." * 20 + "-" * 80), "chr2": landscape("." * 9 + "#" + "." * 9)}, 1_000_000
    )
    assert found[["chrom", "start", "end", "score"]].to_numpy().tolist() == [["chr1", 500_000, 2_500_000, 1_000]]
    # A gap in the data parts two; without data nothing is a desert.
    found = find_deserts(
        {"c": landscape("." * 12 + "---" + "." * 15 + "#" + "." * 9), "d": landscape("-" * 50)}, 1_000_000
    )
    assert found[["start", "end"]].to_numpy().tolist() == [[0, 1_200_000], [1_500_000, 3_000_000]]


@pytest.mark.parametrize(
    ("text", "score"),
    [(".--." * 30, 500), (".---." * 24, None), (".--." * 30 + "--.", None), (".--." * 29 + "...", 513)],
)
def test_half_of_a_desert_is_read(text, score):
    """Of a desert half of the bases or more hold data; its score is their share in thousandths."""
    found = find_deserts({"c": landscape(text, 10_000)}, 1_000_000)
    assert found["score"].tolist() == ([] if score is None else [score])


def test_a_desert_states_what_chance_leaves():
    """Segments thrown at random: as many stretches as long as the shortest desert are found as are expected."""
    rng = np.random.default_rng(2)
    found, expected = 0, []
    for _ in range(300):
        covered = np.zeros(400, dtype=bool)
        covered[rng.choice(400, size=40, replace=False)] = True
        text = "".join("#" if flag else "." for flag in covered)
        rows = find_deserts({"c": landscape(text)}, 2_000_000)
        found += len(rows)
        shortest = rows.loc[(rows["end"] - rows["start"]) == 2_000_000, "name"]
        expected += [float(name.split("expected=")[1]) for name in shortest]
        assert all("haplotypes=4;" in name for name in rows["name"])
    assert np.mean(expected) == pytest.approx(found / 300, rel=0.3)
