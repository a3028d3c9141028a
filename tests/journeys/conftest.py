"""A real browser on a real server, and people who are signed in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

import pytest
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser import launch, require_chromium
from tests.phones import Phone, give_phone
from tests.world import PASSWORD, World

Opens = Callable[..., Page]
# What Chromium says of a page that is refused, where a test means it to be.
REFUSED = "Failed to load resource: the server responded with a status of {0} ({0.phrase})"
T = TypeVar("T")


def aside(work: Callable[[], T]) -> T:
    """Use the database in a thread of its own, while a browser is open in this one."""

    def closing() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(closing).result()


@pytest.fixture(autouse=True)
def _chromium() -> None:
    """Say at once when there is no Chromium, before a world is built."""
    require_chromium()


@pytest.fixture
def browser(server: LiveServer, world: World) -> Iterator[Browser]:
    """Debian's Chromium, for one test.

    Playwright keeps an event loop in this thread, where Django then refuses the database: so it
    starts after the world, ends before the database goes, and meanwhile tests use `aside`.
    """
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def opens(browser: Browser, server: LiveServer, settings: Settings) -> Iterator[Opens]:
    """Open a window, signed in as this person or as nobody. What its console says must be nothing.

    A policy that was broken, a script that failed and a file that is missing all speak there.
    """
    settings.ROOT_URLCONF = "tests.journeys.urls"
    said: list[str] = []
    foreseen: set[str] = set()
    contexts = []
    phones: dict[User, Phone] = {}

    def window(
        user: User | None = None, *, refused: HTTPStatus | None = None, **options: object
    ) -> Page:
        if refused:
            foreseen.add(REFUSED.format(refused))
        context = browser.new_context(base_url=server.url, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _listen(message, said, foreseen))
        page.on("request", lambda request: _stay_home(request.url, server.url, said))
        if user is not None:
            sign_in(page, user, _phone_of(user, phones))
        return page

    yield window
    for context in contexts:
        context.close()
    assert said == []


def _phone_of(user: User, phones: dict[User, Phone]) -> Phone:
    if user not in phones:
        phones[user] = aside(lambda: give_phone(user))
    return phones[user]


def _listen(message: ConsoleMessage, said: list[str], foreseen: set[str]) -> None:
    if message.type in ("error", "warning") and message.text not in foreseen:
        said.append(f"{message.location.get('url')}: {message.text}")


def _stay_home(url: str, home: str, said: list[str]) -> None:
    if not url.startswith((home, "data:", "blob:")):
        said.append(f"a request left the house: {url}")


def sign_in(page: Page, user: User, phone: Phone) -> None:
    """Through both steps, as people do."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code from your app").fill(phone.code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
