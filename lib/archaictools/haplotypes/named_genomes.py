"""Whether the named archaic genomes explain what was called.

Where the source of the archaic DNA is not among them, the model misses segments that it finds without a genome. Most of
what it calls then matches no named genome, which a user should hear.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from archaictools.haplotypes.sources import UNMATCHED

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("archaictools")

#: Largest share of called bases that may match no named genome without a warning.
MOST_UNMATCHED = 0.5

#: Fewer called bases tell nothing: they are a few segments.
LEAST_BASES = 1_000_000


def warn_if_unmatched(people: pd.DataFrame) -> dict[str, str]:
    """Warn if most called bases match no named archaic genome, and return the fact about it; else an empty dict.

    Parameters
    ----------
    people
        See :class:`archaictools.haplotypes.tables.PeopleCounts`; without archaic genomes it has no ``unmatched_bases``.
    """
    column = f"{UNMATCHED}_bases"
    if column not in people:
        return {}
    called, unmatched = (int(people[name].sum()) for name in ("introgressed", column))
    if called < LEAST_BASES or unmatched <= MOST_UNMATCHED * called:
        return {}
    share = f"{unmatched / called:.0%} of the called bases match no named archaic genome"
    log.warning(
        "%s: if their source is another one, segments of it are missed; encode again without --archaic and compare",
        share,
    )
    return {"another source": share}
