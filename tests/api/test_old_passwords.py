"""A password that was replaced signs nobody in, wherever between it and the session they are."""

from __future__ import annotations

import pytest

from accounts.actors import as_user
from accounts.choices import FactorMethod
from accounts.errors import InvalidCredentials
from accounts.models import User
from accounts.services.challenges import challenge_at_sign_in
from accounts.services.passwords import change_password
from accounts.services.sessions import open_browser_session, open_session
from accounts.services.sign_in import verify_password
from kernel import clock
from kernel.actor import Actor, Door, anonymous
from tests.api.conftest import Caller, order, token_of
from tests.api.test_sign_in import answer, ask_in
from tests.phones import give_phone
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

STRANGER = anonymous(door=Door.WEB, request_id="test", ip="203.0.113.7")


def chooses_another(world: World, user: User) -> None:
    """The person, who noticed, in a session of their own."""
    actor = world.actor(user)
    kept = open_browser_session(actor=actor, now=clock.now())
    change_password(
        actor=actor,
        session_id=kept.id,
        old_password=PASSWORD,
        new_password=f"{PASSWORD} and another",
        now=clock.now(),
    )


def verified(user: User) -> User:
    return verify_password(actor=STRANGER, email=user.email, password=PASSWORD, now=clock.now())


def test_an_open_challenge_of_the_old_password_ends(world: World) -> None:
    phone = give_phone(world.alice)
    asked = ask_in(world.alice.email)
    chooses_another(world, world.alice)
    got = answer(asked, phone.code())
    assert (got.status, got.code) == (422, "challenge_ended")


def test_so_do_challenges_to_step_up_and_to_approve(world: World) -> None:
    phone = give_phone(world.alice)
    alice = Caller(token_of(world, world.alice))
    step_up = alice.post("/auth/step-up", {}).data["challenge"]["id"]
    subject = {"kind": "transfer", **order(world)}
    to_approve = alice.post("/approvals/challenges", subject).data["challenge"]["id"]
    chooses_another(world, world.alice)
    again = Caller(token_of(world, world.alice))
    body = {"id": step_up, "method": "totp", "code": phone.code()}
    assert again.post("/auth/step-up/challenge", body).code == "challenge_ended"
    proof = {"method": "totp", "challenge": to_approve, "code": phone.code()}
    assert again.post("/approvals", {**subject, **proof}).code == "challenge_ended"


def test_no_challenge_is_opened_for_a_password_that_was_replaced_meanwhile(world: World) -> None:
    user = verified(world.alice)
    chooses_another(world, world.alice)
    with pytest.raises(InvalidCredentials):
        challenge_at_sign_in(actor=STRANGER, user=user, device="d", now=clock.now())


def test_no_session_is_opened_for_it_either(world: World) -> None:
    user = verified(world.alice)
    actor: Actor = as_user(actor=STRANGER, user=user)
    chooses_another(world, world.alice)
    for opening in (open_session, open_browser_session):
        with pytest.raises(InvalidCredentials):
            opening(
                actor=actor,
                now=clock.now(),
                second_factor=FactorMethod.TOTP,
                verified=user.password,
            )


def test_a_hash_that_was_only_strengthened_is_the_same_password(world: World, settings) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    user = verified(world.alice)
    assert user.password.startswith("pbkdf2")
    actor = as_user(actor=STRANGER, user=user)
    opened = open_browser_session(actor=actor, now=clock.now(), verified=user.password)
    assert opened.user_id == user.id
