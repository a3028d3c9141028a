"""A closed loop of HTTP clients: keep-alive sockets, one request in flight on each.

Plain sockets and one selector, because the load generator shares two cores with what it measures.
"""

from __future__ import annotations

import dataclasses
import selectors
import socket
import time
from collections.abc import Callable, Iterator

_READ_BYTES = 1 << 20
_SILENCE_SECONDS = 20.0
_NOTICE_SECONDS = 0.1

# The next request as bytes.
Requests = Iterator[bytes]
# The number of items an answer's body says were carried out.
Counter = Callable[[bytes], int]


@dataclasses.dataclass(frozen=True)
class Answers:
    """What came back. `committed` counts items; other answers than the wanted are apart."""

    committed: int
    other: int
    seconds: float
    latencies: tuple[float, ...]
    first_other: str = ""


def whole_answer(received: bytearray) -> tuple[int, bytes, bytes] | None:
    """Status, lower-case head and body, once the body is all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise RuntimeError(f"an answer without a length: {head!r}")
    length = int(head[at + 17 :].split(b"\r\n", 1)[0])
    body = end + 4
    if len(received) < body + length:
        return None
    return int(head[9:12]), head, bytes(received[body : body + length])


@dataclasses.dataclass(slots=True)
class _Client:
    """One connection: what was received so far and when its request left."""

    socket: socket.socket
    received: bytearray
    sent_at: float = 0.0


class Loop:
    """A number of clients against one port."""

    def __init__(self, *, port: int, clients: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._clients = []
        for _ in range(clients):
            connection = socket.create_connection(("127.0.0.1", port), timeout=_SILENCE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = _Client(connection, bytearray())
            self._selector.register(connection, selectors.EVENT_READ, client)
            self._clients.append(client)

    def close(self) -> None:
        """Close every connection, and let the server notice before anybody else comes."""
        self._selector.close()
        for client in self._clients:
            client.socket.close()
        time.sleep(_NOTICE_SECONDS)

    def run(self, requests: Requests, *, status: int, counted: Counter, seconds: float) -> Answers:
        """Send for `seconds`, then wait for the answers still under way."""
        committed = other = 0
        first_other = ""
        latencies: list[float] = []
        started = time.monotonic()
        for client in self._clients:
            self._send(client, requests)
        waiting = len(self._clients)
        while waiting:
            for client, answer in self._arrived():
                now = time.monotonic()
                latencies.append(now - client.sent_at)
                found, _, body = answer
                if found == status:
                    committed += counted(body)
                else:
                    other += 1
                    first_other = first_other or f"{found} {body[:400]!r}"
                if now - started < seconds:
                    self._send(client, requests)
                else:
                    waiting -= 1
        seconds = time.monotonic() - started
        return Answers(committed, other, seconds, tuple(latencies), first_other)

    def _send(self, client: _Client, requests: Requests) -> None:
        client.sent_at = time.monotonic()
        client.socket.sendall(next(requests))

    def _arrived(self) -> Iterator[tuple[_Client, tuple[int, bytes, bytes]]]:
        ready = self._selector.select(timeout=_SILENCE_SECONDS)
        if not ready:
            raise RuntimeError("the web server has stopped answering")
        for key, _ in ready:
            client: _Client = key.data
            chunk = client.socket.recv(_READ_BYTES)
            if not chunk:
                raise RuntimeError("the web server closed a connection")
            client.received += chunk
            answer = whole_answer(client.received)
            if answer is not None:
                client.received.clear()
                yield client, answer
