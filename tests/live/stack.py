"""The processes that stand behind an open page: relay, live, web. All of them real."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from queue import Empty, Queue
from typing import Any

import nats
from django.conf import settings
from django.db import connections

from events.streams import STREAMS
from tests.operations.web_server import WebServer, serving
from tests.servers import DATABASE_VARIABLES, address_of
from vaultcraft.checks import ROOT
from vaultcraft.embedded.ports import free_port

PATIENCE_SECONDS = 20.0


def environment_of(database: str, **own: str) -> dict[str, str]:
    """What the processes of a test need to know, on its own database."""
    urls = {
        name: address_of(url=os.environ[name], database=database) for name in DATABASE_VARIABLES
    }
    return {
        **os.environ,
        **urls,
        "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test",
        "NATS_URL": settings.NATS_URL,
        "VAULTCRAFT_EVENT_NAMESPACE": settings.EVENT_NAMESPACE,
        "PYTHONUNBUFFERED": "1",
        **own,
    }


@contextlib.contextmanager
def running(*arguments: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """One management command, and its end."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=dict(environment)
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def own_namespace() -> Iterator[None]:
    """Streams of this test alone; gone afterwards."""
    before, settings.EVENT_NAMESPACE = settings.EVENT_NAMESPACE, f"l{uuid.uuid4().hex[:12]}"
    try:
        yield
    finally:
        with contextlib.suppress(Exception):
            asyncio.run(_dropped())
        settings.EVENT_NAMESPACE = before


async def _dropped() -> None:
    client = await nats.connect(settings.NATS_URL)
    for stream in STREAMS:
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await client.jetstream().delete_stream(stream.name)
    await client.close()


@contextlib.contextmanager
def stack(*, relay: bool = True, **own: str) -> Iterator[WebServer]:
    """Web, live and, if wanted, a relay, on the test's database and a namespace of its own."""
    place = f"127.0.0.1:{free_port()}"
    database = str(connections["default"].settings_dict["NAME"])
    with own_namespace(), contextlib.ExitStack() as stacked:
        environment = environment_of(database, VAULTCRAFT_LIVE=place, **own)
        if relay:
            stacked.enter_context(running("run_relay", environment=environment))
        stacked.enter_context(running("run_live", "--bind", place, environment=environment))
        yield stacked.enter_context(serving("vaultcraft.wsgi", environment))


class Page:
    """An open stream, read in a thread of its own."""

    def __init__(self, port: int, cookie: str, *, last_id: str = "", **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        given = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}", **headers}
        if last_id:
            given["Last-Event-ID"] = last_id
        self._connection.request("GET", "/live", headers=given)
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self._told: Queue[dict[str, Any] | None] = Queue()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        piece: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while line := self.answer.readline():
                name, _, value = line.decode().strip().partition(": ")
                if name:
                    piece[name] = value
                elif "event" in piece:
                    self._told.put({**piece, "data": json.loads(piece["data"])})
                    piece = {}
        self._told.put(None)

    def next(self, *, seconds: float = 10) -> dict[str, Any] | None:
        """The next piece; None when the stream has ended."""
        return self._told.get(timeout=seconds)

    def nothing(self, *, seconds: float = 0.7) -> bool:
        """Whether nothing comes for so long."""
        try:
            self._told.get(timeout=seconds)
        except Empty:
            return True
        return False

    def close(self) -> None:
        """Leave, as a browser does that closes the page."""
        with contextlib.suppress(OSError):
            if self._connection.sock:
                self._connection.sock.close()
            self.answer.close()
        self._connection.close()


def opened(port: int, cookie: str, **more: Any) -> Page:
    """A page that is followed, once there is somebody to follow it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        page = Page(port, cookie, **more)
        if page.status != 503 or time.monotonic() > until:
            return page
        page.close()
        time.sleep(0.1)
