"""Write small reports of blocks, and what is true of them: ``pages.py FOLDER``."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd

from archaictools.report import blocks as b
from archaictools.report.page import write

HOSTILE = '</script><img src=x onerror="alert(1)">\'&amp;\u2028é\U0001f9ec'
LENGTHS = {"chr1": 10_000_000, "chr2": 4_000_000}


def data(name: str) -> dict[str, pd.DataFrame]:
    """Return segments of two haplotypes, their share, and genes; a person has the name."""
    rng = np.random.default_rng(3)
    rows = []
    for haplotype in (f"{name}.1", f"{name}.2"):
        for chrom, length in LENGTHS.items():
            starts = np.arange(100_000, length - 200_000, 500_000) + rng.integers(0, 100_000)
            rows += [(chrom, int(s), int(s + rng.integers(20, 180) * 1_000), haplotype) for s in starts]
    segments = pd.DataFrame(rows, columns=["chrom", "start", "end", "haplotype"])
    segments["name"] = np.where(np.arange(len(segments)) % 3 == 0, "Denisova", "AltaiNea")
    segments["colour"] = np.where(segments["name"] == "Denisova", "#0072b2", "#cc3311")
    segments["score"] = np.round(rng.uniform(0.5, 1, len(segments)), 3)
    segments["length"] = (segments["end"] - segments["start"]) / 1_000
    share = [
        (chrom, start, start + 100_000, float(rng.choice([0.0, 0.25, 0.5, 1.0])))
        for chrom, length in LENGTHS.items()
        for start in range(0, length, 100_000)
    ]
    genes = pd.DataFrame(
        {
            "name": [name, *(f"GENE{n}" for n in range(300))],
            "chrom": np.where(np.arange(301) % 4 == 3, "chr2", "chr1"),
            "start": 10_000 * np.arange(301),
        }
    )
    genes["end"] = genes["start"] + 5_000
    genes["people"] = np.where(np.arange(301) % 7 == 0, np.nan, np.arange(301) % 13)
    genes["mean"] = genes["people"] / 13
    return {
        "segments": segments,
        "share": pd.DataFrame(share, columns=["chrom", "start", "end", "value"]),
        "genes": genes,
    }


def report(name: str) -> b.Page:
    """Return a page with every kind of block."""
    tables = data(name)
    source = alt.Color(
        "name:N", title="Source", scale=alt.Scale(domain=["AltaiNea", "Denisova"], range=["#cc3311", "#0072b2"])
    )
    segments = alt.NamedData("segments")
    lengths = (
        alt.Chart(segments)
        .mark_bar()
        .encode(
            x=alt.X("length:Q", bin=alt.Bin(step=20), title="Length (kb)"),
            y=alt.Y("count()", title="Segments"),
            color=source,
            tooltip=[alt.Tooltip("count()", title="Segments")],
        )
        .properties(width="container", height=240)
    )
    along = (
        alt.Chart(segments)
        .mark_rect()
        .encode(
            x=alt.X("start:Q", title="Position (bp)"),
            x2="end:Q",
            y=alt.Y("haplotype:N", title="Haplotype"),
            color=source,
            tooltip=["chrom:N", "start:Q", "end:Q", "haplotype:N"],
        )
        .transform_filter("datum.chrom === 'chr1'")
        .properties(width="container", height=60)
    )
    points = (
        alt.Chart(segments)
        .mark_point(filled=True)
        .encode(x=alt.X("length:Q", title="Length (kb)"), y=alt.Y("score:Q", title="Posterior"), color=source)
        .properties(width="container", height=200)
    )
    columns = (
        b.Column(field="name", title="Gene", help=f"Name of the gene. {name}"),
        b.Column(field="position", title="Position", kind="locus"),
        b.Column(field="people", title="People", kind="number"),
        b.Column(field="mean", title="Mean", kind="bar", digits=3),
    )
    logo = "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='20'><rect width='60' height='20' fill='#009e73'/></svg>"
    tracks = (
        b.Track(name="share", dataset="share", kind="values", colour="#555555"),
        b.Track(name="genes", dataset="genes", kind="features", colour="#444444"),
        b.Track(name=f"{name}.1", dataset="segments", kind="features", colour="#cc3311", where=("haplotype", f"{name}.1")),
        b.Track(
            name=f"{name}.2", dataset="segments", kind="features", colour="#cc3311", where=("haplotype", f"{name}.2"),
            visible=False,
        ),
    )  # fmt: skip
    return b.Page(
        title=f"Archaic DNA in {name}",
        subtitle="One person, two haplotypes",
        legend=(
            b.LegendEntry(label="AltaiNea", colour="#cc3311"),
            b.LegendEntry(label="Denisova", colour="#0072b2", shape="upper"),
            b.LegendEntry(label="desert", colour="#333333", shape="outline"),
        ),
        datasets=tuple(b.Dataset(name=key, frame=frame) for key, frame in tables.items()),
        absent=(b.Absent(id="accuracy", title="Accuracy", how="Give --evaluation FILE."),),
        sections=(
            b.Section(
                id="headline",
                title="Headline",
                lead=f"{name} was read beside 50 outgroup samples.",
                blocks=(
                    b.Facts(items=(("Archaic share", "1.23 %"), ("Segments", "54"))),
                    b.Notes(items=("The outgroup is small.", f"{name} is far from the others."), title="What to mistrust", warning=True),
                    b.Text("A paragraph."),
                ),
            ),
            b.Section(
                id="lengths",
                title="Lengths of segments",
                lead="Most segments are short.",
                blocks=(
                    b.Chart(name="histogram", chart=lengths, caption="Number of segments by length."),
                    b.Chart(name="along", chart=along, caption="Segments of both haplotypes along chr1."),
                    b.Chart(name="points", chart=points, caption="Posterior against length.", large=True),
                    b.Picture(name="logo", svg=logo, caption="A picture."),
                ),
            ),
            b.Section(
                id="genes-section",
                title="Genes",
                lead="Genes with archaic segments.",
                blocks=(b.Table(name="genes", frame=tables["genes"], columns=columns, caption="Genes.", search=True),),
            ),
            b.Section(
                id="genome",
                title="Genome browser",
                lead="The strongest place.",
                blocks=(b.Browser(lengths=LENGTHS | {name: 5_000_000}, build="genome", locus=("chr1", 3_000_000, 5_000_000), tracks=tracks),),
            ),
        ),
    )  # fmt: skip


def main(folder: Path) -> None:
    """Write a plain page, one of hostile names, a damaged one, one without rows, and ``truth.json``."""
    plain = report("P1")
    write(folder / "plain.html", plain)
    write(folder / "hostile.html", report(HOSTILE))
    damaged = re.sub(r'(id="data-segments" value=")[^"]+', r"\1AAAA", (folder / "plain.html").read_text())
    (folder / "damaged.html").write_text(damaged)
    none = tuple(replace(one, frame=one.frame.head(0)) for one in plain.datasets)
    empty = replace(plain, datasets=none)
    sections = [
        replace(s, blocks=tuple(replace(t, frame=t.frame.head(0)) if isinstance(t, b.Table) else t for t in s.blocks))
        for s in empty.sections
    ]
    write(folder / "empty.html", replace(empty, sections=tuple(sections)))
    truth = {key: json.loads(frame.to_json(orient="records")) for key, frame in data("P1").items()}
    (folder / "truth.json").write_text(json.dumps(truth | {"hostile": HOSTILE, "lengths": LENGTHS}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
