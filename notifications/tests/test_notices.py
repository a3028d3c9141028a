"""Events become notices: of the right people, once each, whenever and however often they come."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.models import User
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from audit.models import AuditRecord
from events.consuming import Event
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.transactions import opens_transaction
from notifications.choices import Topic
from notifications.errors import ChannelAlwaysOn
from notifications.kinds import Channels
from notifications.models import Preference
from notifications.queries import own_channels, own_notifications, unread_count
from notifications.services.notices import (
    forget_notices,
    mark_all_read,
    mark_read,
    set_preferences,
    write_notices,
)
from notifications.services.notices.writing import KEPT, NEWS
from notifications.tests.notice_scenes import (
    SOON,
    emitted,
    kinds_told,
    mails_waiting,
    mark,
    taken,
    told,
)
from notifications.tests.scenes import WORKER
from tests.database import FORBIDDEN, all_seeing, refuses, rows, run, view
from tests.world import NOW, World, colleague

pytestmark = pytest.mark.django_db


def sent(world: World, **wanted: object) -> list[Event]:
    """A payment and the events it emitted."""
    since = mark()
    world.send(**wanted)
    return emitted(since=since)


@opens_transaction
def written_again(*, actor: Actor, events: list[Event]) -> None:
    write_notices(events, SOON)


def choose(world: World, user: User, topic: Topic, *, in_app: bool, email: bool) -> None:
    wanted = {topic: Channels(in_app=in_app, email=email)}
    set_preferences(actor=world.actor(user), wanted=wanted, now=NOW)


def password_of(user: User) -> list[Event]:
    """That the person's password was changed, as the event says it."""
    return [
        Event(
            id=new_id(),
            name="accounts.password.changed",
            version=1,
            organization_id=user.organization_id,
            subject_id=user.id,
            occurred_at=NOW,
            request_id="req_1",
            payload={"user_id": str(user.id)},
            body="",
        )
    ]


def test_each_side_of_a_payment_is_told_its_own_side(world: World) -> None:
    taken(sent(world, amount_minor=250_00))
    (left,), (came,) = told(world.alice), told(world.charlie)
    assert (left.kind, left.amount_minor, left.currency) == ("money_sent", 250_00, "INR")
    assert (came.kind, came.amount_minor, came.currency) == ("money_received", 250_00, "INR")
    assert left.event_id != came.event_id
    assert left.organization_id == world.acme.id
    assert came.organization_id == world.globex.id
    assert told(world.bob) == told(world.olga) == []


def test_an_event_that_comes_again_tells_nobody_twice(world: World) -> None:
    events = sent(world)
    assert taken(events) == len(events)
    assert taken(events) == 0
    assert len(told(world.alice)) == len(told(world.charlie)) == 1


def test_what_was_told_is_known_without_the_inbox_too(world: World) -> None:
    """An inbox is let go of after a month; a replay of older events finds the rows."""
    events = sent(world)
    taken(events)
    written_again(actor=WORKER, events=events)
    assert len(told(world.alice)) == 1


def test_a_batch_that_brings_one_event_twice_tells_once(world: World) -> None:
    events = sent(world)
    taken([*events, *events])
    assert len(told(world.alice)) == 1


def test_a_late_event_is_in_the_list_and_rings_no_mailbox(world: World) -> None:
    choose(world, world.charlie, Topic.MONEY_IN, in_app=True, email=True)
    taken(sent(world), now=NOW + NEWS)
    (late,) = told(world.charlie)
    assert (late.happened_at, late.created_at) == (NOW, NOW + NEWS)
    assert mails_waiting(world.charlie) == 0
    taken(sent(world), now=SOON)
    assert mails_waiting(world.charlie) == 1


def test_of_what_is_older_than_notices_are_kept_nobody_is_told(world: World) -> None:
    taken(sent(world), now=NOW + KEPT)
    assert told(world.alice) == told(world.charlie) == []


def test_who_was_removed_is_told_nothing_more(world: World) -> None:
    """Also of what happened while they were there."""
    mia = colleague(world, "mia", "viewer")
    events = [dataclasses.replace(e, payload={"user_id": str(mia.id)}) for e in password_of(mia)]
    remove_member(actor=world.actor(world.alice), user_id=mia.id, now=NOW)
    taken(events)
    assert told(mia) == []


def test_an_erased_person_leaves_no_notices_and_gets_none(world: World) -> None:
    mia = colleague(world, "mia", "viewer")
    taken(password_of(mia))
    assert kinds_told(mia) == ["password_changed"]
    choose(world, mia, Topic.HOLDS, in_app=False, email=False)
    remove_member(actor=world.actor(world.alice), user_id=mia.id, now=NOW)
    shred_person(actor=WORKER, user_id=mia.id, now=NOW)
    taken(password_of(mia))
    assert told(mia) == []
    with all_seeing():
        assert not Preference.objects.filter(user=mia).exists()


def test_an_event_of_another_organization_reaches_nobody(world: World) -> None:
    """However it came to name somebody else's wallet or person."""
    foreign = [
        dataclasses.replace(event, id=new_id(), organization_id=world.globex.id)
        for event in [*sent(world), *password_of(world.alice)]
        if event.organization_id == world.acme.id
    ]
    assert foreign
    taken(foreign)
    assert told(world.alice) == told(world.bob) == told(world.charlie) == []


def test_who_came_later_is_not_told_of_what_was_before(world: World) -> None:
    new = colleague(world, "nia", "viewer")
    (event,) = password_of(new)
    taken([dataclasses.replace(event, occurred_at=new.created_at - dt.timedelta(seconds=1))])
    assert told(new) == []


def test_a_wallet_of_the_organization_tells_nobody_of_single_payments(world: World) -> None:
    taken(sent(world, source=world.acme_wallet, destination=world.charlie_wallet))
    assert told(world.alice) == []
    assert kinds_told(world.charlie) == ["money_received"]


def test_reading_is_noted_once_and_only_of_ones_own(world: World) -> None:
    taken(sent(world))
    (row,) = told(world.alice)
    alice, charlie = world.actor(world.alice), world.actor(world.charlie)
    with pytest.raises(NotFound):
        mark_read(actor=charlie, notification_id=row.id, now=SOON)
    with pytest.raises(NotFound):
        mark_read(actor=world.actor(world.bob), notification_id=row.id, now=SOON)
    assert mark_read(actor=alice, notification_id=row.id, now=SOON).read_at == SOON
    later = SOON + dt.timedelta(hours=1)
    assert mark_read(actor=alice, notification_id=row.id, now=later).read_at == SOON


def test_all_is_read_up_to_what_was_seen(world: World) -> None:
    for _ in range(3):
        taken(sent(world))
    alice = world.actor(world.alice)
    seen = told(world.alice)[1]
    assert mark_all_read(actor=alice, up_to=seen.id, now=SOON) == 2
    with reading(alice):
        assert unread_count(alice) == 1
    assert mark_all_read(actor=alice, up_to=None, now=SOON) == 1
    assert mark_all_read(actor=alice, up_to=None, now=SOON) == 0
    assert all(row.read_at is None for row in told(world.charlie))


def test_channels_are_each_persons_own_choice(world: World) -> None:
    choose(world, world.charlie, Topic.MONEY_IN, in_app=False, email=True)
    choose(world, world.alice, Topic.MONEY_OUT, in_app=False, email=False)
    taken(sent(world))
    (row,) = told(world.charlie)
    charlie = world.actor(world.charlie)
    with reading(charlie):
        assert list(own_notifications(charlie)) == []
        assert own_channels(charlie)[Topic.MONEY_IN].email
    assert (row.in_app, mails_waiting(world.charlie)) == (False, 1)
    assert (told(world.alice), mails_waiting(world.alice)) == ([], 0)


def test_security_notices_cannot_be_turned_off(world: World) -> None:
    with pytest.raises(ChannelAlwaysOn):
        choose(world, world.alice, Topic.SECURITY, in_app=False, email=True)
    for topic in (Topic.SECURITY, Topic.ACTS, Topic.VERIFICATION):
        with pytest.raises(ChannelAlwaysOn):
            choose(world, world.alice, topic, in_app=True, email=False)
    choose(world, world.alice, Topic.SECURITY, in_app=True, email=True)
    with all_seeing():
        assert not Preference.objects.exists()


def test_choosing_twice_keeps_one_wish_and_two_records(world: World) -> None:
    for email in (True, False):
        choose(world, world.alice, Topic.HOLDS, in_app=True, email=email)
    with all_seeing():
        assert [row.email for row in Preference.objects.all()] == [False]
        kept = AuditRecord.objects.filter(action="notifications.preference.set")
        assert sorted(record.metadata["email"] for record in kept) == [False, True]


def test_old_notices_go(world: World) -> None:
    taken(sent(world))
    assert forget_notices(actor=WORKER, now=SOON + KEPT - dt.timedelta(seconds=1)) == 0
    assert forget_notices(actor=WORKER, now=SOON + KEPT) == 2
    assert told(world.alice) == told(world.charlie) == []


def test_the_database_holds_what_was_told(world: World) -> None:
    taken(sent(world))
    (row,) = told(world.alice)
    mark_read(actor=world.actor(world.alice), notification_id=row.id, now=SOON)
    view(world.acme)
    table = "notifications_notification"
    refuses(f"{table}_stays_read", f"UPDATE {table} SET read_at = NULL")
    refuses(FORBIDDEN, f"UPDATE {table} SET amount_minor = 1")
    said = "organization_id, user_id, event_id, kind, detail, in_app, happened_at, created_at"
    again = (
        f"INSERT INTO {table} (id, {said}) SELECT gen_random_uuid(), {{}} FROM {table}"
        f" WHERE user_id = '{world.alice.id}'"
    )
    refuses("notifications_notification_once", again.format(said))
    view(world.acme, world.globex)
    elsewhere = said.replace("organization_id", f"'{world.globex.id}'::uuid")
    refuses(f"{table}_of_its_person", again.format(elsewhere))
    view(world.acme)
    preference = (
        "INSERT INTO notifications_preference (id, organization_id, user_id, topic, in_app, email,"
        " changed_at) VALUES (gen_random_uuid(), %s, %s, %s, false, false, now())"
    )
    person = (world.acme.id, world.alice.id)
    refuses("notifications_preference_not_security", preference, *person, "security")
    refuses("notifications_preference_mail", preference, *person, "acts")


def test_another_tenant_sees_and_changes_nothing(world: World) -> None:
    taken(sent(world))
    view(world.globex)
    assert {user for (user,) in rows("SELECT user_id FROM notifications_notification")} == {
        world.charlie.id
    }
    assert run("UPDATE notifications_notification SET read_at = now()") == 1
    assert run("DELETE FROM notifications_notification") == 1
    assert len(told(world.alice)) == 1
