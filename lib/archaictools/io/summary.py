"""Summary of a run: every dropped record is counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass
class Summary:
    """Counts of records and bases by class and item, in the order of their first use; the table of ``--summary``."""

    _rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, group: str, item: str, count: int, bases: int = 0) -> None:
        """Add ``count`` records of ``bases`` bp in total; a count of zero also adds the row."""
        row = self._rows.setdefault((group, item), [0, 0])
        row[0] += int(count)
        row[1] += int(bases)

    def count(self, group: str, item: str) -> int:
        """Return the number of records of an item."""
        return self._rows.get((group, item), [0, 0])[0]

    def frame(self) -> pd.DataFrame:
        """Return the table ``class, item, count, bases`` in the order in which items were added."""
        return pd.DataFrame(
            [(group, item, count, bases) for (group, item), (count, bases) in self._rows.items()],
            columns=["class", "item", "count", "bases"],
        )

    def sentence(self, *items: str) -> str:
        """Return the non-zero counts of some items, or of all, summed over the classes, as text."""
        totals: dict[str, int] = {}
        for (_, item), (count, _bases) in self._rows.items():
            if count and (not items or item in items):
                totals[item] = totals.get(item, 0) + count
        return ", ".join(f"{item}: {count:,}" for item, count in totals.items()) or "nothing"
