"""One guess at many people: seen where it comes from, and refused there for a while.

Three tries a person do not help against somebody who tries one PIN at a thousand people. So those
whose PIN was tried and not found right are counted for each network and each organization, in
windows that slide; too many of them, and PINs are refused from there. A try counts from before it
is checked until it turns out right.

Fails open: without Redis nobody watches, and the three tries of each person hold alone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import ipaddress
import uuid
from collections.abc import Sequence

import redis
import structlog
from django.conf import settings

from accounts.errors import PinsRefused
from audit.services import record
from events.services import emit
from kernel.actor import Actor, system
from kernel.transactions import opens_transaction

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 15 * 60
REFUSED_SECONDS = 15 * 60
# People behind one address translation mistype, too: an office of ten at once does not.
MOST_IN_NETWORK = 10
MOST_IN_ORGANIZATION = 30
_PREFIX_LENGTH = {4: 24, 6: 64}

# For each place: KEYS tries, refused; ARGV now, person, window, refused seconds, then the limits.
# Gives, for the first place that refuses, its number, the people counted and whether it is news.
_WATCH = """
local now, person, window = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
for i = 1, #KEYS, 2 do
    if redis.call('EXISTS', KEYS[i + 1]) == 1 then
        return {(i + 1) / 2, redis.call('ZCARD', KEYS[i]), 0, redis.call('TTL', KEYS[i + 1])}
    end
end
for i = 1, #KEYS, 2 do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - window)
    redis.call('ZADD', KEYS[i], now, person)
    redis.call('EXPIRE', KEYS[i], window)
    local people = redis.call('ZCARD', KEYS[i])
    if people > tonumber(ARGV[4 + (i + 1) / 2]) then
        redis.call('SET', KEYS[i + 1], 1, 'EX', tonumber(ARGV[4]))
        return {(i + 1) / 2, people, 1, tonumber(ARGV[4])}
    end
end
return {0, 0, 0, 0}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """Where tries come from.

    :param most: how many people's PINs may be wrong at a time.
    """

    kind: str
    name: str
    most: int

    @property
    def tries(self) -> str:
        return f"vaultcraft:pin:tries:{self.kind}:{self.name}"

    @property
    def refused(self) -> str:
        return f"vaultcraft:pin:refused:{self.kind}:{self.name}"


@dataclasses.dataclass(frozen=True, slots=True)
class Watched:
    """One try under watch."""

    places: Sequence[_Place]
    person: str

    def forget(self) -> None:
        """The PIN was right: it says nothing against where it came from."""
        try:
            pipeline = _redis(settings.REDIS_URL).pipeline(transaction=False)
            for place in self.places:
                pipeline.zrem(place.tries, self.person)
            pipeline.execute()
        except redis.RedisError as error:
            _unwatched(error)


def watch(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> Watched:
    """Count a try at a person's PIN where it comes from, before the PIN is checked.

    The first refusal of a place is recorded as `accounts.pin.spray` and emitted as
    `accounts.pin_spraying.detected`.

    :raises PinsRefused: if too many people's PINs were tried from there.
    """
    watched = Watched(_places(actor), str(user_id))
    keys = [key for place in watched.places for key in (place.tries, place.refused)]
    numbers = (now.timestamp(), str(user_id), WINDOW_SECONDS, REFUSED_SECONDS)
    limits = [place.most for place in watched.places]
    try:
        server = _redis(settings.REDIS_URL)
        number, people, news, seconds = server.eval(_WATCH, len(keys), *keys, *numbers, *limits)
    except redis.RedisError as error:
        _unwatched(error)
        return watched
    if number:
        place = watched.places[int(number) - 1]
        if news:
            _raise_alarm(
                actor=system(door=actor.door, request_id=actor.request_id),
                place=place,
                people=int(people),
                now=now,
            )
        raise PinsRefused(facts={"retry_after_seconds": max(1, int(seconds))})
    return watched


def _places(actor: Actor) -> list[_Place]:
    places = []
    if actor.ip:
        places.append(_Place("network", network_of(actor.ip), MOST_IN_NETWORK))
    if actor.organization_id is not None:
        places.append(_Place("organization", str(actor.organization_id), MOST_IN_ORGANIZATION))
    return places


def network_of(ip: str) -> str:
    """The network that an address is counted with: a /24 of IPv4, a /64 of IPv6."""
    address = ipaddress.ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return str(ipaddress.ip_network((address, _PREFIX_LENGTH[address.version]), strict=False))


@opens_transaction
def _raise_alarm(*, actor: Actor, place: _Place, people: int, now: dt.datetime) -> None:
    organization_id = uuid.UUID(place.name) if place.kind == "organization" else None
    facts: dict[str, object] = {"place": place.kind, "name": place.name, "people": people}
    record(
        actor=actor,
        action="accounts.pin.spray",
        subject_type=place.kind,
        subject_id=organization_id,
        organization_id=organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name="accounts.pin_spraying.detected",
        organization_id=organization_id,
        subject_id=organization_id,
        payload=facts,
        actor=actor,
        now=now,
    )


@functools.lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    seconds = settings.SERVER_TIMEOUT_SECONDS
    return redis.Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)


def _unwatched(error: redis.RedisError) -> None:
    log.warning("pin_spraying_not_watched", error=type(error).__name__)
