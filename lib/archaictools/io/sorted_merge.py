"""Merge of sorted tables that are read piece by piece, so that memory does not grow with their length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Rows of all tables that are in memory at a time, as long as few rows are equal in the first key.
ROWS = 50_000


def rows_of_each(tables: int) -> int:
    """Return how many rows of each table to read at a time."""
    return max(1_000, ROWS // max(tables, 1))


def merge_sorted(tables: Sequence[Iterator[pd.DataFrame]], keys: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows of several tables in the order of some columns.

    Parameters
    ----------
    tables
        Pieces of each table, with the same columns. The first key must not decrease within a table.
    keys
        Names of the columns that give the order.

    Yields
    ------
    pandas.DataFrame
        Pieces of the joined table.

    Examples
    --------
    >>> one = iter([pd.DataFrame({"start": [1, 5], "name": ["b", "a"]}), pd.DataFrame({"start": [9], "name": ["c"]})])
    >>> other = iter([pd.DataFrame({"start": [1, 7], "name": ["a", "d"]})])
    >>> pd.concat(merge_sorted([one, other], ["start", "name"])).to_numpy().tolist()
    [[1, 'a'], [1, 'b'], [5, 'a'], [7, 'd'], [9, 'c']]
    """
    first, waiting = keys[0], [_Waiting(pieces) for pieces in tables]
    while any(table.more or table.rows for table in waiting):
        for table in waiting:
            table.fill()
        # Rows before this one can no longer be followed by smaller ones.
        limit = min((table.last(first) for table in waiting if table.more), default=None)
        taken = [table.take(first, limit) for table in waiting]
        found = [frame for frame in taken if len(frame)]
        if found:
            yield pd.concat(found).sort_values(list(keys), kind="stable").reset_index(drop=True)
        for table in waiting:
            if table.more and limit is not None and table.last(first) == limit:
                table.fill(more=True)


class _Waiting:
    """The rows of one table that were read, but not yet yielded."""

    def __init__(self, pieces: Iterator[pd.DataFrame]) -> None:
        self._pieces, self._frame, self.more = pieces, pd.DataFrame(), True
        self._least = 1

    @property
    def rows(self) -> int:
        return len(self._frame)

    def last(self, key: str) -> int:
        return int(self._frame[key].iloc[-1])

    def fill(self, *, more: bool = False) -> None:
        """Read the next piece if less than one is left, or at any rate.

        So each round yields about a piece of every table, and the cost is linear in the number of tables.
        """
        while self.more and (more or self.rows < self._least):
            piece = next(self._pieces, None)
            if piece is None:
                self.more = False
            elif len(piece):
                self._least = max(self._least, len(piece))
                self._frame = pd.concat([self._frame, piece]) if self.rows else piece
                more = False

    def take(self, key: str, limit: int | None) -> pd.DataFrame:
        """Return and remove the rows before a value of the first key, or all."""
        if not self.rows:
            return self._frame
        end = self.rows if limit is None else int(self._frame[key].searchsorted(limit, side="left"))
        taken, self._frame = self._frame.iloc[:end], self._frame.iloc[end:]
        return taken
