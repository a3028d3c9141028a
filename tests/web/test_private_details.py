"""Phone and account numbers on the pages."""

from __future__ import annotations

import pytest

from accounts.services.phones import set_phone
from tests.web.conftest import Visit
from tests.world import NOW, World
from wallets.services.account_numbers import reveal_account_number

pytestmark = pytest.mark.django_db

NUMBER = "+91 98765 43210"


def test_a_phone_is_added_shown_masked_and_whole_on_demand(visit: Visit, world: World) -> None:
    client = visit(world.alice)
    client.post("/profile/phone", {"phone": NUMBER})
    page = client.get("/profile").content.decode()
    assert "•••• 10" in page
    assert "9876543210" not in page
    assert "+919876543210" in client.post("/profile/phone/show").content.decode()
    client.post("/profile/phone", {"phone": ""})
    assert "•••• 10" not in client.get("/profile").content.decode()


def test_a_wrong_number_is_explained(visit: Visit, world: World) -> None:
    answer = visit(world.alice).post("/profile/phone", {"phone": "98765"}, follow=True)
    assert "with its country code" in answer.content.decode()


def test_a_wallets_page_masks_its_number(visit: Visit, world: World) -> None:
    handle = world.alice_wallet.handle
    whole = reveal_account_number(actor=world.actor(world.alice), wallet=handle, now=NOW)
    page = visit(world.alice).get(f"/wallets/{handle}").content.decode()
    assert f"•••• {whole[-4:]}" in page
    assert whole not in page
    assert whole in visit(world.alice).post(f"/wallets/{handle}/account-number").content.decode()
    assert visit(world.charlie).post(f"/wallets/{handle}/account-number").status_code == 404


def test_a_payee_is_found_by_account_number(visit: Visit, world: World) -> None:
    handle = world.alice_wallet.handle
    whole = reveal_account_number(actor=world.actor(world.alice), wallet=handle, now=NOW)
    page = visit(world.charlie).post("/send/payee", {"destination": whole}).content.decode()
    assert "Alice" in page


def test_who_did_not_confirm_lately_is_asked_to(visit: Visit, world: World) -> None:
    set_phone(actor=world.actor(world.alice), phone=NUMBER, now=NOW)
    answer = visit(world.alice, second_factor=None).post("/profile/phone/show")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/step-up")
