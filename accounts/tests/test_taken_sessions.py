"""What was asked for in a session that may have been stolen is not done, however the thief left."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pyotp
import pytest

from accounts.choices import FactorMethod
from accounts.errors import MadeInEndedSession
from accounts.models import Network, PendingAct, User
from accounts.services.devices import met_device, revoke_device
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.factors import begin_totp, confirm_totp
from accounts.services.factors.resetting import ask_for_factor_reset
from accounts.services.networks import revoke_network
from accounts.services.passwords.replacing import replace_password
from accounts.services.pending_acts import agree
from accounts.services.pending_acts.taken import require_session_not_taken
from accounts.services.people import change_role
from accounts.services.sessions import (
    end_own_session,
    open_browser_session,
    open_session,
    revoke_session,
    rotate_refresh,
)
from accounts.services.staff import change_staff_role, close_staff_account
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import NOW, ROOT, acting, joined, registered, signed_in, staff
from accounts.tests.test_pending_act_promises import copied
from kernel.actor import Actor, Door
from kernel.context import Context, Scope, reading
from kernel.errors import PermissionDenied
from kernel.ids import new_id
from kernel.transactions import opens_transaction
from tests.database import refuses, run, view

pytestmark = pytest.mark.django_db

MEANWHILE, LATER = NOW + dt.timedelta(minutes=30), NOW + dt.timedelta(hours=1)


def whole_platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


def people() -> tuple[User, User, User]:
    """Alice and Olive own Acme, Adam administrates it; making officers takes two."""
    alice = registered().owner
    olive, adam = joined(alice, "olive", "owner"), joined(alice, "adam", "admin")
    joined(alice, "mia", "member")
    set_dual_control_policy(
        actor=signed_in(alice), roles=True, journals=False, terms=False, now=NOW
    )
    return alice, olive, adam


def in_session(user: User, *, now: dt.datetime = NOW) -> Actor:
    actor = acting(user)
    return dataclasses.replace(actor, session_id=open_browser_session(actor=actor, now=now).id)


def asked_in(actor: Actor) -> PendingAct:
    with reading(ROOT):
        mia = User.objects.get(full_name="Mia")
    act = change_role(actor=actor, user_id=mia.id, role="finance", now=NOW)
    assert isinstance(act, PendingAct)
    return act


def outcome(checker: User, act: PendingAct) -> tuple[str, str]:
    done = agree(actor=signed_in(checker), act_id=act.id, now=LATER)
    return done.state, done.reason_code


TAKEN = ("failed", "made_in_ended_session")


def sign_out(actor: Actor) -> None:
    assert actor.session_id is not None
    revoke_session(actor=actor, session_id=actor.session_id, now=MEANWHILE)


def test_signing_out_in_it_and_running_out_are_no_reason() -> None:
    _, olive, adam = people()
    here = in_session(adam)
    left, ran_out = asked_in(here), asked_in(in_session(adam))  # idle for an hour then
    sign_out(here)
    assert outcome(olive, left) == ("agreed", "")
    assert outcome(olive, ran_out) == ("failed", "role_changed_meanwhile")  # judged, and late


def killed_by_an_officer(adam: User, olive: User, stolen: Actor) -> None:
    assert stolen.session_id is not None
    revoke_session(actor=acting(olive), session_id=stolen.session_id, now=MEANWHILE)


def ended_from_elsewhere(adam: User, olive: User, stolen: Actor) -> None:
    assert stolen.session_id is not None
    end_own_session(actor=in_session(adam), session_id=stolen.session_id, now=MEANWHILE)


@pytest.mark.parametrize("ended", [killed_by_an_officer, ended_from_elsewhere])
def test_what_was_asked_for_in_a_stolen_session_is_not_done(
    ended: Callable[[User, User, Actor], None],
) -> None:
    _, olive, adam = people()
    stolen = in_session(adam)
    act = asked_in(stolen)
    ended(adam, olive, stolen)
    assert outcome(olive, act) == TAKEN


@opens_transaction(context=whole_platform)
def set_password(*, user: User, verb: str, keep: Actor | None) -> None:
    replace_password(
        actor=ROOT,
        user=user,
        password_hash=user.password,
        verb=verb,
        keep_session_id=keep.session_id if keep else None,
        now=MEANWHILE,
    )


def reset_password(adam: User, olive: User) -> None:
    set_password(user=adam, verb="reset", keep=None)


def change_password(adam: User, olive: User) -> None:
    set_password(user=adam, verb="change", keep=in_session(adam, now=MEANWHILE))


def end_another_session(adam: User, olive: User) -> None:
    other = in_session(adam, now=MEANWHILE)
    assert other.session_id is not None
    end_own_session(actor=in_session(adam), session_id=other.session_id, now=MEANWHILE)


def replay_a_refresh_token(adam: User, olive: User) -> None:
    first = open_session(actor=acting(adam), now=NOW).refresh
    rotate_refresh(actor=acting(adam), refresh=first, now=NOW + dt.timedelta(minutes=10))
    with pytest.raises(Exception, match="refresh"):
        rotate_refresh(actor=acting(adam), refresh=first, now=MEANWHILE)


def revoke_the_device(adam: User, olive: User) -> None:
    device, _ = met_device(
        actor=acting(adam), user=adam, token=None, user_agent="Thief", now=MEANWHILE
    )
    revoke_device(actor=acting(adam), device_id=device.id, now=MEANWHILE)


def revoke_the_network(adam: User, olive: User) -> None:
    with reading(ROOT):
        network = Network.objects.filter(user=adam).first()
    assert network is not None
    revoke_network(actor=acting(adam), network_id=network.id, now=MEANWHILE)


def reset_the_factors(adam: User, olive: User) -> None:
    secret = begin_totp(actor=acting(adam), now=NOW).secret
    confirm_totp(actor=acting(adam), code=pyotp.TOTP(secret).at(NOW), now=NOW)
    lost = ask_for_factor_reset(
        actor=signed_in(olive), user_id=adam.id, reason="Called back", now=NOW
    )
    with reading(ROOT):
        alice = User.objects.get(full_name="Alice")
    opened = open_browser_session(
        actor=acting(alice), now=MEANWHILE, second_factor=FactorMethod.TOTP
    )
    checker = dataclasses.replace(acting(alice), session_id=opened.id)
    assert agree(actor=checker, act_id=lost.id, now=MEANWHILE).state == "agreed"


def demote_and_promote(adam: User, olive: User) -> None:
    for role in ("member", "admin"):
        with reading(ROOT):
            alice = User.objects.get(full_name="Alice")
        done = change_role(actor=signed_in(alice), user_id=adam.id, role=role, now=MEANWHILE)
        assert isinstance(done, PendingAct)
        assert outcome(olive, done) == ("agreed", "")


@pytest.mark.parametrize(
    "taken_back",
    [
        reset_password,
        change_password,
        end_another_session,
        replay_a_refresh_token,
        revoke_the_device,
        revoke_the_network,
        reset_the_factors,
        demote_and_promote,
    ],
)
def test_signing_out_does_not_launder_what_a_thief_asked_for(
    taken_back: Callable[[User, User], None],
) -> None:
    """The thief is gone when the account is taken back: no session of theirs is left to end."""
    _, olive, adam = people()
    stolen = in_session(adam)
    act = asked_in(stolen)
    sign_out(stolen)
    taken_back(adam, olive)
    assert outcome(olive, act) == TAKEN


def test_what_was_asked_for_after_the_account_was_taken_back_is_done() -> None:
    _, olive, adam = people()
    with reading(ROOT):
        mia = User.objects.get(full_name="Mia")
    stolen = in_session(adam)
    sign_out(stolen)
    reset_password(adam, olive)
    after = MEANWHILE + dt.timedelta(minutes=1)
    act = change_role(actor=in_session(adam, now=after), user_id=mia.id, role="finance", now=after)
    assert isinstance(act, PendingAct)
    assert outcome(olive, act) == ("agreed", "")


def test_staff_who_were_closed_and_came_back_ask_anew() -> None:
    olga, omar, oskar = staff(), staff(name="omar"), staff(name="oskar")
    other = staff("moderator", "mo")
    set_setting(actor=signed_in(olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    act = change_staff_role(actor=signed_in(omar), user_id=other.id, platform_role="admin", now=NOW)
    closing = close_staff_account(actor=signed_in(olga), user_id=omar.id, now=MEANWHILE)
    assert isinstance(closing, PendingAct)
    assert outcome(oskar, closing) == ("agreed", "")
    back = change_staff_role(
        actor=signed_in(olga), user_id=omar.id, platform_role="super_admin", now=MEANWHILE
    )
    assert isinstance(act, PendingAct)
    assert isinstance(back, PendingAct)
    assert outcome(oskar, back) == ("agreed", "")
    assert outcome(oskar, act) == TAKEN


def test_the_same_wish_in_another_session_is_another_act() -> None:
    """Or the act of a stolen session would be all that is left of its owner's own wish."""
    _, _, adam = people()
    first, second = in_session(adam), in_session(adam)
    assert asked_in(first).id == asked_in(first).id
    assert asked_in(first).id != asked_in(second).id


def test_nobody_asks_without_a_session_of_theirs_at_any_door() -> None:
    _, olive, adam = people()
    stranger = dataclasses.replace(acting(adam), session_id=new_id())
    somebody_elses = dataclasses.replace(acting(adam), session_id=signed_in(olive).session_id)
    elsewhere = [acting(adam, door=door) for door in (Door.COMMAND, Door.TASK)]
    for actor in (acting(adam), stranger, somebody_elses, *elsewhere):
        with pytest.raises(PermissionDenied):
            asked_in(actor)


def test_nor_by_plain_sql() -> None:
    _, olive, adam = people()
    asked_in(signed_in(adam))
    others = signed_in(olive).session_id
    assert adam.organization
    view(adam.organization)
    for session in ("NULL::uuid", "gen_random_uuid()", f"'{others}'::uuid"):
        refuses("pending_act_maker_in_session", copied("session_id", session))


@opens_transaction
def judged(*, actor: Actor, act: PendingAct) -> None:
    require_session_not_taken(act)


def test_an_act_whose_session_is_unknown_counts_as_taken() -> None:
    """As one may wait from before the database asked for sessions."""
    _, olive, adam = people()
    act = asked_in(signed_in(adam))
    judged(actor=acting(olive), act=act)
    for unknown in (None, new_id(), signed_in(olive).session_id):
        act.session_id = unknown
        with pytest.raises(MadeInEndedSession):
            judged(actor=acting(olive), act=act)


def test_the_password_s_date_never_goes_back() -> None:
    _, olive, adam = people()
    reset_password(adam, olive)
    assert adam.organization
    view(adam.organization)
    for back in ("NULL", "password_changed_at - interval '1 day'"):
        refuses(
            "accounts_user_password_changed_at_grows",
            f"UPDATE accounts_user SET password_changed_at = {back} WHERE id = %s",
            adam.id,
        )
    assert run("SELECT 1") == 1
