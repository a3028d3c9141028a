"""How events are carried, for staff: the outbox, the streams, the consumers, what they gave up."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.timesince import timesince

from accounts.policy import require
from events.broker import BrokerUnavailable
from events.broker.looking import BrokerState, ConsumerState, look
from events.choices import DeliveryState
from events.consuming import registered
from events.models import FailedDelivery, RelayCursor
from events.relay.lag import Lag, outbox_lag
from kernel import clock
from kernel.context import reading
from web.views.staff import actor_of, draw

READ = "events.read_delivery"
# An idle relay finds a row within a quarter of a second.
LATE = dt.timedelta(seconds=60)
MANY = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class ConsumerLine:
    """One consumer as the page shows it; `place` is None if the broker does not know it."""

    name: str
    place: ConsumerState | None
    standing: str
    tone: str


def overview(request: HttpRequest) -> HttpResponse:
    """All of it at one moment. A broker that is down is said to be; the rest is shown."""
    actor, now = actor_of(request), clock.now()
    require(actor, READ)
    broker = _asked()
    with reading(actor):
        context = {
            "title": "Event backbone",
            "now": now,
            "outbox": _outbox(now),
            "streams": _streams(broker),
            "consumers": _consumers(broker),
            "failed": _failed(),
            "broker_answers": broker is not None,
        }
        return draw(request, "admin/backbone.html", context)


overview.reads_for_itself = True  # type: ignore[attr-defined] # see web.admin_site


def _asked() -> BrokerState | None:
    try:
        return look()
    except BrokerUnavailable:
        return None


def _outbox(now: dt.datetime) -> dict[str, Any]:
    with connection.cursor() as cursor:
        lag = outbox_lag(cursor)
    place = RelayCursor.objects.get(name="events")
    late = lag.seconds(now) > LATE.total_seconds()
    return {
        "waiting": f"{lag.waiting:,}" + (" or more" if lag.at_least else ""),
        "oldest": _age(lag, now),
        "moved_at": place.moved_at,
        "highest": place.highest,
        "standing": "Late" if late else "In time" if lag.waiting else "All published",
        "tone": "bad" if late else "good",
    }


def _age(lag: Lag, now: dt.datetime) -> str:
    if lag.oldest_at is None:
        return ""
    seconds = lag.seconds(now)
    return f"{seconds:.0f} seconds" if seconds < 120 else timesince(lag.oldest_at, now, depth=1)


def _streams(broker: BrokerState | None) -> list[dict[str, Any]]:
    return [
        {
            "name": one.stream.name,
            "there": one.there,
            "messages": f"{one.messages:,}",
            "size": filesizeformat(one.size),
            "keeps": f"{one.stream.keeps.days} days" if one.stream.keeps else "For ever",
            "most": filesizeformat(one.stream.max_bytes) if one.stream.max_bytes else "",
        }
        for one in (broker.streams if broker else ())
    ]


def _consumers(broker: BrokerState | None) -> list[ConsumerLine]:
    """Those of the broker and those of the program, by name."""
    if broker is None:
        return []
    places = {one.name: one for one in broker.consumers}
    ours = {one.name for one in registered()}
    return [_line(name, places.get(name), known=name in ours) for name in sorted({*places, *ours})]


def _line(name: str, place: ConsumerState | None, *, known: bool) -> ConsumerLine:
    if place is None:
        return ConsumerLine(name, None, "Never ran", "warn")
    if not known:
        return ConsumerLine(name, place, "Not of this program", "warn")
    if place.pending > MANY:
        return ConsumerLine(name, place, "Behind", "bad")
    return ConsumerLine(name, place, "Follows" if place.pending else "Up to date", "good")


def _failed() -> list[dict[str, Any]]:
    """How many of each consumer are tried again, and how many were given up."""
    opened = FailedDelivery.objects.filter(state__in=(DeliveryState.RETRYING, DeliveryState.DEAD))
    rows = opened.values("consumer", "state").annotate(events=Count("id")).order_by("consumer")
    return [
        {
            "consumer": row["consumer"],
            "state": row["state"],
            "label": DeliveryState(row["state"]).label,
            "dead": row["state"] == DeliveryState.DEAD,
            "events": row["events"],
        }
        for row in rows
    ]
