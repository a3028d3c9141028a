"""Dead letters once more into the handler they failed in, or out of the way for good. Steps."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal

from django.db import connection
from django.db.models import F

from events.choices import DeliveryState
from events.consuming.judging import database_is_away, lost_a_race
from events.consuming.registry import Event, consumer_of
from events.consuming.taking import ERROR_LENGTH, note_taken, take_in
from events.models import FailedDelivery
from kernel.transactions import needs_transaction, undone_if_refused

MOST_AT_ONCE = 500

# `ALREADY`: somebody else took it, or it is no dead letter any more.
Outcome = Literal["TAKEN", "FAILED", "ALREADY"]


@dataclasses.dataclass(frozen=True, slots=True)
class Replayed:
    """What came of one dead letter.

    :param error: why it failed again; empty otherwise.
    """

    letter: FailedDelivery
    outcome: Outcome
    error: str = ""


class _Rehearsed(Exception):
    """It would go well."""


class _Unknown(LookupError):
    """No consumer of this name runs here any more."""


@needs_transaction
def replay(
    letters: Sequence[FailedDelivery], *, rehearse: bool, now: dt.datetime
) -> list[Replayed]:
    """Give each to its consumer, as if it came off the stream; one that fails undoes no other.

    The inbox is the same, so an event has its effect once however often, and by however many, it is
    replayed. Needs the platform's view.

    :param rehearse: undo each again: what would come of it.
    """
    return [_replay(letter, rehearse=rehearse, now=now) for letter in letters]


@needs_transaction
def discard(letters: Sequence[FailedDelivery], *, reason: str, now: dt.datetime) -> list[Replayed]:
    """Say of each that it shall never have an effect, though the stream be read again; and why."""
    discarded = []
    for letter in letters:
        if note_taken(consumer=letter.consumer, ids=[letter.event_id], now=now):
            FailedDelivery.objects.filter(pk=letter.pk, state=DeliveryState.DEAD).update(
                state=DeliveryState.DISCARDED, settled_at=now, reason=reason
            )
            discarded.append(Replayed(letter, "TAKEN"))
        else:
            discarded.append(Replayed(letter, "ALREADY"))
    return discarded


def _replay(letter: FailedDelivery, *, rehearse: bool, now: dt.datetime) -> Replayed:
    if _state_of(letter) != DeliveryState.DEAD:
        return Replayed(letter, "ALREADY")
    try:
        with _undone(rehearse):
            new = _take(letter, now=now)
    except _Rehearsed:
        return Replayed(letter, "TAKEN")
    except Exception as error:
        if database_is_away(error) or lost_a_race(error):
            raise
        told = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
        if not rehearse:
            _note(letter, error=told, now=now)
        return Replayed(letter, "FAILED", told)
    return Replayed(letter, "TAKEN" if new else "ALREADY")


def _take(letter: FailedDelivery, *, now: dt.datetime) -> int:
    consumer = consumer_of(letter.consumer)
    if consumer is None:
        raise _Unknown(letter.consumer)
    return take_in(consumer=consumer, events=[Event.of(letter.body.encode())], now=now)


@contextlib.contextmanager
def _undone(rehearse: bool) -> Iterator[None]:
    """Undo what the block wrote when it raises; for a rehearsal, when it does not, too."""
    with undone_if_refused():
        yield
        if rehearse:
            with connection.cursor() as cursor:
                # What would be refused at the commit is refused now.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise _Rehearsed


def _state_of(letter: FailedDelivery) -> str | None:
    found = FailedDelivery.objects.filter(pk=letter.pk)
    return found.values_list("state", flat=True).first()


def _note(letter: FailedDelivery, *, error: str, now: dt.datetime) -> None:
    FailedDelivery.objects.filter(pk=letter.pk, state=DeliveryState.DEAD).update(
        deliveries=F("deliveries") + 1, error=error, failed_at=now
    )
