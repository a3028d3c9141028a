"""Pages on which people prove who they are, for `tests.screenshots`: name, who, and the way.

Those of a member (`MEMBER`): without an authenticator app, a PIN or a verified identity.
"""

from __future__ import annotations

import itertools
import time

from playwright.sync_api import Page

from tests.getting_there import Go, follow, link_in, newest_mail, press, pressed, to

MEMBER = "arjun.malhotra@deccanlotus.example"
_KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_numbers = itertools.count(int(time.time()))


def to_reset(page: Page) -> None:
    """A link for a new password, from its mail, and too short a one."""
    page.goto("/forgot-password")
    page.fill("#id_email", MEMBER)
    pressed(page, "Send me a link")
    page.goto(link_in(newest_mail(page, to=MEMBER, about="reset-password"), "reset-password"))
    page.get_by_label("password").first.fill("short")
    page.locator("main form button[type=submit], .gate-card button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")


def to_newcomer(page: Page) -> None:
    """A home that waits for its address to be confirmed."""
    email = f"farah{next(_numbers)}@nilgiri.example"
    page.goto("/register")
    page.get_by_label("Organization name").fill("Nilgiri Tea Traders")
    page.get_by_label("Your name").fill("Farah Sheikh")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password").fill("a long enough passphrase")
    pressed(page, "Register organization")


def to_confirmation(page: Page) -> None:
    """Where the link of the mail leads."""
    email = f"farah{next(_numbers)}@nilgiri.example"
    page.goto("/register")
    page.get_by_label("Organization name").fill("Nilgiri Tea Traders")
    page.get_by_label("Your name").fill("Farah Sheikh")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password").fill("a long enough passphrase")
    pressed(page, "Register organization")
    page.goto(link_in(newest_mail(page, to=email, about="confirm-email"), "confirm-email"))


def _open_details(page: Page) -> None:
    page.goto("/verification")
    folded = page.locator("details.fold summary")
    if folded.count():
        folded.click()


def to_details_refused(page: Page) -> None:
    """Details that cannot be."""
    _open_details(page)
    page.fill("#id_legal_name", "Arjun Malhotra")
    page.fill("#id_date_of_birth", "2031-02-28")
    page.fill("#id_id_number", "!")
    pressed(page, "Save details")


def to_draft(page: Page) -> None:
    """Details saved, the paper not sent yet."""
    _open_details(page)
    page.get_by_label("Verify me for").select_option("2")
    page.fill("#id_legal_name", "Arjun Malhotra")
    page.fill("#id_date_of_birth", "1990-02-28")
    page.fill("#id_id_number", "N1234567")
    pressed(page, "Save details")


def to_pin_refused(page: Page) -> None:
    """A PIN that anybody would guess."""
    page.goto("/security/pin")
    page.get_by_label("New PIN").fill("1234")
    page.get_by_label("The same again").fill("1243")
    pressed(page, "Set PIN")


def to_wrong_code(path: str, button: str) -> Go:
    """A second step that failed."""

    def go(page: Page) -> None:
        page.goto(path)
        page.fill("input[autocomplete=one-time-code]", "000000")
        pressed(page, button)

    return go


def add_passkey(page: Page) -> None:
    """One in a virtual authenticator, unless there is one, so that it is asked for at sign-in."""
    page.goto("/security")
    if page.get_by_text("My passkey").count():
        return
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": _KEY})
    pressed(page, "Add a passkey")
    pressed(page, "Make the passkey")


IDENTITY = (
    ("sign-in-refused", "nobody", press("/sign-in", "Sign in")),
    ("reset-password", "nobody", to_reset),
    ("home-unconfirmed", "nobody", to_newcomer),
    ("confirm-email", "nobody", to_confirmation),
    ("admin-sign-in", "nobody", to("/admin/")),
    ("second-step-app", "halfway", to("/sign-in/second-step?method=totp")),
    ("second-step-mail", "mailed", to("/sign-in/second-step")),
    ("second-step-refused", "mailed", to_wrong_code("/sign-in/second-step", "Sign in")),
    ("security-key", "third", to("/security")),
    ("security-member", "member", to("/security")),
    ("step-up-mail", "member", to("/step-up?next=/security")),
    ("pin-first", "member", to("/security/pin")),
    ("pin-refused", "member", to_pin_refused),
    ("verification-none", "member", to("/verification")),
    ("verification-refused", "member", to_details_refused),
    ("verification-draft", "member", to_draft),
    ("organization-member", "member", to("/organization")),
    ("verification-waits", "waiting", to("/verification")),
    (
        "admin-case-open",
        "staff",
        follow("/admin/kyc/case/?state__exact=in_review", "#result_list a:has-text('Review')"),
    ),
)
