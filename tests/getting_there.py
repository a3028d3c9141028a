"""Ways to a page, for those who photograph it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

Go = Callable[[Page], None]
SECONDS_FOR_MAIL = 20


def to(path: str) -> Go:
    """Open an address."""
    return lambda page: (page.goto(path), None)[1]


def follow(path: str, selector: str, then: str = "") -> Go:
    """Open an address, then what its first such link leads to."""

    def go(page: Page) -> None:
        page.goto(path)
        href = page.locator(selector).first.get_attribute("href")
        page.goto(f"{href}{then}")

    return go


def press(path: str, button: str) -> Go:
    """Open an address and press a button there."""

    def go(page: Page) -> None:
        page.goto(path)
        pressed(page, button)

    return go


def pressed(page: Page, button: str) -> None:
    """Press it, and wait for the page that it leads to."""
    with page.expect_event("load"):
        page.get_by_role("main").get_by_role("button", name=button, exact=True).first.click()


def newest_mail(page: Page, *, to: str, about: str) -> str:
    """The newest mail to somebody with this in it, once the worker has sent it.

    :raises TimeoutError: if none comes.
    """
    end = time.monotonic() + SECONDS_FOR_MAIL
    while time.monotonic() < end:
        page.goto("/dev/mail")
        letters = page.locator("article").filter(has_text=to).filter(has_text=about)
        if letters.count():
            return letters.first.inner_text()
        time.sleep(1)
    raise TimeoutError(f"no mail about {about!r} came to {to}")


def link_in(letter: str, part: str) -> str:
    """The path of the first link with this in it."""
    found = re.search(rf"/{part}/\S+", letter)
    assert found is not None, part
    return found.group()


def code_in(letter: str) -> str:
    """The one-time code."""
    found = re.search(r"\b\d{6}\b", letter)
    assert found is not None
    return found.group()
