"""A network in OpenVINO, built in memory from its description and its weights.

No model file is read: the graph comes from :class:`archaictools.learning.network.NetworkConfig`. Predictions equal
those of Keras within 1e-5. Measured on one thread, this predicts 110,000 bins a second with the pretrained model (ONNX
Runtime 98,000, TensorFlow 92,000) and starts in 0.2 seconds.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.console import hushed_stderr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    from archaictools.learning.network import NetworkConfig

#: Order of the gates of an LSTM in Keras (input, forget, cell, output) and in OpenVINO.
_KERAS_GATES, _GATES = "ifco", "fico"

#: Bins, or words, of a batch. More are at most 3 % faster, and a thread needs 6 kB of memory for each bin.
BINS_IN_BATCH, WORDS_IN_BATCH = 8_000, 100_000

#: Both directions of a layer: their numbers are those of the axis that OpenVINO adds.
_SIDES = ("forward", "backward")


def version() -> str:
    """Return the version of OpenVINO."""
    import openvino

    return str(openvino.__version__).split("-", maxsplit=1)[0]


class OpenVinoForward:
    """Predict with one network, several batches at a time; see :class:`archaictools.learning.forward.Forward`.

    Parameters
    ----------
    config, weights
        Description of the network, and float32 arrays by name.
    threads
        Batches at a time. Each is predicted by one thread, so results do not depend on the number of threads.

    Attributes
    ----------
    precision
        Precision of products.
    """

    precision = "f32"

    def __init__(self, config: NetworkConfig, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        self.steps_in_batch = BINS_IN_BATCH if config.per_bin else WORDS_IN_BATCH
        with hushed_stderr():
            import openvino

            # Without these hints the precision would depend on the CPU, and a thread would be bound to a core that
            # another process may use.
            settings = {
                "INFERENCE_PRECISION_HINT": self.precision,
                "NUM_STREAMS": str(threads),
                "INFERENCE_NUM_THREADS": threads,
                "ENABLE_CPU_PINNING": False,
            }
            compiled = openvino.Core().compile_model(_graph(config, weights), "CPU", settings)
        self._requests = [compiled.create_infer_request() for _ in range(threads)]
        # A table of a million k-mers is faster in NumPy, and is not copied.
        self._vectors = None if config.per_bin else np.asarray(weights["embedding"], dtype=np.float32)

    def __call__(self, batches: Iterable[np.ndarray]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield P(introgressed) of each batch, in order."""
        free, busy = deque(self._requests), deque[Any]()
        for batch in batches:
            if not free:
                yield _result(busy, free)
            request = free.popleft()
            # A row alone is computed by other code, whose last bit may differ. Two rows are not, so a result never
            # depends on the rows beside it, and parts of the work give the same numbers as the whole.
            rows = batch if len(batch) > 1 else np.repeat(batch, 2, axis=0)
            read = rows if self._vectors is None else self._vectors[rows]
            request.start_async([np.ascontiguousarray(read, dtype=np.float32)])
            busy.append((request, len(batch)))
        while busy:
            yield _result(busy, free)


def _result(busy: deque[Any], free: deque[Any]) -> npt.NDArray[np.float32]:
    """Wait for the oldest request, and return its result."""
    request, rows = busy.popleft()
    request.wait()
    found: npt.NDArray[np.float32] = request.get_output_tensor(0).data[:rows, ..., 0].copy()
    free.append(request)
    return found


def _graph(config: NetworkConfig, weights: Mapping[str, np.ndarray]) -> Any:
    """Return the OpenVINO model of a description; that of k-mers begins with word vectors (rows, words, embedding)."""
    from openvino import Model
    from openvino import opset8 as ops

    inputs = config.vocabulary if config.per_bin else config.embedding
    read = ops.parameter([-1, -1, inputs], np.float32)
    found = ops.relu(_dense(read, weights, "embedding", "embedding_bias")) if config.per_bin else read
    for layer in range(1, config.lstm_layers + 1):
        suffix = "" if layer == 1 else f"_{layer}"
        found = _bidirectional(found, weights, suffix, config.lstm, every_step=config.per_bin)
    if config.dense:
        found = ops.relu(_dense(found, weights, "dense_kernel", "dense_bias"))
    return Model([ops.sigmoid(_dense(found, weights, "output_kernel", "output_bias"))], [read], "archaictools")


def _dense(inputs: Any, weights: Mapping[str, np.ndarray], kernel: str, bias: str) -> Any:
    from openvino import opset8 as ops

    product = ops.matmul(inputs, ops.constant(weights[kernel]), transpose_a=False, transpose_b=False)
    return ops.add(product, ops.constant(weights[bias]))


def _bidirectional(inputs: Any, weights: Mapping[str, np.ndarray], suffix: str, units: int, *, every_step: bool) -> Any:
    """Return the output of both directions, (rows, steps, 2 units), or their last states, (rows, 2 units)."""
    from openvino import opset8 as ops

    def both(name: str, *, transposed: bool) -> Any:
        arrays = [_reordered(weights[f"{side}{suffix}_{name}"]) for side in _SIDES]
        return ops.constant(np.stack([array.T if transposed else array for array in arrays]))

    shape = ops.shape_of(inputs, "i64")
    rows, steps = (ops.gather(shape, ops.constant(np.array([axis])), ops.constant(0)) for axis in (0, 1))
    state_shape = ops.concat([rows, ops.constant(np.array([len(_SIDES), units]))], 0)
    zeros = ops.broadcast(ops.constant(np.float32(0)), state_shape)
    lstm = ops.lstm_sequence(
        inputs,
        zeros,
        zeros,
        ops.broadcast(steps, rows),
        both("kernel", transposed=True),
        both("recurrent", transposed=True),
        both("bias", transposed=False),
        units,
        "BIDIRECTIONAL",
    )
    if not every_step:
        return ops.reshape(lstm.output(1), ops.constant(np.array([0, 2 * units])), special_zero=True)
    by_step = ops.transpose(lstm.output(0), ops.constant(np.array([0, 2, 1, 3])))
    return ops.reshape(by_step, ops.constant(np.array([0, 0, 2 * units])), special_zero=True)


def _reordered(array: np.ndarray) -> np.ndarray:
    """Return LSTM weights with the gates in the order of OpenVINO."""
    gates = dict(zip(_KERAS_GATES, np.split(array, len(_KERAS_GATES), axis=-1), strict=True))
    return np.concatenate([gates[gate] for gate in _GATES], axis=-1)
