"""The ASGI application: one address, `GET /live`."""

from __future__ import annotations

import asyncio
import functools
import uuid
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.db import close_old_connections

from kernel import clock
from kernel.errors import VaultCraftError
from web.live import PATH, errors
from web.live.asking import Asked, asked_of
from web.live.hub import Hub
from web.live.listening import End, Listener, piece
from web.live.reading import Reader
from web.live.viewers import Viewer, viewer_of, viewers_left
from web.live.wallets import Known, looked_up
from web.live.watching import watch

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
# How a refusal is written: status, headers, body. The house's doors share one form.
Refusal = Callable[[VaultCraftError, str], tuple[int, Mapping[str, str], bytes]]

BEAT_SECONDS = 15.0
BEAT = b": beat\n\n"
# How long a page that lost its stream waits before it comes again.
RETRY = b"retry: 2000\n\n"
THREADS = 4
ASK_SECONDS = 3.0
SEND_SECONDS = 10.0

R = TypeVar("R")
log = structlog.get_logger("request")
security = structlog.get_logger("security")
# As `vaultcraft.request_log` has them, which this room does not know.
SECURITY_EVENTS = {401: "authentication_failed", 403: "access_refused"}


class Live:
    """Follows the stream of events as long as the server runs, and answers pages.

    :param headers: that every answer of the house has.
    :param most: streams at once.
    :param most_each: of one person.
    :param most_together: of one organization.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        refusal: Refusal,
        most: int,
        most_each: int,
        most_together: int,
    ) -> None:
        self._headers, self._refusal = headers, refusal
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
        self.hub = Hub(
            look_up=self._owned, most=most, most_each=most_each, most_together=most_together
        )
        self.reader = Reader(self.hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    def stop(self) -> None:
        """End every stream, so that the server can; pages come again."""
        self.hub.end(None, End.STOPPING)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Read and watch between the server's start and its end."""
        await receive()
        work = [
            asyncio.create_task(self.reader.run()),
            asyncio.create_task(watch(self.hub, self._left)),
        ]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_of(scope)
        try:
            asked.judge()
            with self.hub.place():
                await self._followed(asked, receive, send)
        except VaultCraftError as error:
            await self._refuse(error, asked, send)

    async def _followed(self, asked: Asked, receive: Receive, send: Send) -> None:
        viewer = await self._viewer(asked)
        with self.hub.joined(viewer) as listener:
            until = self.hub.position
            try:
                first = await self.hub.welcome(viewer, until=until, last_id=asked.last_id)
            except Exception as error:
                raise errors.StreamUnavailable from error
            headers = {**self._headers, **_STREAM, "X-Request-ID": asked.request_id}
            await send(_head(200, headers))
            _told(asked, status=200, viewer=viewer)
            await _either(_gone(receive), _spoken(listener, RETRY + first, send))

    async def _viewer(self, asked: Asked) -> Viewer:
        """Who asks, by the rows.

        :raises VaultCraftError: if nobody may be told anything.
        """
        if not self.reader.caught_up.is_set():
            raise errors.StreamUnavailable()
        ask = functools.partial(viewer_of, asked.caller, now=clock.now())
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._in_thread(ask)
        except VaultCraftError:
            raise
        except Exception as error:
            raise errors.StreamUnavailable from error

    async def _refuse(self, error: VaultCraftError, asked: Asked, send: Send) -> None:
        status, headers, body = self._refusal(error, asked.request_id)
        _told(asked, status=status, code=error.code)
        await send(_head(status, headers))
        await send({"type": "http.response.body", "body": body})

    async def _owned(self, organization_id: uuid.UUID, ids: Collection[uuid.UUID]) -> Known:
        look = functools.partial(looked_up, organization_id=organization_id, ids=ids)
        async with asyncio.timeout(ASK_SECONDS):
            return await self._in_thread(look)

    async def _left(self, session_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Viewer]:
        return await self._in_thread(functools.partial(viewers_left, session_ids, now=clock.now()))

    async def _in_thread(self, call: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _settled(call))


_STREAM = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that collects answers would hold this one for ever
}


def _settled(call: Callable[[], R]) -> Callable[[], R]:
    """The call with a connection that is given back, or thrown away when it broke."""

    def inside() -> R:
        try:
            return call()
        finally:
            close_old_connections()

    return inside


def _head(status: int, headers: Mapping[str, str]) -> MutableMapping[str, Any]:
    written = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": written}


async def _spoken(listener: Listener, first: bytes, send: Send) -> None:
    """Send what comes, a beat when nothing does, and at the end why it ended."""
    told: bytes | None = first
    while told is not None:
        await _sent(told, send, more=True)
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                told = await listener.next()
        except TimeoutError:
            told = BEAT
    await _sent(piece("ended", f'{{"why":"{listener.ended}"}}'.encode()), send, more=False)


async def _sent(body: bytes, send: Send, *, more: bool) -> None:
    """A page that does not read holds us up only so long."""
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _either(*waits: Coroutine[Any, Any, None]) -> None:
    """Until one of them is done; the others are not needed then."""
    tasks = [asyncio.create_task(one) for one in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception) and not isinstance(end, OSError):
            raise end


def _told(asked: Asked, *, status: int, viewer: Viewer | None = None, code: str = "") -> None:
    """A line of the request log, of a refusal a security event as well, as all doors write them."""
    told = {
        "method": asked.method,
        "route": PATH,
        "status": status,
        "actor": f"user:{viewer.person_id}" if viewer else "anonymous:",
        "ip": asked.caller.ip,
        "request_id": asked.request_id,
        **({"code": code} if code else {}),
    }
    line = log.info if status < 400 else log.warning
    line("request", **told)
    if status in SECURITY_EVENTS:
        security.warning(SECURITY_EVENTS[status], **told)
