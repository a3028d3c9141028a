"""One event for each request, nothing secret in any of them, and no way to write one's own."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
import structlog
from django.test import Client

from kernel.rates.table import ClassRates, Rate, RouteClass
from tests.api.conftest import Caller
from tests.security.addresses import addresses_with
from tests.web.conftest import Visit
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

OPAQUE = "Zm9yIHlvdXIgZXllcyBvbmx5LCBub3QgZm9yIGxvZ3M"  # 43 characters, as kernel.crypto makes them
PLANTED = {
    "password": "correct-horse-hunter2",
    "pin": "4831",
    "opaque": OPAQUE,
    "jwt": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl",
    "api key": "vck_live_9fK2planted",
    "e-mail": "priya.sharma@example.org",
    "phone": "+91 98765 43210",
    "mobile": "9876543210",
    "account number": "004512345678",
    "aadhaar": "2345 6789 0123",
    "pan": "ABCPE1234F",
    "iban": "DE89370400440532013000",
    "ssn": "078-05-1120",
}


def events(written: io.StringIO, name: str = "request") -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["event"] == name]


def test_each_request_leaves_one_event(written, world: World, alice: Caller):
    got = alice("GET", f"/wallets/{world.alice_wallet.handle}", headers={"X-Request-ID": "r-1"})
    assert got.status == 200
    [event] = events(written)
    assert event["at"].endswith("Z")
    took = event.pop("duration_ms")
    assert 0 < took < 60_000
    del event["at"]
    assert event == {
        "event": "request",
        "level": "info",
        "logger": "request",
        "method": "GET",
        "route": "api/v1/wallets/<str:wallet>",
        "status": 200,
        "actor": f"user:{world.alice.id}",
        "ip": "127.0.0.1",
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/healthz", 200, "healthz"),
        ("/sign-in", 200, "sign-in"),
        ("/join/whatever", 410, "join/<str:token>"),
        ("/static/css/tokens.css", 200, "(none)"),
        ("/no-such-page", 404, "(none)"),
        ("/api/v1/me", 401, "api/v1/me"),
    ],
)
def test_whoever_answers_it(written, path: str, status: int, route: str):
    Client().get(path)
    [event] = events(written)
    assert (event["status"], event["route"]) == (status, route)
    assert event["request_id"].startswith("req_")


def test_a_page_s_event_says_who_saw_it(written, world: World, visit: Visit):
    visit(world.alice).get("/")
    [event] = events(written)
    assert event["actor"] == f"user:{world.alice.id}"


def test_failed_sign_ins_and_refused_access_are_security_events(
    written, world: World, visit: Visit, bob: Caller
):
    Client().post("/sign-in", {"email": world.alice.email, "password": "wrong"})
    Caller("vck_live_nonsense").get("/me")
    bob.post("/invitations", {"email": "x@acme.test", "role": "member"})
    visit(world.bob).get("/send")
    Client(enforce_csrf_checks=True).post("/sign-out")
    failed = events(written, "authentication_failed")
    refused = events(written, "access_refused")
    assert [one["route"] for one in failed] == ["sign-in", "api/v1/me"]
    assert failed[1]["code"] == "invalid_api_key"
    assert [(one["route"], one["code"]) for one in refused] == [
        ("api/v1/invitations", "permission_denied"),
        ("send", "permission_denied"),
        ("sign-out", "csrf_failed"),
    ]
    assert {one["logger"] for one in (*failed, *refused)} == {"security"}
    assert refused[0]["actor"] == f"user:{world.bob.id}"


def test_an_exceeded_quota_is_a_security_event(written, settings, world: World, bob: Caller):
    narrow = ClassRates(principal=Rate(1, 60), address=Rate(100, 60))
    settings.VAULTCRAFT_RATES = {**settings.VAULTCRAFT_RATES, RouteClass.READS: narrow}
    assert [bob.get("/me").status, bob.get("/me").status] == [200, 429]
    [event] = events(written, "quota_exceeded")
    assert (event["logger"], event["policies"]) == ("security", ["reads"])
    assert event["actor"] == f"user:{world.bob.id}"


def test_secrets_planted_in_every_part_of_a_request_are_not_in_the_log(
    written, monkeypatch, world: World
):
    def broken(**_: Any) -> None:
        raise RuntimeError("it broke over " + json.dumps(PLANTED) + f" password={OPAQUE}")

    monkeypatch.setattr("api.v1.auth.sign_in.verify_password", broken)
    monkeypatch.setattr("web.views.gate.verify_password", broken)
    monkeypatch.setattr("web.views.gate.invitation_of", broken)
    client = Client(raise_request_exception=False)
    for secret in PLANTED.values():
        headers = {
            "Authorization": f"Bearer {secret}",
            "Cookie": f"vaultcraft_session={secret}",
            "X-Secret": secret,
            "User-Agent": secret,
            "Referer": f"https://elsewhere.test/?token={secret}",
        }
        body = {"email": "a@b.test", "password": secret, "more": secret}
        client.get(f"/join/{secret}", {"token": secret, "code": secret}, headers=headers)
        client.get(f"/nowhere/{secret}", {"q": secret}, headers=headers)
        client.post("/sign-in", body, headers=headers)
        client.post(f"/api/v1/auth/token?x={secret}", body, "application/json", headers=headers)
        client.get(f"/api/v1/{secret}/{secret}", headers=headers)
        client.get("/", HTTP_HOST=f"{secret.replace(' ', '')}.evil.test")
    text = written.getvalue()
    assert len(events(written)) == 6 * len(PLANTED)
    assert "it broke over" in text  # the tracebacks are there, and
    # Nobody's password is a host name: what no server of ours is called is told as it came.
    said = "\n".join(line for line in text.splitlines() if "Invalid HTTP_HOST" not in line)
    assert [name for name, secret in PLANTED.items() if secret in said] == []


def test_secrets_in_what_the_program_itself_logs_are_masked(written):
    log, plain = structlog.get_logger("tests.planted"), logging.getLogger("tests.planted")
    for name, secret in PLANTED.items():
        log.warning(f"said {secret}", text=f"it is {secret}.", deep={"list": [{"x": secret}]})
        plain.warning("said %s (%s)", secret, {"pin": secret, name: secret})
        try:
            raise ValueError(f"pin={secret}")
        except ValueError:
            log.exception("failed", government_id=secret, phone=secret, account_number=secret)
    text = written.getvalue()
    hidden = {name: secret for name, secret in PLANTED.items() if name not in ("password", "pin")}
    assert [name for name, secret in hidden.items() if secret in text] == []
    # A password looks like nothing; it is known by the name beside it.
    log.warning("named", password=PASSWORD, user={"new_password": PASSWORD, "pin": "4831"})
    log.warning(f"in a text: password={PASSWORD} and 'pin': '4831'")
    tail = written.getvalue()[len(text) :]
    assert PASSWORD not in tail
    assert "4831" not in tail


def test_tokens_in_the_paths_of_mailed_links_are_masked(written):
    """All of them, found by the URL configuration, however short or broken the token is."""
    paths = addresses_with("typed-by-hand")
    assert {path.split("typed")[0] for path in paths} == {
        "/join/",
        "/confirm-email/",
        "/reset-password/",
        "/networks/confirm/",
        "/security/pin/reset/",
    }
    log = structlog.get_logger("tests.planted")
    for path in paths:
        Client().get(path)
        log.warning(f"went to {path}?next=x", path=path)
        logging.getLogger("tests.planted").warning("went to %s", path)
    text = written.getvalue()
    assert "typed-by-hand" not in text
    assert text.count("***") == 3 * len(paths)


# A line of its own, a terminal's command, and what a format string would take for a place.
FORGED = '"}\n{"event": "request", "actor": "user:root", "status": 200}\r\n\u2028\x1b[2J%d{0}%(x)s'


def test_nobody_writes_a_line_of_their_own(written, world: World):
    client = Client(raise_request_exception=False)
    client.get("/nowhere", {"q": FORGED}, headers={"User-Agent": FORGED, "X-Request-ID": FORGED})
    client.post("/sign-in", {"email": FORGED, "password": FORGED, "next": FORGED})
    client.generic(f"GET{FORGED}", "/sign-in")
    client.get("/", HTTP_HOST=FORGED)
    logging.getLogger("tests.forged").warning("name is %s", FORGED)
    lines = written.getvalue().splitlines()
    for line in lines:
        event = json.loads(line)
        assert line.isascii()
        assert "\x1b" not in line
        assert event.get("actor") != "user:root"
    assert [event["method"] for event in events(written)] == ["GET", "POST", "other", "GET"]
