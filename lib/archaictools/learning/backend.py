"""TensorFlow: import, threads, seed and device."""

from __future__ import annotations

import importlib.util
import logging
import os
from typing import TYPE_CHECKING

from archaictools.console import hushed_stderr
from archaictools.errors import ArchaicError

if TYPE_CHECKING:
    from archaictools.learning.cluster import Cluster
    from archaictools.learning.workers import Workers

log = logging.getLogger("archaictools")


def require_tensorflow() -> None:
    """Raise an error if TensorFlow is not installed, without importing it.

    Raises
    ------
    ArchaicError
        With the command that installs it.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ArchaicError("training needs TensorFlow, which is not installed; run: pip install tensorflow keras")


def start_tensorflow(*, threads: int | None, seed: int, cluster: Cluster | None = None) -> Workers | None:
    """Import TensorFlow without its messages, limit its threads and seed it; log the device.

    ``threads`` takes effect only if nothing else in the process has used TensorFlow before.

    Parameters
    ----------
    threads
        CPU threads; None for TensorFlow's own choice.
    seed
        Seed of Python, NumPy and TensorFlow.
    cluster
        Processes to train with, or None to train alone.

    Returns
    -------
    Workers or None
        The processes that train together, or None.

    Raises
    ------
    ArchaicError
        If TensorFlow is not installed, or if not all processes of the cluster start.
    """
    require_tensorflow()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with hushed_stderr():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    # Each model has functions of its own, so a notebook that predicts several times would be warned of retracing.
    tf.get_logger().setLevel(logging.ERROR)
    if threads:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            log.warning("TensorFlow was already running: the number of threads stays as it was")
    keras.utils.set_random_seed(seed)
    # Without this, sums over threads sometimes differ in their last bit from run to run. It switches XLA off, which
    # costs little: measured within 7 % of XLA at batches of 128 and 1,024.
    tf.config.experimental.enable_op_determinism()
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)  # noqa: FBT003
    device = f"{len(gpus)} GPU(s), cuDNN LSTM" if gpus else f"CPU, {threads or os.cpu_count()} thread(s)"
    log.info("TensorFlow %s, Keras %s, %s", tf.__version__, keras.__version__, device)
    if cluster is None:
        return None
    from archaictools.learning.workers import join_workers

    return join_workers(cluster)
