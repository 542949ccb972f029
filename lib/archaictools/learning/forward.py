"""How a network predicts: batches in, probabilities out, by TensorFlow or by OpenVINO.

Only training needs TensorFlow, whose import costs seconds and half a gigabyte. All that only predicts takes a
:class:`Runtime`, which is OpenVINO, unless a GPU is visible and the job is large, see :func:`start_runtime`.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from archaictools.learning.batching import pad_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import keras
    import numpy as np
    import numpy.typing as npt

    from archaictools.learning.network import NetworkConfig

log = logging.getLogger("archaictools")

#: Work of a network (multiplications and additions) that one CPU thread does in a second, roughly: 110,000 bins of the
#: pretrained model.
WORK_PER_SECOND = 37e9

#: Seconds of work on the CPU above which TensorFlow on a GPU pays, since starting it takes 13 seconds or more.
GPU_PAYS_SECONDS = 60

#: Bins, or words, of a batch in TensorFlow: 48 chunks of 2,000 bins, and 2,000 windows of 200 words.
BINS_IN_BATCH, WORDS_IN_BATCH = 96_000, 400_000

#: One file for each NVIDIA GPU, if the driver is loaded.
_NVIDIA_DEVICES = Path("/proc/driver/nvidia/gpus")


class Forward(Protocol):
    """One network that predicts.

    Attributes
    ----------
    steps_in_batch
        Bins, or words, of a batch; more are hardly faster and need more memory.
    """

    steps_in_batch: int

    def __call__(self, batches: Iterable[np.ndarray]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield P(introgressed) of each batch, in order.

        Parameters
        ----------
        batches
            float32 (rows, bins, inputs) for a network of bins, int32 (rows, words) of word ids for one of k-mers.
            Batches may differ in shape.

        Yields
        ------
        numpy.ndarray
            float32 (rows, bins) for a network of bins, (rows,) for one of k-mers.
        """


class KerasForward:
    """Predict with a Keras model, as in training.

    TensorFlow prepares a network once for each shape, so batches are padded to the largest that came before.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self.steps_in_batch = BINS_IN_BATCH if len(model.input_shape) == 3 else WORDS_IN_BATCH
        self._rows: dict[tuple[int, ...], int] = {}

    def __call__(self, batches: Iterable[np.ndarray]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield P(introgressed) of each batch, in order; see :class:`Forward`."""
        for batch in batches:
            shape = batch.shape[1:]
            rows = self._rows[shape] = max(len(batch), self._rows.get(shape, 0))
            yield self._model.predict_on_batch(pad_rows(batch, rows))[: len(batch), ..., 0]


class Runtime(Protocol):
    """What makes networks that predict."""

    def network(self, config: NetworkConfig, weights: Mapping[str, np.ndarray]) -> Forward:
        """Return the network of this description with these weights."""


class TensorFlowRuntime:
    """Networks on a GPU."""

    def network(self, config: NetworkConfig, weights: Mapping[str, np.ndarray]) -> Forward:
        """Return the network of this description with these weights."""
        return KerasForward(config.build(dict(weights)))


class OpenVinoRuntime:
    """Networks on the CPU.

    Parameters
    ----------
    threads
        Batches that are predicted at the same time, each by one thread. So results do not depend on this number.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def network(self, config: NetworkConfig, weights: Mapping[str, np.ndarray]) -> Forward:
        """Return the network of this description with these weights."""
        from archaictools.learning.openvino_network import OpenVinoForward

        return OpenVinoForward(config, weights, threads=self._threads)


def start_runtime(*, threads: int, seed: int, work: float) -> Runtime:
    """Choose what predicts, and log it.

    Parameters
    ----------
    threads
        CPU threads.
    seed
        Seed for TensorFlow, if it is used.
    work
        Multiplications and additions to be done, see
        :meth:`archaictools.learning.network.NetworkConfig.work_per_step`.

    Returns
    -------
    Runtime
        TensorFlow if a GPU is visible and the CPU would take over :data:`GPU_PAYS_SECONDS`, else OpenVINO.
    """
    seconds = work / WORK_PER_SECOND / threads
    if seconds > GPU_PAYS_SECONDS and _gpu_is_visible() and importlib.util.find_spec("tensorflow"):
        from archaictools.learning.backend import start_tensorflow

        start_tensorflow(threads=threads, seed=seed)
        return TensorFlowRuntime()
    from archaictools.learning.openvino_network import version

    log.info("OpenVINO %s, CPU, %d thread(s)", version(), threads)
    return OpenVinoRuntime(threads)


def _gpu_is_visible() -> bool:
    """Tell whether an NVIDIA GPU can be used, without importing anything."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in {"", "-1"}:
        return False
    return _NVIDIA_DEVICES.is_dir() and any(_NVIDIA_DEVICES.iterdir())
