"""Authenticator apps: each code once, never an older one, the secret out of sight."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest

from accounts.errors import EnrollmentNotBegun, SecondFactorRefused
from accounts.models import TotpFactor, User
from accounts.services.factors import begin_totp, confirm_totp
from accounts.services.factors.totp import spend_totp
from accounts.services.lookups import view_of_newcomer
from accounts.tests.builders import NOW, acting, acts_recorded, events_emitted, registered, staff
from kernel.context import Context, Scope, reading_as
from kernel.errors import PermissionDenied
from kernel.transactions import opens_transaction
from tests.phones import give_phone

pytestmark = pytest.mark.django_db
STEP = dt.timedelta(seconds=30)


@opens_transaction(context=view_of_newcomer)
def spend(*, organization_id: object, user: User, code: str, now: dt.datetime) -> bool:
    return spend_totp(user=user, code=code, now=now)


def used(user: User, code: str, now: dt.datetime = NOW) -> bool:
    return spend(organization_id=user.organization_id, user=user, code=code, now=now)


def rows() -> list[TotpFactor]:
    with reading_as(Context(scope=Scope.PLATFORM)):
        return list(TotpFactor.objects.order_by("id"))


def test_a_code_confirms_the_app_and_brings_ten_recovery_codes() -> None:
    alice = acting(registered().owner)
    begun = begin_totp(actor=alice, now=NOW)
    assert begun.uri.startswith("otpauth://totp/VaultCraft:alice%40acme.test?secret=")
    assert "accounts.factor.added" not in events_emitted(), "nothing counts yet"
    codes = confirm_totp(actor=alice, code=pyotp.TOTP(begun.secret).at(NOW), now=NOW)
    assert len(set(codes)) == 10
    assert acts_recorded()[-2:] == ["accounts.factor.add", "accounts.recovery_codes.issue"]
    assert "accounts.factor.added" in events_emitted()


def test_the_secret_is_nowhere_in_clear() -> None:
    owner = registered().owner
    phone = give_phone(owner, now=NOW)
    [row] = rows()
    assert phone.secret.encode() not in bytes(row.sealed_secret or b"")


def test_a_wrong_first_code_confirms_nothing() -> None:
    alice = acting(registered().owner)
    with pytest.raises(EnrollmentNotBegun):
        confirm_totp(actor=alice, code="123456", now=NOW)
    begun = begin_totp(actor=alice, now=NOW)
    right = pyotp.TOTP(begun.secret).at(NOW)
    for wrong in ("", "12345", "abcdef", "١٢٣٤٥٦", f"{(int(right) + 1) % 10**6:06}"):
        with pytest.raises(SecondFactorRefused):
            confirm_totp(actor=alice, code=wrong, now=NOW)
    assert rows()[0].confirmed_at is None


def test_a_code_may_be_pasted_with_a_space_and_be_one_step_off() -> None:
    owner = registered().owner
    phone = give_phone(owner, now=NOW)
    code = phone.at(NOW - STEP)
    assert used(owner, f" {code[:3]} {code[3:]} ")
    assert used(owner, phone.at(NOW + STEP))
    assert not used(owner, phone.at(NOW + 4 * STEP), NOW + 2 * STEP), "two steps are too far"


def test_a_code_counts_once_and_an_older_one_never_again() -> None:
    owner = registered().owner
    phone = give_phone(owner, now=NOW)
    assert used(owner, phone.at(NOW))
    assert not used(owner, phone.at(NOW)), "replay"
    assert not used(owner, phone.at(NOW - STEP)), "older than the last used"
    assert used(owner, phone.at(NOW + STEP), NOW + STEP)


def test_another_persons_code_is_a_wrong_code() -> None:
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    give_phone(alice, now=NOW)
    assert not used(alice, give_phone(charlie, now=NOW).at(NOW))


def test_a_new_app_replaces_the_old_one_only_when_confirmed() -> None:
    owner = registered().owner
    old = give_phone(owner, now=NOW)
    begun = begin_totp(actor=acting(owner), now=NOW)
    assert used(owner, old.at(NOW))
    new = pyotp.TOTP(begun.secret)
    codes = confirm_totp(actor=acting(owner), code=new.at(NOW), now=NOW)
    assert codes == [], "the codes on paper stay good"
    assert not used(owner, old.at(NOW + STEP), NOW + STEP)
    assert used(owner, new.at(NOW + STEP), NOW + STEP)
    first, _ = rows()
    assert (first.sealed_secret, first.removed_at) == (None, NOW), "the old secret is erased"


def test_platform_staff_have_factors_and_programs_have_none() -> None:
    olga = staff()
    assert used(olga, give_phone(olga, now=NOW).at(NOW))
    from accounts.tests.builders import ROOT

    with pytest.raises(PermissionDenied):
        begin_totp(actor=ROOT, now=NOW)
