"""Write reports of the sections that show people's genomes, and what is true of them: ``people_pages.py FOLDER``."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.io.bigwig import BigWigWriter
from archaictools.io.files import safe_file_name
from archaictools.report.blocks import Page, Section
from archaictools.report.page import write
from archaictools.report.people import browser, genes, karyogram, landscape
from synthetic_people import people

if TYPE_CHECKING:
    from archaictools.report.people.results import PeopleResults

HOSTILE = "<b>\"P'&é"
LENGTHS = {"chr20": 20_000_000, "chr21": 10_000_000}


def renamed(results: PeopleResults, old: str, new: str) -> PeopleResults:
    """Return results in which a person has another name."""
    haplotypes = tuple((new if sample == old else sample, side) for sample, side in results.haplotypes)
    segments = results.segments.assign(sample=results.segments["sample"].replace(old, new))
    return replace(results, haplotypes=haplotypes, segments=segments)


def with_mean(results: PeopleResults, folder: Path) -> PeopleResults:
    """Return results with a bigWig of means: 0.25 at every even 100 kb, 0.75 at every odd, and nothing on chr21."""
    folder.mkdir()
    for name in ("mean", *(f"{sample}.{side}" for sample, side in results.haplotypes)):
        with BigWigWriter(folder / safe_file_name(f"{name}.bw"), dict(results.lengths)) as writer:
            start = np.arange(0, LENGTHS["chr20"], 100_000)
            writer.add("chr20", (start, start + 100_000, np.where(np.arange(len(start)) % 2, 0.75, 0.25)))
    return replace(results, tracks=folder)


def page_of(results: PeopleResults) -> Page:
    """Return a page of the sections that show the genome."""
    modules = (karyogram, landscape, genes, browser)
    sections = [section for each in modules if isinstance(section := each.section(results), Section)]
    datasets = [data for each in (karyogram, landscape, browser) for data in each.datasets(results)]
    return Page(title="People", subtitle="made up", sections=tuple(sections), datasets=tuple(datasets))


def main(folder: Path) -> None:
    """Write a page of a few people, of many segments, of more people than rows, and of no segment."""
    few = renamed(people(3, lengths=LENGTHS, per_mb=1, genes=200), "P001", HOSTILE)
    unread = few.genes.assign(
        **{name: few.genes[name].astype(float).where(few.genes.index >= 5) for name in ("haplotypes", "people", "mean")}
    )
    deserts = pd.DataFrame(
        [("chr21", 1_000_000, 2_000_000, "desert;haplotypes=6;expected=0.5", 1000, ".")],
        columns=["chrom", "start", "end", "name", "score", "strand"],
    )
    few = with_mean(replace(few, genes=unread, deserts=deserts), folder / "tracks")
    results = {
        "few": few,
        "large": people(16, lengths=LENGTHS, per_mb=20, genes=10),
        "many": people(40, lengths=LENGTHS, per_mb=1, genes=10),
        "none": replace(few, segments=few.segments.iloc[:0], tracks=None),
    }
    truth = {}
    for name, each in results.items():
        write(folder / f"{name}.html", page_of(each))
        columns = ["chrom", "start", "end", "sample", "haplotype", "posterior", "source"]
        truth[name] = each.segments[columns].to_dict("records")
    table = few.genes.assign(haplotypes=few.genes["haplotypes"].fillna(-1).astype(int))
    truth["genes"] = table[["gene", "chrom", "start", "end", "haplotypes"]].to_dict("records")
    (folder / "truth.json").write_text(json.dumps(truth))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
