"""Two people at two browsers: what one sends, the other sees arrive, with no reload."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts.models import User
from accounts.services.sessions import end_sessions_of_person
from kernel import clock
from tests.browser import launch
from tests.journeys.conftest import aside, sign_in
from tests.live.stack import stack
from tests.operations.web_server import WebServer
from tests.phones import give_phone
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def web(committed_db: str, world: World) -> Iterator[WebServer]:
    """As `make up` runs them: gunicorn, the stream's process behind it, a relay."""
    with stack() as found:
        yield found


@pytest.fixture
def chromium(web: WebServer) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


def at_home(chromium: Browser, web: WebServer, user: User, said: list[str]) -> Page:
    """Signed in, in a browser of their own; `said` is what its console says."""
    context = chromium.new_context(base_url=f"http://localhost:{web.port}")
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, user, aside(lambda: give_phone(user)))
    return page


def test_money_that_arrives_flashes_at_the_other_s_page(
    chromium: Browser, web: WebServer, world: World
) -> None:
    said: list[str] = []
    charlie = at_home(chromium, web, world.charlie, said)
    alice = at_home(chromium, web, world.alice, said)
    card = charlie.get_by_role("article")
    expect(card).to_contain_text("₹50,000.00")
    charlie.evaluate("window.sameDocument = true")
    focused = charlie.get_by_role("link", name="All activity")
    focused.focus()

    alice.goto("/send")
    alice.get_by_label("From").select_option(world.alice_wallet.handle)
    alice.get_by_label("To wallet").fill(world.charlie_wallet.handle)
    expect(alice.locator("#payee")).to_contain_text("Globex")
    alice.get_by_label("Amount").fill("1,250.50")
    alice.get_by_role("button", name="Review").click()
    alice.get_by_role("button", name="Send ₹1,250.50").click()

    expect(card).to_have_attribute("data-flash", "", timeout=20_000)
    if folder := os.environ.get("VAULTCRAFT_SHOTS"):
        charlie.screenshot(path=f"{folder}/live-flash.png")
    expect(card).to_contain_text("₹51,250.50")
    expect(charlie.locator("#live")).to_have_text("INR available: ₹51,250.50")
    expect(charlie.get_by_role("region", name="Recent activity")).to_contain_text("Alice")
    expect(focused).to_be_focused()
    expect(card).not_to_have_attribute("data-flash", "", timeout=10_000)
    assert charlie.evaluate("window.sameDocument") is True

    # Signed out elsewhere, its page does not stay.
    aside(lambda: end_all_sessions(world))
    charlie.wait_for_url("**/sign-in**", timeout=20_000)
    assert said == []


def end_all_sessions(world: World) -> None:
    end_sessions_of_person(actor=world.actor(world.olga), user_id=world.charlie.id, now=clock.now())
