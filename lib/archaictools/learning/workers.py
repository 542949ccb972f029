"""Several processes that train one network, through ``tf.distribute.MultiWorkerMirroredStrategy``.

Each process reads the same batches in the same order and computes the gradient of its own rows. The sum of these
gradients is the gradient of the whole batch, so the processes train as one would.

Keras 3.15 does not train a network made under this strategy (keras-team/keras, issue 20585), and would clip gradients
before they are summed. So the network stays a local one: the strategy sums, and the optimiser clips the sum.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.errors import ArchaicError, UsageError
from archaictools.learning.rendezvous import meet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import keras
    import tensorflow as tf

    from archaictools.learning.cluster import Cluster

log = logging.getLogger("archaictools")

#: Longest wait for the others in a training, in seconds.
MAX_WAIT = 3_600


class Workers:
    """The processes that train together, as one of them sees them.

    Parameters
    ----------
    cluster
        The processes, and which of them this one is.

    Raises
    ------
    ArchaicError
        If not all of them start within :data:`archaictools.learning.rendezvous.MAX_START` seconds.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.number, self.rank, self.chief = len(cluster.addresses), cluster.rank, cluster.chief
        self._strategy = _join(cluster)

    def part(self, batch: int) -> slice:
        """Return the rows of a batch that this process trains on.

        Raises
        ------
        UsageError
            If a batch has fewer rows than there are processes.
        """
        if batch < self.number:
            raise UsageError(f"a batch of {batch} examples cannot be divided among {self.number} workers")
        return slice(batch * self.rank // self.number, batch * (self.rank + 1) // self.number)

    def begin(self, model: keras.Model, batch: int, settings: Mapping[str, Any], *, epoch: int) -> None:
        """Prepare a compiled network to learn from the rows of all processes, while each feeds its own.

        Parameters
        ----------
        model
            As compiled.
        batch
            Rows of a batch of all processes together.
        settings
            What the training depends on, as JSON.
        epoch
            Epochs that the checkpoint holds.

        Raises
        ------
        UsageError
            If the processes were started with other files or options, or do not see the same checkpoint.
        """
        self._check_equal([batch, settings], "the workers have other files or options; start all with the same command")
        self._check_equal(
            epoch, "the workers see different checkpoints; give --checkpoint a folder that all of them share"
        )
        model.train_step = self._train_step(model, batch)
        self._level(model)

    def validate(self, model: keras.Model, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
        """Return the chief's measures of a network, after giving it the chief's state; so all stop at one epoch."""
        self._level(model)
        found = measure()
        (values,) = self._from_chief([np.array(list(found.values()), dtype=np.float64)])
        return dict(zip(found, values.tolist(), strict=True))

    def _train_step(self, model: keras.Model, batch: int) -> Callable[[tuple[tf.Tensor, ...]], dict[str, tf.Tensor]]:
        """Return what Keras calls for each batch."""
        import tensorflow as tf

        rows = self.part(batch)
        fraction = (rows.stop - rows.start) / batch

        def train_step(data: tuple[tf.Tensor, ...]) -> dict[str, tf.Tensor]:
            inputs, targets, weights = data
            variables = model.trainable_variables
            with tf.GradientTape() as tape:
                # The loss is a mean over rows, so the mean over the whole batch is a weighted sum of the parts.
                loss = fraction * model.compute_loss(inputs, targets, model(inputs, training=True), weights)
            # The gradient of an embedding stays a list of rows: Keras' Adam squares each row before it sums them.
            loss, *gradients = self._total([loss, *tape.gradient(loss, variables)])
            model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            (tracker,) = (metric for metric in model.metrics if metric.name == "loss")
            tracker.update_state(loss)
            return {"loss": tracker.result()}

        return train_step

    def _from_chief(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the arrays of the chief; every process gives arrays of the same types and shapes."""
        own = arrays if self.chief else [np.zeros_like(array) for array in arrays]
        return self._sum(own)

    def _check_equal(self, value: object, problem: str) -> None:
        """Raise an error in every process unless all of them give the same value, which JSON can hold.

        Raises
        ------
        UsageError
            With this problem.
        """
        digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
        found = np.zeros(self.number, dtype=np.int64)
        found[self.rank] = int.from_bytes(digest[:7])
        if len(set(self._sum([found])[0].tolist())) > 1:
            raise UsageError(problem)

    def _level(self, model: keras.Model) -> None:
        """Give a network and its optimiser the chief's state, since processors differ in the last bit of a result."""
        variables = [
            each
            for each in (*model.trainable_variables, *model.optimizer.variables)
            if np.issubdtype(np.dtype(each.dtype), np.floating)
        ]
        for variable, value in zip(variables, self._from_chief([np.asarray(each) for each in variables]), strict=True):
            variable.assign(value)

    def wait(self) -> None:
        """Wait until all processes are here; the chief, whose files are written by then, only warns of a lost one."""
        try:
            self._sum([np.zeros(1)])
        except ArchaicError as error:
            if not self.chief:
                raise
            log.warning("the results are complete, but %s", error)

    @contextmanager
    def losses_named(self) -> Iterator[None]:
        """Raise ArchaicError for a process that ended, or that does not answer within :data:`MAX_WAIT` seconds."""
        import tensorflow as tf

        lost = (tf.errors.UnavailableError, tf.errors.DeadlineExceededError, tf.errors.AbortedError)
        try:
            yield
        except (*lost, tf.errors.CancelledError, tf.errors.InternalError) as error:
            if not isinstance(error, lost) and "ollective" not in str(error):
                raise
            raise ArchaicError(
                f"worker {self.rank + 1} of {self.number} has lost another worker, which ended or does not answer",
                remedy="see its message, and start all workers again; with --checkpoint they continue",
            ) from error

    def _sum(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the sums of arrays over all processes."""
        import tensorflow as tf

        with self.losses_named():
            summed = tf.function(self._total, autograph=False)([tf.constant(array) for array in arrays])
            return [each.numpy() for each in summed]

    def _total(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """Return the sums of tensors over all processes, within a graph."""
        import tensorflow as tf

        def total(own: list[tf.Tensor]) -> Any:
            # A tensor from outside has no device, which the strategy needs.
            placed = [tf.identity(each) for each in own]
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)

        summed: list[tf.Tensor] = self._strategy.run(total, args=(tensors,))
        return summed


@functools.cache  # a process joins a cluster once, before it uses TensorFlow
def join_workers(cluster: Cluster) -> Workers:
    """Return the processes of a cluster, which this one joins.

    Raises
    ------
    ArchaicError
        If not all of them start within :data:`archaictools.learning.rendezvous.MAX_START` seconds.
    """
    return Workers(cluster)


def _join(cluster: Cluster) -> tf.distribute.Strategy:
    """Make the strategy, once all processes have started."""
    import tensorflow as tf

    log.info("worker %d of %d waits for the others", cluster.rank + 1, len(cluster.addresses))
    meet(cluster)
    # A worker has one GPU, as a process that trains alone does; several GPUs of a machine are several workers.
    gpus = tf.config.list_physical_devices("GPU")[:1]
    tf.config.set_visible_devices(gpus, "GPU")
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}),
        task_type="worker",
        task_id=cluster.rank,
        num_accelerators={"GPU": len(gpus)},
        rpc_layer="grpc",
    )
    options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=MAX_WAIT)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver, communication_options=options)
    except (tf.errors.OpError, RuntimeError) as error:
        raise ArchaicError(
            f"worker {cluster.rank + 1} of {len(cluster.addresses)} cannot join the others as "
            f"{cluster.addresses[cluster.rank]} ({error})"
        ) from error
