"""What a second person reads is what is done, and the second person is a second one."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import (
    BeneficiaryOfPendingAct,
    CheckerIsOwnInvitee,
    NobodyToCheck,
    RolesComeFirst,
)
from accounts.models import PendingAct, User
from accounts.queries import dual_control_policy_of
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree, reject
from accounts.services.people import change_role
from accounts.services.runtime import fresh_value
from accounts.services.staff import change_staff_role
from accounts.services.system_settings import set_setting
from accounts.system import PENDING_ACT_HOURS, STAFF_DUAL_CONTROL
from accounts.tests.builders import NOW, ROOT, joined, registered, signed_in, staff
from accounts.tests.test_pending_act_promises import DECIDE
from kernel.context import Context, Scope, reading
from tests.database import refuses, run, view

pytestmark = pytest.mark.django_db


def whole_platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


LATER = NOW + dt.timedelta(hours=1)


def policy(owner: User, **flags: bool) -> object:
    wanted = {"roles": True, "journals": False, "terms": False, **flags}
    return set_dual_control_policy(actor=signed_in(owner), now=NOW, **wanted)


def officers() -> tuple[User, User, User]:
    alice = registered().owner
    return alice, joined(alice, "adam", "admin"), joined(alice, "fay", "finance")


def waiting(act: object) -> PendingAct:
    assert isinstance(act, PendingAct)
    return act


def test_agreeing_late_does_not_switch_off_what_was_switched_on_meanwhile() -> None:
    alice, _, fay = officers()
    policy(alice, journals=True)
    act = waiting(policy(alice, journals=False))
    policy(alice, journals=True, terms=True)

    failed = agree(actor=signed_in(fay), act_id=act.id, now=LATER)

    assert (failed.state, failed.reason_code) == ("failed", "changed_meanwhile")
    with reading(ROOT):
        assert act.organization_id is not None
        standing = dual_control_policy_of(act.organization_id)
    assert standing is not None
    assert (standing.journals, standing.terms) == (True, True)


def test_a_setting_that_was_set_meanwhile_stays() -> None:
    olga, omar = staff(), staff(name="omar")
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    first = waiting(set_setting(actor=signed_in(olga), name=PENDING_ACT_HOURS, value=24, now=NOW))
    second = waiting(set_setting(actor=signed_in(olga), name=PENDING_ACT_HOURS, value=48, now=NOW))
    assert agree(actor=signed_in(omar), act_id=second.id, now=LATER).state == "agreed"

    failed = agree(actor=signed_in(omar), act_id=first.id, now=LATER)

    assert failed.reason_code == "changed_meanwhile"
    with reading(ROOT):
        assert fresh_value(PENDING_ACT_HOURS) == 48


def test_nobody_agrees_to_their_own_role() -> None:
    alice, adam, _ = officers()
    mia = joined(alice, "mia", "owner")
    policy(alice)
    act = waiting(change_role(actor=signed_in(alice), user_id=adam.id, role="owner", now=NOW))
    own = waiting(change_role(actor=signed_in(alice), user_id=mia.id, role="admin", now=NOW))
    with pytest.raises(BeneficiaryOfPendingAct):
        agree(actor=signed_in(mia), act_id=own.id, now=LATER)
    assert agree(actor=signed_in(mia), act_id=act.id, now=LATER).state == "agreed"
    assert reject(actor=signed_in(adam), act_id=own.id, now=LATER).state == "rejected"


def test_nor_do_staff_to_theirs() -> None:
    olga, omar = staff(), staff(name="omar")
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    act = waiting(
        change_staff_role(
            actor=signed_in(olga), user_id=omar.id, platform_role="moderator", now=NOW
        )
    )
    with pytest.raises(BeneficiaryOfPendingAct):
        agree(actor=signed_in(omar), act_id=act.id, now=LATER)


def days(number: float) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


def test_whom_the_maker_lately_invited_does_not_agree() -> None:
    alice = registered().owner
    joined(alice, "adam", "admin")
    fay = joined(alice, "fay", "finance", now=days(-5))
    policy(alice)
    act = waiting(policy(alice, roles=False))

    with pytest.raises(CheckerIsOwnInvitee):
        agree(actor=signed_in(fay), act_id=act.id, now=LATER)

    assert agree(actor=signed_in(fay), act_id=act.id, now=days(2.1)).state == "agreed"


def test_nor_whom_a_lately_invited_one_invited() -> None:
    alice = registered().owner
    joined(alice, "adam", "admin")
    puppet = joined(alice, "puppet", "admin", now=days(-3))
    second = joined(puppet, "second", "finance", now=days(-2))
    policy(alice)
    act = waiting(policy(alice, roles=False))
    with pytest.raises(CheckerIsOwnInvitee):
        agree(actor=signed_in(second), act_id=act.id, now=LATER)


def test_nor_whose_role_the_maker_lately_gave() -> None:
    alice = registered().owner
    joined(alice, "adam", "admin")
    mia = joined(alice, "mia", "member")
    change_role(actor=signed_in(alice), user_id=mia.id, role="finance", now=days(-1))
    policy(alice)
    act = waiting(policy(alice, roles=False))
    with reading(ROOT):
        mia.refresh_from_db()
    with pytest.raises(CheckerIsOwnInvitee):
        agree(actor=signed_in(mia), act_id=act.id, now=LATER)


def test_the_database_refuses_such_a_consent_as_well() -> None:
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    fay = joined(alice, "fay", "finance", now=days(-5))
    mia = joined(alice, "mia", "member")
    policy(alice)
    act = waiting(policy(alice, roles=False))
    own = waiting(change_role(actor=signed_in(alice), user_id=mia.id, role="finance", now=NOW))
    assert alice.organization
    view(alice.organization)
    refuses("pending_act_independent_checker", DECIDE, fay.id, act.id)
    refuses("pending_act_for_another", DECIDE, mia.id, own.id)
    assert run(DECIDE, adam.id, act.id) == 1


def test_nothing_is_switched_on_that_only_somebody_just_invited_could_agree_to() -> None:
    alice = registered().owner
    joined(alice, "adam", "admin", now=days(-1))
    with pytest.raises(NobodyToCheck):
        policy(alice)


def test_journals_and_terms_take_no_second_person_while_officers_take_none() -> None:
    alice, _, _ = officers()
    for wanted in ({"journals": True}, {"terms": True}):
        with pytest.raises(RolesComeFirst):
            policy(alice, roles=False, **wanted)
    assert not isinstance(policy(alice, journals=True), PendingAct)
