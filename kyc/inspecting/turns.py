"""Whose turn it is to be read: what a process spends on files at the same time is bounded."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from kernel.errors import Busy

# Pictures by memory (72 MB each), PDFs by time: both wait at the same door, however many upload.
_READING = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 10


@contextlib.contextmanager
def one_reader() -> Iterator[None]:
    """Read one file, once fewer than two others are read.

    :raises Busy: if none of them was done in time.
    """
    if not _READING.acquire(timeout=_PATIENCE_SECONDS):
        raise Busy()
    try:
        yield
    finally:
        _READING.release()
