"""Batches of fixed size as a TensorFlow dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt
    import tensorflow as tf

#: Inputs, float32 targets and float32 weights in the loss.
Batch = tuple["npt.NDArray[np.float32] | npt.NDArray[np.int32]", "npt.NDArray[np.float32]", "npt.NDArray[np.float32]"]


def pad_rows(array: np.ndarray, rows: int) -> np.ndarray:
    """Return an array whose first axis is padded with zeros to ``rows``, so that XLA compiles for one shape only."""
    if len(array) == rows:
        return array
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), dtype=array.dtype)])


def streamed(
    epoch: Callable[[], Iterator[Batch]],
    steps: int,
    *,
    inputs: tuple[int, ...],
    dtype: str,
    targets: tuple[int, ...],
    ahead: int,
) -> tf.data.Dataset[Any]:
    """Return one epoch as a dataset that prepares batches while others are trained on.

    Parameters
    ----------
    epoch
        Returns the batches.
    steps
        Number of batches.
    inputs, dtype
        Shape and type of the inputs of a batch.
    targets
        Shape of its targets and of its weights.
    ahead
        Number of batches prepared in advance.
    """
    import tensorflow as tf

    column = tf.TensorSpec(targets, tf.float32)
    signature = (tf.TensorSpec(inputs, tf.as_dtype(dtype)), column, column)
    stream = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    # A generator has no length that tf.data could know; fit must not guess it in the first epoch.
    stream = stream.apply(tf.data.experimental.assert_cardinality(steps))
    # There is nothing to tune. A tuning thread makes the end of an epoch wait for its next wake-up, which comes after
    # twice the time each turn: measured, up to as long as the epoch itself.
    options = tf.data.Options()
    options.autotune.enabled = False
    return stream.prefetch(ahead).with_options(options)
