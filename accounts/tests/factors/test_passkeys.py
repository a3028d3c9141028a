"""Passkeys, by a security key of software; Chromium's own is in the journeys."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest

from accounts.choices import FactorMethod
from accounts.errors import (
    ChallengeEnded,
    InvalidProfile,
    PasskeyRefused,
    SecondFactorRefused,
    TooManyPasskeys,
)
from accounts.models import Passkey, SignInSession, User
from accounts.services.challenges import (
    answer_at_sign_in,
    answer_to_approve,
    answer_to_step_up,
    challenge_at_sign_in,
    challenge_to_approve,
    challenge_to_step_up,
)
from accounts.services.factors import begin_passkey, factors_of, finish_passkey, passkeys
from accounts.services.factors.passkeys import AddedPasskey
from accounts.services.sessions import open_browser_session
from accounts.tests.builders import NOW, STRANGER, acting, last_record, registered
from kernel.context import Context, Scope, reading_as
from tests.phones import SecurityKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return registered().owner


def session_of(user: User) -> SignInSession:
    return open_browser_session(actor=acting(user), now=NOW)


def enrolled(user: User, key: SecurityKey, **other: Any) -> AddedPasskey:
    session_id: uuid.UUID = session_of(user).id
    begun = begin_passkey(actor=acting(user), session_id=session_id, now=NOW)
    said = {"session_id": session_id, "now": NOW, "name": "Key", **other}
    return finish_passkey(
        actor=acting(user),
        challenge=begun.challenge,
        credential=other.pop("credential", None) or key.make(begun.options),
        **{name: value for name, value in said.items() if name != "credential"},
    )


def signed_in(user: User, key: SecurityKey, **how: Any) -> FactorMethod:
    challenge = challenge_at_sign_in(actor=STRANGER, user=user, device="laptop", now=NOW)
    assert challenge.passkey_options is not None
    return answer_at_sign_in(
        actor=STRANGER,
        challenge=challenge.id,
        method="passkey",
        proof=key.sign(challenge.passkey_options, **how),
        device="laptop",
        now=NOW,
    ).method


def why() -> object:
    return last_record().metadata["reason"]


def test_adding_a_passkey_and_signing_in_with_it(alice: User):
    key = SecurityKey()
    added = enrolled(alice, key, name="  Blue   key ")
    assert (added.passkey.name, len(added.recovery_codes)) == ("Blue key", 10)
    assert signed_in(alice, key) is FactorMethod.PASSKEY
    with reading_as(Context(scope=Scope.PLATFORM)):
        row = Passkey.objects.get()
    assert (row.sign_count, row.last_used_at) == (1, NOW)


def test_a_session_has_proven_the_passkey_it_added(alice: User):
    enrolled(alice, SecurityKey())
    with reading_as(Context(scope=Scope.PLATFORM)):
        assert SignInSession.objects.get().second_factor == "passkey"


@pytest.mark.parametrize(
    "key",
    [SecurityKey(origin="https://vaultcraft.evil.example"), SecurityKey(site="evil.example")],
    ids=["origin", "site"],
)
def test_a_passkey_made_on_another_site_is_refused(alice: User, key: SecurityKey):
    with pytest.raises(PasskeyRefused):
        enrolled(alice, key)


@pytest.mark.parametrize("attribute", ["origin", "site"])
def test_a_signature_from_another_site_is_refused(alice: User, attribute: str):
    key = SecurityKey()
    enrolled(alice, key)
    setattr(key, attribute, "https://vaultcraft.evil.example")
    with pytest.raises(SecondFactorRefused):
        signed_in(alice, key)
    assert why() == "wrong_signature"


def test_another_persons_passkey_is_unknown(alice: User):
    charlie = registered("Globex", "charlie").owner
    hers, his = SecurityKey(), SecurityKey()
    enrolled(alice, hers)
    enrolled(charlie, his)
    with pytest.raises(SecondFactorRefused):
        signed_in(alice, his)
    assert why() == "unknown_passkey"
    his.id = hers.id
    with pytest.raises(SecondFactorRefused):
        signed_in(alice, his)
    assert why() == "wrong_signature"


def test_a_counter_that_goes_back_is_a_copied_key(alice: User):
    key = SecurityKey()
    enrolled(alice, key)
    signed_in(alice, key, count=7)
    for count in (7, 3, 0):
        with pytest.raises(SecondFactorRefused):
            signed_in(alice, key, count=count)
        assert why() == "sign_count_went_back"
    assert signed_in(alice, key, count=8)


def test_a_key_without_a_counter_works_for_ever(alice: User):
    key = SecurityKey()
    enrolled(alice, key)
    for _ in range(3):
        assert signed_in(alice, key, count=0)


def test_a_signature_answers_its_own_challenge_only(alice: User):
    key = SecurityKey()
    enrolled(alice, key)
    first, second = (
        challenge_at_sign_in(actor=STRANGER, user=alice, device="laptop", now=NOW) for _ in range(2)
    )
    with pytest.raises(SecondFactorRefused):
        answer_at_sign_in(
            actor=STRANGER,
            challenge=second.id,
            method="passkey",
            proof=key.sign(first.passkey_options or ""),
            device="laptop",
            now=NOW,
        )


def test_a_key_that_verifies_nobody_is_not_added(alice: User):
    """Adding one counts as a step-up."""
    with pytest.raises(PasskeyRefused):
        enrolled(alice, SecurityKey(verifies_person=False))


def test_beside_the_password_a_touch_is_enough(alice: User):
    key = SecurityKey()
    enrolled(alice, key)
    key.verifies_person = False
    assert signed_in(alice, key) is FactorMethod.PASSKEY


@pytest.mark.parametrize("approving", [False, True], ids=["step-up", "approval"])
def test_where_it_stands_alone_the_key_must_have_verified_its_person(alice: User, approving: bool):
    """A thief's touch of the key neither steps up nor approves."""
    key = SecurityKey()
    enrolled(alice, key)
    later = NOW + dt.timedelta(days=2)  # what is new approves nothing yet
    how: dict[str, Any] = {"session_id": session_of(alice).id, "actor": acting(alice), "now": later}
    if approving:
        how["binding"] = bytes(32)
        challenge = challenge_to_approve(words="EUR 10.00 to Bob", **how)
    else:
        challenge = challenge_to_step_up(**how)
    options = challenge.passkey_options or ""
    assert json.loads(options)["userVerification"] == "required"

    def answered() -> FactorMethod:
        answer = answer_to_approve if approving else answer_to_step_up
        proof = key.sign(options)
        return answer(challenge=challenge.id, method="passkey", proof=proof, **how).method

    key.verifies_person = False
    with pytest.raises(SecondFactorRefused):
        answered()
    assert why() == "user_not_verified"
    key.verifies_person = True
    assert answered() is FactorMethod.PASSKEY


@pytest.mark.parametrize("junk", ["", "{}", "[]", "null", '{"rawId": 7}', '{"rawId": "AA"}', "{"])
def test_junk_is_refused(alice: User, junk: str):
    enrolled(alice, SecurityKey())
    challenge = challenge_at_sign_in(actor=STRANGER, user=alice, device="laptop", now=NOW)
    with pytest.raises(SecondFactorRefused):
        answer_at_sign_in(
            actor=STRANGER,
            challenge=challenge.id,
            method="passkey",
            proof=junk,
            device="laptop",
            now=NOW,
        )
    with pytest.raises(PasskeyRefused):
        enrolled(alice, SecurityKey(), credential=junk or "-")


def test_enrolling_is_for_this_session_within_five_minutes_and_once(alice: User):
    key = SecurityKey()
    with pytest.raises(ChallengeEnded):
        enrolled(alice, key, session_id=session_of(alice).id)
    with pytest.raises(ChallengeEnded):
        enrolled(alice, key, now=NOW + dt.timedelta(minutes=5))
    session_id = session_of(alice).id
    begun = begin_passkey(actor=acting(alice), session_id=session_id, now=NOW)
    once: dict[str, Any] = {
        "actor": acting(alice),
        "session_id": session_id,
        "challenge": begun.challenge,
        "name": "Key",
        "now": NOW,
    }
    finish_passkey(credential=key.make(begun.options), **once)
    with pytest.raises(ChallengeEnded):
        finish_passkey(credential=SecurityKey().make(begun.options), **once)


def test_a_credential_is_added_once_and_a_name_is_needed(alice: User):
    key = SecurityKey()
    with pytest.raises(InvalidProfile):
        enrolled(alice, key, name=" ")
    enrolled(alice, key)
    charlie = registered("Globex", "charlie").owner
    with pytest.raises(PasskeyRefused):
        enrolled(charlie, key)


def test_there_is_a_bound(alice: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passkeys, "MOST_PASSKEYS", 1)
    enrolled(alice, SecurityKey())
    with pytest.raises(TooManyPasskeys):
        enrolled(alice, SecurityKey())
    with reading_as(Context(scope=Scope.PLATFORM)):
        assert len(factors_of(alice.id).passkeys) == 1
