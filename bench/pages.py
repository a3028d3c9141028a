"""Open pages of a measurement: the processes behind them, and what they are told, and when."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

from bench.cluster import Cluster
from kernel.clock import now
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Child, stop_all
from vaultcraft.supervisor.programs import product_programs

_PATIENCE_SECONDS = 120.0


@contextlib.contextmanager
def serving(cluster: Cluster, *, database: str, namespace: str) -> Iterator[int]:
    """Web, and behind it the process that open pages are followed by; the port of web."""
    port = free_port()
    programs = product_programs(places=cluster.servers.places, addresses=[f"127.0.0.1:{port}"])
    own = {
        **cluster.urls_of(database),
        "VAULTCRAFT_EVENT_NAMESPACE": namespace,
        "VAULTCRAFT_LIVE_STREAMS_EACH": "100",
    }
    children = [
        Child(program=dataclasses.replace(one, environment={**one.environment, **own}))
        for one in programs
        if one.name in ("web", "live")
    ]
    try:
        yield port
    finally:
        stop_all(children, gentle_seconds=5)


class Pages:
    """So many of one person. Notes how old each posted transaction is when a page is told of it."""

    def __init__(self, port: int, cookie: str, *, count: int) -> None:
        self.seconds: list[float] = []
        self.noting = False
        self._open = [_followed(port, cookie) for _ in range(count)]
        for one in self._open:
            threading.Thread(target=self._read, args=[one], daemon=True).start()

    def close(self) -> None:
        """Leave."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _read(self, page: socket.socket) -> None:
        with contextlib.suppress(OSError), page.makefile("rb") as lines:
            for line in lines:
                if self.noting and line.startswith(b'data: {"name"'):
                    occurred_at = dt.datetime.fromisoformat(json.loads(line[6:])["occurred_at"])
                    self.seconds.append((now() - occurred_at).total_seconds())


def _followed(port: int, cookie: str) -> socket.socket:
    """A page, once there is somebody to follow it."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            page = socket.create_connection(("127.0.0.1", port), timeout=10)
            page.sendall(
                f"GET /live HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
            )
            if b" 200 " in page.recv(20):
                page.settimeout(None)
                return page
            page.close()
        time.sleep(0.2)
    raise RuntimeError("no page is followed")


def paced(step: Callable[[], object], *, per_second: float, seconds: float) -> None:
    """So many steps a second, whether the last one was quick or slow."""
    begun = time.perf_counter()
    count = 0
    while time.perf_counter() - begun < seconds:
        time.sleep(max(0.0, begun + count / per_second - time.perf_counter()))
        step()
        count += 1
