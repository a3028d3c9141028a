"""Admitting a request, at a door, before anything is read, locked or begun."""

from __future__ import annotations

import functools
import ipaddress

import structlog
from django.conf import settings
from prometheus_client import Counter

from kernel.actor import Actor, ActorKind
from kernel.rates.counting import Bucket, Counting, Verdict
from kernel.rates.errors import QuotaExceeded
from kernel.rates.table import ClassRates, Rate, RouteClass

log = structlog.get_logger("security")

KEY_PREFIX = "vaultcraft:rates"
IPV6_NETWORK_BITS = 64  # what one subscriber gets; single addresses in it cost nothing
_KNOWN = frozenset({ActorKind.USER, ActorKind.API_KEY})

refused_total = Counter(
    "vaultcraft_rates_refused_total", "Requests refused by a rate limit.", ["policy"]
)


def admit(*, actor: Actor, route: RouteClass, cost: int = 1) -> Verdict:
    """Count a request of this actor, and how the limits stand after it.

    Asks Redis once, so it is called outside of transactions. Without Redis this process counts by
    itself: by a share of the quota where the table says strict, by all of it elsewhere.

    :param cost: in the units of the class: requests, of a batch its items.
    :raises QuotaExceeded: when one of its limits has not so much left; then none of them counts it.
    """
    verdict = _counting(settings.REDIS_URL).spend(_buckets(actor, route), cost=cost)
    if verdict.admitted:
        return verdict
    error = QuotaExceeded(standings=verdict.standings)
    for name in error.violated:
        refused_total.labels(name).inc()
    log.warning("quota_exceeded", policies=error.violated, actor=actor.principal, ip=actor.ip)
    raise error


def _buckets(actor: Actor, route: RouteClass) -> list[Bucket]:
    rates: ClassRates = settings.VAULTCRAFT_RATES[route]
    found = []
    if rates.principal is not None and actor.kind in _KNOWN:
        found.append(_bucket(route.value, rates.principal, actor.principal, strict=rates.strict))
    network = network_of(actor.ip)
    found.append(_bucket(f"{route}-address", rates.address, network, strict=rates.strict))
    return found


def _bucket(policy: str, rate: Rate, whose: str, *, strict: bool) -> Bucket:
    return Bucket(
        policy=policy,
        key=f"{KEY_PREFIX}:{policy}:{whose}",
        rate=rate,
        alone=rate.share(processes=settings.VAULTCRAFT_WEB_WORKERS) if strict else rate,
    )


def network_of(ip: str | None) -> str:
    """What stands for a client address: itself, of IPv6 its /64; one name if there is none."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False))
    return str(address)


@functools.cache
def _counting(url: str) -> Counting:
    return Counting(url)
