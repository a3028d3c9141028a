"""The schema, the page that tries it, the list of errors; and what a browser's cookie is worth."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from accounts.services.sessions import open_browser_session
from api.schema.document import schema_bytes
from kernel import clock
from kernel.actor import Door
from kernel.errors import registered_errors
from tests.api.conftest import Caller
from tests.world import World
from web.doors import SESSION_KEY

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_served_document_is_the_checked_in_one(nobody: Caller) -> None:
    served = nobody.get("/openapi.json")
    assert (served.status, served.headers["Content-Type"]) == (200, "application/json")
    assert served.body == schema_bytes() == (ROOT / "docs" / "openapi.json").read_bytes()
    assert json.loads(served.body)["openapi"].startswith("3.1")


def test_every_code_the_document_names_is_registered() -> None:
    found = json.loads(schema_bytes())
    named = {
        code
        for path in found["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if status >= "400"
        for code in re.findall(r"`([a-z_]+)`: ", response["description"])
    }
    assert len(named) > 40
    assert named <= set(registered_errors())


@pytest.mark.parametrize("path", ["/docs", "/errors"])
def test_the_pages_obey_a_strict_policy(nobody: Caller, path: str) -> None:
    page = nobody.get(path)
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    html = page.body.decode()
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"\s(style|on[a-z]+)=", html)
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', html))


@pytest.mark.parametrize("name", ["api/docs.js", "api/docs.css", "img/favicon.svg"])
def test_the_files_of_the_pages_exist(name: str) -> None:
    assert finders.find(name)


def test_a_browser_session_opens_no_door_here(world: World) -> None:
    browser = Client()
    actor = world.actor(world.alice, door=Door.WEB)
    session = browser.session
    session[SESSION_KEY] = str(open_browser_session(actor=actor, now=clock.now()).id)
    session.save()
    assert browser.get(reverse("web:home")).status_code == 200
    answer = browser.get("/api/v1/me")
    assert answer.status_code == 401
    assert json.loads(answer.content)["code"] == "not_authenticated"
