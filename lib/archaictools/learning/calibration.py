"""Calibration of probabilities by one temperature, fitted on the validation side (Guo et al. 2017).

Dividing the logit by a temperature moves no prediction across 0.5 and changes no ranking; it only corrects over- and
under-confidence. The temperature is built into the weights of the output layer, so a stored model is calibrated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

if TYPE_CHECKING:
    import numpy.typing as npt

#: Lowest and highest temperature of the search; beyond them all probabilities are near 0 and 1, or near 0.5.
COLDEST, HOTTEST = 0.05, 20.0

_CLIP = 1e-7


def logit(probability: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return log odds, finite for probabilities of 0 and 1."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), _CLIP, 1 - _CLIP)
    odds: npt.NDArray[np.float64] = np.log(clipped) - np.log1p(-clipped)
    return odds


def fit_temperature(label: npt.NDArray[np.integer], probability: npt.NDArray[np.floating]) -> float:
    """Return the temperature with the lowest log loss.

    Parameters
    ----------
    label
        0 or 1, shape (n,), of examples that the network was not trained on.
    probability
        P(introgressed) of the uncalibrated network, shape (n,).

    Returns
    -------
    float
        From :data:`COLDEST` to :data:`HOTTEST`; 1 if no other is better.
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
