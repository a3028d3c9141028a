"""What goes through the mailbox, from the machines' door."""

from __future__ import annotations

import pytest

from accounts.tests.letters import CHANGED, CONFIRM, RESET, delivered, token_in_mail
from kernel import clock
from tests.api.conftest import Caller, Got, token_of
from tests.api.test_sign_in import REGISTRATION, sign_in
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

NEW = "a wholly different phrase"
LOCK_ON = 5


def mailed(to: str, subject: str) -> str:
    delivered(now=clock.now())
    return token_in_mail(to=to, subject=subject)


def test_a_forgotten_password_is_replaced_and_every_session_ends(world: World, alice: Caller):
    email = world.alice.email
    assert Caller().post("/auth/password/forgot", {"email": email}).status == 204
    token = mailed(email, RESET)
    order = {"token": token, "password": NEW}
    assert Caller().post("/auth/password/reset", order).status == 204
    assert alice.get("/me").status == 401
    assert sign_in(email).status == 401
    assert sign_in(email, NEW).status == 200
    again = Caller().post("/auth/password/reset", order)
    assert (again.status, again.code) == (422, "invalid_link")


def answer_of(got: Got) -> tuple[int, bytes, set[str]]:
    return got.status, got.body, {name for name in got.headers if name != "X-Request-ID"}


def test_who_has_an_account_cannot_be_asked_for(world: World):
    known, unknown = (
        Caller().post("/auth/password/forgot", {"email": email})
        for email in (world.alice.email, "nobody@nowhere.test")
    )
    assert answer_of(known) == answer_of(unknown)


def test_no_address_is_refused(world: World):
    got = Caller().post("/auth/password/forgot", {"email": "nobody"})
    assert got.status == 422


def test_links_begin_with_our_own_address_whatever_host_was_asked(world: World):
    headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}
    got = Caller()("POST", "/auth/password/forgot", {"email": world.alice.email}, headers=headers)
    assert got.status == 400
    for spoofed in ({"X-Forwarded-Host": "evil.test"}, {"Forwarded": "host=evil.test"}):
        body = {"email": world.alice.email}
        assert Caller()("POST", "/auth/password/forgot", body, headers=spoofed).status == 204
    assert mailed(world.alice.email, RESET)  # only http://testserver/... is found


def test_changing_the_password_keeps_this_session_alone(world: World, alice: Caller):
    other = Caller(token_of(world, world.alice))
    wrong = alice.post("/me/password", {"old_password": "wrong", "new_password": NEW})
    assert (wrong.status, wrong.code) == (422, "wrong_password")
    assert wrong.data["errors"][0]["pointer"] == "/old_password"
    weak = alice.post("/me/password", {"old_password": PASSWORD, "new_password": "short"})
    assert (weak.status, weak.code) == (422, "weak_password")
    done = alice.post("/me/password", {"old_password": PASSWORD, "new_password": NEW})
    assert done.status == 204
    assert (alice.get("/me").status, other.get("/me").status) == (200, 401)
    assert f"{world.alice.email}: {CHANGED}" in delivered(now=clock.now())


def test_changing_the_password_asks_for_a_factor(world: World):
    """Whoever sits down at an unlocked computer, and knows the password, does not lock us out."""
    caller = Caller(token_of(world, world.alice, second_factor=None))
    got = caller.post("/me/password", {"old_password": PASSWORD, "new_password": NEW})
    assert (got.status, got.code) == (403, "step_up_required")
    assert sign_in(world.alice.email, NEW).code == "invalid_credentials"


def test_a_program_has_no_password_to_change(acme_key: Caller):
    got = acme_key.post("/me/password", {"old_password": PASSWORD, "new_password": NEW})
    assert (got.status, got.code) == (403, "permission_denied")


def test_a_locked_address_and_an_unknown_one_read_alike(world: World):
    answers = []
    for email in (world.alice.email, "nobody@nowhere.test"):
        answers.append([sign_in(email, "wrong") for _ in range(LOCK_ON + 1)])
        answers[-1].append(sign_in(email))
    for known, unknown in zip(*answers, strict=True):
        assert (known.status, known.code) == (unknown.status, unknown.code)
        assert (known.code, known.data["detail"]) == ("invalid_credentials", unknown.data["detail"])


def test_the_unconfirmed_ask_for_another_link_within_limits(world: World):
    Caller().post("/auth/register", REGISTRATION)
    assert mailed(REGISTRATION["email"], CONFIRM)
    peter = Caller(sign_in(REGISTRATION["email"], REGISTRATION["password"]).data["access"])
    soon = peter.post("/auth/confirm-email/resend", {})
    assert (soon.status, soon.code) == (429, "too_many_mails")
    assert soon.headers["Retry-After"]
    assert peter.get("/wallets").status == 200
    refused = peter.post("/invitations", {"email": "x@initech.test", "role": "member"})
    assert (refused.status, refused.code) == (403, "email_not_confirmed")
