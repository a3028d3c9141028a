"""Reading the outbox; row-level security decides whose."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from events.choices import DeliveryState
from events.models import FailedDelivery, OutboxEvent, Saga, SagaAttempt
from events.saga.models import ENDED


def events_about(subject_ids: Iterable[uuid.UUID]) -> QuerySet[OutboxEvent]:
    """The visible events about any of these subjects, oldest first."""
    return OutboxEvent.objects.filter(subject_id__in=list(subject_ids)).order_by("id")


def unfinished_sagas() -> QuerySet[Saga]:
    """The visible sagas that have not ended: what is stuck first, then the oldest."""
    # By name of the state, STUCK comes last.
    return Saga.objects.exclude(state__in=ENDED).order_by("-state", "started_at", "id")


def last_attempts(sagas: Iterable[Saga]) -> dict[uuid.UUID, SagaAttempt]:
    """The newest attempt of each, by the saga's id; what was never tried is missing."""
    tried = SagaAttempt.objects.filter(saga_id__in=[saga.id for saga in sagas])
    newest = tried.order_by("saga_id", "-fence").distinct("saga_id")
    return {row.saga_id: row for row in newest}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which dead letters: those of all conditions that are given.

    :param since: of when they failed last; `until` is not included.
    """

    ids: Collection[uuid.UUID] | None = None
    consumer: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def dead_letters(selection: Selection) -> QuerySet[FailedDelivery]:
    """The visible dead letters of a selection, in the order their events were written in."""
    found = FailedDelivery.objects.filter(state=DeliveryState.DEAD)
    if selection.ids is not None:
        found = found.filter(id__in=list(selection.ids))
    if selection.consumer is not None:
        found = found.filter(consumer=selection.consumer)
    if selection.since is not None:
        found = found.filter(failed_at__gte=selection.since)
    if selection.until is not None:
        found = found.filter(failed_at__lt=selection.until)
    return found.order_by("event_id", "consumer")
