"""The backbone lets go of what is published, taken or settled, and old; of nothing else."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from events.choices import DeliveryState
from events.forgetting import (
    KEEPS_SENT,
    KEEPS_SETTLED,
    KEEPS_TAKEN,
    first_id_at,
    forget_sent,
    forget_settled,
    forget_taken,
    inbox_begins,
)
from events.models import FailedDelivery, InboxEntry, OutboxEvent, RelayCursor
from events.relay.again import leave
from events.relay.cursor import KAFKA
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import made_at, new_id
from tests.database import FORBIDDEN, all_seeing, refuses, rows, run, view

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
EVERYTHING = "9000000000:9000000000:"
NOTHING = "3:3:"


@pytest.fixture
def now() -> dt.datetime:
    return clock.now()


def write(about: str, *, at: dt.datetime) -> int:
    """An event that occurred then; its sequence."""
    view(scope="platform")
    found = rows(
        "INSERT INTO events_outboxevent (id, name, version, payload, actor_kind, request_id,"
        " occurred_at) VALUES (gen_random_uuid(), 'accounts.session.opened', 1,"
        " jsonb_build_object('about', %s::text), 'system', '', %s) RETURNING sequence",
        about,
        at,
    )
    view()
    return found[0][0]


def sent(*, up_to: int, since: str = EVERYTHING, **place: object) -> None:
    """Let the relay's cursor say so, on this server."""
    here = rows("SELECT system_identifier::text FROM pg_control_system()")[0][0]
    run("SELECT vaultcraft_outbox_moved(%s)", here)
    run("UPDATE events_relaycursor SET since = %s, highest = %s", since, up_to)
    for name, value in place.items():
        run(f"UPDATE events_relaycursor SET {name} = %s", value)


def kept() -> list[str]:
    with all_seeing():
        found = OutboxEvent.objects.filter(payload__has_key="about").order_by("payload__about")
        return [event.payload["about"] for event in found]


def test_what_is_published_and_old_goes(now: dt.datetime) -> None:
    write("old", at=now - KEEPS_SENT - DAY)
    young = write("young", at=now - KEEPS_SENT + DAY)
    sent(up_to=young)
    assert forget_sent(now=now) == 1
    assert kept() == ["young"]
    assert RelayCursor.objects.get().forgotten_before == now - KEEPS_SENT
    assert forget_sent(now=now) == 0


@pytest.mark.parametrize(
    "place",
    [
        {"since": NOTHING},  # nothing is published
        {"since": EVERYTHING, "less": 1},  # not this one
        {"since": NOTHING, "until": EVERYTHING, "position": 0},  # a page is under way
    ],
)
def test_what_waits_to_be_published_stays_however_old(now: dt.datetime, place: dict) -> None:
    sequence = write("waiting", at=now - 400 * DAY)
    sent(up_to=sequence - place.pop("less", 0), **place)
    assert forget_sent(now=now) == 0
    assert kept() == ["waiting"]


def test_of_a_page_under_way_what_is_published_goes(now: dt.datetime) -> None:
    first = write("a", at=now - 400 * DAY)
    second = write("b", at=now - 400 * DAY)
    sent(up_to=second, since=NOTHING, until=EVERYTHING, position=first)
    assert forget_sent(now=now) == 1
    assert kept() == ["b"]


def test_what_another_broker_waits_for_stays(now: dt.datetime) -> None:
    """The database itself judges by every place there is, for the tables' owner, too."""
    sequence = write("old", at=now - 40 * DAY)
    sent(up_to=sequence)
    run(
        "INSERT INTO events_relaycursor (name, cluster, since, position, highest, epoch)"
        " SELECT 'kafka', cluster, %s, 0, 0, 0 FROM events_relaycursor",
        NOTHING,
    )
    assert forget_sent(now=now) == 0
    assert kept() == ["old"]
    assert leave(actor=system(door=Door.COMMAND, request_id="test"), place=KAFKA)
    assert forget_sent(now=now) == 1
    assert kept() == []


def test_batches_end_and_go_on(now: dt.datetime) -> None:
    last = 0
    for number in range(7):
        last = write(f"{number}", at=now - 60 * DAY)
    sent(up_to=last)
    assert forget_sent(now=now, batch=3) == 7
    assert kept() == []


def test_nobody_asks_for_younger_events_to_go(now: dt.datetime) -> None:
    sequence = write("young", at=now - 29 * DAY)
    sent(up_to=sequence)
    assert rows("SELECT vaultcraft_forget_events(%s, 100)", now + DAY) == [(0,)]
    assert kept() == ["young"]
    line = RelayCursor.objects.get().forgotten_before
    assert line is not None
    assert line < now - 29 * DAY


def test_the_view_is_as_before(now: dt.datetime) -> None:
    sent(up_to=write("old", at=now - 60 * DAY))
    view()
    run("SELECT vaultcraft_forget_events(%s, 100)", now)
    assert rows("SELECT current_setting('vaultcraft.scope')") == [("",)]


def test_the_application_deletes_nothing_itself(now: dt.datetime) -> None:
    sent(up_to=write("old", at=now - 60 * DAY))
    view(scope="platform")
    refuses(FORBIDDEN, "DELETE FROM events_outboxevent")
    refuses(FORBIDDEN, "UPDATE events_relaycursor SET forgotten_before = now()")


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
