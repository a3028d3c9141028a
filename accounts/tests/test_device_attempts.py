"""Tries on a device that its person has signed in on before are counted apart."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache

from accounts.actors import user_actor
from accounts.errors import InvalidCredentials, TooManyAttempts
from accounts.models import User
from accounts.services.attempts import OF_ADDRESS, OF_DEVICE, OF_NETWORK
from accounts.services.devices import met_device, revoke_device
from accounts.services.passwords import ask_for_password_reset, change_password, reset_password
from accounts.services.sessions import open_browser_session
from accounts.services.sign_in import verify_password
from accounts.tests.builders import NOW, PASSWORD, STRANGER, acting, joined, registered
from accounts.tests.letters import LOCKED, RESET, delivered, token_in_mail
from accounts.tests.test_attempts import from_network
from kernel.actor import Actor, Door
from tests.database import statements, work
from tests.proof import proven

pytestmark = pytest.mark.django_db

NEW = "a wholly different phrase"
NOBODY = "nobody@acme.test"


def own_device(user: User) -> str:
    """The token of a browser that the person has signed in on."""
    _, token = met_device(actor=acting(user), user=user, token=None, user_agent="", now=NOW)
    assert token is not None
    return token


def sign_in(
    token: str | None = None,
    *,
    email: str = "alice@acme.test",
    password: str = PASSWORD,
    now: dt.datetime = NOW,
    actor: Actor = STRANGER,
) -> User:
    return verify_password(actor=actor, email=email, password=password, device_token=token, now=now)


def fail(times: int, token: str | None = None, **more: object) -> None:
    for number in range(times):
        with pytest.raises(InvalidCredentials):
            sign_in(token, password=f"wrong guess {number}", **more)  # type: ignore[arg-type]


def test_a_stranger_does_not_lock_the_owner_out_of_their_own_browser() -> None:
    token = own_device(registered().owner)
    fail(OF_ADDRESS.free + 20)
    with pytest.raises(InvalidCredentials):
        sign_in()  # elsewhere the address is locked
    assert sign_in(token).is_active
    with pytest.raises(InvalidCredentials):
        sign_in()  # and it stays so: a sign-in at home is no pardon for who guesses


def test_guesses_on_the_device_lock_it_and_nothing_else() -> None:
    alice = registered().owner
    token, other = own_device(alice), own_device(alice)
    fail(OF_DEVICE.free + 1, token)
    with pytest.raises(InvalidCredentials) as refused:
        sign_in(token)
    assert refused.value.facts == {}
    assert sign_in(other).is_active
    assert sign_in().is_active
    assert sign_in(token, now=NOW + dt.timedelta(seconds=OF_DEVICE.pauses_seconds[0])).is_active
    assert delivered(now=NOW)[-1] == f"{alice.email}: {LOCKED}"


def test_the_network_of_a_known_device_may_be_locked_by_others() -> None:
    token = own_device(registered().owner)
    office = from_network("198.51.100.4")
    for number in range(OF_NETWORK.free + 1):
        with pytest.raises(InvalidCredentials):
            sign_in(email=f"nobody{number}@acme.test", actor=office)
    with pytest.raises(TooManyAttempts):
        sign_in(actor=office)
    assert sign_in(token, actor=office).is_active


def test_only_a_live_device_of_this_person_counts() -> None:
    alice = registered().owner
    bob = joined(alice, "bob", "viewer")
    lost, strange = own_device(alice), own_device(bob)
    device, _ = met_device(actor=acting(alice), user=alice, token=lost, user_agent="", now=NOW)
    revoke_device(actor=acting(alice), device_id=device.id, now=NOW)
    fail(OF_ADDRESS.free + 1)
    for token in (lost, strange, "x" * 43, ""):
        with pytest.raises(InvalidCredentials):
            sign_in(token)
    assert sign_in(strange, email=bob.email).is_active


@pytest.mark.parametrize("rounds", [1, OF_ADDRESS.free + 2])
def test_a_token_of_ones_own_tells_nothing_of_other_addresses(rounds: int) -> None:
    alice = registered().owner
    token = own_device(joined(alice, "mallory", "viewer"))
    costs = []
    for email in (alice.email, NOBODY):
        fail(rounds - 1, token, email=email)
        with statements() as made, pytest.raises(InvalidCredentials):
            sign_in(token, email=email, password="wrong")
        costs.append([one.split(" ")[0] for one in work(made)])
    assert costs[0] == costs[1]


def test_a_reset_ends_the_devices_lock_too() -> None:
    alice = registered().owner
    token = own_device(alice)
    fail(OF_DEVICE.free + 1, token)
    ask_for_password_reset(actor=STRANGER, email=alice.email, now=NOW)
    delivered(now=NOW)
    link = token_in_mail(to=alice.email, subject=RESET)
    reset_password(actor=STRANGER, token=link, password=NEW, now=NOW)
    cache.clear()  # a test has no commit, which is when the cache is told
    assert sign_in(token, password=NEW).is_active


def test_changing_the_password_at_home_is_not_locked_from_outside() -> None:
    alice = registered().owner
    token = own_device(alice)
    device, _ = met_device(actor=acting(alice), user=alice, token=token, user_agent="", now=NOW)
    session = open_browser_session(actor=acting(alice), device=device, now=NOW)
    fail(OF_ADDRESS.free + 20)
    actor = proven(
        user_actor(user=alice, door=Door.API, request_id="test", ip="203.0.113.8", session=session)
    )
    change_password(
        actor=actor, session_id=session.id, old_password=PASSWORD, new_password=NEW, now=NOW
    )
    assert sign_in(token, password=NEW).is_active
