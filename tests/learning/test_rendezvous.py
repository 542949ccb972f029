"""All processes of a cluster meet before TensorFlow starts, or end in a sentence."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from archaictools.errors import ArchaicError
from archaictools.learning import rendezvous
from archaictools.learning.cluster import Cluster


@pytest.fixture
def cluster():
    """Three processes of this machine, the first at a port that is free."""
    with socket.socket() as found:
        found.bind(("localhost", 0))
        port = found.getsockname()[1]
    addresses = (f"localhost:{port}", "localhost:1", "localhost:2")
    return [Cluster(addresses, rank) for rank in range(3)]


def test_nobody_goes_on_before_all_are_there(cluster):
    with ThreadPoolExecutor(3) as pool:
        early = [pool.submit(rendezvous.meet, cluster[rank]) for rank in (2, 0)]
        port = int(cluster[0].addresses[0].rpartition(":")[2])
        for greeting in (b"GET / HTTP/1.1\r\n", b"archaictools\0\0\0\7"):  # strangers, and a rank that does not exist
            while True:
                try:
                    with socket.create_connection(("localhost", port)) as stranger:
                        stranger.sendall(greeting)
                    break
                except OSError:
                    continue
        assert not any(each.done() for each in early), "the second is missing"
        pool.submit(rendezvous.meet, cluster[1]).result()
        for each in early:
            each.result()
    with socket.create_server(("localhost", port)):
        pass  # the port is free again, for TensorFlow


def test_a_process_that_does_not_start_is_named(cluster, monkeypatch):
    monkeypatch.setattr(rendezvous, "MAX_START", 1)
    with ThreadPoolExecutor(2) as pool:
        chief, other = (pool.submit(rendezvous.meet, cluster[rank]) for rank in (0, 2))
        with pytest.raises(ArchaicError, match=r"worker 2 \(localhost:1\) has not started within 1 s"):
            chief.result()
        with pytest.raises(ArchaicError, match=r"worker 3 of 3 has waited 1 s for worker 1 \(localhost:"):
            other.result()


def test_a_port_in_use_is_named(cluster):
    port = int(cluster[0].addresses[0].rpartition(":")[2])
    with socket.create_server(("", port)), pytest.raises(ArchaicError, match=f"cannot listen on port {port}"):
        rendezvous.meet(cluster[0])
