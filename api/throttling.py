"""Rate limits at this door, in the words of the current IETF draft.

draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` (section 3) says what is allowed,
`RateLimit` (section 4) what is left. Both come with every answer of an operation that was counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from kernel.actor import Actor
from kernel.rates.admission import admit
from kernel.rates.counting import Standing
from kernel.rates.errors import QuotaExceeded
from kernel.rates.table import RouteClass

POLICY_HEADER = "RateLimit-Policy"
LIMIT_HEADER = "RateLimit"
# In a batch a unit is an item. The draft's registry of units (`qu`) has no word for that, so a
# parameter of our own says it, as section 3.1 asks.
_UNITS = {RouteClass.BATCHES.value: "items", f"{RouteClass.BATCHES}-address": "items"}


def admit_request(request: HttpRequest, *, actor: Actor, route: RouteClass, cost: int = 1) -> None:
    """Count a request; its answer will say how the limits stand.

    :raises QuotaExceeded: when one of them has not so much left.
    """
    try:
        standings = admit(actor=actor, route=route, cost=cost).standings
    except QuotaExceeded as error:
        request.rate_standings = error.standings  # type: ignore[attr-defined]
        raise
    request.rate_standings = standings  # type: ignore[attr-defined]


def admit_items(request: HttpRequest, *, actor: Actor, items: int) -> None:
    """Count what a batch holds: its first item was counted as the request, unread.

    :raises QuotaExceeded: when there is not so much left; nothing was begun.
    """
    if items > 1:
        admit_request(request, actor=actor, route=RouteClass.BATCHES, cost=items - 1)


def count_refused_credential(request: HttpRequest, *, stranger: Actor) -> None:
    """Count a credential that does not count, against the address it came from.

    :raises QuotaExceeded: instead of the refusal: who guesses learns no more.
    """
    admit_request(request, actor=stranger, route=RouteClass.REFUSED_CREDENTIALS)


def add_rate_headers(request: HttpRequest, answer: HttpResponse) -> None:
    """Say how the limits stand, if the request was counted."""
    standings: Sequence[Standing] = getattr(request, "rate_standings", ())
    if standings:
        answer[POLICY_HEADER] = ", ".join(_policy(standing) for standing in standings)
        answer[LIMIT_HEADER] = ", ".join(_limit(standing) for standing in standings)


def _policy(standing: Standing) -> str:
    units = _UNITS.get(standing.policy)
    unit = f';vaultcraft-unit="{units}"' if units else ""
    return f'"{standing.policy}";q={standing.rate.quota}{unit};w={standing.rate.seconds}'


def _limit(standing: Standing) -> str:
    return f'"{standing.policy}";r={standing.remaining};t={standing.effective_seconds}'
