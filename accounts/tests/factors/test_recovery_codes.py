"""Ten codes on paper: each once, only one's own, all void when new ones are made."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from accounts.errors import LastStrongFactor
from accounts.models import RecoveryCode, User
from accounts.services.factors import factors_of, regenerate_codes
from accounts.services.factors.recovery_codes import spend_recovery_code
from accounts.services.lookups import view_of_newcomer
from accounts.tests.builders import NOW, STRANGER, acting, events_emitted, registered
from kernel.context import Context, Scope, reading_as
from kernel.ids import ALPHABET
from kernel.transactions import opens_transaction
from tests.phones import give_phone

pytestmark = pytest.mark.django_db


@opens_transaction(context=view_of_newcomer)
def spend(*, organization_id: object, user: User, code: str, now: dt.datetime) -> bool:
    return spend_recovery_code(actor=STRANGER, user=user, code=code, now=now)


def used(user: User, code: str) -> bool:
    return spend(organization_id=user.organization_id, user=user, code=code, now=NOW)


def left(user: User) -> int:
    with reading_as(Context(scope=Scope.PLATFORM)):
        return factors_of(user.id).recovery_codes_left


def test_a_code_counts_once_however_it_is_typed():
    alice = registered().owner
    first, second, *_ = give_phone(alice, now=NOW).codes
    assert used(alice, first)
    assert not used(alice, first)
    assert used(alice, f"  {second.replace('-', ' ').upper()} ")
    assert left(alice) == 8
    assert "accounts.recovery_code.used" in events_emitted()


def test_a_guess_and_a_colleagues_code_are_wrong():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    hers, his = give_phone(alice, now=NOW).codes, give_phone(charlie, now=NOW).codes
    assert not used(alice, his[0])
    assert not used(alice, "")
    assert not used(alice, "0000-0000-0000")
    assert used(charlie, his[0])
    assert left(alice) == len(hers) == 10


def test_new_codes_void_the_old_ones():
    alice = registered().owner
    with pytest.raises(LastStrongFactor):
        regenerate_codes(actor=acting(alice), now=NOW)
    old = give_phone(alice, now=NOW).codes
    new = regenerate_codes(actor=acting(alice), now=NOW)
    assert not set(old) & set(new)
    assert not used(alice, old[0])
    assert used(alice, new[0])
    assert left(alice) == 9


def test_codes_have_a_hundred_and_twenty_bits():
    """Twenty-four letters and digits of 32 that cannot be taken for each other."""
    codes = give_phone(registered().owner, now=NOW).codes
    assert len(ALPHABET) == 32
    for code in codes:
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{5}}", code), code


def test_only_keyed_hashes_are_kept():
    alice = registered().owner
    codes = give_phone(alice, now=NOW).codes
    with reading_as(Context(scope=Scope.PLATFORM)):
        kept = [bytes(row.code_hash) for row in RecoveryCode.objects.all()]
    assert {len(one) for one in kept} == {32}
    assert not any(code.encode() in one for code in codes for one in kept)
