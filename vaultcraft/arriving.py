"""What a connection says before a request of it is complete, and who may keep us listening.

Nothing here waits: the worker's main loop reads what has come and asks whether that is a request.
A client that sends half of one costs a socket and some kilobytes until its time is up, no thread.
"""

from __future__ import annotations

import re
import socket
import time
from collections import Counter, OrderedDict
from collections.abc import Collection
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders  # type: ignore[import-untyped]
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

# From the first byte to the last of a head and of a body that is awaited with it.
ARRIVING_SECONDS = 10.0
# A longer body is read by a thread, of which few do that at once.
LONG_BODY = 65_536
# For a body of five megabytes this is 700 kbit/s.
LONG_BODY_SECONDS = 60.0
HEAD_MOST = 131_072
_PIECE = 65_536

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_UNTOLD = re.compile(rb"\r\n(?:transfer-encoding|expect)[ \t]*:", re.IGNORECASE)
_BARE = re.compile(rb"(?<!\r)\n")


class Connection(TConn):  # type: ignore[misc]
    """A client, and what it has said of its next request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.said = bytearray()
        self.long = False
        self.parting = False
        self._looked = 0

    @property
    def peer(self) -> str:
        """The address it comes from; empty for a socket that has none."""
        return str(self.client[0]) if isinstance(self.client, tuple) else ""

    def hear(self) -> bool:
        """Take what has come, without waiting; False when the client is gone."""
        try:
            piece = self.sock.recv(_PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.said += piece
        return bool(piece)

    def complete(self) -> bool:
        """Whether a thread has something to do: a whole request, one it cannot be, or a long one.

        The length is looked at to know how long to listen, and believed for nothing else: the
        parser reads the head again, by the whole of the rules.
        """
        end = self.said.find(b"\r\n\r\n", max(0, self._looked - 3))
        if end < 0:
            bare = _BARE.search(self.said, max(0, self._looked - 1))
            self._looked = len(self.said)
            return bare is not None or len(self.said) > HEAD_MOST
        head = bytes(self.said[: end + 2])
        told = _LENGTH.search(head)
        length = int(told[1]) if told else 0
        self.long = length > LONG_BODY or _UNTOLD.search(head) is not None
        self._looked = end
        return self.long or len(self.said) >= end + 4 + length

    def init(self) -> None:
        """Give the parser what was said. A thread calls this before it reads a request."""
        if not self.initialized:
            super().init()
            self.parser.unreader = _Rest(self.sock)
        self.parser.unreader.until = time.monotonic() + LONG_BODY_SECONDS if self.long else None
        self.parser.unreader.unread(bytes(self.said))
        self._begin_again()

    def listen_again(self) -> bytes:
        """What came behind the last request is the beginning of the next."""
        self._begin_again()
        self.long = False
        self.said += self.parser.unreader.take_buffered()
        return bytes(self.said)

    def part(self) -> None:
        """Say no more; it may, until it has read what it was told.

        :raises OSError: if it has hung up.
        """
        self.sock.shutdown(socket.SHUT_WR)
        self.parting = True
        self._begin_again()

    def _begin_again(self) -> None:
        self.said, self._looked = bytearray(), 0


class _Rest(SocketUnreader):  # type: ignore[misc]
    """What of a request has not come yet: of a long body much, within its time; else nothing."""

    until: float | None = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Read on.

        :raises LimitRequestHeaders: for a head that is too long to be awaited.
        :raises TimeoutError: when the time is up.
        """
        if self.until is None:
            raise LimitRequestHeaders("the head")
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the body")
        before = self.sock.gettimeout()
        self.sock.settimeout(left if before is None else min(left, before))
        try:
            return bytes(super().chunk(size_hint))
        finally:
            self.sock.settimeout(before)


class Outside:
    """The connections that it is the client's turn to speak on: new, half said, kept for the next.

    One too many, of all or of one address, ends the one that has been silent the longest: who is
    quick is served, however many others are not.

    :param most: of one worker.
    :param most_each: of one address; None where addresses are those of a proxy.
    """

    def __init__(self, *, most: int, most_each: int | None) -> None:
        self._most, self._most_each = most, most_each
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._of: Counter[str] = Counter()

    def __contains__(self, conn: Connection) -> bool:
        return conn in self._waiting

    def add(self, conn: Connection) -> Connection | None:
        """Have one more; the one that must go for it, if one must."""
        self._waiting[conn] = None
        self._of[conn.peer] += 1
        if self._most_each is not None and conn.peer and self._of[conn.peer] > self._most_each:
            return next(one for one in self._waiting if one.peer == conn.peer)
        return next(iter(self._waiting)) if len(self._waiting) > self._most else None

    def remove(self, conn: Connection) -> None:
        """It has spoken, or is gone."""
        if conn in self._waiting:
            del self._waiting[conn]
            self._of[conn.peer] -= 1
            self._of += Counter()  # forgets who has none

    def overdue(self, now: float) -> Collection[Connection]:
        """Those whose time is up."""
        return [conn for conn in self._waiting if conn.timeout <= now]
