"""Write two reports of people that differ only in their names: ``odd_pages.py FOLDER``.

In one, people, chromosomes, archaic genomes, genes and populations are named like parts of JavaScript objects, or have
spaces and markup.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.haplotypes.lineages import sources_of
from archaictools.report.page import write
from archaictools.report.people.page import people_page
from synthetic_people import people

if TYPE_CHECKING:
    from archaictools.report.people.results import PeopleResults

#: A name of the plain report, and the odd one.
CHROMOSOMES = {"chr1": "__proto__", "chr2": "constructor", "chr3": "chr 3", "chr4": "<b>\"4'&", "chr5": "a.b[0]"}
PEOPLE = {"P000": "__proto__", "P001": "constructor", "P002": "toString", "P003": "a.b[0] <i>", "P004": "x\\"}
ARCHAIC = {"AltaiNea": "__proto__", "Denisova": "constructor"}
GENES = {"GENE0": "__proto__", "GENE1": "constructor", "GENE2": "hasOwnProperty"}
POPULATIONS = {"first": "__proto__", "second": "constructor"}


def odd(results: PeopleResults) -> PeopleResults:
    """Return the results under their odd names."""
    columns = {
        f"{old}_{what}": f"{new}_{what}"
        for old, new in ARCHAIC.items()
        for what in ("called", "shared", "compared", "match", "bases")
    }
    segments = results.segments.rename(columns=columns).replace(
        {"chrom": CHROMOSOMES, "sample": PEOPLE, "source": ARCHAIC}
    )
    genes = results.genes.replace({"chrom": CHROMOSOMES, "gene": GENES})
    sources = genes["sources"].replace(ARCHAIC, regex=True)
    return replace(
        results,
        lengths={CHROMOSOMES[name]: length for name, length in results.lengths.items()},
        segments=segments,
        haplotypes=tuple((PEOPLE[name], side) for name, side in results.haplotypes),
        sources=tuple(
            replace(source, name=ARCHAIC.get(source.name, source.name), label=ARCHAIC.get(source.label, source.label))
            for source in results.sources
        ),
        people=results.people.rename(columns=columns).replace({"sample": PEOPLE}),
        callable=results.callable.replace({"chrom": CHROMOSOMES}),
        genes=genes.assign(sources=sources),
        populations={PEOPLE[name]: POPULATIONS[label] for name, label in results.populations.items()},
        encoded=replace(
            results.encoded,
            archaic=tuple(ARCHAIC.values()),
            missing={PEOPLE[name]: share for name, share in results.encoded.missing.items()},
            reference_calls={ARCHAIC[name]: known for name, known in results.encoded.reference_calls.items()},
        ),
    )


def main(folder: Path) -> None:
    """Write both reports."""
    plain = people(5, lengths=dict.fromkeys(CHROMOSOMES, 8_000_000), per_mb=3, genes=60)
    plain = replace(
        plain,
        populations={name: list(POPULATIONS)[number % 2] for number, name in enumerate(PEOPLE)},
        sources=sources_of(tuple(ARCHAIC)),
    )
    for name, results in {"plain": plain, "odd": odd(plain)}.items():
        write(folder / f"{name}.html", people_page(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
