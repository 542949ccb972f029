"""Posteriors of haplotypes with their archaic genomes and, where most calls match none of these, without them.

If the source is not among the named genomes, a model misses segments that it finds without a genome. In people
whose source is named, the reading without a genome is less precise. So it is added only where most called bases match
no named genome; there a posterior is the larger of both.

Each reading is lowered first where it is diffuse (:mod:`archaictools.haplotypes.diffuse`).

Each group of people on each chromosome decides apart, so that a divided run decides as the whole run does.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.diffuse import lower_diffuse
from archaictools.haplotypes.feature_file import WithoutArchaic
from archaictools.haplotypes.little_diversity import DiversityEnsemble
from archaictools.haplotypes.named_genomes import explained
from archaictools.haplotypes.posteriors import rounded
from archaictools.haplotypes.predict import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import Advance
    from archaictools.learning.forward import Runtime
    from archaictools.learning.model_file import TrainedModel


class BothReadings(DiversityEnsemble):
    """All members of a model, which also read haplotypes without the named genomes where these explain little.

    Parameters
    ----------
    model
        As loaded. Without a second network, haplotypes are read only as their file is. Only the posteriors of the model
        of the package are lowered.
    features
        The haplotypes to predict.
    runtime
        What makes the networks.
    """

    def __init__(self, model: TrainedModel, features: FeatureFile, runtime: Runtime) -> None:
        super().__init__(model, features, runtime)
        self._both = bool(features.encoding.archaic) and model.second_network is not None

    @cached_property
    def _unnamed(self) -> DiversityEnsemble:
        """Reads as if no archaic genome were named; built only where it is needed."""
        return DiversityEnsemble(self._model, WithoutArchaic(self._features), self._runtime)

    def predict_chromosomes(
        self,
        chroms: Sequence[str],
        rows: slice,
        *,
        advance: Advance | None = None,
        extend: Callable[[int], None] | None = None,
    ) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        """Predict a group of haplotypes on some chromosomes.

        Parameters
        ----------
        chroms
            Their names.
        rows
            One of ``features.groups``.
        advance
            Called after each batch with the bins of haplotypes that it finished.
        extend
            Called with the bins of haplotypes that are read a second time.

        Returns
        -------
        list of tuple
            As :meth:`archaictools.haplotypes.predict.BinEnsemble.predict_chromosomes`.
        """
        found = self._beside(chroms, rows, advance)
        for chrom, (values, seen) in zip(chroms, found, strict=True):
            self._lower(chrom, rows, values)
            if self._both and not explained(self._features, chrom, rounded(self._features, chrom, rows, values, seen)):
                self.tell(chrom, "most called bases match no named genome; haplotypes are also read without one")
                if extend:
                    extend(self._unnamed.work_on(chrom, rows))
                [(more, _)] = self._unnamed.predict_chromosomes([chrom], rows, advance=advance)
                self._lower(chrom, rows, more)
                np.maximum(values, more, out=values)
        return found

    def _lower(self, chrom: str, rows: slice, values: npt.NDArray[np.float32]) -> None:
        """Lower the posteriors of a group on a chromosome if they are diffuse; they are changed in place."""
        if not self._pretrained:
            return
        known = self._features.read(chrom, rows)
        if lower_diffuse(values, known, self._features.encoding.bin):
            self.tell(chrom, "posteriors are diffuse; they are lowered")

    def _beside(
        self, chroms: Sequence[str], rows: slice, advance: Advance | None
    ) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        """Predict a group as its file is: beside a genome a few haplotypes at a time, which need no others."""
        if not self._features.encoding.archaic or len(chroms) > 1:
            return super().predict_chromosomes(chroms, rows, advance=advance)
        [chrom] = chroms
        values = np.empty((rows.stop - rows.start, self._features.bins[chrom]), dtype=np.float32)
        for part in parts(rows):
            own = slice(part.start - rows.start, part.stop - rows.start)
            [(values[own], seen)] = super().predict_chromosomes(chroms, part, advance=advance)
        return [(values, seen)]
