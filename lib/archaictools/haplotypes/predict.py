"""Posteriors along haplotypes, from one or two stages of all networks of a model.

The first network scores each haplotype by itself. Without an archaic genome, a second network refines these scores with
those of haplotypes that share its very rare alleles, see :mod:`archaictools.haplotypes.relatedness`. Only stretches of
callable bins are predicted: neither data beyond a gap nor the length of a chromosome in the header changes a score.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archaictools.haplotypes.callability import stretches
from archaictools.haplotypes.dataset import known_names, seen_bins
from archaictools.haplotypes.inputs import InputReader
from archaictools.haplotypes.predictors import CHUNKING, HALVES, BinPredictor, SecondPredictor, Stretch
from archaictools.haplotypes.relatedness import MAX_ODDS
from archaictools.haplotypes.second_reader import ScoresAlong, SecondReader, both_inputs
from archaictools.learning.calibration import logit
from archaictools.learning.regions import out_of_fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import Advance
    from archaictools.learning.forward import Runtime
    from archaictools.learning.model_file import Member, TrainedModel
    from archaictools.learning.network import NetworkConfig

#: Callable bins at least this far apart are predicted as if they were on different chromosomes.
SPLIT_GAP = 100
#: Haplotypes of one chromosome that are read at a time.
HAPLOTYPES_AT_ONCE = 8
#: Most bins of haplotypes whose inputs of the second stage are in memory at a time, in training.
MAX_BINS = 400_000


class Found(NamedTuple):
    """P(introgressed) in some bins of a chromosome, by its number: float32 (haplotypes, bins)."""

    chromosome: int
    bins: slice
    values: npt.NDArray[np.float32]


def parts(rows: slice, size: int = HAPLOTYPES_AT_ONCE) -> list[slice]:
    """Divide rows of haplotypes into parts that are predicted together.

    Examples
    --------
    >>> parts(slice(24, 34))
    [slice(24, 32, None), slice(32, 34, None)]
    """
    return [slice(first, min(first + size, rows.stop)) for first in range(rows.start, rows.stop, size)]


class TwoStagePredictor:
    """Predict haplotypes of one group with a first network and, without an archaic genome, a second one.

    With an archaic genome the first stage is more accurate alone. A second one, trained on both kinds of features,
    gained 0.002 of F1 on average in ten simulations, but lost 0.07 in the ten CEU of the demo of real people: what they
    share and outgroups of five lack is often no archaic tract, which the archaic genome shows.

    Parameters
    ----------
    first
        Predicts each haplotype by itself.
    second
        Predicts from the scores of the first for all haplotypes of a group, or None.
    """

    def __init__(self, first: BinPredictor, second: BinPredictor | None) -> None:
        self._first, self._second = first, second

    def uses_second_stage(self, features: FeatureFile) -> bool:
        """Whether the second network predicts haplotypes of a file."""
        return self._second is not None and not features.encoding.archaic

    def __call__(
        self, features: FeatureFile, chrom: str, rows: slice, where: slice = slice(None)
    ) -> npt.NDArray[np.float32]:
        """Predict haplotypes of one chromosome; see :meth:`predict`.

        Parameters
        ----------
        features, chrom
            File of haplotypes, and chromosome.
        rows
            Haplotypes of one of ``features.groups``, all of it if there is a second stage.
        where
            The bins.

        Returns
        -------
        numpy.ndarray
            float32 (haplotypes, bins).
        """
        return self.predict(features, [chrom], rows, where)[0]

    def predict(
        self,
        features: FeatureFile,
        chroms: Sequence[str],
        rows: slice,
        where: slice = slice(None),
        *,
        advance: Advance | None = None,
    ) -> list[npt.NDArray[np.float32]]:
        """Predict haplotypes on some chromosomes; short chromosomes share batches.

        Parameters
        ----------
        features, chroms
            File of haplotypes, and chromosomes.
        rows
            Haplotypes of one of ``features.groups``, all of it if there is a second stage.
        where
            The bins of each chromosome.
        advance
            See :meth:`archaictools.haplotypes.predictors.BinPredictor.predict`.

        Returns
        -------
        list of numpy.ndarray
            float32 (haplotypes, bins) for each chromosome: P(introgressed); 0 in bins that are not callable.
        """
        counts = [len(range(*where.indices(features.bins[chrom]))) for chrom in chroms]
        found = [np.zeros((rows.stop - rows.start, bins), dtype=np.float32) for bins in counts]
        for number, bins, values in self.stream(features, chroms, rows, where, advance=advance):
            found[number][:, bins] = values
        return found

    def stream(
        self,
        features: FeatureFile,
        chroms: Sequence[str],
        rows: slice,
        where: slice = slice(None),
        *,
        advance: Advance | None = None,
    ) -> Iterator[Found]:
        """Predict as :meth:`predict` does, and yield callable bins as they are known, so that memory does not grow."""
        plan = [
            (number, bins)
            for number, chrom in enumerate(chroms)
            for bins in _callable_stretches(features, chrom, where)
        ]
        if self._second is None or not self.uses_second_stage(features):
            scores = self._first.stream(_first_stretches(features, chroms, rows, where, plan), advance=advance)
        else:
            half = None if advance is None else partial(_half, advance)  # each stage finishes half of a bin
            first = self._first.stream(_first_stretches(features, chroms, rows, where, plan), advance=half)
            scores = self._second.stream(
                _second_stretches(features, chroms, rows, where, plan, ScoresAlong(first)), advance=half
            )
        for one in scores:
            number, bins = plan[one.stretch]
            yield Found(number, slice(bins.start + one.bins.start, bins.start + one.bins.stop), one.values)

    def inputs(
        self,
        features: FeatureFile,
        chrom: str,
        rows: slice,
        where: slice = slice(None),
        *,
        change: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]] | None = None,
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the inputs of the second network for some haplotypes at a time.

        Parameters
        ----------
        features, chrom, rows, where
            As for :meth:`__call__`.
        change
            Changes the inputs of the first network, as data augmentation does.

        Yields
        ------
        numpy.ndarray
            float32 (haplotypes, bins, inputs): the inputs of the first network, then
            :data:`archaictools.haplotypes.relatedness.INPUTS`.
        """
        own = features.inputs(chrom, rows)[:, where]
        if change is not None:
            own = change(own)
        together, bin_runs = slice(0, len(own)), _callable_stretches(features, chrom, where)
        odds = np.full(own.shape[:2], -MAX_ODDS, dtype=np.float32)
        for part in parts(together):
            found = self._first.predict([own[part, bins] for bins in bin_runs])
            for bins, values in zip(bin_runs, found, strict=True):
                odds[part, bins] = logit(values)
        begin, end, _ = where.indices(features.bins[chrom])
        bin_of_allele, carriers = features.shared_alleles(chrom, rows)
        here = (bin_of_allele >= begin) & (bin_of_allele < end)
        made = both_inputs(own, odds, bin_of_allele[here] - begin, carriers[here])
        for part in parts(together, max(1, min(HAPLOTYPES_AT_ONCE, MAX_BINS // (end - begin)))):
            yield np.stack(list(islice(made, part.stop - part.start)))


def _half(advance: Advance, bins: float) -> None:
    advance(bins / 2)


def _callable_stretches(features: FeatureFile, chrom: str, where: slice) -> list[slice]:
    """Return the stretches of callable bins, counted from the first bin of ``where``."""
    return [slice(*ends) for ends in stretches((features.shared(chrom, "callable") > 0)[where], SPLIT_GAP)]


def _first_stretches(
    features: FeatureFile, chroms: Sequence[str], rows: slice, where: slice, plan: Sequence[tuple[int, slice]]
) -> Iterator[Stretch]:
    """Yield the planned stretches with inputs of the first network."""
    for number, stretches_here in groupby(plan, key=itemgetter(0)):
        reader, begin = InputReader(features, chroms[number]), where.indices(features.bins[chroms[number]])[0]
        for _, bins in stretches_here:
            read = partial(_first_inputs, reader, rows, begin + bins.start)
            yield Stretch(rows.stop - rows.start, bins.stop - bins.start, read)


def _first_inputs(reader: InputReader, rows: slice, begin: int, bins: slice) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the inputs of each haplotype in bins of a stretch that begins with bin ``begin``."""
    for row in range(rows.start, rows.stop):
        yield reader.read(slice(row, row + 1), slice(begin + bins.start, begin + bins.stop))[0]


def _second_stretches(
    features: FeatureFile,
    chroms: Sequence[str],
    rows: slice,
    where: slice,
    plan: Sequence[tuple[int, slice]],
    scores: ScoresAlong,
) -> Iterator[Stretch]:
    """Yield the planned stretches with inputs of the second network."""
    for number, stretches_here in groupby(enumerate(plan), key=lambda numbered: numbered[1][0]):
        reader = SecondReader(features, chroms[number], rows, where)
        for stretch, (_, bins) in stretches_here:
            read = partial(reader.read, bins.start, partial(scores.read, stretch))
            yield Stretch(rows.stop - rows.start, bins.stop - bins.start, read)


def _second_network(model: TrainedModel, features: FeatureFile) -> NetworkConfig | None:
    """Return the second network if the model has one and the file needs it: it has no archaic genome."""
    return None if features.encoding.archaic else model.second_network


def work_of(model: TrainedModel, features: FeatureFile) -> float:
    """Return the multiplications and additions that predicting a file takes, with all members."""
    networks = [model.network, _second_network(model, features)]
    work = sum(network.work_per_step() for network in networks if network is not None)
    bins = sum(features.bins.values()) * len(features.haplotypes)
    return float(work * bins * (2 if model.both_strands else 1) * len(model.members))


def _two_stages(model: TrainedModel, member: Member, features: FeatureFile, runtime: Runtime) -> TwoStagePredictor:
    """Build the networks of a member that a file needs."""
    both, chunking = model.both_strands, CHUNKING if features.encoding.archaic else HALVES
    second, config = None, _second_network(model, features)
    if config is not None:
        network = runtime.network(config, member.second_weights)
        second = SecondPredictor(network, both_strands=both, chunking=chunking)
    first = BinPredictor(runtime.network(model.network, member.weights), both_strands=both, chunking=chunking)
    return TwoStagePredictor(first, second)


class BinEnsemble:
    """All members of a model. Each bin is predicted by the members that have not seen it, or by all if every one has.

    Parameters
    ----------
    model
        As loaded; its networks are built here.
    features
        The haplotypes to predict. Training can have seen their bins only if it read the same VCFs.
    runtime
        What makes the networks.
    """

    def __init__(self, model: TrainedModel, features: FeatureFile, runtime: Runtime) -> None:
        self._features = features
        self._names = known_names(model.sources, features)
        self._seen = [member.seen for member in model.members]
        self._predictors = [_two_stages(model, member, features, runtime) for member in model.members]

    def predict(self, chrom: str, rows: slice) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Predict haplotypes on one chromosome; see :meth:`predict_chromosomes`."""
        return self.predict_chromosomes([chrom], rows)[0]

    def predict_chromosomes(
        self, chroms: Sequence[str], rows: slice, *, advance: Advance | None = None
    ) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        """Predict haplotypes on some chromosomes.

        Parameters
        ----------
        chroms
            Their names.
        rows
            Haplotypes of one of ``features.groups``.
        advance
            Called after each batch with the bins of haplotypes that it finished.

        Returns
        -------
        list of tuple
            For each chromosome, the probability: float32 (haplotypes, bins), the mean over the members that have not
            seen the bin, or over all if every one has; and seen: bool (bins,), where every member has.
        """
        folds = [self._out_of_fold(chrom) for chrom in chroms]
        totals = [np.zeros((rows.stop - rows.start, self._features.bins[chrom]), dtype=np.float32) for chrom in chroms]
        for number, predictor in enumerate(self._predictors):
            asked = [index for index, (members, _) in enumerate(folds) if members[number].any()]
            stream = predictor.stream(self._features, [chroms[index] for index in asked], rows, advance=advance)
            for place, bins, values in stream:
                mine = folds[asked[place]][0][number, bins]
                totals[asked[place]][:, bins] += np.where(mine, values, np.float32(0))
        for total, (members, _) in zip(totals, folds, strict=True):
            np.divide(total, members.sum(axis=0).astype(np.float32), out=total)
        return [(total, seen) for total, (_, seen) in zip(totals, folds, strict=True)]

    def work(self) -> int:
        """Return the number of bins of haplotypes that :meth:`predict_chromosomes` finishes on all chromosomes."""
        return sum(self.work_on(chrom, slice(0, len(self._features.haplotypes))) for chrom in self._features.bins)

    def work_on(self, chrom: str, rows: slice) -> int:
        """Return the same for some haplotypes on one chromosome."""
        asked = int(self._out_of_fold(chrom)[0].any(axis=1).sum())
        bins = sum(part.stop - part.start for part in _callable_stretches(self._features, chrom, slice(None)))
        return int(asked * bins * (rows.stop - rows.start))

    def seen(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Return the bins of a chromosome that every member has seen, bool (bins,), without predicting them."""
        return self._out_of_fold(chrom)[1]

    def _out_of_fold(self, chrom: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        edges = self._features.edges(chrom)
        return out_of_fold(np.array([~seen_bins(seen, self._names[chrom], edges) for seen in self._seen]))
