"""A word to the relay, after the commit, that something waits; right without it, too.

Not PostgreSQL's NOTIFY: that serializes commits. The hint is never part of what it hints at: with
Redis down the relay finds the rows when it next looks.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import redis
import redis.asyncio
from django.conf import settings
from prometheus_client import Counter

CHANNEL = "vaultcraft:outbox"
# While rows come in the relay looks by itself, so one hint in a while is enough.
AT_MOST_EVERY_SECONDS = 0.1
TIMEOUT_SECONDS = 0.2
SILENT_AFTER_FAILURE_SECONDS = 5.0

hints_failed = Counter("vaultcraft_outbox_hints_failed_total", "Hints that Redis did not take.")

_lock = threading.Lock()
_quiet_until = 0.0
_client: redis.Redis | None = None


def hint() -> None:
    """Wake the relay, unless it was woken a moment ago. Never raises: fails open."""
    global _quiet_until
    with _lock:
        if time.monotonic() < _quiet_until:
            return
        _quiet_until = time.monotonic() + AT_MOST_EVERY_SECONDS
    try:
        _redis().publish(CHANNEL, b"1")
    except redis.RedisError:
        hints_failed.inc()
        _quiet_until = time.monotonic() + SILENT_AFTER_FAILURE_SECONDS


async def listen(woken: asyncio.Event) -> None:
    """Set the event on each hint, until cancelled; a lost Redis is asked again."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1.0)
    async with client:
        while True:
            with contextlib.suppress(redis.RedisError):
                await _listen_once(client, woken)
            await asyncio.sleep(1.0)


async def _listen_once(client: redis.asyncio.Redis, woken: asyncio.Event) -> None:
    async with client.pubsub() as channel:
        await channel.subscribe(CHANNEL)
        async for _ in channel.listen():
            woken.set()


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=0.2
        )
    return _client
