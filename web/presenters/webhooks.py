"""Webhook endpoints and deliveries as rows and in full."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Mapping

from django.urls import reverse

from kernel.ids import encode
from notifications.choices import DeliveryState, EndpointStatus, Failure, StatusReason
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from web.presenters.badges import Badge, delivery_badge, endpoint_badge

ENDPOINT, DELIVERY = "whe", "whd"


@dataclasses.dataclass(frozen=True, slots=True)
class EndpointCard:
    """One endpoint.

    :param why: what stopped it, in words; empty while it is enabled.
    """

    id: str
    page: str
    url: str
    description: str
    events: list[str]
    wants: str
    badge: Badge
    enabled: bool
    why: str
    created_at: dt.datetime
    failing_since: dt.datetime | None
    resting_until: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery in a list."""

    page: str
    event: str
    badge: Badge
    created_at: dt.datetime
    note: str


@dataclasses.dataclass(frozen=True, slots=True)
class AttemptCard:
    """One request and its answer.

    :param sent: its headers, a line each.
    :param answered: the headers of the answer and the beginning of its body.
    """

    number: int
    began_at: dt.datetime
    took: str
    title: str
    good: bool
    address: str
    url: str
    sent: str
    answered: str


def endpoint_card(row: WebhookEndpoint, *, now: dt.datetime) -> EndpointCard:
    """An endpoint in full."""
    number = len(row.event_names)
    wants = f"{number} event{'s' if number > 1 else ''}" if number else "Every event"
    resting = row.resting_until if row.resting_until and row.resting_until > now else None
    return EndpointCard(
        id=encode(ENDPOINT, row.id),
        page=reverse("web:webhook", args=[encode(ENDPOINT, row.id)]),
        url=row.url,
        description=row.description,
        events=list(row.event_names),
        wants=wants,
        badge=endpoint_badge(row.status),
        enabled=row.status == EndpointStatus.ENABLED,
        why=str(StatusReason(row.status_reason).label) if row.status_reason else "",
        created_at=row.created_at,
        failing_since=row.failing_since,
        resting_until=resting,
    )


def delivery_rows(rows: Iterable[WebhookDelivery]) -> list[DeliveryRow]:
    """Deliveries for a list."""
    return [
        DeliveryRow(
            page=reverse("web:webhook-delivery", args=[encode(DELIVERY, row.id)]),
            event=row.event_name,
            badge=delivery_badge(row.state),
            created_at=row.created_at,
            note=_note(row),
        )
        for row in rows
    ]


def _note(row: WebhookDelivery) -> str:
    if row.attempts == 0:
        return "Not sent yet" if row.state == DeliveryState.PENDING else "Never sent"
    return f"{row.attempts} attempt{'s' if row.attempts > 1 else ''}"


def attempt_card(row: WebhookAttempt) -> AttemptCard:
    """One attempt in full."""
    failure = Failure(row.failure)
    title = f"Answered {row.status}" if row.status else str(failure.label)
    if failure is Failure.REDIRECT:
        title = f"{title}: redirects are not followed"
    answer = _lines(row.answer_headers)
    return AttemptCard(
        number=row.number,
        began_at=row.began_at,
        took=f"{row.took_ms / 1000:.2f} s",
        title=title,
        good=failure is Failure.NONE,
        address=row.address or "",
        url=row.url,
        sent=_lines(row.request_headers),
        answered=f"{answer}\n\n{row.answer_body}".strip() if row.status else "",
    )


def readable(body: str) -> str:
    """A message for reading; the same words with space between them."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
