"""Published archaic shares of populations, and what each figure measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from archaictools.haplotypes.lineages import Lineage

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Length of the autosomes of hg19 in Mb, for published amounts in Mb.
AUTOSOMES_MB = 2_881


@dataclass(frozen=True, kw_only=True)
class Region:
    """Populations whose archaic shares are alike.

    Attributes
    ----------
    label
        Code of the 1000 Genomes Project, or ``OCE``.
    name
        As a reader sees it.
    populations
        Labels of the 1000 Genomes Project and of the Simons Genome Diversity Project.
    """

    label: str
    name: str
    populations: tuple[str, ...]


REGIONS = (
    Region(
        label="AFR",
        name="Africa",
        populations=("YRI", "LWK", "GWD", "MSL", "ESN", "Yoruba", "Mandenka", "Mbuti", "San", "Dinka", "Esan", "Luhya"),
    ),
    Region(
        label="EUR",
        name="Europe",
        populations=(
            "CEU",
            "GBR",
            "FIN",
            "TSI",
            "IBS",
            "French",
            "Sardinian",
            "Finnish",
            "English",
            "Tuscan",
            "Basque",
        ),
    ),
    Region(
        label="EAS",
        name="East Asia",
        populations=("CHB", "CHS", "JPT", "CDX", "KHV", "Han", "Dai", "Japanese", "Korean", "Kinh"),
    ),
    Region(
        label="SAS",
        name="South Asia",
        populations=("GIH", "PJL", "BEB", "STU", "ITU", "Punjabi", "Bengali", "Sindhi", "Brahui", "Balochi"),
    ),
    Region(
        label="AMR",
        name="America",
        populations=("MXL", "PUR", "CLM", "PEL", "Karitiana", "Mixe", "Mayan", "Pima", "Surui", "Quechua"),
    ),
    Region(label="OCE", name="Oceania", populations=("Papuan", "Bougainville", "Australian")),
)

_SYNONYMS = {
    "EUR": ("European", "WestEurasia", "Western Eurasia"),
    "AFR": ("African",),
    "EAS": ("East Asian", "EastAsia"),
    "SAS": ("South Asian", "SouthAsia"),
    "AMR": ("American", "Americas"),
    "OCE": ("Oceanian", "Melanesian", "Melanesia"),
}
_LABELS = {
    label.casefold(): region
    for region in REGIONS
    for label in (region.label, region.name, *region.populations, *_SYNONYMS[region.label])
}


def region_of(population: str) -> Region | None:
    """Return the region of a population label, or None if this table does not know it.

    People of recently mixed ancestry (``ASW``, ``ACB``) have no usual share, so they have no region.

    Examples
    --------
    >>> region_of("CEU").name, region_of("oce").name, region_of("ASW"), region_of("X")
    ('Europe', 'Oceania', None, None)
    """
    return _LABELS.get(population.strip().casefold())


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published archaic share.

    Attributes
    ----------
    regions
        Labels of :data:`REGIONS`.
    lineage
        Whose ancestry was measured.
    value
        As published.
    percent
        ``(lowest, highest)`` in percent of the genome.
    measure
        ``ancestry``: share of all ancestors, from ratios of allele counts, whether segments are found or not;
        ``haplotype``: bases in segments, of the bases of one haplotype; ``person``: bases at which at least one of a
        person's two haplotypes has a segment.
    what
        What the figure measures, and in whom.
    citation
        Key of :data:`archaictools.report.citations.CITATIONS`.
    """

    regions: tuple[str, ...]
    lineage: Lineage
    value: str
    percent: tuple[float, float]
    measure: Literal["ancestry", "haplotype", "person"]
    what: str
    citation: str


def _megabases(region: str, amount: int) -> Published:
    share = 100 * amount / AUTOSOMES_MB
    return Published(
        regions=(region,),
        lineage=Lineage.NEANDERTHAL,
        value=f"{amount} Mb a person ({share:.1f} % of {AUTOSOMES_MB:,} Mb)",
        percent=(share, share),
        measure="person",
        what="Mean length of segments in either of the two haplotypes: IBDmix, one Neanderthal genome, no outgroup.",
        citation="chen",
    )


def _ratio(regions: tuple[str, ...], low: float, high: float, who: str) -> Published:
    return Published(
        regions=regions,
        lineage=Lineage.NEANDERTHAL,
        value=f"{low:g} to {high:g} %",
        percent=(low, high),
        measure="ancestry",
        what=f"Neanderthal ancestry of {who}, from f4 ratios of allele counts. No segments are called.",
        citation="vindija",
    )


def _confident(region: str, percent: float, who: str) -> Published:
    return Published(
        regions=(region,),
        lineage=Lineage.NEANDERTHAL,
        value=f"{percent:g} %",
        percent=(percent, percent),
        measure="haplotype",
        what=f"Mean share of the genome of {who} that a conditional random field called Neanderthal with confidence.",
        citation="sankararaman",
    )


#: Published shares.
PUBLISHED = (
    _ratio(("EUR",), 1.8, 2.4, "people in western Eurasia"),
    _ratio(("EAS",), 2.3, 2.6, "people in East Asia"),
    _ratio(("SAS", "AMR"), 1.8, 2.6, "people outside Africa and Oceania"),
    _confident("EUR", 1.1, "Europeans"),
    _confident("EAS", 1.4, "East Asians"),
    _megabases("EUR", 51),
    _megabases("EAS", 55),
    _megabases("SAS", 55),
    _megabases("AFR", 17),
    Published(
        regions=("EAS", "AMR"),
        lineage=Lineage.DENISOVAN,
        value="0.2 %",
        percent=(0.2, 0.2),
        measure="ancestry",
        what="Denisovan ancestry of people in mainland East Asia and America, from allele counts.",
        citation="altai",
    ),
    Published(
        regions=("OCE",),
        lineage=Lineage.DENISOVAN,
        value="1.9 to 3.4 %",
        percent=(1.9, 3.4),
        measure="ancestry",
        what="Denisovan ancestry of 35 people from Island Melanesia.",
        citation="vernot",
    ),
    Published(
        regions=("OCE",),
        lineage=Lineage.DENISOVAN,
        value="4 to 6 %",
        percent=(4, 6),
        measure="ancestry",
        what="Denisovan ancestry of Melanesians, from allele counts and a draft of the Denisovan genome.",
        citation="reich",
    ),
)


#: Lineages that no study known to this report finds in a region, but for amounts that are near its error.
NOT_EXPECTED = (("AFR", Lineage.DENISOVAN), ("EUR", Lineage.DENISOVAN))


def published_for(populations: Mapping[str, str]) -> tuple[Published, ...]:
    """Return the published shares for the populations of samples, in the order of :data:`PUBLISHED`."""
    regions = {region.label for region in map(region_of, populations.values()) if region}
    return tuple(row for row in PUBLISHED if regions & set(row.regions))
