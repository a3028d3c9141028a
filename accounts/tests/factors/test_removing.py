"""Who must have a strong factor keeps one; who need not, may go without."""

from __future__ import annotations

import pytest

from accounts.errors import LastStrongFactor
from accounts.models import User
from accounts.services.factors import (
    Factors,
    begin_passkey,
    factors_of,
    finish_passkey,
    remove_passkey,
    remove_totp,
)
from accounts.services.sessions import open_browser_session
from accounts.tests.builders import NOW, acting, acts_recorded, joined, registered, staff
from kernel.context import Context, Scope, reading_as
from kernel.errors import NotFound
from tests.phones import SecurityKey, give_phone

pytestmark = pytest.mark.django_db


def of(user: User) -> Factors:
    with reading_as(Context(scope=Scope.PLATFORM)):
        return factors_of(user.id)


def with_key(user: User):
    session_id = open_browser_session(actor=acting(user), now=NOW).id
    begun = begin_passkey(actor=acting(user), session_id=session_id, now=NOW)
    return finish_passkey(
        actor=acting(user),
        session_id=session_id,
        challenge=begun.challenge,
        credential=SecurityKey().make(begun.options),
        name="Key",
        now=NOW,
    ).passkey


def test_an_owner_and_staff_cannot_remove_their_last():
    for user in (registered().owner, staff("moderator")):
        give_phone(user, now=NOW)
        with pytest.raises(LastStrongFactor):
            remove_totp(actor=acting(user), now=NOW)
        assert of(user).totp is not None
        assert of(user).recovery_codes_left == 10, "nothing happened"


def test_one_of_two_can_go_and_then_no_more():
    alice = registered().owner
    give_phone(alice, now=NOW)
    key = with_key(alice)
    remove_totp(actor=acting(alice), now=NOW)
    assert acts_recorded()[-1] == "accounts.factor.remove"
    with pytest.raises(LastStrongFactor):
        remove_passkey(actor=acting(alice), passkey_id=key.id, now=NOW)
    give_phone(alice, now=NOW)
    remove_passkey(actor=acting(alice), passkey_id=key.id, now=NOW)
    assert (of(alice).totp is not None, of(alice).passkeys) == (True, ())


def test_a_member_may_go_without_and_the_codes_go_too():
    alice = registered().owner
    member = joined(alice, "mira", "member")
    give_phone(member, now=NOW)
    remove_totp(actor=acting(member), now=NOW)
    assert (of(member).is_strong, of(member).recovery_codes_left) == (False, 0)


def test_somebody_elses_and_what_is_not_there_is_not_found():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    key = with_key(alice)
    for actor in (acting(charlie), acting(staff())):
        with pytest.raises(NotFound):
            remove_passkey(actor=actor, passkey_id=key.id, now=NOW)
    with pytest.raises(NotFound):
        remove_totp(actor=acting(charlie), now=NOW)
