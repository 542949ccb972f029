"""Numbers as the report of k-mers shows them; what is not known is ``NA``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NA = "NA"


def known(value: object) -> bool:
    """Tell whether a value of a JSON document or a table is a number: neither null nor NaN."""
    return isinstance(value, int | float) and math.isfinite(value)


def number(value: Any, digits: int = 3) -> str:
    """Return a number with fixed digits.

    Examples
    --------
    >>> number(0.98566), number(None), number(1437, 0)
    ('0.986', 'NA', '1,437')
    """
    return f"{value:,.{digits}f}" if known(value) else NA


def percent(value: Any, digits: int = 1) -> str:
    """Return a fraction in percent.

    Examples
    --------
    >>> percent(0.508), percent(None)
    ('50.8 %', 'NA')
    """
    return f"{100 * value:.{digits}f} %" if known(value) else NA


def bounds(found: Mapping[str, Any], measure: str) -> tuple[float, float]:
    """Return the 95 % interval of a measure, or NaN twice."""
    low, high = found.get(f"{measure}_ci") or (math.nan, math.nan)
    return (low, high) if known(low) and known(high) else (math.nan, math.nan)


def interval(found: Mapping[str, Any], measure: str, digits: int = 3) -> str:
    """Return the 95 % interval of a measure as text.

    Examples
    --------
    >>> interval({"auroc_ci": [0.98, 0.991]}, "auroc")
    '0.980 to 0.991'
    """
    low, high = bounds(found, measure)
    return f"{low:.{digits}f} to {high:.{digits}f}" if known(low) else NA
