"""Second factors by the API alone: the second step, confirming acts, adding and removing."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import hashers

from accounts.choices import FactorMethod
from accounts.models import User
from accounts.services.sessions import open_session
from kernel import clock
from tests.api.conftest import Caller, Got
from tests.api.test_sign_in import answer, ask_in
from tests.database import statements
from tests.phones import Phone, SecurityKey, code_mailed_to, give_phone
from tests.world import World

pytestmark = pytest.mark.django_db


def unproven(world: World, user: User) -> Caller:
    """Signed in, with nothing proven but the password."""
    return Caller(open_session(actor=world.actor(user), now=clock.now()).access)


def test_an_owner_answers_a_challenge(world: World):
    phone = give_phone(world.alice)
    asked = ask_in(world.alice.email)
    assert asked.status == 200
    assert asked.data.keys() == {"challenge"}
    challenge = asked.data["challenge"]
    assert challenge["methods"] == ["totp", "recovery_code"]
    assert (challenge["expires_in"], challenge["passkey"]) == (300, None)
    tokens = answer(asked, phone.code())
    assert tokens.status == 200
    assert Caller(tokens.data["access"]).get("/me").data["name"] == "Alice"
    assert (answer(asked, phone.code()).status, answer(asked, "1").code) == (422, "challenge_ended")


def test_a_known_device_of_a_viewer_needs_no_second_step(world: World):
    asked = ask_in(world.bob.email)
    token = answer(asked, code_mailed_to(world.bob), "email").data["device_token"]
    again = ask_in(world.bob.email, device_token=token)
    assert again.data["device_token"] is None
    assert "access" in again.data
    stranger = ask_in(world.alice.email, device_token=token)
    assert "challenge" in stranger.data, "another person's device is nobody's"


def test_a_wrong_proof_is_refused_and_counted(world: World):
    phone = give_phone(world.alice)
    asked = ask_in(world.alice.email)
    for _ in range(5):
        wrong = answer(asked, "000000")
        assert (wrong.status, wrong.code) == (403, "second_factor_refused")
    assert answer(asked, phone.code()).code == "challenge_ended"


def test_the_answer_must_come_from_the_client_that_asked(world: World):
    phone = give_phone(world.alice)
    asked = ask_in(world.alice.email)
    proof = {"id": asked.data["challenge"]["id"], "method": "totp", "code": phone.code()}
    other = Caller()(
        "POST", "/auth/token/challenge", proof, headers={"User-Agent": "another program"}
    )
    assert other.code == "challenge_ended"
    assert answer(asked, proof["code"], device_token="x" * 43).code == "challenge_ended"
    assert answer(asked, proof["code"]).status == 200


def test_a_method_that_is_not_offered(world: World):
    give_phone(world.alice)
    asked = ask_in(world.alice.email)
    assert answer(asked, "000000", "email").code == "factor_not_offered"
    assert answer(asked, "000000", "palm_reading").status == 400


def test_without_the_cache(world: World, settings: Any):
    phone = give_phone(world.alice)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    closed = ask_in(world.bob.email)
    assert (closed.status, closed.code) == (503, "one_time_codes_unavailable")
    assert closed.headers["Retry-After"]
    assert answer(ask_in(world.alice.email), phone.code()).status == 200


def test_unknown_people_cost_the_same_work_and_read_the_same(world: World):
    """One hash and as many statements: with a factor, without one, and without a person."""
    give_phone(world.alice)
    work = []
    for email in ("nobody@acme.test", world.alice.email, world.bob.email):
        with counting_hashes() as hashed, statements() as told:
            refused = ask_in(email, "not the password")
        assert (refused.status, refused.code) == (401, "invalid_credentials")
        work.append((len(hashed), len(told), refused.data["detail"], refused.data["title"]))
    assert len(set(work)) == 1
    assert work[0][0] == 1


@contextlib.contextmanager
def counting_hashes() -> Iterator[list[str]]:
    """The passwords that are hashed, slow as it is in production."""
    hashed: list[str] = []
    real = hashers.MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return real(self, password, salt)

    with mock.patch.object(hashers.MD5PasswordHasher, "encode", encode):
        yield hashed


def confirmed(caller: Caller, phone: Phone) -> Got:
    challenge = caller.post("/auth/step-up", {}).data["challenge"]
    proof = {"id": challenge["id"], "method": "totp", "code": phone.code()}
    return caller.post("/auth/step-up/challenge", proof)


def test_a_sensitive_act_asks_to_step_up(world: World):
    phone, alice = give_phone(world.alice), unproven(world, world.alice)
    order = {"name": "payouts", "scopes": ["wallets:read"]}
    asked = alice.post("/api-keys", order)
    assert (asked.status, asked.code) == (403, "step_up_required")
    assert asked.data["facts"] == {"within_seconds": 600, "takes_strong": False}
    found = confirmed(alice, phone)
    assert (found.status, found.data["method"], found.data["expires_in"]) == (200, "totp", 600)
    assert alice.post("/api-keys", order).status == 201


def test_stepping_up_counts_for_its_own_session(world: World):
    phone = give_phone(world.alice)
    here, elsewhere = unproven(world, world.alice), unproven(world, world.alice)
    challenge = here.post("/auth/step-up", {}).data["challenge"]
    proof = {"id": challenge["id"], "method": "totp", "code": phone.code()}
    assert elsewhere.post("/auth/step-up/challenge", proof).code == "challenge_ended"
    assert unproven(world, world.charlie).post("/auth/step-up/challenge", proof).code == (
        "challenge_ended"
    )
    assert here.post("/auth/step-up/challenge", proof).status == 200
    assert elsewhere.post("/me/factors/totp", {}).code == "step_up_required"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/me/factors/totp", {}),
        ("POST", "/me/factors/totp/confirm", {"code": "000000"}),
        ("DELETE", "/me/factors/totp", None),
        ("POST", "/me/factors/passkeys/options", {}),
        ("POST", "/me/factors/passkeys", {"challenge": "x", "name": "x", "credential": {}}),
        ("DELETE", "/me/factors/passkeys/pky_01h455vb4pex5vsknk084sn02q", None),
        ("POST", "/me/factors/recovery-codes", {}),
        ("PUT", "/members/usr_01h455vb4pex5vsknk084sn02q", {"role": "viewer"}),
    ],
)
def test_acts_that_must_be_confirmed(world: World, method: str, path: str, body: Any):
    refused = unproven(world, world.alice)(method, path, body)
    assert (refused.status, refused.code) == (403, "step_up_required")


def test_an_app_from_first_to_last(world: World, alice: Caller):
    assert alice.get("/me/factors").data["methods"] == ["email"]
    begun = alice.post("/me/factors/totp", {})
    phone = Phone(secret=begun.data["secret"], codes=[], last_step=0)
    assert alice.post("/me/factors/totp/confirm", {"code": "000000"}).code == (
        "second_factor_refused"
    )
    done = alice.post("/me/factors/totp/confirm", {"code": phone.code()})
    assert len(done.data["recovery_codes"]) == 10
    found = alice.get("/me/factors").data
    assert (found["strong"], found["strong_needed"], found["recovery_codes_left"]) == (
        True,
        True,
        10,
    )
    assert alice("DELETE", "/me/factors/totp").code == "last_strong_factor"
    assert len(alice.post("/me/factors/recovery-codes", {}).data["recovery_codes"]) == 10


def test_a_passkey_from_first_to_last(world: World, alice: Caller):
    key = SecurityKey()
    begun = alice.post("/me/factors/passkeys/options", {}).data
    made = json.loads(key.make(json.dumps(begun["options"])))
    order = {"challenge": begun["challenge"], "name": "Blue key", "credential": made}
    assert alice.post("/me/factors/passkeys", order).status == 201
    asked = ask_in(world.alice.email)
    options = asked.data["challenge"]["passkey"]
    proof = {
        "id": asked.data["challenge"]["id"],
        "method": "passkey",
        "passkey": json.loads(key.sign(json.dumps(options))),
    }
    assert Caller().post("/auth/token/challenge", proof).status == 200
    [row] = alice.get("/me/factors").data["passkeys"]
    assert row["name"] == "Blue key"
    assert alice("DELETE", f"/me/factors/passkeys/{row['id']}").code == "last_strong_factor"


def test_a_program_has_no_factors(acme_key: Caller):
    for method, path in (("GET", "/me/factors"), ("POST", "/auth/step-up")):
        assert acme_key(method, path, {} if method == "POST" else None).code == "permission_denied"


def test_tokens_say_nothing_of_factors(world: World):
    """What a session has proven is read from its row, so no token can claim it."""
    phone = give_phone(world.alice)
    access = answer(ask_in(world.alice.email), phone.code()).data["access"]
    claims = json.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))
    assert not {"amr", "acr", FactorMethod.TOTP.value} & claims.keys()
