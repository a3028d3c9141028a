"""`GET /live` goes on to the process that follows streams, over the connection it came by.

Pages and their stream so have one origin, on a developer's machine and behind any proxy, with no
rule for either. The request is read by gunicorn like every other and a short list of its headers is
written anew; then a thread of the worker that serves all of them at once copies the answer as it
comes. No thread of a request waits, and what the client says after its request is not heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from typing import Any

from gunicorn.http import errors as unreadable  # type: ignore[import-untyped]

from vaultcraft import worker_answers
from web.live import PATH

PLACE = "VAULTCRAFT_LIVE"
# Of one worker; with the requests' connections, below the 1,024 files a process usually may have.
MOST = 400
CONNECT_SECONDS = 2.0
# A client that does not read what was sent for so long is cut off.
PATIENCE_SECONDS = 10.0
_PIECE = 65_536
# A browser says nothing after its request; who goes on talking is not listened to for long.
MOST_HEARD = 4_096
# What is asked for, and how much of it can mean anything (a name has 253 characters at most).
_CARRIED = {"HOST": 300, "COOKIE": 16_380, "LAST-EVENT-ID": 64, "SEC-FETCH-SITE": 64}


class LiveGate:
    """Carries streams between clients and the process that makes them."""

    def __init__(self) -> None:
        self._host, _, self._port = os.environ[PLACE].rpartition(":")
        self._loop = asyncio.new_event_loop()
        self._clients: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="live", daemon=True)
        self._thread.start()

    def take(self, client: socket.socket, request: Any, *, peer: str) -> None:
        """Have a client; it is nobody else's from here on. Called from any thread."""
        request_id = worker_answers.request_id_of(request)
        head = _head(request, peer=peer, request_id=request_id)
        refusal = _refusal(request, peer=peer, request_id=request_id)
        client.setblocking(False)
        self._loop.call_soon_threadsafe(self._begin, client, head, request_id, refusal)

    def _begin(self, client: socket.socket, head: bytes, request_id: str, refusal: bytes) -> None:
        task = self._loop.create_task(self._serve(client, head, request_id, refusal))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(
        self, client: socket.socket, head: bytes, request_id: str, refusal: bytes
    ) -> None:
        """Begin, carry, end: with a refusal where nothing could begin."""
        try:
            incoming, outgoing = await asyncio.open_connection(sock=client)
        except OSError:
            client.close()
            return
        try:
            goes_on = not refusal and len(self._clients) <= MOST
            made = await self._opened() if goes_on else None
            if made is None:
                outgoing.write(refusal or _unavailable(request_id))
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await outgoing.drain()
                return
            answer, asking = made
            asking.write(head)
            try:
                await _either(_copied(answer, outgoing), _silent(incoming))
            finally:
                asking.transport.abort()
        except OSError:
            pass  # one of the two is gone, and with it the stream
        finally:
            await _closed(outgoing)

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(self._host, int(self._port))
        except OSError:
            return None


def wanted(request: Any) -> bool:
    """Whether a request is for the stream, and there is a process that makes it."""
    return request.method == "GET" and request.path == PATH and PLACE in os.environ


def judge(request: Any) -> None:
    """Let on only what the process behind takes for HTTP: it would answer in words of its own.

    :raises InvalidHTTPVersion: for HTTP/1.0, which knows no answer without a length.
    :raises InvalidHeader: without a host (RFC 9112, section 3.2).
    """
    if request.version < (1, 1):
        raise unreadable.InvalidHTTPVersion(request.version)
    if not any(name == "HOST" for name, _ in request.headers):
        raise unreadable.InvalidHeader("HOST")


def _head(request: Any, *, peer: str, request_id: str) -> bytes:
    """The request as it goes on: what the stream asks for, nothing else that anybody wrote."""
    from vaultcraft.client_address import client_address

    told = ((name, value) for name, value in request.headers if name in _CARRIED)
    given = {name: value[: _CARRIED[name]] for name, value in told}
    forwarded = ",".join(v for name, v in request.headers if name == "X-FORWARDED-FOR")
    sent = {
        **given,
        "X-Vaultcraft-Client": client_address(peer=peer, forwarded=forwarded),
        "X-Request-ID": request_id,
        "Connection": "close",
    }
    lines = (f"GET {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()))
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _refusal(request: Any, *, peer: str, request_id: str) -> bytes:
    """What is said to an address that reads too much; nothing to others, whom this counts.

    The process behind knows people and counts them; so much it does not even hear.
    """
    from kernel.actor import Door, anonymous
    from kernel.rates.admission import admit
    from kernel.rates.errors import QuotaExceeded
    from kernel.rates.table import RouteClass
    from vaultcraft.client_address import client_address

    forwarded = ",".join(v for name, v in request.headers if name == "X-FORWARDED-FOR")
    ip = client_address(peer=peer, forwarded=forwarded)
    try:
        admit(actor=anonymous(door=Door.WEB, request_id=request_id, ip=ip), route=RouteClass.READS)
    except QuotaExceeded as error:
        return worker_answers.written(error, request_id=request_id, keep=False)
    return b""


def _unavailable(request_id: str) -> bytes:
    from web.live.errors import StreamUnavailable

    return worker_answers.written(StreamUnavailable(), request_id=request_id, keep=False)


async def _copied(answer: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    """All of it, piece by piece as it comes; no more is held than one piece and its buffer."""
    while piece := await answer.read(_PIECE):
        client.write(piece)
        # `wait_for` may swallow a cancellation that comes as it ends (Python 3.11): never ending.
        async with asyncio.timeout(PATIENCE_SECONDS):
            await client.drain()


async def _silent(client: asyncio.StreamReader) -> None:
    """Until the client is gone, or has said too much; what it says is passed over."""
    heard = 0
    while heard <= MOST_HEARD and (piece := await client.read(_PIECE)):
        heard += len(piece)


async def _either(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _closed(client: asyncio.StreamWriter) -> None:
    """Let what was written go out, for a while; then there is no more patience."""
    client.close()
    with contextlib.suppress(OSError):
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await client.wait_closed()
        except TimeoutError:
            client.transport.abort()
