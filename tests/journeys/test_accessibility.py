"""axe-core finds nothing on the main pages, in either theme, wide or narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from kernel.ids import encode
from tests.journeys.conftest import Opens, aside
from tests.world import World

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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(world: World, opens: Opens, theme: str, width: int):
    sent = aside(lambda: world.send(amount_minor=2_500_00, description="Rent").transfer)
    refused = aside(lambda: world.send(amount_minor=99_99_99_999).transfer)
    assert sent is not None
    assert refused is not None
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
                "/transfers?q=zzz",
                f"/transfers/{encode('trf', sent.id)}",
                f"/transfers/{encode('trf', refused.id)}",
                f"/transfers/{encode('trf', sent.id)}/receipt",
                "/wallets",
                f"/wallets/{world.alice_wallet.handle}",
                "/organization",
                "/profile",
                "/admin/trial-balance/",
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
