"""One-time codes in the cache: kept for minutes, as a keyed hash, used up by one atomic script.

The cache fails closed: when it cannot be reached, no code is made and none is accepted.
"""

from __future__ import annotations

import contextlib
import enum
import functools
from collections.abc import Iterator

import redis
from django.conf import settings
from django.core.signals import setting_changed

from accounts.errors import OneTimeCodesUnavailable

_PREFIX = "vaultcraft:otp:"
# KEYS: the code. ARGV: the hash that is shown, how many tries there are.
# 1: it fits and is gone; 0: it does not fit; -1: there is none (any more).
_SPEND = """
local kept = redis.call('HGET', KEYS[1], 'mac')
if not kept then return -1 end
if kept == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 1
end
if redis.call('HINCRBY', KEYS[1], 'tries', 1) >= tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
end
return 0
"""
# KEYS: a counter. ARGV: its seconds. Counts, and begins the seconds with the first.
_COUNT = """
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return number
"""


class Spent(enum.Enum):
    """What became of a code that was shown."""

    FITS = 1
    WRONG = 0
    GONE = -1


def keep(*, name: str, mac: bytes, seconds: int) -> None:
    """Keep a code's hash under a name, in place of an earlier one.

    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    """
    key = f"{_PREFIX}{name}"
    with _reachable() as client, client.pipeline(transaction=True) as commands:
        commands.delete(key)
        commands.hset(key, mapping={"mac": mac.hex(), "tries": 0})
        commands.expire(key, seconds)
        commands.execute()


def spend(*, name: str, mac: bytes, tries: int) -> Spent:
    """Compare and delete in one step: of any number of requests at once, one fits.

    :param tries: with so many wrong ones the code is gone.
    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    """
    with _reachable() as client:
        found = client.eval(_SPEND, 1, f"{_PREFIX}{name}", mac.hex(), str(tries))
    return Spent(int(str(found)))


def count(*, name: str, seconds: int) -> int:
    """The how-many-th of its kind this is, within a window that begins with the first.

    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    """
    with _reachable() as client:
        return int(str(client.eval(_COUNT, 1, f"{_PREFIX}count:{name}", str(seconds))))


@contextlib.contextmanager
def _reachable() -> Iterator[redis.Redis]:
    try:
        yield _client()
    except redis.RedisError as error:
        raise OneTimeCodesUnavailable() from error


@functools.cache
def _client() -> redis.Redis:
    seconds = settings.SERVER_TIMEOUT_SECONDS
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds
    )


def _forget_client(*, setting: str, **_: object) -> None:
    if setting == "REDIS_URL":
        _client.cache_clear()


setting_changed.connect(_forget_client)
