"""Passwords at the doors: how they are typed, taken and refused (OWASP ASVS 5.0, 6.2)."""

from __future__ import annotations

import datetime as dt
import html.parser
import re
import time

import pytest
from django.test import Client

from accounts.errors import InvalidCredentials, WeakPassword
from accounts.guessable import CONTEXT_WORDS, is_of_words_at_hand
from accounts.rules import check_password_strength
from accounts.services.invitations import invite
from accounts.services.organizations import register_organization
from accounts.services.sign_in import verify_password
from kernel import clock
from kernel.actor import Door, anonymous
from tests.web.conftest import Visit
from tests.world import NOW, PASSWORD, World
from vaultcraft.checks import ROOT

STRANGER = anonymous(door=Door.WEB, request_id="test", ip="203.0.113.7")
# Longer than bcrypt looks, with spaces that a form might strip, and both cases.
EXACT = f"  Ein Paßwort mit 72 Zeichen und mehr {'x' * 60} Ende "


class Inputs(html.parser.HTMLParser):
    """The fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.fields.append(dict(attrs))


def secret_fields(page: str) -> list[dict[str, str | None]]:
    inputs = Inputs()
    inputs.feed(page)
    return [field for field in inputs.fields if re.search(r"password|pin", field.get("name") or "")]


def invited(world: World) -> str:
    actor = world.actor(world.alice)
    return invite(actor=actor, email="ivy@acme.test", role="member", now=clock.now()).token


@pytest.mark.django_db
def test_fields_are_masked_and_take_what_managers_and_clipboards_give(world: World, visit: Visit):
    """ASVS 6.2.6, 6.2.7; that no script hears of a paste is in test_scripts.py."""
    wanted = {
        "/sign-in": {"password": "current-password"},
        "/register": {"password": "new-password"},
        f"/join/{invited(world)}": {"password": "new-password"},
        "/security/password": {"old_password": "current-password", "new_password": "new-password"},
    }
    for path, fields in wanted.items():
        client = visit(world.alice) if path.startswith("/security") else Client()
        found = secret_fields(client.get(path).content.decode())
        assert {field["name"]: field.get("autocomplete") for field in found} == fields, path
        assert {field["type"] for field in found} == {"password"}, path
        assert not [field for field in found if "maxlength" in field or "readonly" in field], path
    for field in secret_fields(visit(world.alice).get("/security/pin").content.decode()):
        assert field["type"] == "password", field


@pytest.mark.django_db
def test_a_password_is_taken_exactly_as_it_was_typed(world: World):
    """ASVS 6.2.8, 6.2.9; and it is good for as long as its person wants (6.2.10)."""
    joined = Client().post(f"/join/{invited(world)}", {"full_name": "Ivy", "password": EXACT})
    assert joined.status_code == 302

    def signed_in(password: str, later: dt.timedelta = dt.timedelta(0)) -> bool:
        at = clock.now() + dt.timedelta(hours=3) + later
        try:
            verify_password(actor=STRANGER, email="ivy@acme.test", password=password, now=at)
        except InvalidCredentials:
            return False
        return True

    assert signed_in(EXACT)
    for other in (EXACT.strip(), EXACT.lower(), EXACT[:-2] + "X ", EXACT[:72]):
        assert not signed_in(other), other
    assert signed_in(EXACT, later=dt.timedelta(days=3_650))


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("vaultcraft", True),
        ("VaultCraft-2026!", True),
        ("my.vault.wallet", False),
        ("Wallet & Ledger 123", True),
        ("acme alice 1987", True),
        ("Globex!!", False),
        ("correct horse vaultcraft", False),
        ("alice in wonderland", False),
        ("9347 1120 8852", False),
    ],
)
def test_words_at_hand_alone_are_no_password(password: str, refused: bool):
    """ASVS 6.2.11: product, roles, one's own name, address and organization."""
    own = ("Alice", "alice@acme.test", "Acme")
    assert is_of_words_at_hand(password, own) is refused


def test_a_long_name_does_not_make_it_slow():
    started = time.monotonic()
    assert not is_of_words_at_hand("a" * 127 + "b", ["aaa aaaa aaaaa aaaaaa aaaaaaa"])
    assert time.monotonic() - started < 1


@pytest.mark.django_db
def test_every_door_refuses_a_weak_one(world: World, visit: Visit):
    """ASVS 6.2.1, 6.2.4, 6.2.11: registering, joining and changing; resetting is in
    accounts/tests/test_passwords.py."""
    register = {
        "organization_name": "Initech",
        "country": "IN",
        "base_currency": "INR",
        "owner_name": "Ian Initial",
        "owner_email": "ian@initech.test",
    }
    token = invited(world)
    for weak in ("a1b2c3d", "password1", "Ledger-Wallet-1"):
        with pytest.raises(WeakPassword):
            register_organization(actor=STRANGER, password=weak, now=NOW, **register)
        answer = Client().post(f"/join/{token}", {"full_name": "Ivy", "password": weak})
        assert answer.status_code != 302, weak
        save = {"old_password": PASSWORD, "new_password": weak}
        assert visit(world.alice).post("/security/password/save", save).status_code == 422, weak
    with pytest.raises(WeakPassword):
        register_organization(actor=STRANGER, password="initech-ian-2026", now=NOW, **register)


def test_the_published_words_are_those_that_count():
    """ASVS 6.1.2."""
    text = (ROOT / "docs" / "threat-model.md").read_text()
    found = re.search(r"^<!-- words at hand -->\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    assert found
    assert set(re.findall(r"[a-z]+", found[1])) == CONTEXT_WORDS
    with pytest.raises(WeakPassword):
        check_password_strength("vault-and-craft".replace("and", "&"))
