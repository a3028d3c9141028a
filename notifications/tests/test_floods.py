"""A flood of payments: it rings no mailbox for ever, buries nothing and holds nobody up."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import PendingMail, User
from accounts.services.mail.delivering import _letter
from accounts.tasks import nudge_delivery
from events.consuming import Event
from events.consuming.taking import take
from kernel.context import reading
from kernel.ids import new_id
from kernel.transactions import opens_transaction
from notifications.choices import Topic
from notifications.consumers import NOTICES, NOTICES_OF_MONEY
from notifications.kinds import KINDS, Channels
from notifications.models import Notification
from notifications.queries import of_topic, own_notifications, unread_count
from notifications.services.notices import mark_all_read, set_preferences, write_notices
from notifications.services.notices.mailing import MOST_IN_AN_HOUR
from notifications.tests.notice_scenes import SOON, emitted, mails_waiting, mark, told
from notifications.tests.scenes import WORKER
from tests.database import all_seeing
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
HOUR = NOW.replace(minute=0, second=0, microsecond=0)


def payments(world: World, number: int, *, at: dt.datetime = HOUR) -> list[Event]:
    """What reaches Charlie's side of so many payments."""
    since = mark()
    world.send()
    (came,) = [event for event in emitted(since=since) if event.organization_id == world.globex.id]
    return [dataclasses.replace(came, id=new_id(), occurred_at=at) for _ in range(number)]


def wanting_mail(world: World, *, in_app: bool = True) -> User:
    """Charlie, who chose mail of what comes in."""
    wanted = {Topic.MONEY_IN: Channels(in_app=in_app, email=True)}
    set_preferences(actor=world.actor(world.charlie), wanted=wanted, now=NOW)
    return world.charlie


def taken(events: list[Event], *, now: dt.datetime = SOON) -> None:
    take(consumer=NOTICES_OF_MONEY, events=events, now=now)


@opens_transaction
def subjects(*, actor: object) -> list[str]:
    rows = PendingMail.objects.filter(kind="notice").order_by("id")
    return [letter.subject for row in rows if (letter := _letter(row)) is not None]


def password_changed(user: User) -> Event:
    return Event(
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


def test_so_many_are_mailed_in_an_hour_and_one_says_that_more_came(world: World) -> None:
    charlie = wanting_mail(world)
    flood = payments(world, MOST_IN_AN_HOUR + 5)
    taken(flood[:3])
    taken(flood[3:])
    taken(payments(world, 5, at=HOUR + dt.timedelta(minutes=59)))
    assert len(told(charlie)) == MOST_IN_AN_HOUR + 10
    assert mails_waiting(charlie) == MOST_IN_AN_HOUR + 1
    last = subjects(actor=WORKER)
    assert last[-1] == "More happened than is mailed"
    assert len(set(last)) == 2


def test_the_next_hour_and_another_topic_have_mail_of_their_own(world: World) -> None:
    charlie = wanting_mail(world)
    set_preferences(
        actor=world.actor(charlie), wanted={Topic.MONEY_OUT: Channels(email=True)}, now=NOW
    )
    taken(payments(world, MOST_IN_AN_HOUR + 5))
    since = mark()
    world.send(sender=charlie, source=world.charlie_wallet, destination=world.alice_wallet)
    leaves = [event for event in emitted(since=since) if event.organization_id == world.globex.id]
    taken([dataclasses.replace(event, occurred_at=HOUR) for event in leaves])
    assert mails_waiting(charlie) == MOST_IN_AN_HOUR + 2
    taken(payments(world, 1, at=HOUR - dt.timedelta(hours=1)))
    assert mails_waiting(charlie) == MOST_IN_AN_HOUR + 3


def test_who_wanted_mail_alone_finds_the_rest_in_the_app(world: World) -> None:
    charlie = wanting_mail(world, in_app=False)
    taken(payments(world, MOST_IN_AN_HOUR + 5))
    shown = [row.in_app for row in told(charlie)]
    assert shown == [False] * MOST_IN_AN_HOUR + [True] * 5


def test_what_comes_again_counts_once(world: World) -> None:
    charlie = wanting_mail(world)
    flood = payments(world, 10)
    for _ in range(3):
        written_again(actor=WORKER, events=flood)
    assert (len(told(charlie)), mails_waiting(charlie)) == (10, 10)


@opens_transaction
def written_again(*, actor: object, events: list[Event]) -> None:
    write_notices(events, SOON)


def test_a_batch_takes_as_many_looks_as_one_payment(world: World) -> None:
    """Of what people do not have mailed, which is the flood that anybody can make."""
    few, many = payments(world, 2), payments(world, 100)
    with CaptureQueriesContext(
        connection,
    ) as small:
        taken(few)
    with CaptureQueriesContext(connection) as large:
        taken(many)
    assert len(large) == len(small)
    assert len(told(world.charlie)) == 102


def test_a_transaction_tells_the_sender_of_mail_once(world: World) -> None:
    wanting_mail(world)
    taken(payments(world, 10))
    waiting = [entry[1] for entry in connection.run_on_commit]
    assert waiting.count(nudge_delivery) == 1
    assert mails_waiting(world.charlie) == 10


def test_security_is_not_behind_payments_and_is_found_below_them(world: World) -> None:
    assert not NOTICES.names & NOTICES_OF_MONEY.names
    assert "accounts.password.changed" in NOTICES.names
    assert "wallets.payout.failed" in NOTICES.names
    charlie = world.actor(world.charlie)
    take(consumer=NOTICES, events=[password_changed(world.charlie)], now=SOON)
    taken(payments(world, 100))
    with reading(charlie):
        (found,) = of_topic(own_notifications(charlie), Topic.SECURITY)
        assert unread_count(charlie, Topic.SECURITY) == 1
    assert found.kind == "password_changed"
    assert mark_all_read(actor=charlie, up_to=None, topic=Topic.MONEY_IN, now=SOON) == 100
    with all_seeing():
        (unread,) = Notification.objects.filter(user=world.charlie, read_at=None)
    assert KINDS[unread.kind].topic is Topic.SECURITY
