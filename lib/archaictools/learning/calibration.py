"""Probabilities that mean what they say: one temperature, fitted on the validation side (Guo et al. 2017).

Dividing the logit by a temperature moves no prediction across one half and changes no ranking; it only takes back the
confidence that a network has gained beyond its skill. The temperature is worked into the weights of the output layer,
so everything that reads a model reads calibrated probabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

if TYPE_CHECKING:
    import numpy.typing as npt

#: Temperatures looked at: beyond these a network says nothing, or is certain of everything.
COLDEST, HOTTEST = 0.05, 20.0

_CLIP = 1e-7


def logit(probability: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return log odds, finite for probabilities of 0 and 1."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), _CLIP, 1 - _CLIP)
    odds: npt.NDArray[np.float64] = np.log(clipped) - np.log1p(-clipped)
    return odds


def fit_temperature(label: npt.NDArray[np.integer], probability: npt.NDArray[np.floating]) -> float:
    """Find the temperature with the lowest log loss.

    Parameters
    ----------
    label
        0 or 1, shape (n,), of sentences that training did not see.
    probability
        P(introgressed) of the network as it is.

    Returns
    -------
    float
        Between :data:`COLDEST` and :data:`HOTTEST`; 1 where no other is better.
    """
    odds, sign = logit(probability), np.where(np.asarray(label) == 1, 1.0, -1.0)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, -sign * odds / np.exp(log_temperature)).mean())

    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0


def tempered(probability: npt.NDArray[np.floating], temperature: float) -> npt.NDArray[np.float64]:
    """Divide the log odds of probabilities by a temperature."""
    scaled: npt.NDArray[np.float64] = expit(logit(probability) / temperature)
    return scaled
