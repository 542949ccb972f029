"""Draws of a bootstrap: how many, and the interval that they give. This module imports no heavy library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Number of draws.
DRAWS = 1_000


def interval(draws: npt.NDArray[np.float64], level: float = 0.95) -> list[float]:
    """Return the central interval of the draws that are defined, or NaN twice if there are none."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return [float("nan"), float("nan")]
    return [float(bound) for bound in np.quantile(known, [(1 - level) / 2, (1 + level) / 2])]
