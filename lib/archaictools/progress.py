"""Progress of long work: a bar on a terminal, plain lines elsewhere, with rate and remaining time.

Nothing is shown unless the ``archaictools`` logger shows messages.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger("archaictools")

#: Seconds between two plain progress lines.
LINE_EVERY = 10.0


class Progress:
    """Counter of finished items of a known or unknown total.

    Parameters
    ----------
    total
        Number of items, or None if unknown.
    unit
        Plural name of an item (``windows``).
    label
        Name of the work.

    Examples
    --------
    >>> with Progress(2, "windows", "predict") as progress:
    ...     progress.advance(2)
    """

    def __init__(self, total: int | None, unit: str, label: str) -> None:
        self._total, self._unit, self._label = total, unit, label
        self._done, self._started = 0, time.monotonic()
        self._reported = self._started
        self._shown = log.isEnabledFor(logging.INFO)
        self._bar = (
            tqdm(total=total, unit=f" {unit}", desc=label, unit_scale=True, leave=False, file=sys.stderr)
            if self._shown and sys.stderr.isatty()
            else None
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if kind is None and self._shown:
            seconds = max(time.monotonic() - self._started, 1e-9)
            log.info(
                "%s: %s %s in %.1f s (%s %s/s)",
                self._label,
                f"{self._done:,}",
                self._unit,
                seconds,
                f"{self._done / seconds:,.0f}",
                self._unit,
            )

    def extend(self, count: int) -> None:
        """Add ``count`` items to the work."""
        if self._total is None:
            return
        self._total += count
        if self._bar is not None:
            self._bar.total = self._total
            self._bar.refresh()

    def advance(self, count: int) -> None:
        """Add ``count`` finished items."""
        self._done += count
        if self._bar is not None:
            self._bar.update(count)
            return
        now = time.monotonic()
        if not self._shown or now - self._reported < LINE_EVERY:
            return
        self._reported = now
        rate = self._done / (now - self._started)
        left = "" if not self._total else f" of {self._total:,}, {(self._total - self._done) / rate:,.0f} s left"
        log.info("%s: %s %s%s (%s/s)", self._label, f"{self._done:,}", self._unit, left, f"{rate:,.0f}")
