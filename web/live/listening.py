"""One open page: what waits for it, and why it ended."""

from __future__ import annotations

import asyncio
import enum
from collections import deque

from web.live.viewers import Viewer
from web.live.wallets import Heard

MOST_WAITING = 64


class End(enum.StrEnum):
    """Why a stream ends from our side. A page is told; it comes again unless it is signed out."""

    SIGNED_OUT = "signed_out"
    INTERRUPTED = "interrupted"
    STOPPING = "stopping"


class Listener:
    """A bounded queue. When more waits than it holds, all of it becomes one wish to draw anew."""

    def __init__(self, viewer: Viewer, *, since: int) -> None:
        self.viewer = viewer
        self.ended: End | None = None
        self._since = since
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    def hear(self, position: int, heard: Heard) -> None:
        """Queue what its person may see of a change that came after it joined."""
        if position <= self._since or self.ended:
            return
        told = heard.told(self.viewer.may_see)
        if told is None:
            return
        at = str(heard.change.id)
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self._waiting.append(piece("reload", at=at))
        else:
            self._waiting.append(piece("change", told, at=at))
        self._news.set()

    def end(self, why: End) -> None:
        """Say nothing more than that: what waits is not sent."""
        self.ended = self.ended or why
        self._waiting.clear()
        self._news.set()

    async def next(self) -> bytes | None:
        """The next piece, as soon as there is one; None when it has ended."""
        while not self._waiting and self.ended is None:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft() if self._waiting else None


def piece(event: str, data: bytes = b"{}", *, at: str | None = None) -> bytes:
    """A piece of the stream (HTML, section 9.2.6); `at` is where a page resumes after it."""
    place = f"id: {at}\n" if at else ""
    return f"{place}event: {event}\ndata: ".encode() + data + b"\n\n"
