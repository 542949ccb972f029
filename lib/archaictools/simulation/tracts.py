"""True archaic tracts, from the migrations that a simulation recorded.

A tract is where an ingroup haplotype's lineage, going back in time, enters an archaic population for the first time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import merge_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import tskit

COLUMNS = ["start", "end", "haplotype", "source"]


def archaic_tracts(
    trees: tskit.TreeSequence, sources: Mapping[str, str], populations: Sequence[str], nodes: Sequence[int]
) -> pd.DataFrame:
    """Find the archaic tracts of some haplotypes.

    Parameters
    ----------
    trees
        With recorded migrations.
    sources
        Archaic population to label.
    populations
        Names of the populations, in the order of their ids.
    nodes
        Sample nodes of the haplotypes.

    Returns
    -------
    pandas.DataFrame
        ``start, end`` (bp, 0-based half-open), ``haplotype`` (position in ``nodes``), ``source``; sorted by haplotype
        and start, tracts of one source that touch joined.
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
    return _joined(pd.DataFrame(found, columns=COLUMNS))


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """Round to whole bases and join what touches."""
    table = table.astype({"start": "int64", "end": "int64"})
    table = table[table["start"] < table["end"]]
    group = table.groupby(["haplotype", "source"]).ngroup().to_numpy()
    row, start, end = merge_groups(group, table["start"].to_numpy(), table["end"].to_numpy())
    joined = table.iloc[row].assign(start=start, end=end)
    return joined.sort_values(["haplotype", "start", "source"], kind="stable").reset_index(drop=True)


def switched(tracts: pd.DataFrame, switches: Sequence[np.ndarray]) -> pd.DataFrame:
    """Move tracts to the haplotypes on which they stand after switch errors.

    Parameters
    ----------
    tracts
        As from :func:`archaic_tracts`; haplotypes 2i and 2i + 1 are those of person i.
    switches
        For each person the sorted positions (bp) from which the haplotypes are exchanged, and exchanged again.

    Returns
    -------
    pandas.DataFrame
        The same columns; tracts are cut where a switch lies in them.
    """
    rows = []
    for begin, stop, haplotype, source in zip(*(tracts[name].tolist() for name in COLUMNS), strict=True):
        positions = switches[haplotype // 2]
        inner = positions[(positions > begin) & (positions < stop)]
        bounds = [begin, *inner.tolist(), stop]
        for start, end in zip(bounds[:-1], bounds[1:], strict=True):
            turned = int(np.searchsorted(positions, start, side="right")) % 2
            rows.append((start, end, haplotype ^ turned, source))
    return _joined(pd.DataFrame(rows, columns=COLUMNS))
