"""Posteriors without an archaic genome where the outgroup has little diversity: also in bins of twice the length.

In bins of the same length, which count as partly callable (:mod:`archaictools.haplotypes.diversity`), F1 was 0.05 and
0.17 in two simulations of ArchIE's history. In longer bins (:mod:`archaictools.haplotypes.longer_bins`) it was 0.58 and
0.59. The log odds of both are averaged.
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.diversity import diversity_of
from archaictools.haplotypes.longer_bins import JOINED, LongerBins
from archaictools.haplotypes.predict import BinEnsemble
from archaictools.haplotypes.pretrained import is_pretrained
from archaictools.learning.calibration import logit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import Advance
    from archaictools.learning.forward import Runtime
    from archaictools.learning.model_file import TrainedModel

log = logging.getLogger("archaictools")

#: Diversity, as :func:`archaictools.haplotypes.diversity.watterson` gives it, from which longer bins do not count, and
#: up to which they count in full. Half the diversity of the training is 0.5. At 0.62 (9K19 with three quarters of its
#: sizes) bins of the same length were better: F1 0.89, and 0.80 in longer bins.
NONE_FROM, FULL_TO = 0.65, 0.55


def longer_weight(diversity: float, outgroup: int) -> float:
    """Return the weight of the log odds in longer bins, from 0 to 1; 0 if the diversity is not known.

    It is smaller for a small outgroup, beside which longer bins call more in people without archaic ancestry.

    Examples
    --------
    >>> [longer_weight(diversity, 50) for diversity in (1.2, 0.65, 0.5, float("nan"))]
    [0.0, 0.0, 0.98, 0.0]
    >>> [longer_weight(0.5, people) for people in (1, 5, 500)]
    [0.0, 0.8, 0.998]
    """
    if not diversity < NONE_FROM:
        return 0.0
    return min(1.0, (NONE_FROM - diversity) / (NONE_FROM - FULL_TO)) * (1 - 1 / outgroup)


class DiversityEnsemble(BinEnsemble):
    """All members of a model, which also read longer bins of a chromosome where the outgroup has little diversity.

    Parameters
    ----------
    model
        Only that of the package reads longer bins. Another one may have been trained on people of little diversity.
    features, runtime
        See :class:`archaictools.haplotypes.predict.BinEnsemble`.
    """

    def __init__(self, model: TrainedModel, features: FeatureFile, runtime: Runtime) -> None:
        super().__init__(model, features, runtime)
        self._model, self._runtime, self._pretrained = model, runtime, is_pretrained(model)
        self._told = set[tuple[str, str]]()

    @cached_property
    def _longer(self) -> BinEnsemble:
        """Reads longer bins; built only where it is needed."""
        return BinEnsemble(self._model, LongerBins(self._features), self._runtime)

    def predict_chromosomes(
        self, chroms: Sequence[str], rows: slice, *, advance: Advance | None = None
    ) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        """Predict haplotypes on some chromosomes.

        The result is that of :meth:`archaictools.haplotypes.predict.BinEnsemble.predict_chromosomes`.
        """
        found = super().predict_chromosomes(chroms, rows, advance=advance)
        for chrom, (values, _) in zip(chroms, found, strict=True):
            if weight := self._weight(chrom):
                self.tell(chrom, "the outgroup has little diversity; longer bins are read, too")
                [(longer, _)] = self._longer.predict_chromosomes([chrom], rows, advance=advance)
                self._average(chrom, values, longer, weight)
        return found

    def tell(self, chrom: str, what: str) -> None:
        """Say what is done on a chromosome, once for all groups of people."""
        if (chrom, what) not in self._told:
            self._told.add((chrom, what))
            log.info("%s: %s", chrom, what)

    def _average(
        self, chrom: str, values: npt.NDArray[np.float32], longer: npt.NDArray[np.float32], weight: float
    ) -> None:
        """Average log odds with those in longer bins; ``values`` are changed in place."""
        known = self._features.shared(chrom, "callable") > 0
        for own, more in zip(values, longer, strict=True):  # one by one: log odds have 64 bits
            odds = weight * logit(np.repeat(more, JOINED)[: len(own)]) + (1 - weight) * logit(own)
            own[:] = np.where(known, expit(odds), 0)

    def work_on(self, chrom: str, rows: slice) -> int:
        """Return the number of bins of haplotypes that are finished on one chromosome, longer bins included."""
        own = super().work_on(chrom, rows)
        return own + self._longer.work_on(chrom, rows) if self._weight(chrom) else own

    def _weight(self, chrom: str) -> float:
        """Return the weight of longer bins on a chromosome; 0 beside an archaic genome, where nothing is corrected."""
        if not self._pretrained or self._features.encoding.archaic:
            return 0.0
        variable, bases = (self._features.shared(chrom, name) for name in ("outgroup_variable", "callable"))
        outgroup = self._features.encoding.outgroup
        return longer_weight(diversity_of(variable, bases, outgroup), outgroup)
