"""Pictures of every page, to be opened and judged by eye.

    python -m tests.screenshots OUTPUT [--demo .vaultcraft/demo.json] [--only home,send]

Against a running server (`make up`): signs in as the owners of the first two organizations and as
platform staff from demo.json, and photographs each page at 320 and 1280 px, light and dark. Says so
when a page is wider than its window, or when the browser complains. It leaves traces in the demo
world: owners get a PIN, a telephone number, a passkey, a payment waits for a colleague, a member
begins to verify an identity, and newcomers register.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import CHROMIUM, launch
from tests.getting_there import code_in, follow, newest_mail, press, pressed, to
from tests.identity_shots import IDENTITY, MEMBER, add_passkey

WIDTHS = (320, 1280)
THEMES = ("light", "dark")
HEIGHT = 900
PIN = "7394"
# `third` has a passkey before `halfway`, the same person, is asked for it.
WHO = ("nobody", "third", "halfway", "mailed", "owner", "merchant", "member", "waiting", "staff")
HALFWAY = ("halfway", "mailed")
WAITING = "harpreet.singh@bazaarly.example"


@dataclasses.dataclass(frozen=True)
class Shot:
    """A page by name: who looks at it and how to get there."""

    name: str
    who: str
    go: Callable[[Page], None]


def say(words: str) -> None:
    """Tell whoever runs this."""
    sys.stdout.write(f"{words}\n")


def to_review(amount: str) -> Callable[[Page], None]:
    """The send form up to the review, from a wallet that pays fees; nothing is confirmed."""

    def go(page: Page) -> None:
        page.goto("/wallets")
        handles = page.locator(".wallet-card .mono").all_inner_texts()
        page.goto("/send")
        source = page.locator("#id_source option").last.get_attribute("value")
        page.select_option("#id_source", source)
        other = next(handle for handle in reversed(handles) if handle != source)
        page.fill("#id_destination", other)
        page.fill("#id_amount", amount)
        page.fill("#id_description", "Reimbursement, November")
        page.wait_for_selector("#payee .payee, #payee .error")
        pressed(page, "Review")

    return go


def to_payee(page: Page) -> None:
    """The send form with somebody found and the other fields refused."""
    page.goto("/send?to=VC-000000")
    page.fill("#id_amount", "12.345")
    page.click("button:has-text('Review')")
    page.wait_for_load_state("networkidle")


def to_wallet_action(page: Page) -> None:
    """The staff page that asks for a reason before freezing."""
    page.goto("/admin/wallets/wallet/")
    page.locator("#result_list input.action-select").first.check()
    page.select_option("select[name=action]", "freeze")
    page.click("button[name=index]")
    page.wait_for_load_state("networkidle")


def to_people_action(action: str) -> Callable[[Page], None]:
    """The staff page that asks before something is done about the first person of the list."""

    def go(page: Page) -> None:
        page.goto("/admin/accounts/user/")
        page.locator("#result_list input.action-select").first.check()
        page.select_option("select[name=action]", action)
        page.click("button[name=index]")
        page.wait_for_load_state("networkidle")

    return go


def to_part(path: str, selector: str, button: str) -> Callable[[Page], None]:
    """Follow to a page, then press a button on it."""

    def go(page: Page) -> None:
        follow(path, selector)(page)
        page.locator(f"main a:has-text('{button}')").first.click()
        page.wait_for_load_state("networkidle")

    return go


def to_member_menu(page: Page) -> None:
    """What may be done about a colleague, with the question before removing them."""
    page.goto("/organization")
    page.locator("details.menu summary[aria-label*='; change']").first.click()
    page.locator("details.ask summary").first.click()


def to_threshold_refused(page: Page) -> None:
    """A threshold too fine for its currency: the page goes to where that is said."""
    to_policy_form(page)
    page.fill("#id_threshold-amount", "12.345")
    pressed(page, "Set threshold")


def to_fee_form(page: Page) -> None:
    """The organization with the form of a fee opened."""
    page.goto("/organization#fees")
    page.locator("details.fold summary").first.click()


def to_hold_refused(page: Page) -> None:
    """The form of a hold with more than there is."""
    page.goto("/holds/new?to=VC-000000")
    page.fill("#id_amount", "12.345")
    page.click("button:has-text('Hold the money')")
    page.wait_for_load_state("networkidle")


def to_capture_part(page: Page) -> None:
    """A part of a hold, too fine for the currency."""
    to_part("/holds?state=OPEN", "#results .list-row", "Capture")(page)
    page.get_by_text("A part").click()
    page.fill("#id_amount", "12.345")
    page.click("button:has-text('Capture now')")
    page.wait_for_load_state("networkidle")


def to_account_number(page: Page) -> None:
    """A wallet's whole number."""
    follow("/wallets", ".wallet-card")(page)
    pressed(page, "Show the whole account number")


def to_policy_form(page: Page) -> None:
    """What takes a second person, opened for change."""
    page.goto("/organization#dual-control")
    page.locator("section:has(#dual-control) details.fold summary").click()


SHOTS = (
    Shot("sign-in", "nobody", to("/sign-in")),
    Shot("register", "nobody", to("/register")),
    Shot("join-ended", "nobody", to("/join/unknown")),
    Shot("forgot-password", "nobody", to("/forgot-password")),
    Shot("link-ended", "nobody", to("/reset-password/unknown")),
    Shot("sent-mail", "nobody", to("/dev/mail")),
    Shot("second-step", "halfway", to("/sign-in/second-step")),
    Shot("second-step-paper", "halfway", to("/sign-in/second-step?method=recovery_code")),
    Shot("security", "owner", to("/security")),
    Shot("security-set-up", "owner", to("/security/set-up")),
    Shot("security-officers", "owner", to("/security/officers")),
    Shot("security-app", "owner", press("/security", "Change the authenticator app")),
    Shot("security-passkey", "owner", press("/security", "Add a passkey")),
    Shot("security-codes", "owner", press("/security", "New codes for recovery")),
    Shot("security-password", "owner", to("/security/password")),
    Shot("step-up", "owner", to("/step-up?next=/security")),
    Shot("pin", "owner", to("/security/pin")),
    Shot("network", "owner", to("/networks/confirm/unknown")),
    Shot("verification", "owner", to("/verification")),
    Shot("verification-begun", "merchant", to("/verification")),
    Shot("phone", "owner", press("/profile", "Show the whole number")),
    Shot("account-number", "owner", to_account_number),
    Shot("pending-acts", "merchant", to("/pending-acts")),
    Shot("pending-act", "merchant", follow("/pending-acts", "main a.list-row")),
    Shot("pending-acts-empty", "owner", to("/pending-acts")),
    Shot("policy-form", "merchant", to_policy_form),
    Shot("review-two", "merchant", to_review("60000")),
    *(Shot(*row) for row in IDENTITY),
    Shot("home", "owner", to("/")),
    Shot("notifications", "owner", to("/notifications")),
    Shot("notifications-unread", "merchant", to("/notifications?show=unread")),
    Shot("notification-preferences", "owner", to("/notifications/preferences")),
    Shot("send", "owner", to("/send")),
    Shot("send-refused", "owner", to_payee),
    Shot("review", "owner", to_review("1250.50")),
    Shot("review-approval", "owner", to_review("12500.50")),
    Shot("receipt", "owner", follow("/transfers", "#results .list-row", "/receipt")),
    Shot("transfers", "owner", to("/transfers")),
    Shot("transfers-empty", "owner", to("/transfers?q=nothing+like+this")),
    Shot("transfer", "owner", follow("/transfers?direction=out", "#results .list-row")),
    Shot("transfer-failed", "owner", follow("/transfers?state=FAILED", "#results .list-row")),
    Shot("wallets", "owner", to("/wallets")),
    Shot("wallet", "owner", follow("/wallets", ".wallet-card")),
    Shot("transfer-given-back", "owner", follow("/transfers?q=office+chair", "#results .list-row")),
    Shot("transfer-reversal", "owner", follow("/transfers?kind=reversal", "#results .list-row")),
    Shot(
        "receipt-reversal",
        "owner",
        follow("/transfers?kind=reversal", "#results .list-row", "/receipt"),
    ),
    Shot("transfers-reversals", "owner", to("/transfers?kind=reversal")),
    Shot("transfers-captures", "owner", to("/transfers?kind=capture")),
    Shot("give-back", "owner", to_part("/transfers?q=DL-0881", "#results .list-row", "Give back")),
    Shot("holds", "owner", to("/holds")),
    Shot("holds-empty", "owner", to("/holds?q=nothing+like+this")),
    Shot("hold", "owner", follow("/holds?q=payroll", "#results .list-row")),
    Shot("hold-captured", "owner", follow("/holds?state=CAPTURED", "#results .list-row")),
    Shot("hold-expired", "owner", follow("/holds?state=EXPIRED", "#results .list-row")),
    Shot("hold-new", "owner", to("/holds/new")),
    Shot("hold-new-refused", "owner", to_hold_refused),
    Shot("hold-capture", "owner", to_part("/holds?state=OPEN", "#results .list-row", "Capture")),
    Shot("hold-capture-refused", "owner", to_capture_part),
    Shot("fee-form", "owner", to_fee_form),
    Shot("organization", "owner", to("/organization")),
    Shot("organization-member-menu", "owner", to_member_menu),
    Shot("organization-mistake", "merchant", to_threshold_refused),
    Shot("profile", "owner", to("/profile")),
    Shot("not-found", "owner", to("/transfers/trf_00000000000000000000000000")),
    Shot("admin", "staff", to("/admin/")),
    Shot("admin-organizations", "staff", to("/admin/accounts/organization/")),
    Shot("admin-users", "staff", to("/admin/accounts/user/")),
    Shot("admin-wallets", "staff", to("/admin/wallets/wallet/")),
    Shot("admin-wallet", "staff", follow("/admin/wallets/wallet/", "#result_list tbody th a")),
    Shot("admin-freeze", "staff", to_wallet_action),
    Shot("admin-transfers", "staff", to("/admin/wallets/transfer/")),
    Shot(
        "admin-transfer",
        "staff",
        follow("/admin/wallets/transfer/?q=BZ-90350", "#result_list tbody tr:last-child th a"),
    ),
    Shot("admin-holds", "staff", to("/admin/wallets/wallethold/")),
    Shot("admin-hold", "staff", follow("/admin/wallets/wallethold/", "#result_list tbody th a")),
    Shot("admin-cases", "staff", to("/admin/kyc/case/")),
    Shot("admin-case", "staff", follow("/admin/kyc/case/", "#result_list a:has-text('Review')")),
    Shot("admin-pending-acts", "staff", to("/admin/pending-acts/")),
    Shot("admin-pending-act", "staff", follow("/admin/pending-acts/", "#content-main a")),
    Shot("admin-erase", "staff", to_people_action("erase")),
    Shot("admin-end-sessions", "staff", to_people_action("end_sessions")),
    Shot("admin-users-none", "staff", to("/admin/accounts/user/?q=nobody+like+this")),
    Shot("sign-in-anew", "staff", to("/security/sign-in-anew?next=/admin/")),
    Shot("admin-system", "staff", to("/admin/system/")),
    Shot("admin-fees", "staff", to("/admin/wallets/feeschedule/")),
    Shot("admin-fee-set", "staff", to("/admin/wallets/fees/")),
    Shot("admin-limits", "staff", to("/admin/wallets/limitrule/")),
    Shot("admin-limit-set", "staff", to("/admin/wallets/limits/")),
    Shot("admin-accounts", "staff", to("/admin/ledger/ledgeraccount/")),
    Shot("admin-entries", "staff", to("/admin/ledger/entry/")),
    Shot(
        "admin-transaction",
        "staff",
        follow("/admin/ledger/transaction/", "#result_list tbody th a"),
    ),
    Shot("admin-audit", "staff", to("/admin/audit/auditrecord/")),
    Shot("admin-outbox", "staff", to("/admin/events/outboxevent/")),
    Shot("admin-checks", "staff", to("/admin/ledger/reconcilejob/")),
    Shot("admin-check", "staff", follow("/admin/ledger/reconcilejob/", "#result_list tbody th a")),
    Shot("admin-periods", "staff", to("/admin/ledger/period/")),
    Shot("admin-period-open", "staff", to("/admin/ledger/period/open/")),
    Shot("admin-headings", "staff", to("/admin/ledger/accountgroup/")),
    Shot("admin-trial-balance", "staff", to("/admin/trial-balance/")),
    Shot(
        "admin-trial-balance-then",
        "staff",
        to("/admin/trial-balance/?as_of=2026-11-01T00:00:00&axis=effective"),
    ),
)


def main() -> None:
    """Read the arguments, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("output", type=Path)
    parser.add_argument("--demo", type=Path, default=Path(".vaultcraft/demo.json"))
    parser.add_argument("--only", default="", help="names of pages, comma-separated")
    arguments = parser.parse_args()
    demo = json.loads(arguments.demo.read_text())
    wanted = set(arguments.only.split(",")) - {""}
    arguments.output.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        cookies = {who: _signed_in(browser, demo, who) for who in WHO}
        for context, width, theme in _windows(browser, demo["base_url"]):
            for shot in SHOTS:
                if not wanted or shot.name in wanted:
                    context.clear_cookies()
                    context.add_cookies(cookies[shot.who])
                    _take(
                        context, shot, width, arguments.output / f"{shot.name}-{width}-{theme}.png"
                    )
            context.close()
        browser.close()
    say(f"Pictures are in {arguments.output} ({CHROMIUM}).")


def _windows(browser: Browser, base_url: str) -> Iterator[tuple[BrowserContext, int, str]]:
    for width in WIDTHS:
        for theme in THEMES:
            context = browser.new_context(
                base_url=base_url,
                viewport={"width": width, "height": HEIGHT},
                color_scheme=theme,  # type: ignore[arg-type]
                timezone_id="Asia/Kolkata",
                reduced_motion="reduce",
            )
            yield context, width, theme


def _signed_in(browser: Browser, demo: dict[str, Any], who: str) -> list[Any]:
    """The cookies of somebody signed in; of `halfway`, who has shown the password alone."""
    if who == "nobody":
        return []
    user = _person(demo, who)
    context = browser.new_context(base_url=demo["base_url"])
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#id_email", user["email"])
    page.fill("#id_password", user["password"])
    pressed(page, "Sign in")
    if who not in HALFWAY:
        if user["totp_secret"]:
            page.goto("/sign-in/second-step?method=totp")
        page.fill("input[autocomplete=one-time-code]", _code(context, user))
        pressed(page, "Sign in")
    if who in ("owner", "merchant"):
        _prepare(page)
    if who == "merchant":
        _leave_waiting(page)
    if who == "third":
        add_passkey(page)
    cookies = context.cookies()
    context.close()
    return cookies


def _code(context: BrowserContext, user: dict[str, Any]) -> str:
    """Of the authenticator app, or the one that was mailed."""
    if user["totp_secret"]:
        return pyotp.TOTP(user["totp_secret"]).now()
    page = context.new_page()
    code = code_in(newest_mail(page, to=user["email"], about="code"))
    page.close()
    return code


def _person(demo: dict[str, Any], who: str) -> dict[str, Any]:
    owners = [user for user in demo["users"] if user["role"] == "owner"]
    staff = [user for user in demo["users"] if user["role"] == "super_admin"]
    by_address = {user["email"]: user for user in demo["users"]}
    found: dict[str, Any] = {
        "third": owners[-1],
        "halfway": owners[-1],
        "owner": owners[0],
        "merchant": owners[1],
        "staff": staff[0],
        "mailed": by_address[MEMBER],
        "member": by_address[MEMBER],
        "waiting": by_address[WAITING],
    }[who]
    return found


def _prepare(page: Page) -> None:
    """A PIN and a telephone number, unless there are."""
    page.goto("/security/pin")
    if page.get_by_role("button", name="Set PIN").count():
        page.get_by_label("New PIN").fill(PIN)
        page.get_by_label("The same again").fill(PIN)
        pressed(page, "Set PIN")
    page.goto("/profile")
    page.fill("#id_phone", "+91 98765 43210")
    page.locator("form:has(#id_phone) button").click()
    page.wait_for_load_state("networkidle")


def _leave_waiting(page: Page) -> None:
    """A payment above a threshold, for a colleague to decide."""
    page.goto("/pending-acts")
    if page.locator("main a.list-row").count():
        return
    to_policy_form(page)
    page.check("#id_policy-roles")
    pressed(page, "Set these")
    to_policy_form(page)
    page.select_option("#id_threshold-currency", "INR")
    page.fill("#id_threshold-amount", "50000")
    pressed(page, "Set threshold")
    to_review("60000")(page)
    page.get_by_label("Your PIN").fill(PIN)
    pressed(page, "Ask a colleague")


def _take(context: BrowserContext, shot: Shot, width: int, path: Path) -> None:
    page = context.new_page()
    page.on("console", lambda said: _tell(shot, said.type, said.text))
    try:
        shot.go(page)
        page.wait_for_load_state("networkidle")
        real = page.evaluate("document.documentElement.scrollWidth")
        if real > width:
            say(f"{shot.name}: {real} px wide in a window of {width} px")
        # As high as the page: else what is fixed at the window's edge lies across its middle.
        high = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(HEIGHT, high)})
        page.screenshot(path=str(path))
    except Exception as error:  # noqa: BLE001 - one page's trouble must not hide the others
        say(f"{shot.name}: {str(error).splitlines()[0]}")
    finally:
        page.close()


def _tell(shot: Shot, kind: str, text: str) -> None:
    if (
        kind in ("error", "warning")
        and "404" not in text
        and "410" not in text
        and "422" not in text
    ):
        say(f"{shot.name}: {text[:200]}")


if __name__ == "__main__":
    main()
