"""The outbox lets go of what is published and old, by the database's own clock; of nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connections, transaction

from events.forgetting import KEEPS_SENT, forget_sent
from events.models import OutboxEvent, RelayCursor
from events.relay.again import leave
from events.relay.cursor import KAFKA
from kernel import clock
from kernel.actor import Door, system
from tests.database import FORBIDDEN, all_seeing, refuses, rows, run, view

pytestmark = pytest.mark.usefixtures("committed_db")

DAY = dt.timedelta(days=1)
EVERYTHING = "now"
NOTHING = "3:3:"
_WRITE = (
    "INSERT INTO events_outboxevent (id, name, version, payload, actor_kind, request_id,"
    " occurred_at{more}) VALUES (gen_random_uuid(), 'accounts.session.opened', 1,"
    " jsonb_build_object('about', %s::text), 'system', '', %s{values}) RETURNING sequence"
)


@pytest.fixture
def now() -> dt.datetime:
    return clock.now()


def write(about: str, *, at: dt.datetime) -> int:
    """An event that occurred and was written then; its sequence. The owner alone can date one."""
    owner = connections["owner"]
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        cursor.execute(_WRITE.format(more=", written_at", values=", %s"), [about, at, at])
        return int(cursor.fetchone()[0])


def write_dated_back(about: str, *, at: dt.datetime) -> int:
    """What the application's role can say of its age."""
    with transaction.atomic():
        view(scope="platform")
        return int(rows(_WRITE.format(more="", values=""), about, at)[0][0])


def sent(
    *, up_to: int, since: str = EVERYTHING, until: str | None = None, position: int = 0
) -> None:
    """Let the relay's cursor say so, on this server."""
    ((here,),) = rows("SELECT pg_current_snapshot()::text")
    run("SELECT vaultcraft_outbox_moved()")
    run(
        "UPDATE events_relaycursor SET since = %s, until = %s, position = %s, highest = %s",
        here if since == EVERYTHING else since,
        here if until == EVERYTHING else until,
        position,
        up_to,
    )


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


def test_what_says_that_it_is_old_and_was_written_now_stays(now: dt.datetime) -> None:
    """Whoever writes an event chooses when it occurred, not when it was written."""
    sent(up_to=write_dated_back("hidden", at=now - 31 * DAY))
    assert rows("SELECT vaultcraft_forget_events(now(), 1000000)") == [(0,)]
    assert forget_sent(now=now) == 0
    assert kept() == ["hidden"]
    with transaction.atomic():
        view(scope="platform")
        refuses(FORBIDDEN, _WRITE.format(more=", written_at", values=", now()"), "a", now)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        with pytest.raises(DatabaseError, match="refuses DELETE"):
            cursor.execute("DELETE FROM events_outboxevent")


def test_nobody_says_which_cluster_this_is() -> None:
    """The database knows; a name that is given would settle as sent what waits."""
    refuses("42883", "SELECT vaultcraft_outbox_moved('forged')")


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
    less = place.get("less", 0)
    sent(up_to=sequence - less, **{name: one for name, one in place.items() if name != "less"})
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
    with transaction.atomic():
        view()
        run("SELECT vaultcraft_forget_events(%s, 100)", now)
        assert rows("SELECT current_setting('vaultcraft.scope')") == [("",)]


def test_the_application_deletes_nothing_itself(now: dt.datetime) -> None:
    sent(up_to=write("old", at=now - 60 * DAY))
    with transaction.atomic():
        view(scope="platform")
        refuses(FORBIDDEN, "DELETE FROM events_outboxevent")
        refuses(FORBIDDEN, "UPDATE events_relaycursor SET forgotten_before = now()")
