"""An open loop: requests leave when their time has come, whether or not others were answered.

The time of a request counts from when it was due, so a slow server cannot slow the clock that
measures it. A request that is due while all connections are busy gets a new one, up to a limit;
beyond that it waits, and its time runs.
"""

from __future__ import annotations

import collections
import dataclasses
import selectors
import socket
import time

from bench.web.client import Requests, whole_answer

_READ_BYTES = 1 << 16
_MOST_CONNECTIONS = 800
# What is still unanswered so long after the last request left counts as lost.
_LAST_ANSWER_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Told:
    """One answer: when it was due and came (seconds from the start), and what it said."""

    due: float
    came: float
    status: int
    retry_after: bool

    @property
    def seconds(self) -> float:
        """How long it took, counted from when it was due."""
        return self.came - self.due


@dataclasses.dataclass(slots=True)
class _Client:
    socket: socket.socket
    received: bytearray
    due: float = 0.0


class Arrivals:
    """A fixed rate of requests against one port, for so many seconds."""

    def __init__(self, *, port: int, rate: float, seconds: float) -> None:
        self._port, self._rate, self._seconds = port, rate, seconds
        self._selector = selectors.DefaultSelector()
        self._free: collections.deque[_Client] = collections.deque()
        self._connections = 0
        self._under_way = 0
        self.lost = 0

    def run(self, requests: Requests) -> list[Told]:
        """Send all that is due, then wait for the last answers."""
        told: list[Told] = []
        count = int(self._rate * self._seconds)
        sent = 0
        started = time.monotonic()
        end = self._seconds + _LAST_ANSWER_SECONDS
        while (now := time.monotonic() - started) < end and (sent < count or self._under_way):
            while sent < count and (due := sent / self._rate) <= now and self._sent(requests, due):
                sent += 1
            next_due = sent / self._rate - now if sent < count else 0.05
            told += self._arrived(started, wait=max(0.0, min(next_due, 0.05)))
        self.lost = count - sent + self._under_way
        self._close()
        return told

    def _sent(self, requests: Requests, due: float) -> bool:
        client = self._free.popleft() if self._free else self._connected()
        if client is None:
            return False
        client.due = due
        self._under_way += 1
        client.socket.sendall(next(requests))
        return True

    def _connected(self) -> _Client | None:
        if self._connections >= _MOST_CONNECTIONS:
            return None
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = _Client(connection, bytearray())
        self._selector.register(connection, selectors.EVENT_READ, client)
        self._connections += 1
        return client

    def _arrived(self, started: float, *, wait: float) -> list[Told]:
        told = []
        for key, _ in self._selector.select(timeout=wait):
            client: _Client = key.data
            chunk = client.socket.recv(_READ_BYTES)
            if not chunk:
                self._dropped(client)
                continue
            client.received += chunk
            answer = whole_answer(client.received)
            if answer is None:
                continue
            client.received.clear()
            status, head, _ = answer
            came = time.monotonic() - started
            told.append(Told(client.due, came, status, b"\r\nretry-after:" in head))
            self._under_way -= 1
            client.due = -1.0
            self._free.append(client)
        return told

    def _dropped(self, client: _Client) -> None:
        """The server closed the connection: after an answer that is its right, before it a loss."""
        self._selector.unregister(client.socket)
        client.socket.close()
        self._connections -= 1
        if client in self._free:
            self._free.remove(client)
        else:
            self._under_way -= 1

    def _close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()
