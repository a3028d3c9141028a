"""How many passwords may be tried, and that nobody learns from it whose address is whose."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from django.contrib.auth import hashers
from django.core.cache import cache

from accounts.errors import FormerMemberPasswordRequired, InvalidCredentials, TooManyAttempts
from accounts.models import PasswordAttempts, User
from accounts.services.attempts import OF_ADDRESS, OF_NETWORK, forget_old_attempts
from accounts.services.invitations import invite, join
from accounts.services.people import remove_member
from accounts.services.sign_in import verify_password
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    ROOT,
    STRANGER,
    acting,
    joined,
    last_record,
    registered,
)
from accounts.tests.letters import LOCKED, delivered
from accounts.tests.test_passwords import NEW, mailed_token, reset
from kernel.actor import Actor, Door, anonymous
from kernel.context import reading
from tests.database import statements, work

pytestmark = pytest.mark.django_db

TRIES = OF_ADDRESS.free + 1
ADDRESSES = ["alice@acme.test", "nobody@acme.test", "no address"]
NOWHERE = "redis://127.0.0.1:1/0"


def sign_in(
    password: str = PASSWORD,
    *,
    email: str = "alice@acme.test",
    now: dt.datetime = NOW,
    actor: Actor = STRANGER,
) -> User:
    return verify_password(actor=actor, email=email, password=password, now=now)


def fail(times: int = 1, **more) -> None:
    for number in range(times):
        with pytest.raises(InvalidCredentials):
            sign_in(f"wrong guess {number}", **more)


def from_network(ip: str) -> Actor:
    return anonymous(door=Door.API, request_id="test", ip=ip)


def after(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def test_four_mistakes_are_free():
    registered()
    fail(OF_ADDRESS.free)
    assert sign_in().is_active
    fail(OF_ADDRESS.free)
    assert sign_in().is_active


def test_the_fifth_locks_and_the_right_password_is_answered_like_a_wrong_one():
    registered()
    fail(TRIES)
    for password in (PASSWORD, "wrong horse battery"):
        with pytest.raises(InvalidCredentials) as refused:
            sign_in(password)
        assert str(refused.value) == InvalidCredentials.title
        assert refused.value.facts == {}


def test_a_lock_ends_by_itself_and_each_further_mistake_locks_longer():
    registered()
    fail(OF_ADDRESS.free)
    at = 0.0
    for pause in (*OF_ADDRESS.pauses_seconds, OF_ADDRESS.pauses_seconds[-1]):
        fail(now=after(at))
        with pytest.raises(InvalidCredentials):
            sign_in(now=after(at + pause - 1))
        at += pause
    assert sign_in(now=after(at)).is_active
    fail(OF_ADDRESS.free, now=after(at))
    assert sign_in(now=after(at)).is_active


def test_tries_under_a_lock_do_not_prolong_it():
    registered()
    fail(TRIES)
    fail(20, now=after(59))
    assert sign_in(now=after(60)).is_active


def test_a_quiet_day_starts_anew():
    registered()
    fail(OF_ADDRESS.free)
    fail(OF_ADDRESS.free, now=after(OF_ADDRESS.window_seconds))
    assert sign_in(now=after(OF_ADDRESS.window_seconds)).is_active


@pytest.mark.parametrize("email", ADDRESSES)
def test_under_a_lock_one_hash_is_computed_and_nothing_is_compared(email: str):
    registered()
    fail(TRIES, email=email)
    hasher = hashers.get_hasher().__class__
    with (
        mock.patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as spy,
        mock.patch("accounts.services.passwords.checking.verify_hash") as compared,
        pytest.raises(InvalidCredentials),
    ):
        sign_in(email=email)
    assert (spy.call_count, compared.call_count) == (1, 0)


def test_known_and_unknown_addresses_cost_the_same_statements_all_along():
    registered()
    known, unknown = (
        [_work_of_a_failure(email) for _ in range(TRIES + 2)] for email in ADDRESSES[:2]
    )
    assert known == unknown
    assert max(map(len, known)) > min(map(len, known))  # the try that locks asks for a mail


def _work_of_a_failure(email: str) -> list[str]:
    with statements() as said:
        fail(email=email)
    return [verb for verb in work(said) if verb != "SET"]


def test_the_person_is_told_once_and_somebody_unknown_is_not():
    registered()
    delivered(now=NOW)
    fail(TRIES + 3)
    fail(TRIES + 3, email="nobody@acme.test")
    assert delivered(now=NOW) == [f"alice@acme.test: {LOCKED}"]
    fail(now=after(60))
    assert delivered(now=after(60)) == []


def test_spellings_of_an_address_are_one():
    registered()
    for number in range(TRIES):
        fail(email=["Alice@acme.test", " ALICE@ACME.TEST "][number % 2])
    with pytest.raises(InvalidCredentials):
        sign_in()


def test_one_locked_address_locks_no_other():
    alice = registered().owner
    joined(alice, "bob", "member")
    fail(TRIES)
    assert sign_in(email="bob@acme.test").is_active


def test_a_reset_by_mail_ends_the_lock():
    registered()
    fail(TRIES)
    reset(mailed_token())
    cache.clear()  # a test has no commit, which is when the cache is told
    assert sign_in(NEW).is_active


def test_a_flushed_cache_forgets_no_lock():
    registered()
    fail(TRIES)
    cache.clear()
    with pytest.raises(InvalidCredentials):
        sign_in()


def test_the_cache_spares_the_table_a_flood():
    registered()
    fail(TRIES, actor=from_network("203.0.113.9"))
    with mock.patch("accounts.services.attempts._take") as asked:
        fail(3, actor=acting_nobody())
    assert asked.call_count == 0


def acting_nobody() -> Actor:
    return anonymous(door=Door.API, request_id="test", ip=None)


def test_with_the_cache_down_the_table_decides(settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}
    registered()
    assert sign_in().is_active
    fail(TRIES)
    with pytest.raises(InvalidCredentials):
        sign_in()
    assert sign_in(now=after(60)).is_active


def test_a_network_that_sprays_is_stopped_whatever_it_tries():
    registered()
    for number in range(OF_NETWORK.free + 1):
        fail(email=f"person{number}@acme.test")
    with pytest.raises(TooManyAttempts):
        sign_in()
    assert sign_in(actor=from_network("198.51.100.1")).is_active
    assert sign_in(now=after(OF_NETWORK.pauses_seconds[0])).is_active


def test_signing_in_to_ones_own_account_does_not_wash_a_network_clean():
    registered()
    for number in range(OF_NETWORK.free):
        fail(email=f"person{number}@acme.test")
        if number % 10 == 0:
            sign_in()
    fail(email="one-more@acme.test")
    with pytest.raises(TooManyAttempts):
        sign_in()


def test_an_ipv6_network_is_one_network():
    registered()
    for number in range(OF_NETWORK.free + 1):
        fail(email=f"p{number}@acme.test", actor=from_network(f"2001:db8::{number + 1:x}"))
    with pytest.raises(TooManyAttempts):
        sign_in(actor=from_network("2001:db8::ffff"))
    assert sign_in(actor=from_network("2001:db8:0:1::1")).is_active


def test_a_former_members_password_is_guessed_no_faster_with_an_invitation():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    token = invite(actor=acting(alice), email="bob@acme.test", role="member", now=NOW).token

    def come_back(password: str, now: dt.datetime = NOW) -> User:
        return join(actor=STRANGER, token=token, full_name="Bob", password=password, now=now)

    for number in range(TRIES):
        with pytest.raises(FormerMemberPasswordRequired):
            come_back(f"wrong guess {number}")
    with pytest.raises(FormerMemberPasswordRequired):
        come_back(PASSWORD)
    assert come_back(PASSWORD, now=after(60)).id == bob.id


def test_a_failure_under_a_lock_is_on_record():
    registered()
    fail(TRIES + 1)
    assert last_record().action == "accounts.sign_in.fail"


def test_counts_are_forgotten_in_time_and_name_nobody():
    registered()
    fail(email="nobody@acme.test")
    with reading(ROOT):
        rows = list(PasswordAttempts.objects.all())
    assert len(rows) == 2  # the address and the network
    assert not any(b"nobody" in bytes(row.subject_hash) for row in rows)
    assert forget_old_attempts(actor=ROOT, now=after(86_400)) == 0
    assert forget_old_attempts(actor=ROOT, now=after(3 * 86_400)) == 2
