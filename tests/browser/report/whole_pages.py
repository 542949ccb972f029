"""Write whole reports, and the sections that they must have: ``whole_pages.py FOLDER``."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, replace
from pathlib import Path

from archaictools.report.kmers.loading import KmerFiles, load_kmer_results
from archaictools.report.kmers.page import kmer_page
from archaictools.report.page import write
from archaictools.report.people.page import people_page
from synthetic_kmers import kmer_files
from synthetic_people import EVALUATION, people

ALWAYS = ["headline", "amounts", "karyogram", "along-the-genome", "lengths", "genome-browser", "methods", "provenance"]
KMERS = [
    "verdict",
    "training",
    "curves",
    "positions",
    "motifs",
    "embedding",
    "genes",
    "tracks",
    "methods",
    "provenance",
]


def main(folder: Path) -> None:
    """Write the pages, and ``sections.json``: ids of the sections of each page, in order."""
    whole = replace(people(4), evaluation=EVALUATION, populations={"P000": "CEU", "P001": "CHB"})
    alone = replace(people(1, archaic=(), genes=0), genes=None, deserts=None, encoded=None)
    nothing = people(2, per_mb=0, genes=3)
    chain = kmer_files(folder / "chain")
    unskilled = kmer_files(folder / "unskilled", signal=0)
    model = KmerFiles(**{field.name: None for field in fields(chain)} | {"model": chain.model})
    pages = {
        "people": people_page(whole),
        "one_person": people_page(alone),
        "no_segment": people_page(nothing),
        "kmers": kmer_page(load_kmer_results(chain)),
        "no_skill": kmer_page(load_kmer_results(unskilled)),
        "model": kmer_page(load_kmer_results(model)),
    }
    for name, page in pages.items():
        write(folder / f"{name}.html", page)
    expected = {
        "people": [*ALWAYS[:5], "sharing", "match-rate", "genes", "genome-browser", "accuracy", *ALWAYS[-2:]],
        "one_person": ALWAYS,
        "kmers": KMERS,
        "no_skill": KMERS,
    }
    (folder / "sections.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
