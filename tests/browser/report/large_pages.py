"""Write a report of 20 people on 22 chromosomes with 40,000 genes: ``large_pages.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from archaictools.report.page import write
from archaictools.report.people.page import people_page
from synthetic_people import HG19, people

if __name__ == "__main__":
    write(Path(sys.argv[1]) / "large.html", people_page(people(20, lengths=HG19, genes=40_000)))
