"""Sharing of archaic segments: bases that two people both carry, and means between populations.

A person carries a base if it lies in a segment of at least one haplotype. The share of two people is that of Jaccard:
bases that both carry, divided by bases that at least one carries. It is not known if neither carries a base.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.sparse import csr_matrix
from scipy.spatial.distance import squareform

from archaictools.intervals import merge_groups, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    Int = npt.NDArray[np.int64]
    Float = npt.NDArray[np.float64]

#: Columns of the table of pairs of people.
PAIR_COLUMNS = [
    "sample_1", "sample_2", "population_1", "population_2", "bases_1", "bases_2", "shared", "jaccard", "of_smaller",
]  # fmt: skip
#: Columns of the table of pairs of populations.
BETWEEN_COLUMNS = ["population_1", "population_2", "pairs", "shared", "jaccard"]
#: Most people whose order is the best of all that the clusters allow; it takes long for more.
_MOST_ORDERED = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class Sharing:
    """Bases of segments that people share.

    Attributes
    ----------
    samples
        Names of people.
    bases
        int64 (people,): bases that a person carries.
    shared
        int64 (people, people): bases that both carry; on the diagonal those of the person.
    """

    samples: tuple[str, ...]
    bases: Int
    shared: Int

    @property
    def jaccard(self) -> Float:
        """Return the share of each pair, float64 (people, people): bases of both by bases of either, NaN for none."""
        either = self.bases[:, None] + self.bases[None, :] - self.shared
        return np.asarray(np.divide(self.shared, either, out=np.full(either.shape, np.nan), where=either > 0))


def shared_bases(segments: pd.DataFrame, samples: Sequence[str]) -> Sharing:
    """Count the bases of segments that people share.

    Parameters
    ----------
    segments
        ``chrom, start, end, sample``, in bp, 0-based and half-open.
    samples
        All people, those without segments, too.

    Examples
    --------
    >>> rows = [("1", 0, 30, "a"), ("1", 10, 40, "a"), ("1", 20, 50, "b")]
    >>> found = shared_bases(pd.DataFrame(rows, columns=["chrom", "start", "end", "sample"]), ["a", "b"])
    >>> found.shared.tolist(), round(float(found.jaccard[0, 1]), 2)
    ([[40, 20], [20, 30]], 0.4)
    """
    number = {name: place for place, name in enumerate(samples)}
    shared = np.zeros((len(samples), len(samples)), dtype=np.int64)
    for _, rows in segments.groupby("chrom", sort=False, observed=True):
        person = rows["sample"].map(number).to_numpy(dtype=np.int64)
        start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        first, start, end = merge_groups(person, start, end)
        # Between two neighbouring ends, no person begins or stops to carry.
        edges = np.unique(np.concatenate([start, end]))
        begin, stop = np.searchsorted(edges, start), np.searchsorted(edges, end)
        piece, carrier = ranges(begin, stop - begin), np.repeat(person[first], stop - begin)
        shape = (len(samples), len(edges) - 1)
        carries = csr_matrix((np.ones(len(piece), dtype=np.int64), (carrier, piece)), shape=shape)
        bases = csr_matrix((np.diff(edges)[piece], (carrier, piece)), shape=shape)
        shared += (bases @ carries.T).toarray()
    return Sharing(samples=tuple(samples), bases=np.diag(shared).copy(), shared=shared)


@dataclass(frozen=True, kw_only=True, eq=False)
class Clusters:
    """Hierarchical clusters of people or populations: average linkage (UPGMA) of 1 minus the share.

    Attributes
    ----------
    order
        int64 (n,): numbers in the order of the tree.
    tree
        float64 (n - 1, 4): see :func:`scipy.cluster.hierarchy.linkage`; without rows for fewer than two.
    """

    order: Int
    tree: Float


def clusters_of(share: Float) -> Clusters:
    """Cluster by shares (n, n) of pairs, from 0 to 1; a share that is not known counts as 0 here."""
    count = len(share)
    if count < 2:
        return Clusters(order=np.arange(count), tree=np.zeros((0, 4)))
    distance = 1 - np.nan_to_num((share + share.T) / 2)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average", optimal_ordering=count <= _MOST_ORDERED)
    return Clusters(order=leaves_list(tree).astype(np.int64), tree=tree)


def pairs_of_people(sharing: Sharing, populations: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    """Yield a row of :data:`PAIR_COLUMNS` for each pair of people, by the first; each pair comes once.

    ``of_smaller`` is the share of the bases of the person who carries fewer. Shares are NaN if there are no such bases.
    """
    name, jaccard = np.array(sharing.samples, dtype=object), sharing.jaccard
    label = np.array([populations.get(sample, "NA") for sample in sharing.samples], dtype=object)
    for one in range(len(name) - 1):
        others = np.arange(one + 1, len(name))
        shared, bases = sharing.shared[one, others], sharing.bases[others]
        smaller = np.minimum(bases, sharing.bases[one])
        of_smaller = np.divide(shared, smaller, out=np.full(len(others), np.nan), where=smaller > 0)
        values = (
            name[one], name[others], label[one], label[others], sharing.bases[one], bases, shared, jaccard[one, others],
            of_smaller,
        )  # fmt: skip
        yield pd.DataFrame(dict(zip(PAIR_COLUMNS, values, strict=True)))


def matrix_of_people(sharing: Sharing, populations: Mapping[str, str], order: Int) -> pd.DataFrame:
    """Return the shares as a matrix, in order: ``sample, population``, and a column for each person."""
    samples = [sharing.samples[number] for number in order.tolist()]
    frame = pd.DataFrame(sharing.jaccard[np.ix_(order, order)], columns=samples)
    keys = pd.DataFrame({"sample": samples, "population": [populations.get(name, "NA") for name in samples]})
    return pd.concat([keys, frame], axis=1)


def between_populations(sharing: Sharing, populations: Mapping[str, str]) -> pd.DataFrame:
    """Return means over pairs of people: a row of :data:`BETWEEN_COLUMNS` for each two populations, and for each one.

    Populations come in the order of their clusters. ``pairs`` are pairs of different people with a share that is known.
    ``shared`` is the mean number of bases over all pairs. A population of one person has no pair of its own: NaN.
    """
    label = pd.Series([populations.get(name, "") for name in sharing.samples], dtype=str)
    names = sorted(set(label) - {""})
    member = np.array([(label == name).to_numpy() for name in names], dtype=np.float64).reshape(len(names), len(label))
    jaccard = sharing.jaccard
    np.fill_diagonal(jaccard, np.nan)
    known = np.isfinite(jaccard)
    apart = ~np.eye(len(label), dtype=bool)
    pairs = member @ known @ member.T
    total = member @ np.where(known, jaccard, 0.0) @ member.T
    mean = np.divide(total, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    every = member @ apart @ member.T
    bases = np.divide(
        member @ (sharing.shared * apart) @ member.T, every, out=np.full(pairs.shape, np.nan), where=every > 0
    )
    order = clusters_of(mean).order.tolist()
    rows = []
    for place, one in enumerate(order):
        for other in order[place:]:
            count = pairs[one, other] / (2 if one == other else 1)
            rows.append((names[one], names[other], int(count), bases[one, other], mean[one, other]))
    return pd.DataFrame(rows, columns=BETWEEN_COLUMNS)
