"""Somebody reads the mail of an owner who has neither an app nor a passkey. What do they reach?

They choose a new password, sign in with a mailed code and open their network with a mailed link:
all of it goes through the doors here, as a thief would. What gives power over money must stay shut,
at the API and on the pages alike, for a day after they have added an app of their own.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

import pyotp
import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import ApiKey, Invitation, PendingAct, User
from accounts.services.mail import deliver_due
from accounts.services.networks import require_known_network
from accounts.services.people import change_role
from accounts.tests.letters import RESET, delivered, token_in_mail
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import encode
from tests.api.conftest import Caller, Got
from tests.database import all_seeing
from tests.phones import code_mailed_to
from tests.world import World, takes_two

pytestmark = pytest.mark.django_db

NEW = "a wholly different phrase"
HOME, THERE = "203.0.113.1", "198.51.100.9"
DAY = dt.timedelta(days=1)
REFUSED = "settled_factor_required"


@pytest.fixture(autouse=True)
def _behind_one_proxy(settings: Settings) -> None:
    settings.VAULTCRAFT_PROXIES = 1


@pytest.fixture
def act(world: World) -> PendingAct:
    """What a colleague asked for, and a thief would agree to; Alice was at home before."""
    at_home = dataclasses.replace(world.actor(world.alice), ip=HOME)
    require_known_network(actor=at_home, now=clock.now())
    adam = takes_two(world)
    waits = change_role(
        actor=world.signed_in(adam), user_id=world.bob.id, role="finance", now=clock.now()
    )
    assert isinstance(waits, PendingAct)
    return waits


class Thief:
    """In her mailbox, and signed in as her through the API and in a browser."""

    def __init__(self, victim: User) -> None:
        self.victim, self.browser = victim, Client(headers={"X-Forwarded-For": THERE})
        self._choose_a_password()
        self.caller = Caller(self._token())
        self._enter()
        self._open_the_network()

    def ask(self, method: str, path: str, data: Any = None) -> Got:
        return self.caller(method, path, data, headers={"X-Forwarded-For": THERE})

    def code(self) -> str:
        return code_mailed_to(self.victim)

    def _choose_a_password(self) -> None:
        Caller().post("/auth/password/forgot", {"email": self.victim.email})
        delivered(now=clock.now())
        token = token_in_mail(to=self.victim.email, subject=RESET)
        done = Caller().post("/auth/password/reset", {"token": token, "password": NEW})
        assert done.status == 204

    def _token(self, prove: Any = None) -> str:
        body, sent = {"email": self.victim.email, "password": NEW}, {"X-Forwarded-For": THERE}
        asked = Caller()("POST", "/auth/token", body, headers=sent).data["challenge"]
        method, code = prove or ("email", self.code())
        answer = {"id": asked["id"], "method": method, "code": code}
        given = Caller()("POST", "/auth/token/challenge", answer, headers=sent)
        return str(given.data["access"])

    def again(self, *, code: str) -> None:
        """Sign in anew with the app they added."""
        self.caller = Caller(self._token(("totp", code)))

    def _enter(self) -> None:
        self.browser.post("/sign-in", {"email": self.victim.email, "password": NEW})
        proof = {"method_name": "email", "proof": self.code()}
        assert self.browser.post("/sign-in/second-step", proof).status_code == 302
        assert self.browser.get("/organization").status_code == 200

    def _open_the_network(self) -> None:
        assert self.ask("POST", "/me/networks/link", {}).status == 200
        mail.outbox.clear()
        deliver_due(actor=system(door=Door.TASK, request_id="t"), now=clock.now())
        bodies = [str(one.body) for one in mail.outbox if one.subject == "Confirm where you are"]
        found = re.search(r"/networks/confirm/(\S+)", bodies[-1])
        assert found
        assert self.ask("POST", "/me/networks/confirm", {"token": found.group(1)}).status == 200

    def adds_an_app(self) -> str:
        """An app of their own; its secret."""
        secret = str(self.ask("POST", "/me/factors/totp", {}).data["secret"])
        code = {"code": pyotp.TOTP(secret).at(clock.now())}
        assert self.ask("POST", "/me/factors/totp/confirm", code).status == 200
        return secret


def powers(world: World, act: PendingAct) -> list[tuple[str, str, dict[str, Any]]]:
    """What an owner may that somebody could take money with."""
    bob, acme = encode("usr", world.bob.id), encode("org", world.acme.id)
    dual = {"roles": True, "journals": True, "terms": False}
    key = {"name": "Mine", "scopes": ["transfers:write"]}
    cap = {
        "organization": acme,
        "counterparty": encode("org", world.globex.id),
        "currency": "INR",
        "cap_minor": 9,
    }
    return [
        ("POST", "/api-keys", key),
        ("POST", "/invitations", {"email": "mallory@evil.test", "role": "owner"}),
        ("POST", "/invitations", {"email": "mallory@evil.test", "role": "member"}),
        ("PUT", f"/members/{bob}", {"role": "finance"}),
        ("POST", f"/pending-acts/{encode('pac', act.id)}/agree", {}),
        ("PUT", f"/organizations/{acme}/approval-policy", {"over_minor": None}),
        ("PUT", "/dual-control-policy", dual),
        ("PUT", "/dual-control-thresholds", {"currency": "INR", "threshold_minor": 500}),
        ("PUT", "/country-policy", {"countries": []}),
        ("PUT", "/ledger/clearing-caps", cap),
    ]


def test_the_mailbox_alone_reaches_no_power_at_the_api(world: World, act: PendingAct) -> None:
    thief = Thief(world.alice)
    keys = ApiKey.objects.count
    with all_seeing():
        before = (keys(), Invitation.objects.count())
    for method, path, sent in powers(world, act):
        got = thief.ask(method, path, sent)
        assert (path, got.status, got.code) == (path, 403, REFUSED)
        assert got.data["facts"] == {"counts_from": None}
    secret = thief.adds_an_app()
    added = clock.now()
    for method, path, sent in powers(world, act):
        got = thief.ask(method, path, sent)
        assert (path, got.code) == (path, REFUSED)
        assert dt.datetime.fromisoformat(got.data["facts"]["counts_from"]) <= added + DAY
    with time_machine.travel(added + dt.timedelta(minutes=2), tick=False):
        thief.again(code=pyotp.TOTP(secret).at(clock.now()))
        for method, path, sent in powers(world, act):
            assert thief.ask(method, path, sent).code == REFUSED
    with all_seeing():
        assert (keys(), Invitation.objects.count()) == before
        assert PendingAct.objects.get(id=act.id).state == "pending"


def test_after_a_day_it_counts_and_there_was_a_mail(world: World, act: PendingAct) -> None:
    thief = Thief(world.alice)
    secret = thief.adds_an_app()
    assert f"{world.alice.email}: A second factor was added" in delivered(now=clock.now())
    with time_machine.travel(clock.now() + DAY, tick=False):
        thief.again(code=pyotp.TOTP(secret).at(clock.now()))
        key = {"name": "Mine", "scopes": ["transfers:write"]}
        assert thief.ask("POST", "/api-keys", key).status == 202  # and takes a second person


def test_the_mailbox_alone_reaches_no_power_on_the_pages(world: World, act: PendingAct) -> None:
    thief = Thief(world.alice)
    bob, cap = encode("usr", world.bob.id), world.charlie_wallet.handle
    forms: list[tuple[str, dict[str, str]]] = [
        ("/organization/keys", {"key-name": "X", "key-scopes": "transfers:write"}),
        ("/organization/invitations", {"invite-email": "m@evil.test", "invite-role": "owner"}),
        (f"/organization/people/{bob}/role", {"role": "finance"}),
        (f"/pending-acts/{encode('pac', act.id)}/decide", {"decision": "agree"}),
        ("/organization/approval-policy", {"approval-mode": "none"}),
        ("/organization/dual-control", {"policy-roles": "on", "policy-journals": "on"}),
        (
            "/organization/dual-control/thresholds",
            {"threshold-currency": "INR", "threshold-amount": "5"},
        ),
        ("/organization/countries", {"country": "IN"}),
        (
            "/organization/partners",
            {"cap-destination": cap, "cap-currency": "INR", "cap-amount": "1"},
        ),
        (
            "/organization/fees",
            {"fee-kind": "transfer", "fee-currency": "INR", "fee-fixed": "1"},
        ),
        ("/organization/house", {"house-timezone": "Asia/Dubai", "house-per_kind": "2"}),
    ]
    for address, sent in forms:
        answer = thief.browser.post(address, sent)
        assert answer.status_code == 302, (address, answer.content.decode()[:500])
        assert answer.headers["Location"] == "/security/officers?next=%2F", address
    told = thief.browser.get("/security/officers").content.decode()
    assert "This takes more than a mailbox" in told
    assert "Add a passkey" in told
    assert "it counts from" in told
    thief.adds_an_app()
    told = thief.browser.get("/security/officers").content.decode()
    assert "Yours counts from" in told


def test_the_mailbox_removes_no_officer(world: World, act: PendingAct) -> None:
    """Who removes every other owner and admin is left with all they had."""
    with all_seeing():
        adam = User.objects.get(email="adam@acme.test")
    thief, name = Thief(world.alice), encode("usr", adam.id)
    got = thief.ask("DELETE", f"/members/{name}")
    assert (got.status, got.code) == (403, REFUSED)
    page = thief.browser.post(f"/organization/people/{name}/remove")
    assert page.headers["Location"] == "/security/officers?next=%2F"
    with all_seeing():
        assert User.objects.get(id=adam.id).is_active
    assert thief.ask("DELETE", f"/members/{name}/sessions").status == 204


def test_nobody_is_kept_from_stopping_something(world: World, act: PendingAct) -> None:
    """What stops something asks for less: who is robbed may have nothing but a mailbox, too."""
    bob, owner = encode("usr", world.bob.id), Thief(world.alice)
    assert owner.ask("POST", f"/pending-acts/{encode('pac', act.id)}/reject", {}).status == 200
    assert owner.ask("DELETE", f"/members/{bob}/sessions").status == 204
    assert owner.ask("DELETE", f"/members/{bob}").status == 204
