"""Rate limits as a person meets them: a page that says to wait."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.test import Client

from kernel.rates.table import DEFAULTS, ClassRates, Rate, RouteClass
from tests.security.addresses import API_PAGES, pages
from tests.web.conftest import Visit
from tests.world import PASSWORD, World
from web import urls
from web.views import holds, parts, send

pytestmark = pytest.mark.django_db

WIDE = Rate(1_000, 60)
# Forms of people who are not signed in yet. The second step without a first leads to the first.
STRANGERS = {
    "/sign-in",
    "/sign-in/second-step",
    "/sign-in/second-step/resend",
    "/register",
    "/join/x",
    "/confirm-email/x",
    "/forgot-password",
    "/reset-password/x",
}


def limit(settings: Any, route: RouteClass, **rates: Any) -> None:
    settings.VAULTCRAFT_RATES = {
        **settings.VAULTCRAFT_RATES,
        route: ClassRates(**{"address": WIDE, **rates}),
    }


@pytest.mark.parametrize(
    ("route", "path", "form"),
    [
        (RouteClass.SIGN_IN, "/sign-in", {"email": "a@b.test", "password": "x"}),
        (RouteClass.REGISTRATION, "/register", {}),
        (RouteClass.REGISTRATION, "/join/unknown", {}),
        (RouteClass.REGISTRATION, "/confirm-email/unknown", {}),
        (RouteClass.REGISTRATION, "/forgot-password", {"email": "a@b.test"}),
        (RouteClass.SIGN_IN, "/reset-password/unknown", {"password": "x"}),
        (RouteClass.SIGN_IN, "/sign-in/second-step", {"proof": "000000"}),
        (RouteClass.SIGN_IN, "/sign-in/second-step/resend", {}),
    ],
)
def test_the_gate_s_forms_are_counted_by_address(settings, route, path, form):
    limit(settings, route, address=Rate(2, 60))
    client = Client()
    answers = [client.post(path, form) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert "Wait" in answers[2].content.decode() or "wait" in answers[2].content.decode()
    assert 0 < int(answers[2].headers["Retry-After"]) <= 30
    assert client.get(path).status_code != 429  # looking is counted by itself


@pytest.mark.parametrize(
    "path", [*sorted(STRANGERS - {"/sign-in/second-step/resend"}), "/", "/send"]
)
def test_strangers_looks_are_counted_by_address(settings, path: str):
    """Of pages that look at a token, and of those that lead to the sign-in page."""
    limit(settings, RouteClass.READS, address=Rate(2, 60))
    client = Client()
    answers = [client.get(path) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 30


def test_the_right_password_is_refused_too_when_too_many_were_tried(settings, world: World):
    limit(settings, RouteClass.SIGN_IN, address=Rate(3, 60))
    client = Client()
    for _ in range(3):
        client.post("/sign-in", {"email": world.alice.email, "password": "not it"})
    answer = client.post("/sign-in", {"email": world.alice.email, "password": PASSWORD})
    assert answer.status_code == 429
    assert client.get("/").headers["Location"] == "/sign-in"


def test_a_person_s_pages_forms_and_look_ups_have_their_own_limits(
    settings, world: World, visit: Visit
):
    limit(settings, RouteClass.READS, principal=Rate(2, 60))
    limit(settings, RouteClass.CHANGES, principal=Rate(1, 60))
    limit(settings, RouteClass.LOOK_UPS, principal=Rate(1, 60))
    client = visit(world.alice)
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
    assert [client.post("/wallets/open").status_code == 429 for _ in range(2)] == [False, True]
    typed = {"destination": "VC-000000"}
    looked = [client.post("/send/payee", typed).status_code for _ in range(2)]
    assert looked == [200, 429]


def test_the_staff_site_is_counted_too(settings, world: World, visit: Visit):
    limit(settings, RouteClass.READS, principal=Rate(1, 60))
    client = visit(world.olga)
    assert [client.get("/admin/").status_code for _ in range(2)] == [200, 429]


def test_every_form_that_a_stranger_may_post_is_counted(settings):
    """Whoever is not signed in gets to a form that counts them, or to the sign-in page."""
    for route, rates in DEFAULTS.items():
        if rates.principal is None:
            limit(settings, route, address=Rate(1, 600))
    client = Client()
    for path in sorted(set(pages()) - set(API_PAGES)):
        answers = [client.post(path, follow=True) for _ in range(2)]
        if answers[-1].status_code in (403, 404, 405):
            continue
        asked_in = str(answers[0].request["PATH_INFO"]) == "/sign-in" != path
        counted = answers[-1].status_code == 429
        assert counted or (asked_in and path not in STRANGERS), path
        redis.Redis.from_url(settings.REDIS_URL).flushdb()


def test_what_proves_somebody_is_counted_as_proof(settings, world: World, visit: Visit):
    """Each form that takes a PIN, a code or a password of who is signed in, or has one mailed."""
    forms = (
        "/security/password/save",
        "/security/pin/set",
        "/security/pin/change",
        "/security/pin/reset",
        "/security/pin/reset/unknown/confirm",
        "/security/totp/confirm",
        "/security/passkeys/finish",
        "/security/networks/link",
        "/networks/confirm/unknown/yes",
        "/confirm-email",
        "/step-up/begin",
        "/step-up/answer",
        "/send/approve-by",
    )
    limit(settings, RouteClass.PROOFS, principal=Rate(len(forms), 600))
    client = visit(world.alice)
    assert [path for path in forms if client.post(path).status_code == 429] == []
    assert [path for path in forms if client.post(path).status_code != 429] == []


def test_what_is_shown_in_clear_is_counted_by_itself(settings, world: World, visit: Visit):
    """One's own, and what reviewers look at."""
    own = (
        "/profile/phone/show",
        f"/wallets/{world.alice_wallet.handle}/account-number",
        "/verification/reveal",
        "/verification/documents/doc_01h455vb4pex5vsknk084sn02q/content",
    )
    limit(settings, RouteClass.REVEALS, principal=Rate(len(own), 600))
    client = visit(world.alice)
    assert [path for path in own if client.post(path).status_code == 429] == []
    assert [path for path in own if client.post(path).status_code != 429] == []
    limit(settings, RouteClass.REVEALS, principal=Rate(2, 600))
    reviewer, looks = visit(world.olga), ("reveal", "open", "reveal")
    sent = [{"id": str(world.alice.id), "change": change} for change in looks]
    answers = [reviewer.post("/admin/kyc/case/review/", one).status_code for one in sent]
    assert [status == 429 for status in answers] == [False, False, True]


def test_documents_are_counted_by_themselves(settings, world: World, visit: Visit):
    limit(settings, RouteClass.UPLOADS, principal=Rate(1, 600))
    client = visit(world.bob)
    statuses = [client.post("/verification/documents").status_code for _ in range(2)]
    assert statuses[0] != 429
    assert statuses[1] == 429


def test_what_moves_or_reserves_money_is_counted_as_money():
    moving = {
        send.confirm,
        holds.place,
        holds.void,
        parts.capture_confirmed,
        parts.give_back_confirmed,
    }
    counted = {
        one.callback
        for one in urls.urlpatterns
        if getattr(one.callback, "rate", None) is RouteClass.MONEY
    }
    assert counted == moving
