"""How many requests of one organization may wait for locks at once.

A request that waits keeps a thread and a connection. One account that somebody holds for long, and
clients who keep asking for it, would in the end have all of them; so an organization has only so
many lanes in each process, and one request more is told at once to come again.

Transfers that are committed together need no lane: their group waits for half a second at most.
"""

from __future__ import annotations

import collections
import contextlib
import threading
import uuid
from collections.abc import Iterator

from kernel.errors import Busy

# What a request by itself waits for a lock, whatever it asks for.
LOCK_WAIT_MS = 2_000


class Lanes:
    """At most so many requests of one organization at once; one more is told to come again."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._taken: collections.Counter[uuid.UUID | None] = collections.Counter()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def one_of(self, organization_id: uuid.UUID | None) -> Iterator[None]:
        """Take a lane for the length of the block.

        :raises Busy: if all of the organization's lanes are taken.
        """
        with self._lock:
            if self._taken[organization_id] >= self._most:
                raise Busy()
            self._taken[organization_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[organization_id] -= 1
                self._taken += collections.Counter()  # forgets organizations that hold none


# Of a worker's 32 threads: transfers whose group fell apart, and everything that never was in one.
ALONE = Lanes(most=4)
DIRECT = Lanes(most=12)
