"""Phone and account numbers over the API: masked to all, whole to their owner who confirms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.services.phones import set_phone
from tests.api.conftest import Caller, token_of
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

Who = Callable[[str], Caller]
NUMBER = "+91 98765 43210"


@pytest.fixture
def who(world: World) -> Who:
    return lambda name: Caller(token_of(world, getattr(world, name)))


def test_a_phone_is_set_shown_masked_revealed_and_forgotten(world: World, who: Who) -> None:
    alice = who("alice")
    assert alice.get("/me/phone").code == "phone_not_found"
    assert alice("PUT", "/me/phone", {"phone": NUMBER}).data["masked"] == "•••• 10"
    assert alice.get("/me/phone").data["masked"] == "•••• 10"
    assert alice.post("/me/phone/reveal", {}).data == {"phone": "+919876543210"}
    assert alice("DELETE", "/me/phone").status == 204
    assert alice.get("/me/phone").status == 404


def test_without_a_fresh_factor_nothing_is_set_or_revealed(world: World, who: Who) -> None:
    set_phone(actor=world.actor(world.alice), phone=NUMBER, now=NOW)
    stale = Caller(token_of(world, world.alice, second_factor=None))
    handle = world.alice_wallet.handle
    for method, path, body in (
        ("PUT", "/me/phone", {"phone": "+12125550100"}),
        ("DELETE", "/me/phone", None),
        ("POST", "/me/phone/reveal", {}),
        ("POST", f"/wallets/{handle}/account-number/reveal", {}),
    ):
        answer = stale(method, path, body)
        assert (answer.status, answer.code) == (403, "step_up_required"), path
    assert stale.get("/me/phone").data["masked"] == "•••• 10"


def test_a_program_has_no_phone_and_reveals_nothing(world: World, who: Who) -> None:
    program = Caller(world.acme_key)
    assert program.post("/me/phone/reveal", {}).status == 403
    path = f"/wallets/{world.acme_wallet.handle}/account-number"
    assert program.get(path).data["masked"].startswith("•••• ")
    assert program.post(f"{path}/reveal", {}).status == 403


def test_an_account_number_is_whole_for_its_holder_alone(world: World, who: Who) -> None:
    path = f"/wallets/{world.alice_wallet.handle}/account-number"
    whole = who("alice").post(f"{path}/reveal", {}).data["account_number"]
    assert who("bob").get(path).data["masked"] == f"•••• {whole[-4:]}"
    assert who("bob").post(f"{path}/reveal", {}).code == "permission_denied"
    assert who("charlie").get(path).status == 404
    assert who("charlie").post(f"{path}/reveal", {}).status == 404


def test_colleagues_are_found_by_phone_in_ones_own_organization(world: World, who: Who) -> None:
    set_phone(actor=world.actor(world.alice), phone=NUMBER, now=NOW)
    found = who("bob").post("/members/find", {"phone": "(+91) 98765-43210"}).data["members"]
    assert [person["name"] for person in found] == ["Alice"]
    assert who("charlie").post("/members/find", {"phone": NUMBER}).data == {"members": []}
    refused = who("bob").post("/members/find", {"phone": "98765"})
    assert (refused.status, refused.code) == (422, "invalid_profile")
