"""Works that a report cites: the program, archaic genomes, other methods, published figures and libraries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archaictools import __version__
from archaictools.report.blocks import Notes

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A published work.

    Attributes
    ----------
    authors
        ``Prüfer et al.``
    year
        Of publication, or None.
    title, journal
        As published; the journal with volume and pages.
    doi
        Without ``https://doi.org/``; empty if there is none.
    """

    authors: str
    year: int | None
    title: str
    journal: str
    doi: str = ""

    @property
    def short(self) -> str:
        """Return authors and year, as a text cites it."""
        surnames = [re.sub(" [A-Z]{1,3}$", "", name) for name in self.authors.split(", ")]
        names = f"{surnames[0]} et al." if len(surnames) > 2 else " and ".join(surnames)
        return f"{names} {self.year}" if self.year else names

    @property
    def reference(self) -> str:
        """Return the entry in a list of references."""
        link = f" https://doi.org/{self.doi}" if self.doi else ""
        who = f"{self.authors} ({self.year})" if self.year else self.authors
        return f"{who}. {self.title}. {self.journal}.{link}"


#: Works by key.
CITATIONS = {
    "archaictools": Citation(
        authors="The archaictools developers",
        year=None,
        title="archaictools: archaic DNA in genomes with LSTMs",
        journal=f"Software, version {__version__}, MIT license",
    ),
    "oskolkov": Citation(
        authors="Oskolkov N",
        year=None,
        title="LSTM to Detect Neanderthal DNA",
        journal="Deep Learning for Life Sciences (article of a column)",
    ),
    "altai": Citation(
        authors="Prüfer K, Racimo F, Patterson N, et al.",
        year=2014,
        title="The complete genome sequence of a Neanderthal from the Altai Mountains",
        journal="Nature 505:43-49",
        doi="10.1038/nature12886",
    ),
    "vindija": Citation(
        authors="Prüfer K, de Filippo C, Grote S, et al.",
        year=2017,
        title="A high-coverage Neandertal genome from Vindija Cave in Croatia",
        journal="Science 358:655-658",
        doi="10.1126/science.aao1887",
    ),
    "chagyrskaya": Citation(
        authors="Mafessoni F, Grote S, de Filippo C, et al.",
        year=2020,
        title="A high-coverage Neandertal genome from Chagyrskaya Cave",
        journal="PNAS 117:15132-15136",
        doi="10.1073/pnas.2004944117",
    ),
    "denisova": Citation(
        authors="Meyer M, Kircher M, Gansauge MT, et al.",
        year=2012,
        title="A high-coverage genome sequence from an archaic Denisovan individual",
        journal="Science 338:222-226",
        doi="10.1126/science.1224344",
    ),
    "reich": Citation(
        authors="Reich D, Green RE, Kircher M, et al.",
        year=2010,
        title="Genetic history of an archaic hominin group from Denisova Cave in Siberia",
        journal="Nature 468:1053-1060",
        doi="10.1038/nature09710",
    ),
    "sankararaman": Citation(
        authors="Sankararaman S, Mallick S, Dannemann M, et al.",
        year=2014,
        title="The genomic landscape of Neanderthal ancestry in present-day humans",
        journal="Nature 507:354-357",
        doi="10.1038/nature12961",
    ),
    "racimo": Citation(
        authors="Racimo F, Marnetto D, Huerta-Sánchez E",
        year=2017,
        title="Signatures of archaic adaptive introgression in present-day human populations",
        journal="Molecular Biology and Evolution 34:296-317",
        doi="10.1093/molbev/msw216",
    ),
    "vernot": Citation(
        authors="Vernot B, Tucci S, Kelso J, et al.",
        year=2016,
        title="Excavating Neandertal and Denisovan DNA from the genomes of Melanesian individuals",
        journal="Science 352:235-239",
        doi="10.1126/science.aad9416",
    ),
    "chen": Citation(
        authors="Chen L, Wolf AB, Fu W, et al.",
        year=2020,
        title="Identifying and interpreting apparent Neanderthal ancestry in African individuals",
        journal="Cell 180:677-687",
        doi="10.1016/j.cell.2020.01.012",
    ),
    "hmmix": Citation(
        authors="Skov L, Hui R, Shchur V, et al.",
        year=2018,
        title="Detecting archaic introgression using an unadmixed outgroup",
        journal="PLoS Genetics 14:e1007641",
        doi="10.1371/journal.pgen.1007641",
    ),
    "sprime": Citation(
        authors="Browning SR, Browning BL, Zhou Y, et al.",
        year=2018,
        title="Analysis of human sequence data reveals two pulses of archaic Denisovan admixture",
        journal="Cell 173:53-61",
        doi="10.1016/j.cell.2018.02.031",
    ),
    "1000genomes": Citation(
        authors="The 1000 Genomes Project Consortium",
        year=2015,
        title="A global reference for human genetic variation",
        journal="Nature 526:68-74",
        doi="10.1038/nature15393",
    ),
    "stdpopsim": Citation(
        authors="Adrion JR, Cole CB, Dukler N, et al.",
        year=2020,
        title="A community-maintained standard library of population genetic models",
        journal="eLife 9:e54967",
        doi="10.7554/eLife.54967",
    ),
    "msprime": Citation(
        authors="Baumdicker F, Bisschop G, Goldstein D, et al.",
        year=2022,
        title="Efficient ancestry and mutation simulation with msprime 1.0",
        journal="Genetics 220:iyab229",
        doi="10.1093/genetics/iyab229",
    ),
    "keras": Citation(authors="Chollet F, et al.", year=2015, title="Keras", journal="Software, https://keras.io"),
    "tensorflow": Citation(
        authors="Abadi M, Agarwal A, Barham P, et al.",
        year=2016,
        title="TensorFlow: large-scale machine learning on heterogeneous distributed systems",
        journal="arXiv:1603.04467",
        doi="10.48550/arXiv.1603.04467",
    ),
    "igv": Citation(
        authors="Robinson JT, Thorvaldsdóttir H, Turner D, Mesirov JP",
        year=2023,
        title="igv.js: an embeddable JavaScript implementation of the Integrative Genomics Viewer (IGV)",
        journal="Bioinformatics 39:btac830",
        doi="10.1093/bioinformatics/btac830",
    ),
    "altair": Citation(
        authors="VanderPlas J, Granger BE, Heer J, et al.",
        year=2018,
        title="Altair: interactive statistical visualizations for Python",
        journal="Journal of Open Source Software 3:1057",
        doi="10.21105/joss.01057",
    ),
    "umap": Citation(
        authors="McInnes L, Healy J, Saul N, Großberger L",
        year=2018,
        title="UMAP: Uniform Manifold Approximation and Projection",
        journal="Journal of Open Source Software 3:861",
        doi="10.21105/joss.00861",
    ),
    "logomaker": Citation(
        authors="Tareen A, Kinney JB",
        year=2020,
        title="Logomaker: beautiful sequence logos in Python",
        journal="Bioinformatics 36:2272-2274",
        doi="10.1093/bioinformatics/btz921",
    ),
    "lstm": Citation(
        authors="Hochreiter S, Schmidhuber J",
        year=1997,
        title="Long short-term memory",
        journal="Neural Computation 9:1735-1780",
        doi="10.1162/neco.1997.9.8.1735",
    ),
    "bidirectional": Citation(
        authors="Schuster M, Paliwal KK",
        year=1997,
        title="Bidirectional recurrent neural networks",
        journal="IEEE Transactions on Signal Processing 45:2673-2681",
        doi="10.1109/78.650093",
    ),
    "embeddings": Citation(
        authors="Mikolov T, Sutskever I, Chen K, Corrado G, Dean J",
        year=2013,
        title="Distributed representations of words and phrases and their compositionality",
        journal="Advances in Neural Information Processing Systems 26",
        doi="10.48550/arXiv.1310.4546",
    ),
    "calibration": Citation(
        authors="Guo C, Pleiss G, Sun Y, Weinberger KQ",
        year=2017,
        title="On calibration of modern neural networks",
        journal="Proceedings of Machine Learning Research 70:1321-1330",
        doi="10.48550/arXiv.1706.04599",
    ),
    "permutation": Citation(
        authors="Hooker G, Mentch L, Zhou S",
        year=2021,
        title="Unrestricted permutation forces extrapolation: variable importance requires at least one more model, or "
        "there is no free variable importance",
        journal="Statistics and Computing 31:82",
        doi="10.1007/s11222-021-10057-z",
    ),
    "fdr": Citation(
        authors="Benjamini Y, Hochberg Y",
        year=1995,
        title="Controlling the false discovery rate: a practical and powerful approach to multiple testing",
        journal="Journal of the Royal Statistical Society B 57:289-300",
        doi="10.1111/j.2517-6161.1995.tb02031.x",
    ),
    "logos": Citation(
        authors="Schneider TD, Stephens RM",
        year=1990,
        title="Sequence logos: a new way to display consensus sequences",
        journal="Nucleic Acids Research 18:6097-6100",
        doi="10.1093/nar/18.20.6097",
    ),
    "scikit-learn": Citation(
        authors="Pedregosa F, Varoquaux G, Gramfort A, et al.",
        year=2011,
        title="Scikit-learn: machine learning in Python",
        journal="Journal of Machine Learning Research 12:2825-2830",
    ),
}  # fmt: skip

#: What every report cites.
ALWAYS = ("archaictools", "oskolkov", "keras", "tensorflow", "altair")

_GENOMES = {
    "vindija": re.compile("vindija", re.IGNORECASE),
    "chagyrskaya": re.compile("chag", re.IGNORECASE),
    "altai": re.compile("altai", re.IGNORECASE),
    "denisova": re.compile(r"den(?:i|$|[\W\d_])|^den", re.IGNORECASE),
}


def genomes_cited(names: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the publications of archaic genomes, as their names tell.

    ``Neanderthal`` alone does not tell which genome it is.

    Examples
    --------
    >>> genomes_cited(["AltaiNea", "DenisovaPinky", "Nean"])
    ('altai', 'denisova')
    """
    found = (key for name in names for key, pattern in _GENOMES.items() if pattern.search(name))
    return tuple(dict.fromkeys(found))


def references(keys: Iterable[str], *, title: str = "References") -> Notes:
    """Return a list of references, each once, in the order of the keys.

    Raises
    ------
    KeyError
        If a key is unknown.
    """
    return Notes(title=title, items=tuple(CITATIONS[key].reference for key in dict.fromkeys(keys)))
