"""Nobody comes to power, or loses it, in silence: who could object is told, and the person."""

from __future__ import annotations

import pytest
from django.core import mail

from accounts.choices import PlatformRole
from accounts.errors import EmailTaken
from accounts.models import PendingAct, User
from accounts.services.invitations import invite, join
from accounts.services.pending_acts import agree
from accounts.services.people import change_role
from accounts.services.staff import change_staff_role, close_staff_account, create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    STRANGER,
    joined,
    registered,
    signed_in,
    staff,
)
from accounts.tests.letters import delivered, invitation_mailed_to

pytestmark = pytest.mark.django_db

ADDED = "Somebody was added to the staff of the platform"
ROLE = "A role of the platform's staff was changed"
MADE = "Somebody may act for your organization now"
CHANGED = "Somebody may do more or less in your organization"
YOURS = "Your role was changed"
OLGA, OMAR, ADA = (f"{one}@platform.test" for one in ("olga", "omar", "ada"))


def told(subject: str) -> set[str]:
    """Who got this mail of what waits to be sent."""
    found = delivered(now=NOW)
    return {line.partition(": ")[0] for line in found if line.endswith(f": {subject}")}


def added(actor_of: User, role: str, name: str = "ada") -> User:
    return create_staff(
        actor=signed_in(actor_of),
        email=f"{name}@platform.test",
        full_name=name.title(),
        platform_role=role,
        password=PASSWORD,
        now=NOW,
    )


@pytest.mark.parametrize("role", PlatformRole.values)
def test_a_thief_of_one_super_admin_adds_nobody_in_silence(role: str) -> None:
    olga = staff()
    staff(name="omar")
    delivered(now=NOW)
    added(olga, role)
    assert told(ADDED) == {OLGA, OMAR, ADA}
    body = str(mail.outbox[-1].body)
    assert "Ada" in body
    assert "Olga" in body
    assert PlatformRole(role).label in body


def test_nor_does_who_holds_the_server() -> None:
    staff()
    delivered(now=NOW)
    staff(name="omar")
    assert told(ADDED) == {OLGA, OMAR}


def test_closed_super_admins_and_others_of_the_staff_are_not_told() -> None:
    olga, omar = staff(), staff(name="omar")
    staff("admin", "adam")
    close_staff_account(actor=signed_in(olga), user_id=omar.id, now=NOW)
    delivered(now=NOW)
    added(olga, "moderator")
    assert told(ADDED) == {OLGA, ADA}


@pytest.mark.parametrize(
    ("before", "after"), [("moderator", "super_admin"), ("admin", "moderator")]
)
def test_another_tier_is_told(before: str, after: str) -> None:
    olga, ada = staff(), staff(before, "ada")
    staff(name="omar")
    delivered(now=NOW)
    change_staff_role(actor=signed_in(olga), user_id=ada.id, platform_role=after, now=NOW)
    assert told(ROLE) == {OLGA, OMAR, ADA}
    body = str(mail.outbox[-1].body)
    assert PlatformRole(before).label in body
    assert PlatformRole(after).label in body


def test_a_demoted_super_admin_is_told() -> None:
    olga, omar = staff(), staff(name="omar")
    delivered(now=NOW)
    change_staff_role(actor=signed_in(olga), user_id=omar.id, platform_role="admin", now=NOW)
    assert told(ROLE) == {OLGA, OMAR}


def test_an_account_opened_again_is_told() -> None:
    olga, omar = staff(), staff(name="omar")
    close_staff_account(actor=signed_in(olga), user_id=omar.id, now=NOW)
    delivered(now=NOW)
    change_staff_role(actor=signed_in(olga), user_id=omar.id, platform_role="super_admin", now=NOW)
    assert told(ROLE) == {OLGA, OMAR}
    assert "closed" in str(mail.outbox[-1].body)


def test_a_role_that_stays_is_told_to_nobody() -> None:
    olga, ada = staff(), staff("admin", "ada")
    delivered(now=NOW)
    change_staff_role(actor=signed_in(olga), user_id=ada.id, platform_role="admin", now=NOW)
    assert told(ROLE) == set()


def test_where_staff_take_two_it_is_told_when_it_is_asked_and_when_it_is_done() -> None:
    olga, omar = staff(), staff(name="omar")
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    delivered(now=NOW)
    ada = added(olga, "super_admin")
    assert told(ADDED) == {OLGA, OMAR, ADA}
    assert "second person" in str(mail.outbox[-1].body)
    act = PendingAct.objects.get(facts__user_id=str(ada.id))
    assert agree(actor=signed_in(omar), act_id=act.id, now=NOW).state == "agreed"
    assert told(ROLE) == {OLGA, OMAR, ADA}


def test_nothing_is_told_of_what_did_not_happen() -> None:
    olga = staff()
    delivered(now=NOW)
    with pytest.raises(EmailTaken):
        added(olga, "admin", "olga")
    assert told(ADDED) == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("member", "admin"),
        ("admin", "owner"),
        ("owner", "admin"),
        ("owner", "member"),
        ("admin", "member"),
        ("finance", "viewer"),
    ],
)
def test_owners_are_told_of_an_officer_made_more_or_less(before: str, after: str) -> None:
    alice = registered().owner
    joined(alice, "dora", "owner")
    bob = joined(alice, "bob", before)
    delivered(now=NOW)
    change_role(actor=signed_in(alice), user_id=bob.id, role=after, now=NOW)
    found = delivered(now=NOW)
    for one in ("alice", "dora"):
        assert f"{one}@acme.test: {CHANGED}" in found
    assert f"bob@acme.test: {YOURS}" in found
    assert len(found) == 3, found


def test_roles_without_power_are_the_person_s_own_business() -> None:
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    delivered(now=NOW)
    change_role(actor=signed_in(alice), user_id=bob.id, role="viewer", now=NOW)
    assert delivered(now=NOW) == [f"bob@acme.test: {YOURS}"]


@pytest.mark.parametrize("role", ["admin", "owner"])
def test_who_joins_as_an_officer_is_told_and_so_are_the_owners(role: str) -> None:
    alice = registered().owner
    joined(alice, "dora", "owner")
    delivered(now=NOW)
    invite(actor=signed_in(alice), email="bob@acme.test", role=role, now=NOW)
    token = invitation_mailed_to("bob@acme.test", now=NOW)
    join(actor=STRANGER, token=token, full_name="Bob", password=PASSWORD, now=NOW)
    assert told(MADE) == {f"{one}@acme.test" for one in ("alice", "bob", "dora")}
