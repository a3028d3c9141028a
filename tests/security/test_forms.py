"""Forged forms, other methods, other ways to name a method."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api.conftest import Caller
from tests.security.addresses import addresses, pages
from tests.web.conftest import Visit
from tests.world import World

pytestmark = pytest.mark.django_db


def test_no_page_takes_a_form_without_its_token(world: World, visit: Visit):
    for person in (None, world.alice, world.olga):
        forged = Client(enforce_csrf_checks=True)
        forged.cookies = visit(person).cookies
        for path in pages():
            answer = forged.post(path, {"_method": "DELETE"})
            assert answer.status_code == 403, (path, answer.status_code)
            assert b"This form has expired" in answer.content or path.startswith("/api/"), path


def test_a_token_of_somebody_else_s_browser_counts_for_nothing(world: World, visit: Visit):
    theirs = Client()
    token = theirs.get("/sign-in").cookies["vaultcraft_csrf"].value
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = visit(world.alice).cookies
    assert forged.post("/sign-out", {"csrfmiddlewaretoken": token}).status_code == 403
    headers = {"X-CSRFToken": token}
    assert forged.post("/sign-out", headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "OPTIONS", "CONNECT", "PROPFIND", "JEFF"])
def test_unknown_methods_reach_no_view(world: World, visit: Visit, method: str):
    client = visit(world.olga)
    for path in addresses():
        answer = client.generic(method, path, headers={"X-Echo": "me"})
        refused = (401, 405) if path.startswith("/api/") else (405,)
        assert answer.status_code in refused, (path, answer.status_code)
        assert b"X-Echo" not in answer.content


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_pages_take_no_other_methods_than_get_and_post(world: World, visit: Visit, method: str):
    client = visit(world.olga)
    for path in pages():
        answer = client.generic(method, path)
        assert answer.status_code == 405, (path, answer.status_code)


def test_no_header_field_or_query_overrides_the_method(world: World, alice: Caller):
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert alice("POST", "/me", {}, headers={name: "GET"}).status == 405
        assert alice("GET", "/me", headers={name: "DELETE"}).status == 200
    assert alice("GET", "/me?_method=DELETE").status == 400


def test_a_session_cookie_is_no_credential_of_the_api(world: World, visit: Visit):
    assert visit(world.alice).get("/api/v1/me").status_code == 401
