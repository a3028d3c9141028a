"""Who gets mail about an act that waits, and about what became of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail

from accounts.models import PendingAct, User
from accounts.services.pending_acts import agree, expire_overdue, notices, reject, withdraw
from accounts.services.people import change_role, remove_member
from accounts.services.staff import change_staff_role
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import NOW, ROOT, by_two, joined, registered, signed_in, staff
from accounts.tests.letters import delivered
from accounts.tests.test_pending_acts import LATER, asked, policy
from kernel.context import reading
from kernel.ids import encode

pytestmark = pytest.mark.django_db

WAITS = "A request waits for a second person"
DECIDED = "What became of your request"


def people(*admins: str) -> tuple[User, User, User]:
    """Alice owns Acme, Adam and others administrate it, Mia is a member; officers take two."""
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    for name in admins:
        joined(alice, name, "admin")
    mia = joined(alice, "mia", "member")
    policy(alice, roles=True)
    return alice, adam, mia


def told(subject: str, *, now: dt.datetime = LATER) -> list[str]:
    """Who got a mail with this subject since the last time."""
    delivered(now=now)
    return sorted(sent.to[0] for sent in mail.outbox if sent.subject == subject)


def body_of(subject: str) -> str:
    return next(str(sent.body) for sent in mail.outbox if sent.subject == subject)


def test_those_who_could_agree_are_asked_and_not_the_maker() -> None:
    """Alice and Ada could; Fay's role could not, Gus is gone, and Adam asks."""
    alice, adam, mia = people("ada", "gus")
    joined(alice, "fay", "member")
    with reading(ROOT):
        gus = User.objects.get(email="gus@acme.test")
    by_two(remove_member(actor=signed_in(alice), user_id=gus.id, now=NOW), now=NOW)
    delivered(now=NOW)
    mail.outbox.clear()
    act = asked(adam, mia, "finance")
    assert told(WAITS) == ["ada@acme.test", "alice@acme.test"]
    text = body_of(WAITS)
    assert "Adam asked for this" in text
    assert "Member becomes Finance" in text
    assert f"/pending-acts/{encode('pac', act.id)}" in text
    assert "Nothing has happened yet" in text


def test_asking_again_for_the_same_mails_nobody_again() -> None:
    _, adam, mia = people()
    assert asked(adam, mia, "finance").id == asked(adam, mia, "finance").id
    assert told(WAITS) == ["alice@acme.test"]


def test_only_owners_are_asked_about_an_owner() -> None:
    alice = registered().owner
    joined(alice, "olivia", "owner")
    joined(alice, "adam", "admin")
    mia = joined(alice, "mia", "member")
    policy(alice, roles=True)
    asked(alice, mia, "owner")
    assert told(WAITS) == ["olivia@acme.test"]


def test_no_more_than_ten_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "MOST_RECEIVERS", 2)
    _, adam, mia = people("ada", "adele", "adil")
    asked(adam, mia, "finance")
    assert told(WAITS) == ["ada@acme.test", "alice@acme.test"]


def test_strangers_and_the_platform_are_not_asked_about_an_organizations_acts() -> None:
    staff()
    registered("Globex", "charlie")
    _, adam, mia = people()
    asked(adam, mia, "finance")
    assert told(WAITS) == ["alice@acme.test"]


@pytest.mark.parametrize(
    ("decide", "words"),
    [(agree, "Alice agreed, and it is done."), (reject, "Alice rejected it. Nothing has happened")],
)
def test_the_maker_learns_what_was_decided(decide: object, words: str) -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    told(WAITS)
    assert callable(decide)
    decide(actor=signed_in(alice), act_id=act.id, now=LATER)
    decided_again = told(DECIDED)
    assert decided_again == ["adam@acme.test"]
    assert words in body_of(DECIDED)


def test_the_maker_learns_that_it_was_agreed_to_and_refused() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    change_role(actor=signed_in(alice), user_id=mia.id, role="viewer", now=NOW)
    assert agree(actor=signed_in(alice), act_id=act.id, now=LATER).state == "failed"
    assert told(DECIDED) == ["adam@acme.test"]
    assert "it was refused" in body_of(DECIDED)


def test_the_maker_learns_that_nobody_decided() -> None:
    """One mail for what ran out at once, and none for what its maker took back."""
    _, adam, mia = people()
    for role in ("finance", "admin"):
        asked(adam, mia, role)
    taken_back = asked(adam, joined(adam, "max", "member"), "finance")
    withdraw(actor=signed_in(adam), act_id=taken_back.id, now=LATER)
    assert told(DECIDED) == []
    over = NOW + dt.timedelta(days=4)
    assert expire_overdue(actor=ROOT, now=over) == 2
    assert expire_overdue(actor=ROOT, now=over) == 0
    assert told(DECIDED, now=over) == ["adam@acme.test"]
    assert "2 acts: Role of an officer" in body_of(DECIDED)
    assert "Nobody decided in time" in body_of(DECIDED)


def test_a_removed_maker_is_nobody_to_tell() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    by_two(remove_member(actor=signed_in(alice), user_id=adam.id, now=NOW), now=NOW)
    delivered(now=NOW)
    mail.outbox.clear()
    assert agree(actor=signed_in(alice), act_id=act.id, now=LATER).state == "failed"
    assert told(DECIDED) == []


def test_super_admins_are_asked_about_staff() -> None:
    olga, _ = staff(), staff(name="omar")
    max_ = staff("moderator", "max")
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    act = change_staff_role(actor=signed_in(olga), user_id=max_.id, platform_role="admin", now=NOW)
    assert isinstance(act, PendingAct)
    assert told(WAITS) == ["omar@platform.test"]
    assert f"/admin/pending-acts/decide/?id={act.id}" in body_of(WAITS)
