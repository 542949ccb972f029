"""True archaic tracts, from the migrations recorded by a simulation.

A tract is an interval in which the lineage of an ingroup haplotype, going back in time, enters an archaic population.
The first archaic population that it enters is the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import merge_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import tskit

TRACT_COLUMNS = ["start", "end", "haplotype", "source"]


def archaic_tracts(
    trees: tskit.TreeSequence, sources: Mapping[str, str], populations: Sequence[str], nodes: Sequence[int]
) -> pd.DataFrame:
    """Return the archaic tracts of some haplotypes.

    Parameters
    ----------
    trees
        Trees with recorded migrations.
    sources
        Archaic populations, each with its label.
    populations
        Names of the populations, in the order of their ids.
    nodes
        Sample nodes of the haplotypes.

    Returns
    -------
    pandas.DataFrame
        ``start, end`` (bp, 0-based half-open), ``haplotype`` (position in ``nodes``), ``source``; sorted by haplotype
        and start. Adjacent tracts of one source are joined.
    """
    migrations = trees.tables.migrations
    archaic = np.array([name in sources for name in populations])
    entering = np.flatnonzero(archaic[migrations.dest] & ~archaic[migrations.source])
    entering = entering[np.argsort(migrations.left[entering], kind="stable")]
    left, right = migrations.left[entering], migrations.right[entering]
    node = migrations.node[entering]
    label = np.array([sources.get(name, "") for name in populations])[migrations.dest[entering]]
    haplotype = {int(sample): number for number, sample in enumerate(nodes)}
    found: list[tuple[float, float, int, str]] = []
    active: list[int] = []
    following = 0
    for tree in trees.trees(sample_lists=True):
        begin, end = tree.interval
        while following < len(left) and left[following] < end:
            active.append(following)
            following += 1
        active = [entry for entry in active if right[entry] > begin]
        for entry in active:
            low, high = max(begin, left[entry]), min(end, right[entry])
            if low < high:
                found += [
                    (low, high, haplotype[sample], label[entry])
                    for sample in tree.samples(node[entry])
                    if sample in haplotype
                ]
    return _joined(pd.DataFrame(found, columns=TRACT_COLUMNS))


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """Round to whole bases, and join adjacent tracts of one haplotype and source."""
    table = table.astype({"start": "int64", "end": "int64"})
    table = table[table["start"] < table["end"]]
    group = table.groupby(["haplotype", "source"]).ngroup().to_numpy()
    row, start, end = merge_groups(group, table["start"].to_numpy(), table["end"].to_numpy())
    joined = table.iloc[row].assign(start=start, end=end)
    return joined.sort_values(["haplotype", "start", "source"], kind="stable").reset_index(drop=True)


def switch_tracts(tracts: pd.DataFrame, switches: Sequence[np.ndarray]) -> pd.DataFrame:
    """Return the tracts after switch errors, which exchange the haplotypes of a sample.

    Parameters
    ----------
    tracts
        Result of :func:`archaic_tracts`; haplotypes 2i and 2i + 1 are those of sample i.
    switches
        Positions (bp, ascending) of each sample at which its haplotypes are exchanged.

    Returns
    -------
    pandas.DataFrame
        The same columns; a switch within a tract splits it.
    """
    rows = []
    for begin, stop, haplotype, source in zip(*(tracts[name].tolist() for name in TRACT_COLUMNS), strict=True):
        positions = switches[haplotype // 2]
        inner = positions[(positions > begin) & (positions < stop)]
        bounds = [begin, *inner.tolist(), stop]
        for start, end in zip(bounds[:-1], bounds[1:], strict=True):
            turned = int(np.searchsorted(positions, start, side="right")) % 2
            rows.append((start, end, haplotype ^ turned, source))
    return _joined(pd.DataFrame(rows, columns=TRACT_COLUMNS))
