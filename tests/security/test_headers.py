"""Every answer tells browsers the same strict things: pages, errors, redirects, files, JSON."""

from __future__ import annotations

import re
from typing import Any

import pytest
from csp.middleware import CSPMiddleware
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.security.addresses import addresses
from tests.web.conftest import Visit
from tests.web.test_pages import Inline
from tests.world import World
from vaultcraft.browser_headers import HEADERS

pytestmark = pytest.mark.django_db

LOOSE = re.compile(r"unsafe-(inline|eval|hashes)|\*|https?:|wasm|blob:")


def check(answer: Any, path: str) -> None:
    told = answer.headers
    policy = dict(
        directive.strip().split(" ", 1) for directive in told["Content-Security-Policy"].split(";")
    )
    assert not LOOSE.search(told["Content-Security-Policy"]), path
    for directive in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        assert policy[directive] == "'none'", path
    assert re.fullmatch(r"'self'( 'nonce-[\w+/=]+')?", policy["script-src"]), path
    assert re.fullmatch(r"'self'( 'nonce-[\w+/=]+')?", policy["style-src"]), path
    assert policy["form-action"] == "'self'", path
    for name, value in HEADERS.items():
        assert told[name] == value, (path, name)
    assert not [name for name in told if name.lower().startswith("access-control-")], path
    assert not {"Server", "X-Powered-By"} & set(told), path
    kind = told.get("Content-Type", "")
    assert kind or not answer.content, path
    assert not kind.startswith("text/") or "utf-8" in kind, (path, kind)
    if "text/html" in kind:
        parser = Inline()
        parser.feed(answer.content.decode())
        assert parser.found == [], path


SHEET = re.compile(r"csv|excel|spreadsheet|opendocument", re.IGNORECASE)


def check_is_no_spreadsheet(answer: Any, path: str) -> None:
    """Nothing leaves as one, asked for or not: see test_exports.py."""
    assert not SHEET.search(answer.headers.get("Content-Type", "")), path
    assert "Content-Disposition" not in answer.headers, path


def test_every_address_for_a_stranger_and_for_staff(world: World, visit: Visit):
    clients = [visit(None), visit(world.olga)]
    for client in clients:
        client.raise_request_exception = False
    seen = set()
    for path in addresses():
        for client in clients:
            asked = {"Origin": "https://evil.test", "Accept": "text/csv"}
            answer = client.get(path, headers=asked)
            check(answer, path)
            check_is_no_spreadsheet(answer, path)
            seen.add(answer.status_code)
            assert answer.status_code < 500, path
            kept = answer.headers["Cache-Control"]
            assert "no-store" in kept or path == "/api/v1/openapi.json", path
    assert {200, 302, 401, 404, 405} <= seen


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/static/css/tokens.css", {}, 200),
        ("/static/js/ui.js", {}, 200),
        ("/static/no-such-file.js", {}, 404),
        ("/static/../manage.py", {}, 404),
        ("/no-such-page", {}, 404),
        ("/sign-in", {"HTTP_HOST": "evil.test"}, 400),
        ("/api/v1/me", {"HTTP_HOST": "evil.test"}, 400),
        ("/api/v1/me", {"HTTP_AUTHORIZATION": "Bearer x"}, 401),
        ("/admin", {}, 302),
    ],
)
def test_files_errors_and_redirects_too(path: str, more: dict[str, Any], status: int):
    answer = Client().get(path, **more)
    assert answer.status_code == status
    check(_whole(answer), path)


def _whole(answer: Any) -> Any:
    if answer.streaming:
        answer.streaming_content = [b"".join(answer.streaming_content)]
    return answer


@pytest.mark.parametrize(
    ("path", "breaks"),
    [
        ("/register", "web.views.gate.currency_choices"),
        ("/api/v1/openapi.json", "api.pages.schema_bytes"),
    ],
)
def test_what_breaks_says_nothing_and_is_as_strict(monkeypatch, path: str, breaks: str):
    def broken() -> None:
        raise RuntimeError("the password of the database is hunter2")

    monkeypatch.setattr(breaks, broken)
    answer = Client(raise_request_exception=False).get(path)
    assert answer.status_code == 500
    assert "hunter2" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    check(answer, path)


def test_a_nonce_is_used_once():
    """No page of ours asks for one today; a page that does gets its own."""
    policy = CSPMiddleware(lambda request: HttpResponse(str(request.csp_nonce)))
    answers: list[Any] = [policy(RequestFactory().get("/")) for _ in range(2)]
    nonces = {answer.content.decode() for answer in answers}
    assert len(nonces) == 2
    for answer in answers:
        found = re.findall(r"nonce-([\w+/=]{20,})", answer.headers["Content-Security-Policy"])
        assert found == [answer.content.decode()] * 2  # scripts, styles


def test_over_https_browsers_are_told_to_stay_there(settings):
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    for path in ("/sign-in", "/api/v1/me", "/static/js/ui.js", "/nothing"):
        told = Client().get(path, secure=True).headers["Strict-Transport-Security"]
        assert told == "max-age=63072000; includeSubDomains", path
