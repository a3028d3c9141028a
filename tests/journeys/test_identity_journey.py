"""The journey of a new customer: who they are, what they hold, and whom they throw out."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services.organizations import activate_organization
from accounts.tasks import deliver_mail
from kernel import clock
from kernel.actor import Actor, Door
from kernel.context import reading
from kyc.choices import Tier
from kyc.models import Case
from kyc.services.reviewing import approve_case
from kyc.tasks import screen_waiting
from kyc.tests.files import jpeg
from ledger.services.clearing import set_clearing_cap
from tests.journeys.conftest import Opens, aside
from tests.journeys.test_passkeys import credentials_of, plug_in
from tests.phones import code_mailed_to
from tests.proof import proven_actor
from tests.world import World
from wallets.choices import WalletKind
from wallets.models import Wallet
from wallets.services.terms import set_limit_rule

pytestmark = pytest.mark.browser

EMAIL, SECRET, PIN = "farah@nilgiri.test", "three tall mountains", "7394"
CAP = 10_00_000_00
TABLET = (
    "Mozilla/5.0 (Linux; Android 14; Pixel Tablet) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/129.0.0.0 Safari/537.36"
)


def test_from_signing_up_to_ending_a_session_on_another_device(
    world: World, opens: Opens, server: LiveServer, settings: Any
):
    settings.VAULTCRAFT_BASE_URL = server.url
    aside(lambda: cautious(world))
    laptop = opens(refused=HTTPStatus.UNPROCESSABLE_ENTITY)
    session, key = plug_in(laptop)
    register(laptop)
    confirm_address(laptop)
    enroll_passkey(laptop)
    set_pin(laptop)
    farah = aside(lambda: activated(world))
    aside(lambda: partners(world, farah))
    handle = open_wallet(laptop)
    aside(lambda: world.fund(wallet_named(world, handle), 60_000_00))

    fill_in(laptop, world, handle)
    expect(laptop.locator(".field-bad")).to_contain_text("may send ₹10,000.00 today")
    prove_identity(laptop)
    aside(lambda: decide(world, farah))
    laptop.goto("/verification")
    expect(laptop.get_by_text("There is nothing more to do")).to_be_visible()

    fill_in(laptop, world, handle)
    approve_with_pin(laptop)
    assert aside(lambda: world.balance(world.charlie_wallet)) == 75_000_00
    assert aside(lambda: world.balance(wallet_named(world, handle))) == 35_000_00

    tablet = opens(user_agent=TABLET)
    [credential] = credentials_of(session, key)
    sign_in_with_passkey(tablet, credential)
    end_the_other_session(laptop)
    tablet.get_by_role("link", name="Wallets").first.click()
    expect(tablet).to_have_url(re.compile("/sign-in"))
    expect(tablet.get_by_role("heading", name="Welcome back")).to_be_visible()
    laptop.get_by_role("link", name="Wallets").first.click()
    expect(laptop.get_by_role("heading", name="Wallets")).to_be_visible()


def register(page: Page) -> None:
    page.goto("/register")
    page.get_by_label("Organization name").fill("Nilgiri Tea Traders")
    page.get_by_label("Your name").fill("Farah Sheikh")
    page.get_by_label("Work e-mail").fill(EMAIL)
    page.get_by_label("Base currency").select_option("INR")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Register organization").click()
    expect(page.get_by_role("heading", name="Hello, Farah")).to_be_visible()


def confirm_address(page: Page) -> None:
    """By the link in the mail, which asks before it confirms."""
    page.goto(aside(lambda: mailed(r"https?://\S+/confirm-email/\S+")))
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("Your e-mail address is confirmed")).to_be_visible()


def enroll_passkey(page: Page) -> None:
    """Nothing stronger than the mailbox is there yet, so a mailed code comes first."""
    page.goto("/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="Send me a code").click()
    code = page.get_by_label("Code from the e-mail")
    expect(code).to_be_visible()
    code.fill(aside(lambda: code_mailed_to(EMAIL)))
    page.get_by_role("button", name="Confirm").click()
    page.goto("/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()


def set_pin(page: Page) -> None:
    page.get_by_role("link", name="Set a PIN").click()
    page.get_by_label("New PIN").fill(PIN)
    page.get_by_label("The same again").fill(PIN)
    page.get_by_role("button", name="Set PIN").click()
    expect(page.get_by_text("Your PIN is set")).to_be_visible()


def open_wallet(page: Page) -> str:
    """A wallet of her own, and its handle."""
    page.goto("/wallets")
    page.get_by_label("Kind").select_option(WalletKind.CURRENT)
    page.get_by_label("Currency").select_option("INR")
    page.get_by_role("button", name="Open wallet").click()
    page.wait_for_url("**/wallets/*")
    return page.url.rsplit("/", 1)[1]


def prove_identity(page: Page) -> None:
    page.goto("/verification")
    page.get_by_label("Verify me for").select_option(str(Tier.FULL.value))
    page.get_by_label("Legal name").fill("Farah Sheikh")
    page.get_by_label("Date of birth").fill("1990-02-28")
    page.get_by_label("ID number").fill("N 123 4567")
    page.get_by_role("button", name="Save details").click()
    page.get_by_label("It shows").select_option("id_front")
    photo = {"name": "passport.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    page.get_by_label("File").set_input_files(photo)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Send in").click()
    expect(page.get_by_text("We are looking at it.")).to_be_visible()


def fill_in(page: Page, world: World, handle: str) -> None:
    """25,000 rupees to Globex: above what goes without an approval."""
    page.goto(f"/send?source={handle}&to={world.charlie_wallet.handle}")
    expect(page.locator("#payee")).to_contain_text("Globex")
    page.get_by_label("Amount").fill("25,000")
    page.get_by_role("button", name="Review").click()


def approve_with_pin(page: Page) -> None:
    expect(page.get_by_text("more than your organization lets go")).to_be_visible()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Send ₹25,000.00").click()
    expect(page.get_by_role("heading", name="Money sent")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("PIN")


def sign_in_with_passkey(page: Page, credential: dict[str, Any]) -> None:
    """On another device, to which the passkey was synchronized."""
    session, key = plug_in(page)
    synchronized = {"authenticatorId": key, "credential": credential}
    session.send("WebAuthn.addCredential", synchronized)
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Hello, Farah")).to_be_visible()


def end_the_other_session(page: Page) -> None:
    """She is told of the new device by mail, finds its session, and ends it."""
    assert "Android" in aside(lambda: mailed(r"(?m)^.*Android.*$"))
    page.goto("/security")
    sessions = page.get_by_role("region", name="Signed in on")
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    sessions.get_by_role("button", name=re.compile("End the session on .*Android")).click()
    expect(page.get_by_text("That session is ended")).to_be_visible()
    expect(page.get_by_role("region", name="Signed in on").get_by_role("listitem")).to_have_count(1)


def mailed(wanted: str) -> str:
    """What her newest such mail holds, once the task has delivered what waits."""
    deliver_mail()
    bodies = [str(one.body) for one in mail.outbox if one.to == [EMAIL]]
    found = [match for body in bodies if (match := re.search(wanted, body))]
    assert found, bodies
    return found[-1].group()


def cautious(world: World) -> None:
    """People whom nobody has verified may spend 10,000 rupees a day."""
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=None,
        tier=Tier.UNVERIFIED,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=10_000_00,
        month_minor=None,
        now=clock.now(),
    )


def activated(world: World) -> User:
    """The platform opens the books of Farah's organization."""
    staff = world.actor(world.olga, door=Door.ADMIN)
    with reading(staff):
        farah = User.objects.select_related("organization").get(email=EMAIL)
    assert farah.organization_id is not None
    activate_organization(actor=staff, organization_id=farah.organization_id, now=clock.now())
    return farah


def partners(world: World, farah: User) -> None:
    """Both organizations state how much they may owe each other."""
    for actor, other in (
        (proven_actor(user=farah, door=Door.WEB, request_id="test-cap"), world.globex.id),
        (world.actor(world.charlie), farah.organization_id),
    ):
        _cap(actor, other)


def _cap(actor: Actor, other: Any) -> None:
    assert actor.organization_id is not None
    set_clearing_cap(
        actor=actor,
        organization_id=actor.organization_id,
        counterparty_id=other,
        currency="INR",
        cap_minor=CAP,
        now=clock.now(),
    )


def wallet_named(world: World, handle: str) -> Wallet:
    with reading(world.actor(world.olga)):
        return Wallet.objects.get(handle=handle)


def decide(world: World, farah: User) -> None:
    """The sandbox provider is asked, then somebody of the platform's staff decides."""
    assert screen_waiting() == 1
    staff = world.actor(world.olga, door=Door.ADMIN)
    with reading(staff):
        case = Case.objects.get(user_id=farah.id)
    approve_case(actor=staff, case_id=case.id, reason="identity_confirmed", now=clock.now())
