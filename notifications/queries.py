"""Reading endpoints, deliveries and notices: always what one actor may see, never more."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from kernel.actor import Actor, ActorKind
from kernel.errors import NotFound
from ledger.queries import currencies
from notifications.choices import Topic
from notifications.kinds import KINDS, Channels, usual
from notifications.models import (
    Notification,
    Preference,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from notifications.wording import Words, words_of

MOST_COUNTED = 100


def visible_endpoints(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """The organization's endpoints, everybody's for the platform; none that was removed."""
    rows = WebhookEndpoint.objects.filter(removed_at=None)
    return rows if actor.is_platform else rows.filter(_own(actor))


def endpoint_of(*, actor: Actor, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """One of them.

    :raises NotFound: if it is not there or not the actor's.
    """
    found = visible_endpoints(actor).filter(id=endpoint_id).first()
    if found is None:
        raise NotFound("There is no such webhook endpoint.")
    return found


def visible_deliveries(actor: Actor) -> QuerySet[WebhookDelivery]:
    """Deliveries of visible endpoints, newest first."""
    rows = WebhookDelivery.objects.filter(endpoint__removed_at=None)
    return rows if actor.is_platform else rows.filter(_own(actor))


def delivery_of(*, actor: Actor, delivery_id: uuid.UUID) -> WebhookDelivery:
    """One of them.

    :raises NotFound: if it is not there or not the actor's.
    """
    found = visible_deliveries(actor).select_related("endpoint").filter(id=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


def attempts_of(delivery: WebhookDelivery, *, most: int) -> list[WebhookAttempt]:
    """Its last attempts, newest first."""
    return list(delivery.log.order_by("-number")[:most])


def own_notifications(actor: Actor) -> QuerySet[Notification]:
    """What the actor is told in the app, newest first; nothing for who is no person."""
    rows = Notification.objects.filter(_person(actor), in_app=True)
    return rows.filter(kind__in=KINDS)


def of_topic(rows: QuerySet[Notification], topic: Topic) -> QuerySet[Notification]:
    """Those of them that are about one topic."""
    return rows.filter(kind__in=[kind.name for kind in KINDS.values() if kind.topic is topic])


def in_words(rows: Iterable[Notification]) -> list[tuple[Notification, Words]]:
    """Each with what it says. One query."""
    exponents = dict(currencies().values_list("code", "exponent"))
    return [
        (
            row,
            words_of(
                kind=KINDS[row.kind],
                organization_id=row.organization_id,
                subject_id=row.subject_id,
                amount_minor=row.amount_minor,
                currency=row.currency,
                detail=row.detail,
                exponents=exponents,
            ),
        )
        for row in rows
    ]


def unread_count(actor: Actor, topic: Topic | None = None) -> int:
    """How many of them, or of one topic, are unread; at `MOST_COUNTED` there may be more."""
    rows = own_notifications(actor).filter(read_at=None)
    return (of_topic(rows, topic) if topic else rows)[:MOST_COUNTED].count()


def own_channels(actor: Actor) -> dict[Topic, Channels]:
    """How the actor is told of each topic."""
    rows = Preference.objects.filter(_person(actor)).order_by()
    chosen = {row.topic: Channels(row.in_app, row.email) for row in rows}
    return {topic: chosen.get(topic, usual(topic)) for topic in Topic}


def _person(actor: Actor) -> Q:
    return Q(("user_id", actor.id if actor.kind is ActorKind.USER else None))


def _own(actor: Actor) -> Q:
    return Q(("organization_id", actor.organization_id))
