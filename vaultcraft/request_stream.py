"""The request log as a stream: what `vaultcraft.request_log` writes, for programs that follow it.

A request puts its record into a bounded queue and goes on. One thread of each process, begun at the
first request and so after gunicorn has forked, writes the queue to NATS, masked as in the log. It
never makes a request slower or fail: with NATS down the queue fills, and what finds it full is
dropped and counted. The log on stderr has every request all the same.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings
from nats.aio.client import Client
from prometheus_client import Counter

from events.broker import BrokerUnavailable
from events.broker.jetstream import UNAVAILABLE, connect, declare_streams
from events.streams import REQUESTS, request_subject
from vaultcraft.logging import mask_secrets

# Some 10 MB, and some ten seconds of a busy process.
MOST_WAITING = 4_000
BATCH = 200
LOOK_SECONDS = 0.1
RECONNECT_SECONDS = 5.0
ACK_SECONDS = 5.0
GOODBYE_SECONDS = 1.0
# Chosen here as in the request log itself: whatever else a line may hold, a traceback, stays there.
FIELDS = (
    *("at", "level", "method", "route", "status", "duration_ms", "actor", "ip"),
    *("request_id", "trace_id", "code", "reason"),
)

log = logging.getLogger(__name__)
dropped = Counter(
    "vaultcraft_requests_untold_total", "Requests that are not in the stream of requests.", ["why"]
)
told = Counter("vaultcraft_requests_told_total", "Requests that are in the stream of requests.")


def install() -> RequestStream:
    """Tell every request of this process and its children from now on."""
    handler = RequestStream()
    logging.getLogger("request").addHandler(handler)
    atexit.register(handler.stop)
    return handler


class RequestStream(logging.Handler):
    """Takes the records of requests; `emit` only appends."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[logging.LogRecord] = deque()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record until the thread takes it; the logging module calls this under a lock."""
        if not isinstance(record.msg, dict):
            return  # none of ours: no request has ended
        if self._process != os.getpid():
            self._begin()
        if len(self._waiting) >= MOST_WAITING:
            dropped.labels("full").inc()
            return
        self._waiting.append(record)

    def stop(self) -> None:
        """Write what waits, at most for a second; what is left is lost, and in the log."""
        self._stopping.set()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(GOODBYE_SECONDS)

    def _begin(self) -> None:
        """A thread of this process's own: a fork has none, and its parent's records are not its."""
        self._process = os.getpid()
        self._waiting.clear()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-stream", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._carry())

    async def _carry(self) -> None:
        """Connect, write, and after a failure try again, until stopped."""
        while not self._stopping.is_set():
            try:
                client = await connect(settings.NATS_URL, name="vaultcraft requests")
            except BrokerUnavailable:
                await self._pause(RECONNECT_SECONDS)
                continue
            try:
                await declare_streams(client, replicas=settings.EVENT_REPLICAS, streams=(REQUESTS,))
                await self._write(client)
            except Exception as error:  # noqa: BLE001 - the thread outlives whatever it was
                log.warning("request_stream_interrupted: %s", type(error).__name__)
                await self._pause(RECONNECT_SECONDS)
            finally:
                with contextlib.suppress(*UNAVAILABLE):
                    await client.close()

    async def _write(self, client: Client) -> None:
        context = client.jetstream(timeout=ACK_SECONDS)
        while self._waiting or not self._stopping.is_set():
            records = self._taken()
            if not records:
                await self._pause(LOOK_SECONDS)
                continue
            try:
                sent = [
                    await context.publish_async(request_subject(status), body, wait_stall=0.5)
                    for status, body in map(_message, records)
                ]
                answers = asyncio.gather(*sent, return_exceptions=True)
                stored = await asyncio.wait_for(answers, ACK_SECONDS)
            except BaseException:
                # Of some nobody knows whether they are there; a log may have less, not more twice.
                dropped.labels("broker").inc(len(records))
                raise
            _count(stored)

    def _taken(self) -> list[logging.LogRecord]:
        taken: list[logging.LogRecord] = []
        while self._waiting and len(taken) < BATCH:
            taken.append(self._waiting.popleft())
        return taken

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until stopped."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)


def _message(record: logging.LogRecord) -> tuple[int, bytes]:
    """The status and the JSON object: the fields of the log's line, masked by the same rules."""
    line: Any = record.msg
    chosen = {name: line[name] for name in FIELDS if line.get(name) is not None}
    masked: structlog.typing.EventDict = mask_secrets(None, "", chosen)
    return int(line["status"]), json.dumps(masked, default=str).encode()


def _count(stored: Sequence[object]) -> None:
    refused = sum(isinstance(one, BaseException) for one in stored)
    told.inc(len(stored) - refused)
    if refused:
        dropped.labels("broker").inc(refused)
