"""With nobody at the broker's address: told in time, and no reason not to stop."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from django.conf import settings
from nats.aio.client import Client

from events.broker import BrokerUnavailable, jetstream
from events.broker.choosing import open_jetstream
from events.broker.jetstream import JetStream, connect
from events.relay.carrying import Relay

NOBODY = "nats://127.0.0.1:1"


def test_it_says_so_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        asyncio.run(connect(NOBODY, name="test"))
    assert time.monotonic() - started < 2 * jetstream.CONNECT_SECONDS


def test_a_relay_that_waits_for_it_can_be_stopped(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "NATS_URL", NOBODY)

    async def scene() -> None:
        relay = Relay(open_broker=open_jetstream)
        task = asyncio.create_task(relay.run())
        await asyncio.sleep(1)
        relay.stop()
        await asyncio.wait_for(task, 3 * jetstream.CONNECT_SECONDS)

    asyncio.run(scene())


def test_one_that_takes_the_connection_and_says_nothing_is_nobody() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"nats://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(BrokerUnavailable):
            asyncio.run(connect(address, name="test"))
    assert time.monotonic() - started < 4 * jetstream.CONNECT_SECONDS


def test_closing_what_broke_breaks_nothing() -> None:
    """The library drains the socket as it closes, and may find it reset; a relay died of that."""

    class Broken(Client):
        async def close(self) -> None:
            raise ConnectionResetError

    asyncio.run(JetStream(Broken()).close())
