"""Wait until all processes of a cluster have started, for a limited time.

TensorFlow itself waits an hour for a process that is missing, and no signal ends that wait. So the others first report
to the chief, at the address that TensorFlow uses afterwards.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

from archaictools.errors import ArchaicError, shortlist

if TYPE_CHECKING:
    from archaictools.learning.cluster import Cluster

#: Seconds in which all processes must have started.
MAX_START = 600

#: First bytes of a report, so that a stranger's connection is not taken for one, and the chief's answer.
_GREETING, _GO = b"archaictools", b"go"
_PATIENCE, _PAUSE = 5.0, 0.2


def meet(cluster: Cluster) -> None:
    """Return when all processes of a cluster have called this function.

    Raises
    ------
    ArchaicError
        If one of them does not within :data:`MAX_START` seconds, or if the chief cannot use its port.
    """
    deadline = time.monotonic() + MAX_START
    host, _, port = cluster.addresses[0].rpartition(":")
    if cluster.chief:
        _gather(cluster, int(port), deadline)
    else:
        _report(cluster, host.strip("[]"), int(port), deadline)


def _gather(cluster: Cluster, port: int, deadline: float) -> None:
    """Wait for the reports of all others, then answer."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server(("", port), family=family, dualstack_ipv6=both))
        except OSError as error:
            raise ArchaicError(f"worker 1 cannot listen on port {port} ({error.strerror}); choose another") from error
        found: dict[int, socket.socket] = {}
        while missing := set(range(1, len(cluster.addresses))) - found.keys():
            server.settimeout(max(0.0, deadline - time.monotonic()))
            try:
                connection = stack.enter_context(server.accept()[0])
            except (TimeoutError, BlockingIOError) as error:
                names = shortlist(f"{rank + 1} ({cluster.addresses[rank]})" for rank in sorted(missing))
                raise ArchaicError(f"worker {names} has not started within {MAX_START} s; start all workers") from error
            connection.settimeout(_PATIENCE)
            with contextlib.suppress(OSError):
                greeting = connection.recv(len(_GREETING) + 4, socket.MSG_WAITALL)
                rank = int.from_bytes(greeting[len(_GREETING) :])
                if greeting.startswith(_GREETING) and 0 < rank < len(cluster.addresses):
                    found[rank] = connection
        for connection in found.values():
            with contextlib.suppress(OSError):
                connection.sendall(_GO)
                connection.recv(1)  # the other side closes first, which leaves this port free


def _report(cluster: Cluster, host: str, port: int, deadline: float) -> None:
    """Report to the chief until it answers."""
    while (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=left) as connection:
            connection.sendall(_GREETING + cluster.rank.to_bytes(4))
            if connection.recv(len(_GO), socket.MSG_WAITALL) == _GO:
                return
        time.sleep(_PAUSE)
    raise ArchaicError(
        f"worker {cluster.rank + 1} of {len(cluster.addresses)} has waited {MAX_START} s for worker 1 "
        f"({cluster.addresses[0]}) and the others; start all workers, and check their addresses"
    )
