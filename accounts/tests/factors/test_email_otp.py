"""Codes by e-mail: one act, one device, one use, five tries; closed while the cache is down."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import redis
from django.conf import settings

from accounts.errors import OneTimeCodesUnavailable, SecondFactorRefused, TooManyFactorTries
from accounts.models import User
from accounts.services.factors import email_otp
from accounts.tests.builders import NOW, STRANGER, registered
from tests.phones import code_mailed_to

pytestmark = pytest.mark.django_db


def issued(user: User, *, action: str = "sign_in", device: str = "laptop") -> str:
    return email_otp.issue(actor=STRANGER, user=user, action=action, device=device, now=NOW)


def fits(user: User, challenge: str, code: str, **other: str) -> bool:
    said = {"action": "sign_in", "device": "laptop", **other}
    return email_otp.fits(user=user, challenge=challenge, code=code, **said)


@pytest.fixture
def alice() -> User:
    return registered().owner


def test_the_code_in_the_mail_fits_once(alice: User) -> None:
    challenge = issued(alice)
    code = code_mailed_to(alice, now=NOW)
    assert fits(alice, challenge, f"{code[:3]} {code[3:]}")
    assert not fits(alice, challenge, code), "replay"
    with pytest.raises(SecondFactorRefused):
        email_otp.verify(
            user=alice, challenge=challenge, action="sign_in", device="laptop", code=code
        )


def test_the_cache_holds_neither_code_nor_challenge_and_forgets(alice: User) -> None:
    challenge = issued(alice)
    code = code_mailed_to(alice, now=NOW)
    client = redis.Redis.from_url(settings.REDIS_URL)
    [key] = client.keys("vaultcraft:otp:" + "[0-9a-f]" * 64)
    kept = repr((key, client.hgetall(key)))
    assert code not in kept
    assert challenge not in kept
    assert 0 < client.ttl(key) <= 300


@pytest.mark.parametrize(
    "other", [{"action": "step_up"}, {"device": "phone"}], ids=["action", "device"]
)
def test_for_another_act_or_on_another_device_it_is_wrong(
    alice: User, other: dict[str, str]
) -> None:
    challenge = issued(alice)
    code = code_mailed_to(alice, now=NOW)
    assert not fits(alice, challenge, code, **other)
    assert fits(alice, challenge, code), "and it was not used up by that"


def test_another_person_or_challenge_cannot_use_it(alice: User) -> None:
    charlie = registered("Globex", "charlie").owner
    challenge, other = issued(alice), issued(charlie)
    code = code_mailed_to(alice, now=NOW)
    assert not fits(charlie, challenge, code)
    assert not fits(charlie, other, code)


def test_after_five_wrong_tries_the_right_code_comes_too_late(alice: User) -> None:
    challenge = issued(alice)
    code = code_mailed_to(alice, now=NOW)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert [fits(alice, challenge, wrong) for _ in range(5)] == [False] * 5
    assert not fits(alice, challenge, code), "the sixth try"


def test_a_newer_code_replaces_the_older(alice: User) -> None:
    challenge = issued(alice)
    first = code_mailed_to(alice, now=NOW)
    email_otp.issue(
        actor=STRANGER, user=alice, action="sign_in", device="laptop", now=NOW, challenge=challenge
    )
    second = code_mailed_to(alice, now=NOW)
    if first != second:
        assert not fits(alice, challenge, first)
    assert fits(alice, challenge, second)


def test_a_mailbox_is_not_flooded(alice: User) -> None:
    for _ in range(5):
        issued(alice)
    with pytest.raises(TooManyFactorTries):
        issued(alice)


def test_without_the_cache_no_code_is_sent_and_none_is_taken(alice: User, settings: Any) -> None:
    challenge = issued(alice)
    code = code_mailed_to(alice, now=NOW)
    alive = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(OneTimeCodesUnavailable):
        issued(alice)
    with pytest.raises(OneTimeCodesUnavailable):
        fits(alice, challenge, code)
    settings.REDIS_URL = alive
    assert fits(alice, challenge, code), "it was not lost by asking"


def test_a_late_mail_is_not_sent(alice: User) -> None:
    issued(alice)
    with pytest.raises(IndexError):
        code_mailed_to(alice, now=NOW + dt.timedelta(minutes=6))
