"""The UCSC hub and the session of IGV: settings that browsers need, and every value against the tables and tracks."""

from __future__ import annotations

import html
import logging
import re
import shutil
import subprocess
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.lineages import sources_of
from archaictools.io.files import safe_file_name
from archaictools.report.hub import write_hub
from archaictools.report.kmers.results import KmerResults
from archaictools.report.session import MOST_HAPLOTYPES
from synthetic_people import HG19, people

#: Names that no browser takes as they are; two pairs are equal once they are made safe, and two are long.
NAMES = ["Ötzi <b>", "A/B", "A B", "a&b", "1", "\u540d", "x" * 70, "x" * 70 + "y"]
HG = {"20": HG19["chr20"], "21": HG19["chr21"]}
#: What each kind of stanza needs, and may have.
NEEDED = {"track", "shortLabel", "longLabel", "type"}
KNOWN = NEEDED | {"parent", "bigDataUrl", "visibility", "priority", "html", "itemRgb", "mouseOver", "viewLimits",
                  "autoScale", "alwaysZero", "maxHeightPixels", "windowingFunction", "color", "compositeTrack"}  # fmt: skip
MAGIC = {"bigWig": b"\x26\xfc\x8f\x88", "bigBed": b"\xeb\xf2\x89\x87"}


def renamed(results, names):
    """Return results whose people have other names."""
    new = dict(zip(dict.fromkeys(sample for sample, _ in results.haplotypes), names, strict=True))
    return replace(
        results,
        haplotypes=tuple((new[sample], side) for sample, side in results.haplotypes),
        segments=results.segments.assign(sample=results.segments["sample"].map(new)),
        people=results.people.assign(sample=results.people["sample"].map(new)),
    )


def write_tracks(folder, results, *, per_person=False):
    """Write bigWigs of random thousandths with gaps, as ``predict --bigwig`` names them; return the values."""
    folder.mkdir()
    rng = np.random.default_rng(3)
    stems = ["mean", "share"]
    stems += (
        dict.fromkeys(s for s, _ in results.haplotypes) if per_person else [f"{s}.{n}" for s, n in results.haplotypes]
    )
    values = {}
    for stem in stems:
        with pyBigWig.open(str(folder / safe_file_name(f"{stem}.bw")), "w") as track:
            track.addHeader(list(results.lengths.items()))
            for chrom in results.lengths:
                starts = np.sort(rng.choice(2_000, 40, replace=False)) * 5_000
                found = [
                    (int(start), int(start) + 3_000, round(float(value), 3))
                    for start, value in zip(starts, rng.uniform(size=40), strict=True)
                ]
                values[stem, chrom] = found
                track.addEntries(
                    [chrom] * 40, [r[0] for r in found], ends=[r[1] for r in found], values=[r[2] for r in found]
                )
    return values


@pytest.fixture
def odd(tmp_path):
    """People with odd names on hg19 without ``chr``, with genes, some of which are not looked at, and tracks."""
    results = renamed(people(len(NAMES), lengths=HG), NAMES)
    genes = results.genes.copy()
    genes.loc[0, ["haplotypes", "people", "mean", "max", "fraction", "sources", "read"]] = [None] * 5 + ["NA", 0.0]
    genes.loc[1, ["chrom", "gene"]] = ["chrY", "elsewhere"]
    genes.loc[2, "gene"] = "<i>Ä"
    results = replace(results, build="hg19", genes=genes, tracks=tmp_path / "tracks")
    return results, write_tracks(tmp_path / "tracks", results)


def stanzas(path):
    """Return the stanzas of a file of settings, each as a dictionary; a setting given twice fails."""
    found = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="ascii").strip()):
        pairs = [line.strip().split(" ", 1) for line in block.splitlines()]
        assert len({key for key, _ in pairs}) == len(pairs), block
        found.append(dict(pairs))
    return found


def check_hub(folder, build):
    """Check all that a browser needs, and return the stanzas of tracks by name."""
    (hub,) = stanzas(folder / "hub.txt")
    assert set(hub) == {"hub", "shortLabel", "longLabel", "genomesFile", "email"}
    assert re.fullmatch(r"\w+", hub["hub"])
    assert hub["hub"] != "hub"
    (genome,) = stanzas(folder / hub["genomesFile"])
    assert genome["genome"] == build
    assert set(genome) <= {"genome", "trackDb", "defaultPos"}
    found = stanzas(folder / genome["trackDb"])
    tracks = {each["track"]: each for each in found}
    assert len(tracks) == len(found)
    assert len({name.lower() for name in tracks}) == len(found), "file systems may ignore case"
    for name, each in tracks.items():
        assert set(each) >= NEEDED, name
        assert set(each) <= KNOWN, name
        assert re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII)
        assert len(each["shortLabel"]) <= 17
        assert len(each["longLabel"]) <= 76
        assert not set("<>&\"'") & set(each["shortLabel"] + each["longLabel"])
        if "parent" in each:
            parent, chosen = each["parent"].split()
            assert tracks[parent]["compositeTrack"] == "on"
            assert chosen in {"on", "off"}
        else:
            assert (folder / each["html"]).is_file()
        if "compositeTrack" in each:
            assert "bigDataUrl" not in each
            continue
        assert re.fullmatch(r"[A-Za-z0-9_.]+", each["bigDataUrl"]), "a relative path in the folder"
        kind = each["type"].split()[0]
        assert (folder / each["bigDataUrl"]).read_bytes()[:4] == MAGIC[kind]
        if kind == "bigWig":
            low, high = map(float, each["type"].split()[1:])
            assert each["viewLimits"] == f"{low:g}:{high:g}"
            assert each["autoScale"] == "off"
        else:
            assert each["type"] == "bigBed 9 +"
            assert each["itemRgb"] == "on"
            with pyBigWig.open(str(folder / each["bigDataUrl"])) as reader:
                text = reader.SQL()
            names = re.findall(r"(\w+);", text if isinstance(text, str) else text.decode())
            assert set(re.findall(r"\$(\w+)", each["mouseOver"])) <= set(names)
    for path in folder.glob("*.html"):
        text = path.read_text(encoding="ascii")
        assert ET.fromstring(f"<div>{text.replace('&nbsp;', ' ')}</div>") is not None
    used = {each[key] for each in found for key in ("bigDataUrl", "html") if key in each}
    assert {path.name for path in folder.iterdir()} == used | {
        "hub.txt",
        "genomes.txt",
        "trackDb.txt",
        "igv_session.xml",
    }
    if program := shutil.which("hubCheck"):
        done = subprocess.run([program, folder / "hub.txt"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, "")
    return tracks


def entries(path, lengths):
    """Yield all rows of a bigBed: chromosome, start, end and the texts of the other columns."""
    with pyBigWig.open(str(path)) as reader:
        for chrom in reader.chroms():
            assert chrom in lengths
            for start, end, rest in reader.entries(chrom, 0, lengths[chrom]) or []:
                yield chrom, start, end, *rest.split("\t")


def test_a_hub_of_people_has_what_the_browser_needs_and_all_values(odd, tmp_path, caplog):
    results, values = odd
    with caplog.at_level(logging.INFO, logger="archaictools"):
        write_hub(tmp_path / "hub", results)
    assert "1 genes are on no chromosome of the results" in caplog.text
    assert "twoBitPath" not in caplog.text
    tracks = check_hub(tmp_path / "hub", "hg19")
    lengths = {f"chr{chrom}": length for chrom, length in HG.items()}
    # One composite of values: share and mean are on, haplotypes are off.
    chosen = {name: each["parent"] for name, each in tracks.items() if "parent" in each}
    assert {name for name, parent in chosen.items() if parent == "archaic on"} == {"share", "mean"}
    assert sum(parent == "archaic off" for parent in chosen.values()) == 2 * len(NAMES)
    assert len({each["shortLabel"] for each in tracks.values()}) >= len(tracks) - 8, "names that differ stay different"
    # Values, under the names that UCSC knows.
    labels = {each["bigDataUrl"]: name for name, each in tracks.items() if "parent" in each}
    stems = dict(zip(labels, ["share", "mean", *(f"{s}.{n}" for s, n in results.haplotypes)], strict=True))
    for file, stem in stems.items():
        with pyBigWig.open(str(tmp_path / "hub" / file)) as reader:
            assert reader.chroms() == lengths
            for chrom in HG:
                got = [(start, end, round(value, 3)) for start, end, value in reader.intervals(f"chr{chrom}")]
                assert got == values[stem, chrom]
    # Segments.
    colours = {source.name: source.item_rgb for source in results.sources}
    expected = [
        (f"chr{row.chrom}", row.start, row.end, f"{row.sample}.{row.haplotype}", str(round(1000 * row.posterior)), ".",
         str(row.start), str(row.end), colours[row.source], row.sample, str(row.haplotype), f"{row.posterior:.6g}",
         row.source, str(row.callable))
        for row in results.segments.itertuples()
    ]  # fmt: skip
    assert sorted(entries(tmp_path / "hub" / "segments.bb", lengths)) == sorted(expected)
    assert len(expected) > 50
    # Genes: unknown stays NA, and the colour is that of the most frequent source.
    found = {row[3]: row for row in entries(tmp_path / "hub" / "genes.bb", lengths)}
    assert set(found) == set(results.genes["gene"]) - {"elsewhere"}
    assert found["GENE0"][9:] == ("NA", "NA", "NA", "NA", "NA", "NA", "0")
    assert found["GENE0"][4] == "0"
    assert found["GENE0"][8] == "200,200,200"
    assert "<i>Ä" in found
    carried = results.genes[(results.genes["haplotypes"] > 0) & (results.genes["chrom"] != "chrY")]
    assert len(carried) > 3
    for row in carried.itertuples():
        counts = {name: int(count) for name, count in (part.rsplit(":", 1) for part in row.sources.split(","))}
        most = [colours[name] for name, count in counts.items() if count == max(counts.values())]
        assert found[row.gene][8] in most
        assert found[row.gene][9:11] == (str(int(row.haplotypes)), str(int(row.people)))
        assert found[row.gene][14] == row.sources


def test_descriptions_tell_columns_and_colours_and_stay_text(odd, tmp_path):
    results, _ = odd
    labelled = replace(results, sources=sources_of(["AltaiNea", "Denisova"], {"AltaiNea": "Altai <&> Neanderthal"}))
    write_hub(tmp_path / "hub", labelled)
    page = (tmp_path / "hub" / "segments.html").read_text()
    assert html.escape("Altai <&> Neanderthal") in page
    assert "#cc3311" in page
    assert "posterior" in page
    composite = (tmp_path / "hub" / "archaic.html").read_text()
    assert "&lt;b&gt;" in composite
    assert "<b>" not in composite
    assert "not a probability of 0" in composite
    lengths = {f"chr{chrom}": length for chrom, length in HG.items()}
    assert {row[12] for row in entries(tmp_path / "hub" / "segments.bb", lengths)} == {
        "Altai <&> Neanderthal", "Denisova", "ambiguous", "unmatched",
    }  # fmt: skip


def test_tracks_of_people_are_found_too(odd, tmp_path):
    results, _ = odd
    results = replace(results, tracks=tmp_path / "per_person")
    values = write_tracks(tmp_path / "per_person", results, per_person=True)
    write_hub(tmp_path / "hub", results)
    tracks = check_hub(tmp_path / "hub", "hg19")
    singles = [each for each in tracks.values() if each.get("parent") == "archaic off"]
    assert len(singles) == len(NAMES)
    assert all("maximum of both" in each["longLabel"] for each in singles[:5])
    with pyBigWig.open(str(tmp_path / "hub" / singles[0]["bigDataUrl"])) as reader:
        assert [row[0] for row in reader.intervals("chr20")] == [row[0] for row in values[NAMES[0], "20"]]


def test_another_genome_keeps_its_names_and_a_line_says_what_ucsc_needs(tmp_path, caplog):
    results = people(2, lengths={"2L": 3_000_000, "X": 2_000_000})
    with caplog.at_level(logging.INFO, logger="archaictools"):
        write_hub(tmp_path / "hub", results)
    assert "twoBitPath" in caplog.text
    tracks = check_hub(tmp_path / "hub", "genome")
    assert set(tracks) == {"segments", "genes"}
    assert {row[0] for row in entries(tmp_path / "hub" / "segments.bb", results.lengths)} == {"2L", "X"}


def test_no_segment_makes_a_hub_too(tmp_path):
    results = people(2)
    empty = replace(results, segments=results.segments.iloc[:0], genes=None)
    write_hub(tmp_path / "nothing_read", replace(empty, callable=empty.callable.iloc[:0]))
    assert "locus" not in session(tmp_path / "nothing_read").attrib
    write_hub(tmp_path / "hub", empty)
    check_hub(tmp_path / "hub", "genome")
    assert not list(entries(tmp_path / "hub" / "segments.bb", results.lengths))
    assert session(tmp_path / "hub").get("locus") == "chr20:1-20000000"


def test_a_hub_is_complete_or_absent(odd, tmp_path):
    results, _ = odd
    whole = (tmp_path / "tracks" / "mean.bw").read_bytes()
    (tmp_path / "tracks" / "mean.bw").write_bytes(whole[:400])
    with pytest.raises(InputError, match="damaged"):
        write_hub(tmp_path / "hub", results)
    assert {path.name for path in tmp_path.iterdir()} == {"tracks"}
    (tmp_path / "tracks" / "mean.bw").write_bytes(whole)
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        write_hub(tmp_path / "hub", results)
    assert [path.name for path in (tmp_path / "hub").iterdir()] == ["mine.txt"]


def session(folder):
    return ET.parse(folder / "igv_session.xml").getroot()


def test_the_session_opens_every_track_on_a_fixed_scale(odd, tmp_path):
    results, _ = odd
    write_hub(tmp_path / "hub", results)
    root = session(tmp_path / "hub")
    assert (root.tag, root.get("version"), root.get("genome")) == ("Session", "8", "hg19")
    paths = [each.get("path") for each in root.find("Resources")]
    assert set(paths) == {path.name for path in (tmp_path / "hub").iterdir() if path.suffix in {".bw", ".bb"}}
    tracks = {each.get("id"): each for each in root.iter("Track")}
    assert list(tracks) == paths
    for path, each in tracks.items():
        if path.endswith(".bw"):
            assert each.get("autoScale") == "false"
            scale = each.find("DataRange")
            assert (float(scale.get("minimum")), float(scale.get("maximum"))) == (0, 1)
            assert re.fullmatch(r"\d+,\d+,\d+", each.get("color"))
        else:
            assert "color" not in each.attrib, "it replaces the colours of the segments"
    assert "Ötzi <b>.1" in {each.get("name") for each in tracks.values()}
    # It opens at the longest segment of a high posterior, as the report does; 1-based.
    sure = results.segments[results.segments["posterior"] >= 0.9]
    best = max(sure.itertuples(), key=lambda row: row.end - row.start)
    chrom, first, last = re.fullmatch(r"(\w+):(\d+)-(\d+)", root.get("locus")).groups()
    assert chrom == f"chr{best.chrom}"
    assert int(first) == best.start - (best.end - best.start) + 1
    assert int(last) == best.end + (best.end - best.start)
    assert f"defaultPos {root.get('locus')}\n" in (tmp_path / "hub" / "genomes.txt").read_text()


def test_the_session_of_an_unknown_genome_says_so_in_its_first_line(tmp_path):
    write_hub(tmp_path / "hub", people(1))
    assert "genome" not in session(tmp_path / "hub").attrib
    assert "Load the genome" in (tmp_path / "hub" / "igv_session.xml").read_text().splitlines()[0]


def test_the_session_of_many_people_leaves_single_haplotypes_out(tmp_path):
    results = people(MOST_HAPLOTYPES // 2 + 1, per_mb=0.01, genes=1)
    results = replace(results, tracks=tmp_path / "tracks")
    write_tracks(tmp_path / "tracks", results)
    write_hub(tmp_path / "hub", results)
    assert {each.get("id") for each in session(tmp_path / "hub").iter("Track")} == {
        "segments.bb", "share.bw", "mean.bw", "genes.bb",
    }  # fmt: skip


@pytest.fixture
def kmers(tmp_path):
    """Results of k-mers on chromosomes named with and without ``chr``, with negative attributions."""
    lengths = {"21": HG19["chr21"]}
    files = {}
    for name, values in (("track", [0.25, 0.75]), ("attribution", [-0.5, 0.125])):
        files[name] = tmp_path / f"{name}.bw"
        with pyBigWig.open(str(files[name]), "w") as track:
            track.addHeader(list(lengths.items()))
            track.addEntries(["21", "21"], [1_000, 9_000], ends=[2_000, 9_500], values=values)
    segments = pd.DataFrame({"chrom": "21", "start": [1_000, 9_000], "end": [8_000, 9_500],
                             "name": ["introgressed_seen", "introgressed"], "score": ["964", "750"], "strand": "."})  # fmt: skip
    genes = pd.DataFrame({"gene": ["G1", "G2", "G3"], "chrom": "21", "start": [5, 500, 900], "end": [100, 600, 1_000],
                          "strand": ["+", "-", "."], "windows": [3, 2, 0], "mean": [0.9, 0.1, np.nan],
                          "max": [0.95, 0.2, np.nan], "fraction": [1.0, 0.0, np.nan],
                          "call": ["introgressed", "free", "NA"], "seen": [0.0, 1.0, np.nan]})  # fmt: skip
    return KmerResults(genes=genes, segments=segments, lengths=lengths, build="hg19", **files)


def test_a_hub_of_kmers(kmers, tmp_path):
    write_hub(tmp_path / "hub", kmers)
    tracks = check_hub(tmp_path / "hub", "hg19")
    assert list(tracks) == ["predictions", "segments", "genes", "attribution"]
    assert tracks["attribution"]["viewLimits"] == "-0.5:0.5"
    lengths = {"chr21": HG19["chr21"]}
    for name, values in (("predictions", [0.25, 0.75]), ("attribution", [-0.5, 0.125])):
        with pyBigWig.open(str(tmp_path / "hub" / f"{name}.bw")) as reader:
            assert reader.intervals("chr21") == ((1_000, 2_000, values[0]), (9_000, 9_500, values[1]))
    rows = list(entries(tmp_path / "hub" / "segments.bb", lengths))
    assert [row[8] for row in rows] == ["238,136,119", "204,51,17"]  # trained on: pale
    assert [row[9] for row in rows] == ["0.964", "0.75"]
    genes = {row[3]: row for row in entries(tmp_path / "hub" / "genes.bb", lengths)}
    assert genes["G1"][8] != genes["G2"][8] == genes["G3"][8]
    assert genes["G3"][9:] == ("0", "NA", "NA", "NA", "NA", "NA")
    # It opens where the model has not trained, although the other segment is stronger.
    assert session(tmp_path / "hub").get("locus") == "chr21:8501-10000"
    ranges = {each.get("id"): each.find("DataRange") for each in session(tmp_path / "hub").iter("Track")}
    assert ranges["attribution.bw"].get("minimum") == "-0.5"


def test_results_without_a_track_have_no_hub(tmp_path):
    with pytest.raises(UsageError, match="no track"):
        write_hub(tmp_path / "hub", KmerResults())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lengths", [{"HLA-A*01:01:01:01": 400_000}, {"chr*": 400_000}, {"a b": 400_000}, {"chrM": 1}])
def test_a_chromosome_that_no_browser_can_be_sent_to(tmp_path, lengths):
    """The hub then has no default position; UCSC and IGV choose one."""
    results = people(1, lengths={"chr1": 400_000}, genes=3)
    chrom, length = next(iter(lengths.items()))
    moved = {name: getattr(results, name).assign(chrom=chrom) for name in ("segments", "genes", "callable")}
    if length == 1:
        moved = {name: table.iloc[:0] for name, table in moved.items()}
        moved["callable"] = results.callable.assign(chrom=chrom, end=1)
    results = replace(results, lengths=lengths, **moved)
    write_hub(tmp_path / "hub", results)
    check_hub(tmp_path / "hub", "genome")
    assert "defaultPos" not in (tmp_path / "hub" / "genomes.txt").read_text()
    assert "locus" not in session(tmp_path / "hub").attrib
    with pyBigWig.open(str(tmp_path / "hub" / "segments.bb")) as track:
        assert track.chroms() == lengths
        assert len(track.entries(chrom, 0, length) or []) == len(results.segments)


@pytest.mark.parametrize("label", ["Neanderthal\\", "a\\nb", 'N"1"', "$sample", "<b>"])
def test_any_label_of_a_source_is_kept(tmp_path, label):
    """A line of settings that ends in a backslash would continue on the next one."""
    results = renamed(people(2, lengths={"chr1": 4_000_000}, per_mb=3, genes=3), ["A\\", "B"])
    results = replace(results, sources=sources_of(("AltaiNea", "Denisova"), {"AltaiNea": label}))
    write_hub(tmp_path / "hub", results)
    check_hub(tmp_path / "hub", "genome")
    assert not any("\\" in path.read_text() for path in (tmp_path / "hub").glob("*.txt"))
    with pyBigWig.open(str(tmp_path / "hub" / "segments.bb")) as track:
        rows = [row[2].split("\t") for row in track.entries("chr1", 0, 4_000_000)]
    labels = {source.name: source.label for source in results.sources}
    expected = [labels[name] for name in results.segments["source"]]
    assert sorted(row[-2] for row in rows) == sorted(expected)
    assert label in expected
    assert {row[6] for row in rows} == {"A\\", "B"}


def test_a_text_that_a_bigbed_cannot_hold_is_refused_in_one_sentence(tmp_path, capfd):
    results = renamed(people(1, lengths={"chr1": 4_000_000}, per_mb=3), ["A\tB"])
    with pytest.raises(InputError, match="a name holds a tab or a line break"):
        write_hub(tmp_path / "hub", results)
    assert "Traceback" not in capfd.readouterr().err
