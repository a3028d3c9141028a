"""Cookies as production sets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from tests.phones import code_mailed_to
from tests.world import PASSWORD, World
from vaultcraft.checks import ROOT, production_environment

NAMES = (
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_PATH",
    "DEVICE_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_HTTPONLY",
    "CSRF_COOKIE_SAMESITE",
    "CSRF_COOKIE_DOMAIN",
    "CSRF_COOKIE_PATH",
    "MESSAGES_COOKIE_NAME",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "USE_X_FORWARDED_HOST",
    "DEBUG",
)
READ = f"""
import json
from django.conf import settings
print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}))
"""


@pytest.fixture(scope="module")
def production() -> dict[str, object]:
    said = subprocess.run(
        [sys.executable, "-c", READ],
        env={**production_environment(), "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, object] = json.loads(said.stdout)
    return found


@pytest.mark.django_db
def test_cookies_belong_to_this_host_alone(settings, world: World, production):
    for name, value in production.items():
        if "COOKIE" in name:
            setattr(settings, name, value)
    client = Client()
    client.get("/sign-in", secure=True)
    first = client.post("/sign-in", {"email": world.bob.email, "password": PASSWORD}, secure=True)
    assert first.headers["Location"] == "/sign-in/second-step"
    assert set(first.cookies) == {"__Host-session"}
    code = code_mailed_to(world.bob)
    answer = client.post(
        "/sign-in/second-step", {"method_name": "email", "proof": code}, secure=True
    )
    assert answer.status_code == 302
    assert set(answer.cookies) == {"__Host-session", "__Host-csrf", "__Host-device"}
    notice = client.post("/confirm-email", secure=True)  # it names the address a link went to
    assert set(notice.cookies) == {"__Host-messages"}
    cookies = [made for one in (first, answer, notice) for made in one.cookies.values()]
    for cookie in cookies:
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert len(cookie.OutputString()) < 4_096
    assert f"a link to {world.bob.email}" in client.get("/", secure=True).content.decode()


def test_production_stays_on_https_and_believes_no_forwarded_host(production):
    assert int(str(production["SECURE_HSTS_SECONDS"])) >= 31_536_000
    assert production["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert production["USE_X_FORWARDED_HOST"] is False
    assert production["DEBUG"] is False
