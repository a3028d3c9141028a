"""Two people for one act: who may agree, when, and what is left of it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.errors import (
    InvalidInvitation,
    LastOwner,
    NetworkNotTrusted,
    NobodyToCheck,
    OfficersByRoleOnly,
    OwnPendingAct,
    PendingActDecided,
    PendingActExpired,
    PendingActNotFound,
)
from accounts.models import PendingAct, User
from accounts.queries import visible_pending_acts
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.invitations import invitation_of, invite
from accounts.services.pending_acts import agree, expire_overdue, reject, withdraw
from accounts.services.people import change_role, remove_member
from accounts.services.staff import change_staff_role, close_staff_account, create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    ROOT,
    acts_recorded,
    by_two,
    events_emitted,
    joined,
    registered,
    signed_in,
    staff,
)
from accounts.tests.letters import invitation_mailed_to
from kernel.context import reading
from kernel.errors import PermissionDenied

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


def people() -> tuple[User, User, User]:
    """Alice owns Acme, Adam administrates it, Mia is a member; making officers takes two."""
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    mia = joined(alice, "mia", "member")
    policy(alice, roles=True)
    return alice, adam, mia


def policy(owner: User, *, roles: bool) -> object:
    return set_dual_control_policy(
        actor=signed_in(owner), roles=roles, journals=False, terms=False, now=NOW
    )


def asked(maker: User, user: User, role: str) -> PendingAct:
    act = change_role(actor=signed_in(maker), user_id=user.id, role=role, now=NOW)
    assert isinstance(act, PendingAct)
    return act


def role_of(user: User) -> str | None:
    with reading(ROOT):
        return User.objects.get(id=user.id).role


def fresh(act: PendingAct) -> PendingAct:
    with reading(ROOT):
        return PendingAct.objects.get(id=act.id)


def test_a_role_counts_once_a_second_person_agreed() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    assert role_of(mia) == "member"
    assert act.state == "pending"

    done = agree(actor=signed_in(alice), act_id=act.id, note="She starts today", now=LATER)

    assert (done.state, done.checker_id, done.note) == ("agreed", alice.id, "She starts today")
    assert (done.result_type, done.result_id) == ("user", mia.id)
    assert role_of(mia) == "finance"
    assert acts_recorded()[-3:] == [
        "accounts.pending_act.make",
        "accounts.member.change_role",
        "accounts.pending_act.agree",
    ]
    assert events_emitted()[-2:] == [
        "accounts.member.role_changed",
        "accounts.pending_act.agreed",
    ]


def test_agreeing_again_is_answered_from_a_new_network_too() -> None:
    """The first answer was lost on the way, and the checker is on the train by now."""
    alice, adam, mia = people()
    act, other = asked(adam, mia, "finance"), asked(adam, mia, "admin")
    done = agree(actor=signed_in(alice), act_id=act.id, now=LATER)
    elsewhere = dataclasses.replace(signed_in(alice), ip="198.51.100.9")

    again = agree(actor=elsewhere, act_id=act.id, now=LATER + dt.timedelta(minutes=1))

    assert (again.id, again.state, again.decided_at) == (done.id, "agreed", LATER)
    with pytest.raises(NetworkNotTrusted):
        agree(actor=elsewhere, act_id=other.id, now=LATER)


def test_nobody_agrees_to_what_they_asked_for() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    change_role(actor=signed_in(alice), user_id=mia.id, role="viewer", now=NOW)  # nobody's officer

    for again in (signed_in(adam), signed_in(User.objects.get(id=adam.id))):
        with pytest.raises(OwnPendingAct):
            agree(actor=again, act_id=act.id, now=LATER)
        with pytest.raises(OwnPendingAct):
            reject(actor=again, act_id=act.id, now=LATER)
    assert fresh(act).state == "pending"


def test_whom_one_invited_long_ago_is_another_person() -> None:
    alice, adam, mia = people()  # weeks ago; see test_independent_checkers for lately
    act = asked(alice, mia, "admin")
    assert agree(actor=signed_in(adam), act_id=act.id, now=LATER).state == "agreed"
    assert role_of(mia) == "admin"


def test_an_admin_does_not_agree_to_an_owner() -> None:
    alice, adam, mia = people()
    act = asked(alice, mia, "owner")

    with pytest.raises(PermissionDenied):
        agree(actor=signed_in(adam), act_id=act.id, now=LATER)

    assert fresh(act).state == "pending"
    assert role_of(mia) == "member"
    olga = staff()
    assert agree(actor=signed_in(olga), act_id=act.id, now=LATER).state == "agreed"


def test_a_maker_who_was_demoted_or_removed_asks_in_vain() -> None:
    alice = registered().owner
    olive, adam = joined(alice, "olive", "owner"), joined(alice, "adam", "admin")
    mia = joined(alice, "mia", "member")
    policy(alice, roles=True)
    act, other = asked(adam, mia, "finance"), asked(adam, mia, "admin")
    down = change_role(actor=signed_in(alice), user_id=adam.id, role="member", now=NOW)
    by_two(down, now=LATER)

    failed = agree(actor=signed_in(olive), act_id=act.id, now=LATER)
    remove_member(actor=signed_in(alice), user_id=adam.id, now=NOW)
    failed_too = agree(actor=signed_in(olive), act_id=other.id, now=LATER)

    assert (failed.state, failed.reason_code) == ("failed", "maker_may_no_longer")
    assert (failed_too.state, failed_too.reason_code) == ("failed", "maker_may_no_longer")
    assert role_of(mia) == "member"
    assert acts_recorded()[-1] == "accounts.pending_act.fail"


def test_a_checker_who_was_demoted_meanwhile_does_not_count() -> None:
    alice, adam, mia = people()
    act = asked(alice, mia, "finance")
    stale = signed_in(adam)
    down = change_role(actor=signed_in(alice), user_id=adam.id, role="member", now=NOW)
    by_two(down, now=LATER)

    with pytest.raises(PermissionDenied):
        agree(actor=stale, act_id=act.id, now=LATER)
    assert role_of(mia) == "member"


def test_what_changed_meanwhile_is_asked_for_anew() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    change_role(actor=signed_in(alice), user_id=mia.id, role="viewer", now=NOW)

    failed = agree(actor=signed_in(alice), act_id=act.id, now=LATER)

    assert (failed.state, failed.reason_code) == ("failed", "role_changed_meanwhile")
    assert role_of(mia) == "viewer"


def test_an_act_ends_once() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    assert reject(actor=signed_in(alice), act_id=act.id, note="No", now=LATER).state == "rejected"

    for again in (agree, reject):
        with pytest.raises(PendingActDecided):
            again(actor=signed_in(alice), act_id=act.id, now=LATER)
    with pytest.raises(PendingActDecided):
        withdraw(actor=signed_in(adam), act_id=act.id, now=LATER)
    assert role_of(mia) == "member"


def test_its_maker_takes_it_back_and_nobody_else() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    with pytest.raises(PermissionDenied):
        withdraw(actor=signed_in(alice), act_id=act.id, now=LATER)

    assert withdraw(actor=signed_in(adam), act_id=act.id, now=LATER).state == "withdrawn"
    with pytest.raises(PendingActDecided):
        agree(actor=signed_in(alice), act_id=act.id, now=LATER)


def test_time_ends_an_act_before_any_task_does() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    over = act.expires_at

    for late in (agree, reject):
        with pytest.raises(PendingActExpired):
            late(actor=signed_in(alice), act_id=act.id, now=over)
    assert expire_overdue(actor=ROOT, now=over - dt.timedelta(seconds=1)) == 0
    assert expire_overdue(actor=ROOT, now=over) == 1
    assert expire_overdue(actor=ROOT, now=over) == 0
    assert fresh(act).state == "expired"
    assert events_emitted()[-1] == "accounts.pending_act.expired"


def test_the_same_wish_waits_once() -> None:
    _, adam, mia = people()
    assert asked(adam, mia, "finance").id == asked(adam, mia, "finance").id
    assert asked(adam, mia, "admin").id != asked(adam, mia, "finance").id


def test_another_organization_knows_nothing_of_it() -> None:
    _, adam, mia = people()
    act = asked(adam, mia, "finance")
    charlie = registered("Globex", "charlie").owner

    for decide in (agree, reject):
        with pytest.raises(PendingActNotFound):
            decide(actor=signed_in(charlie), act_id=act.id, now=LATER)
    with pytest.raises(PendingActNotFound):
        withdraw(actor=signed_in(charlie), act_id=act.id, now=LATER)
    with reading(signed_in(charlie)):
        assert not visible_pending_acts(signed_in(charlie)).exists()
        assert not PendingAct.objects.exists()
    with reading(signed_in(mia)):
        assert not visible_pending_acts(signed_in(mia)).exists()


def test_officers_are_not_invited_around_the_second_person() -> None:
    alice, *_ = people()
    with pytest.raises(OfficersByRoleOnly):
        invite(actor=signed_in(alice), email="eve@acme.test", role="admin", now=NOW)
    assert invite(actor=signed_in(alice), email="eve@acme.test", role="member", now=NOW)


def test_open_invitations_of_officers_end_when_they_take_a_second_person() -> None:
    alice = registered().owner
    joined(alice, "adam", "admin")
    invite(actor=signed_in(alice), email="eve@acme.test", role="finance", now=NOW)
    mailed = invitation_mailed_to("eve@acme.test", now=NOW)
    member = invite(actor=signed_in(alice), email="max@acme.test", role="member", now=NOW)

    policy(alice, roles=True)

    with pytest.raises(InvalidInvitation):
        invitation_of(token=mailed, now=NOW)
    assert invitation_of(token=member.token, now=NOW).role == "member"


def test_a_sole_owner_switches_nothing_on_that_nobody_could_agree_to() -> None:
    alice = registered().owner
    with pytest.raises(NobodyToCheck):
        policy(alice, roles=True)


def test_fewer_checks_take_a_second_person_and_more_do_not() -> None:
    alice, adam, mia = people()
    act = policy(alice, roles=False)
    assert isinstance(act, PendingAct)
    asked(adam, mia, "finance")  # still in force

    assert agree(actor=signed_in(adam), act_id=act.id, now=LATER).state == "agreed"
    assert isinstance(
        change_role(actor=signed_in(adam), user_id=mia.id, role="finance", now=NOW), User
    )
    with pytest.raises(PermissionDenied):
        policy(adam, roles=True)


def test_who_is_left_alone_is_let_out_by_the_platform() -> None:
    alice, adam, _ = people()
    by_two(remove_member(actor=signed_in(alice), user_id=adam.id, now=NOW), now=LATER)
    act = policy(alice, roles=False)
    assert isinstance(act, PendingAct)
    moderator = staff("moderator", "max")
    with pytest.raises(PermissionDenied):
        agree(actor=signed_in(moderator), act_id=act.id, now=LATER)
    assert agree(actor=signed_in(staff()), act_id=act.id, now=LATER).state == "agreed"


def test_the_last_owner_stays_whoever_agrees() -> None:
    alice, _, _ = people()
    with pytest.raises(LastOwner):
        change_role(actor=signed_in(alice), user_id=alice.id, role="finance", now=NOW)


def two_super_admins() -> tuple[User, User]:
    olga, omar = staff(), staff(name="omar")
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    return olga, omar


def test_staff_come_with_a_second_persons_consent() -> None:
    olga, omar = two_super_admins()
    eve = create_staff(
        actor=signed_in(olga),
        email="eve@platform.test",
        full_name="Eve",
        platform_role="admin",
        password=PASSWORD,
        now=NOW,
    )
    assert not eve.is_active
    with reading(ROOT):
        act = PendingAct.objects.get()
    assert act.organization_id is None
    with pytest.raises(OwnPendingAct):
        agree(actor=signed_in(olga), act_id=act.id, now=LATER)

    agree(actor=signed_in(omar), act_id=act.id, now=LATER)

    with reading(ROOT):
        assert User.objects.get(id=eve.id).is_active


def test_a_super_admin_makes_nobody_a_super_admin_alone() -> None:
    olga, omar = two_super_admins()
    max_ = staff("moderator", "max")
    act = change_staff_role(
        actor=signed_in(olga), user_id=max_.id, platform_role="super_admin", now=NOW
    )
    assert isinstance(act, PendingAct)
    with pytest.raises(PermissionDenied):
        agree(actor=signed_in(max_), act_id=act.id, now=LATER)
    agree(actor=signed_in(omar), act_id=act.id, now=LATER)
    with reading(ROOT):
        assert User.objects.get(id=max_.id).platform_role == "super_admin"


def test_the_switch_itself_takes_a_second_person_to_turn_off() -> None:
    olga, omar = two_super_admins()
    act = set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=False, now=NOW)
    assert isinstance(act, PendingAct)
    closing = close_staff_account(actor=signed_in(olga), user_id=omar.id, now=NOW)
    by_two(closing, now=LATER)
    with pytest.raises(PermissionDenied):
        agree(actor=signed_in(omar), act_id=act.id, now=LATER)
