"""axe-core finds nothing on the pages, in either theme, wide or narrow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import Page

from accounts.tasks import deliver_mail
from kernel import clock
from kernel.crypto import fingerprint
from kernel.ids import encode
from kyc.tests.people import begun, submitted
from notifications.tests.notice_scenes import emitted, taken
from tests.approving import PIN, asking
from tests.journeys.conftest import Opens, aside
from tests.web.reserved import held, hold_id_of
from tests.world import NOW, PASSWORD, World, colleague, takes_two
from wallets.choices import TransferKind
from wallets.models import Transfer
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule
from wallets.services.thresholds import set_dual_control_threshold

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def complaints(page: Page, width: int) -> list[str]:
    """Run axe in the page's own world; evaluate is not bound by the page's policy.

    What is folded away is opened: axe looks at what is seen only.
    """
    page.evaluate("document.querySelectorAll('details.fold').forEach(one => (one.open = true))")
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run({runOnly: tags})", RULES)
    said = [
        f"{one['id']}: {node['target']} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        said.append(f"{wide} px wide in a window of {width} px")
    return said


def priced(world: World) -> None:
    """A fee of Acme's people."""
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=TransferKind.TRANSFER,
        currency="INR",
        fixed_minor=2_00,
        bps=25,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )


def given_back(world: World, transfer: Transfer) -> None:
    """A part of it, by its receiver."""
    actor = world.actor(world.charlie)
    reverse_transfer(
        actor=actor,
        transfer_id=transfer.id,
        amount_minor=100_00,
        reference=reference_of(actor=actor, route="test", key="back"),
        fingerprint=fingerprint("back"),
        now=NOW,
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(world: World, opens: Opens, theme: str, width: int):
    sent = aside(lambda: world.send(amount_minor=2_500_00, description="Rent").transfer)
    hold = aside(lambda: hold_id_of(held(world, days=9)))
    aside(lambda: priced(world))
    refused = aside(lambda: world.send(amount_minor=99_99_99_999).transfer)
    inside = aside(lambda: world.send(destination=world.acme_wallet).transfer)
    assert sent is not None
    assert inside is not None
    assert refused is not None
    aside(lambda: given_back(world, sent))
    aside(lambda: taken(emitted()))
    window = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    stranger, alice = opens(**window), opens(world.alice, **window)
    found: dict[str, list[str]] = {}
    for page, places in (
        (stranger, ("/sign-in", "/register")),
        (
            alice,
            (
                "/",
                "/send",
                "/transfers",
                "/security",
                "/security/set-up",
                "/notifications",
                "/notifications?show=unread",
                "/notifications/preferences",
                "/security/officers",
                "/step-up",
                "/transfers?q=zzz",
                f"/transfers/{encode('trf', sent.id)}",
                f"/transfers/{encode('trf', refused.id)}",
                f"/transfers/{encode('trf', sent.id)}/receipt",
                f"/transfers/{encode('trf', inside.id)}/give-back",
                "/holds",
                "/holds?q=zzz",
                "/holds/new",
                f"/holds/{hold}",
                f"/holds/{hold}/capture",
                "/wallets",
                f"/wallets/{world.alice_wallet.handle}",
                "/organization",
                "/profile",
                "/admin/trial-balance/",
                "/admin/wallets/wallethold/",
                "/admin/wallets/fees/",
            ),
        ),
    ):
        for place in places:
            page.goto(place)
            found[place] = complaints(page, width)
    assert {place: said for place, said in found.items() if said} == {}


class Judge:
    """Opens pages one after the other and keeps what there is to say of them."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.found: dict[str, list[str]] = {}

    def here(self, page: Page, name: str) -> None:
        """The page that is open now."""
        if said := complaints(page, self.width):
            self.found[name] = said

    def at(self, page: Page, *places: str) -> None:
        for place in places:
            page.goto(place)
            self.here(page, place)

    def after(self, page: Page, place: str, button: str) -> None:
        """What a button of a page leads to."""
        page.goto(place)
        press(page, button)
        self.here(page, f"{place}: {button}")


def press(page: Page, button: str) -> None:
    """Press it, and wait for the page that it leads to."""
    with page.expect_event("load"):
        page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def set_pin(page: Page) -> None:
    page.goto("/security/pin")
    page.get_by_label("New PIN").fill(PIN)
    page.get_by_label("The same again").fill(PIN)
    press(page, "Set PIN")


def linked(part: str) -> str:
    """The newest mailed link with this in its address, as a path."""
    deliver_mail()
    links = [re.search(rf"/{part}/\S+", str(one.body)) for one in mail.outbox]
    return [found.group() for found in links if found][-1]


# Each theme at one width: color and width hardly depend on each other, and pages cost seconds.
@pytest.mark.parametrize(("theme", "width"), [("light", 320), ("dark", 1280)])
def test_axe_finds_nothing_where_people_prove_who_they_are(
    world: World, opens: Opens, theme: str, width: int
):
    window = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    judge = Judge(width)
    stranger, charlie = opens(**window), opens(world.charlie, **window)
    the_way_in(judge, stranger, world)
    what_protects_an_account(judge, charlie)
    judge.at(charlie, "/verification")
    aside(lambda: begun(world, world.charlie))
    judge.at(charlie, "/verification")
    case = aside(lambda: submitted(world, world.charlie))
    judge.at(charlie, "/verification")
    olga = opens(world.olga, **window)
    judge.at(olga, "/admin/kyc/case/", f"/admin/kyc/case/review/?id={case.id}", "/admin/system/")
    judge.at(olga, "/admin/wallets/limitrule/", "/admin/wallets/limits/", "/admin/accounts/user/")
    assert judge.found == {}


@pytest.mark.parametrize(("theme", "width"), [("dark", 320), ("light", 1280)])
def test_axe_finds_nothing_where_people_approve(world: World, opens: Opens, theme: str, width: int):
    window = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    judge = Judge(width)
    fay = aside(lambda: colleague(world, "fay", "finance"))
    aside(lambda: takes_two(world))
    aside(lambda: asking(world))
    aside(
        lambda: set_dual_control_threshold(
            actor=world.actor(world.alice),
            currency="INR",
            threshold_minor=2_000_00,
            now=clock.now(),
        )
    )
    alice = opens(world.alice, **window)
    set_pin(alice)
    judge.at(alice, "/pending-acts", "/organization")
    for amount in ("1,500", "2,500"):
        alice.goto(f"/send?source={world.alice_wallet.handle}&to={world.charlie_wallet.handle}")
        alice.get_by_label("Amount").fill(amount)
        press(alice, "Review")
        judge.here(alice, f"the review of {amount}")
    alice.get_by_label("Your PIN").fill(PIN)
    press(alice, "Ask a colleague")
    judge.here(alice, "an act of one's own")
    checker = opens(fay, **window)
    judge.at(checker, "/pending-acts", alice.url)
    olga = opens(world.olga, **window)
    judge.at(olga, "/admin/pending-acts/")
    olga.locator("#content-main th a").first.click()
    judge.here(olga, "an act on the staff site")
    assert judge.found == {}


def the_way_in(judge: Judge, page: Page, world: World) -> None:
    """Forgotten passwords, the second step, and confirming an address."""
    page.goto("/forgot-password")
    judge.here(page, "/forgot-password")
    page.get_by_label("E-mail").fill(world.alice.email)
    press(page, "Send me a link")
    judge.here(page, "/forgot-password, sent")
    judge.at(page, aside(lambda: linked("reset-password")))
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(world.charlie.email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    judge.here(page, "/sign-in/second-step")
    judge.at(page, "/sign-in/second-step?method=recovery_code")
    page.goto("/register")
    page.get_by_label("Organization name").fill("Nilgiri Tea Traders")
    page.get_by_label("Your name").fill("Farah Sheikh")
    page.get_by_label("Work e-mail").fill("farah@nilgiri.test")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Register organization")
    judge.here(page, "a home that waits")
    judge.at(page, aside(lambda: linked("confirm-email")))
    judge.at(page, "/step-up", "/security/set-up", "/security/officers")


def what_protects_an_account(judge: Judge, page: Page) -> None:
    """Factors, PIN, devices and networks, and what is shown to its owner alone."""
    judge.at(page, "/security/password", "/security/pin", "/step-up")
    set_pin(page)
    judge.after(page, "/security/pin", "Mail me a link")
    judge.at(page, aside(lambda: linked("security/pin/reset")), "/security/pin")
    for button in (
        "Change the authenticator app",
        "Add a passkey",
        "New codes for recovery",
    ):
        judge.after(page, "/security", button)
    page.goto("/profile")
    page.get_by_label("Number").fill("+91 98765 43210")
    press(page, "Add")
    judge.after(page, "/profile", "Show the whole number")
