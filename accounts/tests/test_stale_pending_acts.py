"""What a second person reads is what is done: nothing stale, nothing that serves themselves."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import BeneficiaryOfPendingAct
from accounts.models import PendingAct, User
from accounts.queries import dual_control_policy_of
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree, reject
from accounts.services.people import change_role
from accounts.services.runtime import fresh_value
from accounts.services.staff import change_staff_role
from accounts.services.system_settings import set_setting
from accounts.system import PENDING_ACT_HOURS, STAFF_DUAL_CONTROL
from accounts.tests.builders import NOW, ROOT, acting, joined, registered, staff
from kernel.context import reading

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


def policy(owner: User, **flags: bool) -> object:
    wanted = {"roles": True, "journals": False, "terms": False, **flags}
    return set_dual_control_policy(actor=acting(owner), now=NOW, **wanted)


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

    failed = agree(actor=acting(fay), act_id=act.id, now=LATER)

    assert (failed.state, failed.reason_code) == ("failed", "changed_meanwhile")
    with reading(ROOT):
        standing = dual_control_policy_of(act.organization_id)
    assert standing is not None
    assert (standing.journals, standing.terms) == (True, True)


def test_a_setting_that_was_set_meanwhile_stays() -> None:
    olga, omar = staff(), staff(name="omar")
    set_setting(actor=acting(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    first = waiting(set_setting(actor=acting(olga), name=PENDING_ACT_HOURS, value=24, now=NOW))
    second = waiting(set_setting(actor=acting(olga), name=PENDING_ACT_HOURS, value=48, now=NOW))
    assert agree(actor=acting(omar), act_id=second.id, now=LATER).state == "agreed"

    failed = agree(actor=acting(omar), act_id=first.id, now=LATER)

    assert failed.reason_code == "changed_meanwhile"
    with reading(ROOT):
        assert fresh_value(PENDING_ACT_HOURS) == 48


def test_nobody_agrees_to_their_own_role() -> None:
    alice, adam, _ = officers()
    mia = joined(alice, "mia", "owner")
    policy(alice)
    act = waiting(change_role(actor=acting(alice), user_id=adam.id, role="owner", now=NOW))
    own = waiting(change_role(actor=acting(alice), user_id=mia.id, role="admin", now=NOW))
    with pytest.raises(BeneficiaryOfPendingAct):
        agree(actor=acting(mia), act_id=own.id, now=LATER)
    assert agree(actor=acting(mia), act_id=act.id, now=LATER).state == "agreed"
    assert reject(actor=acting(adam), act_id=own.id, now=LATER).state == "rejected"


def test_nor_do_staff_to_theirs() -> None:
    olga, omar = staff(), staff(name="omar")
    set_setting(actor=acting(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    act = waiting(
        change_staff_role(
            actor=acting(olga), user_id=omar.id, platform_role="moderator", now=NOW
        )
    )
    with pytest.raises(BeneficiaryOfPendingAct):
        agree(actor=acting(omar), act_id=act.id, now=LATER)
