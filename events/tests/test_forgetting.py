"""The backbone lets go of what is taken or settled, and old; of nothing else."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from events.choices import DeliveryState
from events.forgetting import (
    KEEPS_SETTLED,
    KEEPS_TAKEN,
    first_id_at,
    forget_settled,
    forget_taken,
    inbox_begins,
)
from events.models import FailedDelivery, InboxEntry
from kernel import clock
from kernel.ids import made_at, new_id
from tests.database import all_seeing, refuses, run, view

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def now() -> dt.datetime:
    return clock.now()


def taken(consumer: str, *, at: dt.datetime) -> uuid.UUID:
    event_id = uuid.UUID(int=first_id_at(at).int | 1)
    InboxEntry.objects.create(consumer=consumer, event_id=event_id, taken_at=at)
    return event_id


def test_inboxes_forget_what_cannot_come_again(now: dt.datetime) -> None:
    old = [taken("one", at=now - KEEPS_TAKEN - number * DAY) for number in range(1, 6)]
    young = taken("one", at=now - KEEPS_TAKEN + DAY)
    fresh = taken("two", at=now)
    assert forget_taken(now=now, batch=2) == len(old)
    left = set(InboxEntry.objects.values_list("event_id", flat=True))
    assert left == {young, fresh}
    begins = inbox_begins("one")
    assert begins == now - KEEPS_TAKEN
    assert inbox_begins("three") is None


def test_a_consumer_that_is_behind_forgets_up_to_where_it_is(now: dt.datetime) -> None:
    """What it has not taken yet must not count as taken."""
    first = taken("one", at=now - 90 * DAY)
    last = taken("one", at=now - 60 * DAY)
    assert forget_taken(now=now) == 1
    assert inbox_begins("one") == made_at(last)
    assert not InboxEntry.objects.filter(event_id=first).exists()
    assert InboxEntry.objects.filter(event_id=last).exists()


def test_the_beginning_of_an_inbox_never_moves_back(now: dt.datetime) -> None:
    taken("one", at=now)
    forget_taken(now=now)
    forget_taken(now=now - 90 * DAY)
    assert inbox_begins("one") == now - KEEPS_TAKEN


def failed(state: str, *, at: dt.datetime) -> None:
    view(scope="platform")
    FailedDelivery.objects.create(
        consumer="one",
        event_id=new_id(),
        name="accounts.session.opened",
        body="{}",
        error="",
        deliveries=1,
        state=state,
        failed_at=at,
        settled_at=at if state in ("TAKEN", "DISCARDED") else None,
        reason="a test" if state == "DISCARDED" else "",
    )
    view()


def test_failures_that_ended_well_are_deleted_and_no_others(now: dt.datetime) -> None:
    for state in DeliveryState.values:
        failed(state, at=now - KEEPS_SETTLED - DAY)
    failed("TAKEN", at=now - KEEPS_SETTLED + DAY)
    assert forget_settled(now=now) == 1
    with all_seeing():
        left = FailedDelivery.objects.values_list("state", flat=True)
        assert sorted(left) == sorted(DeliveryState.values)
    view(scope="platform")
    refuses(
        "events_faileddelivery_ends_once",
        "DELETE FROM events_faileddelivery WHERE state = 'DISCARDED'",
    )


def test_the_first_id_of_a_moment() -> None:
    moment = dt.datetime(2026, 11, 20, 9, 0, 0, 5_000, tzinfo=dt.UTC)
    assert made_at(first_id_at(moment)) == moment
    before = clock.now()
    assert first_id_at(before) <= new_id()


def test_no_inbox_begins_later_than_what_it_keeps_or_sooner_than_it_did(now: dt.datetime) -> None:
    """Later, and nothing could be published again; sooner, and it would be taken twice."""
    begin = "INSERT INTO events_inboxbeginning VALUES ('one', %s)"
    for later in (dt.datetime(2100, 1, 1, tzinfo=dt.UTC), now, now - KEEPS_TAKEN + 2 * DAY):
        refuses("events_inboxbeginning_old", begin, later)
    run(begin, now - KEEPS_TAKEN)
    for changed in (now, now - KEEPS_TAKEN - DAY):
        refuses(
            "events_inboxbeginning_old",
            "UPDATE events_inboxbeginning SET forgotten_before = %s",
            changed,
        )
