"""Rate limits as a client meets them: refused before the body is read, and told when to return."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.test import Client

from api.endpoint import Endpoint
from api.schema.document import document
from api.urls import urlpatterns
from kernel.rates.table import DEFAULTS, ClassRates, Rate, RouteClass
from tests.api.conftest import Caller, Got, order
from tests.world import PASSWORD, World
from wallets.models import Transfer

pytestmark = pytest.mark.django_db

WIDE = Rate(1_000, 60)
_dead_ports = itertools.count()


def limit(settings: Any, route: RouteClass, **rates: Any) -> None:
    strict = DEFAULTS[route].strict
    own = ClassRates(**{"address": WIDE, "strict": strict, **rates})
    settings.VAULTCRAFT_RATES = {**settings.VAULTCRAFT_RATES, route: own}


def stop_redis(settings: Any) -> None:
    """Nobody answers there; each time another address, so that nothing was counted before."""
    settings.REDIS_URL = f"redis://127.0.0.1:1/{next(_dead_ports)}"


def read_header(text: str) -> dict[str, dict[str, Any]]:
    """A List of Items with String values and Parameters (RFC 9651), as our headers use it."""
    found: dict[str, dict[str, Any]] = {}
    for item in text.split(", "):
        name, *parameters = item.split(";")
        assert re.fullmatch(r'"[a-z-]+"', name)
        pairs = (parameter.split("=") for parameter in parameters)
        found[name.strip('"')] = {
            key: int(value) if value.isdigit() else value.strip('"') for key, value in pairs
        }
    return found


def test_every_answer_says_what_is_allowed_and_what_is_left(settings, alice: Caller):
    limit(settings, RouteClass.READS, principal=Rate(3, 60), address=Rate(9, 60))
    got = alice.get("/me")
    assert got.status == 200
    assert got.headers["RateLimit-Policy"] == '"reads";q=3;w=60, "reads-address";q=9;w=60'
    left = read_header(got.headers["RateLimit"])
    assert left["reads"] == {"r": 2, "t": 20}
    assert left["reads-address"]["r"] == 8


def test_one_request_too_many_is_a_problem_of_the_registered_type(settings, alice: Caller):
    limit(settings, RouteClass.READS, principal=Rate(2, 60))
    assert [alice.get("/me").status for _ in range(2)] == [200, 200]
    got = alice.get("/me")
    assert (got.status, got.code) == (429, "quota_exceeded")
    assert got.data["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert got.data["violated-policies"] == ["reads"]
    assert got.data["retryable"] is True
    assert 28 <= int(got.headers["Retry-After"]) <= 30
    left = read_header(got.headers["RateLimit"])["reads"]
    assert left["r"] == 0
    assert int(got.headers["Retry-After"]) >= left["t"]  # section 6 of the draft


def test_another_principal_and_another_class_are_counted_by_themselves(
    settings, world: World, alice: Caller, bob: Caller
):
    limit(settings, RouteClass.READS, principal=Rate(1, 60))
    assert [alice.get("/me").status, alice.get("/me").status] == [200, 429]
    assert bob.get("/me").status == 200
    assert alice.move("/transfers", order(world)).status == 201


def test_one_address_is_counted_whoever_sends_from_it(settings, alice: Caller, bob: Caller):
    limit(settings, RouteClass.READS, principal=WIDE, address=Rate(2, 60))
    assert [alice.get("/me").status, bob.get("/me").status] == [200, 200]
    got = alice.get("/me")
    assert (got.status, got.data["violated-policies"]) == (429, ["reads-address"])


def test_a_forged_address_has_no_bucket_of_its_own(settings, nobody: Caller):
    limit(settings, RouteClass.SIGN_IN, address=Rate(2, 60))
    statuses = [
        nobody.post(
            "/auth/token",
            {"email": "a@b.test", "password": "x"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=10.0.0.{number}"},
        ).status
        for number in range(3)
    ]
    assert statuses == [401, 401, 429]


def test_it_is_refused_before_the_body_is_read(settings, world: World, alice: Caller):
    limit(settings, RouteClass.MONEY, principal=Rate(1, 60))
    assert alice.move("/transfers", order(world)).status == 201
    assert alice("POST", "/transfers", raw=b"{not json", key="k").status == 429
    assert alice("POST", "/transfers", raw=b"x", content_type="text/plain", key="k").status == 429


def test_nothing_moved_and_the_same_key_works_later(settings, world: World, alice: Caller):
    limit(settings, RouteClass.MONEY, principal=Rate(1, 60))
    assert alice.move("/transfers", order(world)).status == 201
    before = Transfer.objects.count()
    assert alice.move("/transfers", order(world), "later").status == 429
    assert Transfer.objects.count() == before
    redis.Redis.from_url(settings.REDIS_URL).flushdb()  # a minute passes
    got = alice.move("/transfers", order(world), "later")
    assert (got.status, "Idempotent-Replayed" in got.headers) == (201, False)


@pytest.mark.parametrize("path", ["/transfers/batch", "/transfers/batch/dry-run"])
def test_a_batch_costs_its_items(settings, world: World, alice: Caller, path: str):
    limit(settings, RouteClass.BATCHES, principal=Rate(5, 60))
    three = {"items": [order(world, amount_minor=100)] * 3}
    got = alice.move(path, three)
    assert got.status == 200
    assert '"batches";q=5;vaultcraft-unit="items";w=60' in got.headers["RateLimit-Policy"]
    assert read_header(got.headers["RateLimit"])["batches"]["r"] == 2
    before = Transfer.objects.count()
    assert alice.move(path, three).status == 429
    assert Transfer.objects.count() == before


def test_credentials_that_do_not_count_are_counted_against_their_address(settings, alice: Caller):
    limit(settings, RouteClass.REFUSED_CREDENTIALS, address=Rate(2, 60))
    guesses = [Caller(f"vck_live_{number}").get("/me") for number in range(3)]
    assert [got.status for got in guesses] == [401, 401, 429]
    assert alice.get("/me").status == 200  # whoever is known is not in their way


# --- With the cache stopped ----------------------------------------------------------------------


Ask = Callable[[World, Caller], Got]
WRONG = {"email": "alice@acme.test", "password": "not it"}
JOINING = {"token": "x", "full_name": "X", "password": PASSWORD}
# One request of each class.
ASKED: dict[RouteClass, Ask] = {
    RouteClass.SIGN_IN: lambda world, alice: Caller().post("/auth/token", WRONG),
    RouteClass.REGISTRATION: lambda world, alice: Caller().post("/auth/join", JOINING),
    RouteClass.TOKENS: lambda world, alice: Caller().post("/auth/token/refresh", {"refresh": "x"}),
    RouteClass.REFUSED_CREDENTIALS: lambda world, alice: Caller("vck_live_x").get("/me"),
    RouteClass.PROOFS: lambda world, alice: alice.post("/me/pin", {"pin": "1234"}),
    RouteClass.READS: lambda world, alice: alice.get("/me"),
    RouteClass.EXPORTS: lambda world, alice: alice.get("/ledger/trial-balance"),
    RouteClass.CHANGES: lambda world, alice: alice.post("/invitations", {}),
    RouteClass.LOOK_UPS: lambda world, alice: alice.post("/transfers/dry-run", order(world)),
    RouteClass.REVEALS: lambda world, alice: alice.post("/me/phone/reveal", {}),
    RouteClass.UPLOADS: lambda world, alice: alice.post("/me/verification/documents", {}),
    RouteClass.MONEY: lambda world, alice: alice.move("/transfers", order(world)),
    RouteClass.BATCHES: lambda world, alice: alice.move(
        "/transfers/batch", {"items": [order(world)]}
    ),
}


@pytest.mark.parametrize("route", list(RouteClass))
def test_what_each_class_does_without_redis(
    settings, world: World, alice: Caller, route: RouteClass
):
    """Where guessing or gathering is the fear, a quarter of it; elsewhere all; never no end."""
    settings.VAULTCRAFT_WEB_WORKERS = 4
    principal = Rate(8, 600) if DEFAULTS[route].principal else None
    address = WIDE if principal else Rate(8, 600)
    limit(settings, route, principal=principal, address=address)
    stop_redis(settings)
    allowed = 2 if DEFAULTS[route].strict else 8
    statuses = [ASKED[route](world, alice).status for _ in range(allowed + 1)]
    assert statuses.count(429) == 1
    assert statuses[-1] == 429


def test_many_processes_share_what_is_left_without_redis(settings, nobody: Caller):
    settings.VAULTCRAFT_WEB_WORKERS = 8
    limit(settings, RouteClass.SIGN_IN, address=Rate(8, 600))
    stop_redis(settings)
    signing_in = {"email": "a@b.test", "password": "x"}
    assert [nobody.post("/auth/token", signing_in).status for _ in range(2)] == [401, 429]


# --- Every operation has the limit of its kind ---------------------------------------------------


def operations() -> list[tuple[str, str, dict[str, Any], type[Endpoint]]]:
    views: dict[str, type[Endpoint]] = {
        "/api/v1/" + re.sub(r"<str:(\w+)>", r"{\1}", str(one.pattern)): one.callback.view_class
        for one in urlpatterns
        if hasattr(one.callback, "view_class")
    }
    return [
        (method.upper(), path, told, views[path])
        for path, methods in document()["paths"].items()
        for method, told in methods.items()
    ]


# A PIN, password, code or passkey is tried with these, or a code or link is mailed for them.
PROOFS = {
    "/approvals",
    "/approvals/challenges",
    "/auth/confirm-email/resend",
    "/auth/step-up",
    "/auth/step-up/challenge",
    "/me/factors/passkeys",
    "/me/factors/totp/confirm",
    "/me/networks/confirm",
    "/me/networks/link",
    "/me/password",
    "/me/pin",
    "/me/pin/reset",
    "/me/pin/reset/confirm",
}
UPLOADS = {RouteClass.UPLOADS}
# Nobody is known there, so addresses are counted, and strictly without Redis.
STRANGERS = {RouteClass.SIGN_IN, RouteClass.REGISTRATION, RouteClass.TOKENS}
# This finds people by what they keep to themselves; these show it in clear.
FINDS, SHOWS = re.compile(r"/find$"), re.compile(r"/(?:reveal|content)$")


def kind_of(method: str, path: str, told: dict[str, Any]) -> set[RouteClass]:
    """The classes that an operation may be of, as its description has it."""
    parameters = {one["name"] for one in told.get("parameters", ())}
    kinds = [
        (method == "GET", {RouteClass.READS, RouteClass.EXPORTS}),
        (path.endswith(("/batch", "/batch/dry-run")), {RouteClass.BATCHES}),
        (path.endswith("/dry-run") or FINDS.search(path), {RouteClass.LOOK_UPS}),
        (SHOWS.search(path), {RouteClass.REVEALS}),
        ("Idempotency-Key" in parameters, {RouteClass.MONEY}),
        ("multipart/form-data" in told.get("requestBody", {}).get("content", {}), UPLOADS),
        ("security" not in told, STRANGERS),
        (path.removeprefix("/api/v1") in PROOFS, {RouteClass.PROOFS}),
    ]
    return next((found for fits, found in kinds if fits), {RouteClass.CHANGES, RouteClass.MONEY})


def test_every_operation_has_the_limit_of_its_kind():
    for method, path, told, view in operations():
        rate = view.rate_of_reads if method == "GET" else view.rate
        assert rate in kind_of(method, path, told), (method, path)
        assert {"RateLimit", "RateLimit-Policy"} <= set(told["responses"]["429"]["headers"]), path


def test_the_operations_that_prove_something_are_listed_rightly():
    assert {"/api/v1" + path for path in PROOFS} <= {path for _, path, *_ in operations()}


def test_every_class_is_used():
    used = {view.rate for *_, view in operations()}
    used |= {view.rate_of_reads for *_, view in operations()}
    assert used | {RouteClass.REFUSED_CREDENTIALS} == set(RouteClass)


def test_pages_and_probes_for_people_and_machines_are_not_counted():
    for path in ("/healthz", "/api/v1/errors", "/api/v1/openapi.json"):
        assert "RateLimit" not in Client().get(path).headers
