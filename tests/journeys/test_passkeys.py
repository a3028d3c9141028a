"""Passkeys in Chromium's own virtual authenticator (the DevTools protocol's WebAuthn domain)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.journeys.conftest import Opens
from tests.world import PASSWORD, World

pytestmark = pytest.mark.browser

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def plug_in(page: Page) -> tuple[CDPSession, str]:
    """A virtual authenticator for this page, and its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return session, added["authenticatorId"]


def credentials_of(session: CDPSession, key: str) -> list[dict[str, Any]]:
    found = session.send("WebAuthn.getCredentials", {"authenticatorId": key})
    credentials: list[dict[str, Any]] = found["credentials"]
    return credentials


def begin(page: Page, user: User) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def add_passkey(page: Page) -> None:
    page.goto("/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("“Laptop” is added")).to_be_visible()


def test_a_passkey_is_added_signs_in_and_cannot_be_copied(
    world: World, opens: Opens, server: LiveServer, settings: Any
):
    settings.VAULTCRAFT_BASE_URL = server.url
    alice = opens(world.alice, refused=HTTPStatus.FORBIDDEN)
    session, key = plug_in(alice)
    add_passkey(alice)
    [credential] = credentials_of(session, key)
    alice.goto("/profile")
    alice.locator("#main").get_by_role("button", name="Sign out").click()

    begin(alice, world.alice)
    expect(alice.get_by_role("heading", name="One more step")).to_be_visible()
    alice.get_by_role("button", name="Use a passkey").click()
    alice.wait_for_url("**/")
    expect(alice.get_by_text("Hello, Alice")).to_be_visible()

    # A thief who has copied the key signs with the counter of that time.
    alice.goto("/profile")
    alice.locator("#main").get_by_role("button", name="Sign out").click()
    named = {"authenticatorId": key, "credentialId": credential["credentialId"]}
    session.send("WebAuthn.removeCredential", named)
    copied = {"authenticatorId": key, "credential": {**credential, "signCount": 0}}
    session.send("WebAuthn.addCredential", copied)
    begin(alice, world.alice)
    with alice.expect_response("**/sign-in/second-step") as refused:
        alice.get_by_role("button", name="Use a passkey").click()
    assert refused.value.status == 403


def test_a_passkey_of_another_person_or_another_origin_is_refused(
    world: World, opens: Opens, server: LiveServer, settings: Any
):
    settings.VAULTCRAFT_BASE_URL = server.url
    alice = opens(world.alice, refused=HTTPStatus.FORBIDDEN)
    session, key = plug_in(alice)
    add_passkey(alice)
    [hers] = credentials_of(session, key)

    charlie = opens(world.charlie)
    his_session, his_key = plug_in(charlie)
    add_passkey(charlie)
    [his] = credentials_of(his_session, his_key)
    # Charlie's device answers for Alice's credential id with Charlie's key.
    his |= {"credentialId": hers["credentialId"], "isResidentCredential": False, "signCount": 99}
    forged = {name: value for name, value in his.items() if name != "userHandle"}
    his_session.send("WebAuthn.addCredential", {"authenticatorId": his_key, "credential": forged})
    charlie.context.clear_cookies()
    begin(charlie, world.alice)
    with charlie.expect_response("**/sign-in/second-step") as refused:
        charlie.get_by_role("button", name="Use a passkey").click()
    assert refused.value.status == 403

    # The same site under another origin: the signature says so, and the product refuses it.
    settings.VAULTCRAFT_BASE_URL = "https://localhost"
    alice.context.clear_cookies()
    begin(alice, world.alice)
    with alice.expect_response("**/sign-in/second-step") as elsewhere:
        alice.get_by_role("button", name="Use a passkey").click()
    assert elsewhere.value.status == 403
