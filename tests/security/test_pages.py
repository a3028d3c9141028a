"""What every page of a signed-in person has, and what no server gives out."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from tests.web.conftest import Visit
from tests.web.test_pages import PAGES, address
from tests.world import World
from vaultcraft.checks import ROOT
from vaultcraft.settings import refusals

pytestmark = pytest.mark.django_db

# Shown to who is signed in as to a stranger: a link out of a mail is opened by either.
OF_THE_GATE = re.compile(r"^/(register|join|confirm-email|forgot-password|reset-password)\b")
# What a page asks for to draw a part of itself anew.
PARTS = {"/now"}


def test_signing_out_is_on_every_page(world: World, visit: Visit):
    """ASVS 7.4.4."""
    client, seen = visit(world.alice), 0
    for page, statuses in PAGES.items():
        if OF_THE_GATE.match(page) or page in PARTS or statuses[3] != 200:
            continue
        text = client.get(address(world, page)).content.decode()
        forms = re.findall(r"<form[^>]*action=\"([^\"]+)\"", text)
        assert {"/sign-out", "/admin/logout/"} & set(forms), page
        seen += 1
    assert seen > 30


PLACES = (
    *("/.git/HEAD", "/.git/config", "/.env", "/manage.py", "/server-status", "/debug"),
    *("/static/.git/HEAD", "/static/%2e%2e/.env", "/static//etc/passwd"),
    *("/static/", "/static/js/", "/static/js", "/__debug__/"),
)


def test_no_file_of_the_project_and_no_list_of_files_is_served():
    """ASVS 13.4.1, 13.4.3."""
    for path in PLACES:
        answer = Client().get(path)
        assert answer.status_code == 404, path
        assert not re.search(rb"ref:|passkeys\.js|Index of|root:", answer.content), path


def test_no_source_control_metadata_is_in_the_image():
    """ASVS 13.4.1."""
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".github", ".env", "tests", "**/tests"} <= set(left_out)


def test_pages_are_led_to_https_and_programs_are_refused(settings, world: World):
    """ASVS 4.1.2, 12.2.1, with what production says (tests/security/test_cookies.py reads it)."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = PRODUCTION_EXEMPT
    page = Client().get("/sign-in")
    assert (page.status_code, page.headers["Location"]) == (301, "https://testserver/sign-in")
    assert Client().get("/admin/").status_code == 301
    for path in ("/api/v1/me", "/api/v1/wallets", "/healthz"):
        answer = Client().get(path)
        assert answer.status_code in (200, 401), path
        assert "Location" not in answer.headers, path


PRODUCTION_EXEMPT = re.findall(
    r'r"(\^[^"]+)"',
    re.findall(
        r"SECURE_REDIRECT_EXEMPT = (\[.*\])",
        (ROOT / "vaultcraft" / "settings" / "production.py").read_text(),
    )[0],
)


@pytest.mark.parametrize(
    ("asked", "host", "granted"),
    [
        ("", "mail.example.org", (True, False)),
        ("tls", "mail.example.org", (False, True)),
        ("none", "127.0.0.1", (False, False)),
        ("none", "mail.example.org", None),
        ("maybe", "127.0.0.1", None),
    ],
)
def test_mail_goes_out_in_clear_to_this_machine_only(
    monkeypatch, asked: str, host: str, granted: tuple[bool, bool] | None
):
    """ASVS 12.3.1: links that reset a password are in it."""
    monkeypatch.setenv("VAULTCRAFT_EMAIL_SECURITY", asked)
    if granted is None:
        with pytest.raises(ImproperlyConfigured):
            refusals.mail_security("VAULTCRAFT_EMAIL_SECURITY", host=host)
    else:
        assert refusals.mail_security("VAULTCRAFT_EMAIL_SECURITY", host=host) == granted


def test_no_password_of_a_service_has_a_default():
    """ASVS 13.2.3, 13.3.1: what is secret comes from outside, or nothing starts."""
    text = (ROOT / "docker-compose.yml").read_text()
    secret = r"\$\{(\w*(?:PASSWORD|SECRET|PEPPER|KEYS|NATS_TOKEN)\w*)([^}]*)\}"
    asked = dict(re.findall(secret, text))
    assert len(asked) >= 10
    given = {name for name, rest in asked.items() if not rest.startswith(":?")}
    # None, for a mail server that asks for none, and where there is no Kafka.
    assert given == {"VAULTCRAFT_EMAIL_PASSWORD", "KAFKA_PASSWORD"}
    assert asked["VAULTCRAFT_EMAIL_PASSWORD"] == ":-"
