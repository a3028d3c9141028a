"""Whoever lately owes a role to the other, or to the same third person, is no second person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from accounts.errors import CheckerIsOwnInvitee, NobodyToCheck
from accounts.models import PendingAct, User
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.factors.resetting import ask_for_factor_reset
from accounts.services.pending_acts import agree
from accounts.services.pending_acts.independence import chains_of
from accounts.services.people import change_role, remove_member
from accounts.services.staff import change_staff_role, create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    ROOT,
    acting,
    joined,
    registered,
    signed_in,
    staff,
)
from accounts.tests.factors.test_resetting import enrolled, proven
from accounts.tests.letters import delivered
from accounts.tests.test_pending_act_promises import DECIDE, copied
from kernel.actor import Actor
from kernel.context import reading
from kernel.transactions import opens_transaction
from tests.database import FORBIDDEN, refuses, rows, run, view

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


def days(number: float) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


def fresh(user: User) -> User:
    with reading(ROOT):
        return User.objects.get(id=user.id)


def two_for_roles(owner: User, *, now: dt.datetime = NOW) -> None:
    set_dual_control_policy(
        actor=signed_in(owner), roles=True, journals=False, terms=False, now=now
    )


def asked(maker: User, user: User, role: str = "viewer") -> PendingAct:
    act = change_role(actor=signed_in(maker), user_id=user.id, role=role, now=NOW)
    assert isinstance(act, PendingAct)
    return act


Pair = tuple[User, User]


def reverse() -> Pair:
    """The one who agrees has just brought in the one who asks."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    return joined(alice, "puppet", "admin", now=days(-3)), alice


def siblings() -> Pair:
    """A third person has just brought in both."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    return joined(alice, "one", "admin", now=days(-3)), joined(alice, "two", "admin", now=days(-2))


def two_steps() -> Pair:
    """The maker's own invitee has brought in the one who agrees."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    puppet = joined(alice, "puppet", "admin", now=days(-3))
    return alice, joined(puppet, "second", "admin", now=days(-2))


def two_steps_back() -> Pair:
    return two_steps()[::-1]


def cousins() -> Pair:
    """Both were brought in by people whom the same person had brought in."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    left = joined(alice, "left", "admin", now=days(-4))
    right = joined(alice, "right", "admin", now=days(-4))
    return joined(left, "one", "admin", now=days(-3)), joined(right, "two", "admin", now=days(-2))


def given_a_role() -> Pair:
    """Nobody invited anybody lately, but gave the one who asks another role."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    mia = joined(alice, "mia", "member")
    change_role(actor=signed_in(alice), user_id=mia.id, role="admin", now=days(-1))
    return fresh(mia), alice


def by_their_own_hand() -> Pair:
    """The invitee changed their own role since: that brings nobody in, and hides nobody."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    puppet = joined(alice, "puppet", "owner", now=days(-3))
    change_role(actor=signed_in(puppet), user_id=puppet.id, role="admin", now=days(-1))
    return alice, fresh(puppet)


def by_another_puppet() -> Pair:
    """The invitee's own invitee gave them another role since: their first giver stays one."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    puppet = joined(alice, "puppet", "admin", now=days(-4))
    second = joined(puppet, "second", "admin", now=days(-3))
    for role in ("member", "admin"):
        change_role(actor=signed_in(second), user_id=puppet.id, role=role, now=days(-2))
    return alice, fresh(puppet)


SCENES = [
    reverse,
    siblings,
    two_steps,
    two_steps_back,
    cousins,
    given_a_role,
    by_their_own_hand,
    by_another_puppet,
]


def with_act(scene: Callable[[], Pair]) -> tuple[PendingAct, User, User]:
    maker, checker = scene()
    with reading(ROOT):
        alice = User.objects.get(full_name="Alice")
    mia = joined(alice, "target", "member")
    two_for_roles(joined(alice, "olive", "owner"))
    return asked(maker, mia, "finance"), maker, checker


@pytest.mark.parametrize("scene", SCENES)
def test_they_do_not_agree_to_each_other_s_acts(scene: Callable[[], Pair]) -> None:
    act, maker, checker = with_act(scene)
    with pytest.raises(CheckerIsOwnInvitee):
        agree(actor=signed_in(checker), act_id=act.id, now=LATER)
    assert maker.id == act.maker_person_id


@pytest.mark.parametrize("scene", SCENES)
def test_nor_by_plain_sql(scene: Callable[[], Pair]) -> None:
    act, maker, checker = with_act(scene)
    assert maker.organization
    view(maker.organization)
    refuses("pending_act_independent_checker", DECIDE, checker.id, act.id)


def test_nor_in_an_act_that_waits_until_nobody_is_new_any_more() -> None:
    """The time of a decision is what the act is judged by; so it is not written ahead."""
    act, maker, checker = with_act(reverse)
    assert maker.organization
    view(maker.organization)
    waits = copied("expires_at", "made_at + interval '31 days'")
    refuses("pending_act_ends", waits)
    now_made = (
        "INSERT INTO accounts_pendingact SELECT (r).* FROM (SELECT jsonb_populate_record(o,"
        " to_jsonb(o) || jsonb_build_object('id', gen_random_uuid(), 'made_at', now(),"
        " 'expires_at', now() + interval '30 days', 'reference', sha256('again'))) AS r"
        " FROM accounts_pendingact o WHERE o.id = %s) AS copied RETURNING id"
    )
    ((made,),) = rows(now_made, act.id)
    ahead = DECIDE.replace("made_at", "made_at + interval '8 days'")
    refuses("pending_act_decided_by_now", ahead, checker.id, made)


@pytest.mark.parametrize("scene", SCENES)
def test_after_seven_days_they_do(scene: Callable[[], Pair]) -> None:
    """Their roles were given up to four days before; the act waits its three."""
    maker, checker = scene()
    with reading(ROOT):
        alice = User.objects.get(full_name="Alice")
    mia = joined(alice, "target", "member")
    two_for_roles(joined(alice, "olive", "owner"))
    act = change_role(actor=signed_in(maker), user_id=mia.id, role="finance", now=days(6))
    assert isinstance(act, PendingAct)
    assert agree(actor=signed_in(checker), act_id=act.id, now=days(7)).state == "agreed"


@pytest.mark.parametrize("scene", [reverse, siblings])
def test_whoever_could_not_agree_is_not_asked_by_mail(scene: Callable[[], Pair]) -> None:
    maker, checker = scene()
    with reading(ROOT):
        alice = User.objects.get(full_name="Alice")
    mia = joined(alice, "target", "member")
    two_for_roles(joined(alice, "olive", "owner"))
    delivered(now=NOW)
    asked(maker, mia, "finance")
    told = {one.partition(":")[0] for one in delivered(now=NOW) if "wait" in one.lower()}
    assert told
    assert checker.email not in told


def test_nor_do_they_vouch_together_for_somebody_s_lost_factors() -> None:
    alice = registered().owner
    mia = joined(alice, "mia", "finance")
    enrolled(mia)
    one, two = (joined(alice, name, "admin", now=days(-2)) for name in ("one", "two"))
    act = ask_for_factor_reset(actor=signed_in(one), user_id=mia.id, reason="Called back", now=NOW)
    for checker in (two, alice):
        with pytest.raises(CheckerIsOwnInvitee):
            agree(actor=proven(checker, LATER), act_id=act.id, now=LATER)
    independent = joined(alice, "olive", "owner")
    assert agree(actor=proven(independent, LATER), act_id=act.id, now=LATER).state == "agreed"


def test_nor_do_staff_who_were_just_added_by_the_same() -> None:

    olga, oskar = staff(), staff(name="oskar")
    one, two = (
        create_staff(
            actor=acting(olga),
            email=f"{name}@platform.test",
            full_name=name.title(),
            platform_role="super_admin",
            password=PASSWORD,
            now=NOW,
        )
        for name in ("one", "two")
    )
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    mo = staff("moderator", "mo")
    act = change_staff_role(actor=signed_in(one), user_id=mo.id, platform_role="admin", now=NOW)
    assert isinstance(act, PendingAct)
    for checker in (two, olga):
        with pytest.raises(CheckerIsOwnInvitee):
            agree(actor=signed_in(checker), act_id=act.id, now=LATER)
    assert agree(actor=signed_in(oskar), act_id=act.id, now=LATER).state == "agreed"


def test_nothing_is_switched_on_that_only_siblings_could_agree_to() -> None:
    """They could not agree with each other, and with the owner neither."""
    alice = registered().owner
    for name in ("one", "two"):
        joined(alice, name, "admin", now=days(-1))
    with pytest.raises(NobodyToCheck):
        two_for_roles(alice)


@opens_transaction
def chained(*, actor: Actor, person: User) -> tuple[int, bool]:
    chain = chains_of([person.id], now=NOW)[person.id]
    return len(chain.people), chain.whole


def test_a_chain_too_long_to_be_followed_proves_nothing() -> None:
    person = alice = registered().owner
    for number in range(21):
        person = joined(person, f"p{number}", "admin", now=days(-1))
    assert chained(actor=acting(alice), person=alice) == (1, True)
    assert chained(actor=acting(alice), person=person)[1] is False


# --- the row that says who gave the role ------------------------------------------------------


@pytest.fixture
def invitee() -> User:
    """Somebody whom Alice brought in yesterday; the transaction sees Acme."""
    alice = registered().owner
    joined(alice, "adam", "admin")
    found = joined(alice, "puppet", "admin", now=days(-1))
    assert alice.organization
    view(alice.organization)
    return found


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (
            "role_given_at = role_given_at - interval '30 days'",
            "accounts_user_role_after_creation",
        ),
        ("role_given_at = role_given_at + interval '1 day'", "accounts_user_giver_with_role"),
        ("role_given_at = NULL", "accounts_user_giver_and_date"),
        ("role_given_by_id = NULL", "accounts_user_giver_with_role"),
        ("role_given_by_id = id", "accounts_user_giver_with_role"),
        ("role = 'finance'", "accounts_user_giver_dated"),
        (
            "role = 'finance', role_given_at = role_given_at - interval '30 days'",
            "accounts_user_role_after_creation",
        ),
        ("role = 'finance', role_given_at = NULL", "accounts_user_giver_and_date"),
        (
            "role = 'finance', role_given_by_id = NULL, role_given_at = role_given_at + '1 hour'",
            "accounts_user_giver_counts",
        ),
        (
            "role = 'finance', role_given_by_id = id, role_given_at = role_given_at + '1 hour'",
            "accounts_user_giver_counts",
        ),
        ("role_givers = '{}'", FORBIDDEN),
    ],
)
def test_nobody_hides_who_brought_them_in(invitee: User, change: str, rule: str) -> None:
    refuses(rule, f"UPDATE accounts_user SET {change} WHERE id = %s", invitee.id)


def test_a_later_giver_does_not_take_an_earlier_one_away(invitee: User) -> None:
    adam = User.objects.get(full_name="Adam")
    run(
        "UPDATE accounts_user SET role = 'finance', role_given_by_id = %s,"
        " role_given_at = role_given_at + interval '1 hour' WHERE id = %s",
        adam.id,
        invitee.id,
    )
    alice = User.objects.get(full_name="Alice")
    assert set(User.objects.get(id=invitee.id).role_givers) == {str(alice.id), str(adam.id)}


def test_nor_does_leaving_and_coming_back_at_the_same_instant(invitee: User) -> None:
    """The clock may stand, or go back: each giving is later than the last."""
    alice = User.objects.get(full_name="Alice")
    remove_member(actor=acting(alice), user_id=invitee.id, now=days(-1))
    again = joined(alice, "puppet", "admin", now=days(-2))
    assert again.id == invitee.id
    before, after = invitee.role_given_at, fresh(again).role_given_at
    assert before
    assert after
    assert after > before


def test_nobody_is_written_in_without_whoever_brings_them_in(invitee: User) -> None:
    columns = "password, email, full_name, organization_id, role, is_active, created_at"
    copied = (
        f"INSERT INTO accounts_user (id, {columns}, role_givers, role_given_by_id, role_given_at)"
        " SELECT gen_random_uuid(), password, 'eve@acme.test', 'Eve', organization_id, 'admin',"
        " true, created_at, '{{}}', {}, created_at FROM accounts_user WHERE id = %s"
    )
    for giver in ("NULL::uuid", "gen_random_uuid()"):
        refuses("accounts_user_giver_counts", copied.format(giver), invitee.id)
    undated = copied.replace("{}, created_at", "role_given_by_id, {}")
    refuses("accounts_user_giver_and_date", undated.format("NULL::timestamptz"), invitee.id)
    before = "created_at - interval '8 days'"
    refuses("accounts_user_role_after_creation", undated.format(before), invitee.id)
    assert run(copied.format("role_given_by_id"), invitee.id) == 1
    eve = User.objects.get(full_name="Eve")
    assert set(eve.role_givers) == {str(invitee.role_given_by_id)}
