"""axe-core finds nothing on the main pages, in either theme, wide or narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from kernel.crypto import fingerprint
from kernel.ids import encode
from tests.journeys.conftest import Opens, aside
from tests.web.reserved import held, hold_id_of
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.models import Transfer
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def complaints(page: Page) -> list[str]:
    """Run axe in the page's own world; evaluate is not bound by the page's policy."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run({runOnly: tags})", RULES)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


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
            found[place] = complaints(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found[place].append(f"{wide} px wide in a window of {width} px")
    assert {place: said for place, said in found.items() if said} == {}
