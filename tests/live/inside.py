"""The stream's server in this process, on a port of its own: real HTTP, NATS and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from events.broker.choosing import open_jetstream
from events.relay.carrying import Relay
from vaultcraft.browser_headers import HEADERS
from vaultcraft.embedded.ports import free_port
from vaultcraft.management.commands.run_live import _configuration
from vaultcraft.worker_answers import problem
from web.live.application import Live

PATIENCE_SECONDS = 30.0


@contextlib.contextmanager
def following(
    *, most: int = 500, most_each: int = 4, most_together: int = 500
) -> Iterator[tuple[Live, int]]:
    """The application and its port."""
    live = Live(
        headers=HEADERS,
        refusal=problem,
        most=most,
        most_each=most_each,
        most_together=most_together,
    )
    port = free_port()
    server = uvicorn.Server(_configuration(live, host="127.0.0.1", port=port))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        assert server.started
        yield live, port
    finally:
        live.stop()
        server.should_exit = True
        thread.join(20)


@contextlib.contextmanager
def carrying() -> Iterator[None]:
    """A relay at work."""
    made: list[Relay] = []
    begun = threading.Event()

    async def run() -> None:
        made.append(Relay(open_broker=open_jetstream))
        begun.set()
        await made[0].run()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    begun.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(made[0].stop)
        thread.join(20)
