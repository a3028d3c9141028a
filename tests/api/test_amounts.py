"""An amount is a JSON integer of minor units, or the request is refused and nothing moves."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import Caller, order
from tests.world import World

pytestmark = pytest.mark.django_db

NOT_AMOUNTS = [
    "100.0",
    '"100"',
    "1e3",
    "1E3",
    "1.5",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "[100]",
    "0",
    "-0",
    "-5",
    "9007199254740992",
    "99999999999999999999999",
    '"१००"',
]


@pytest.mark.parametrize("text", NOT_AMOUNTS)
@pytest.mark.parametrize(
    "path",
    [
        "/transfers",
        "/transfers/batch",
        "/transfers/dry-run",
        "/transfers/batch/dry-run",
        "/holds",
        "/holds/dry-run",
    ],
)
def test_what_is_not_an_amount(world: World, alice: Caller, path: str, text: str) -> None:
    body = json.dumps(order(world, amount_minor="@")).replace('"@"', text)
    if "batch" in path:
        body = f'{{"items": [{body}]}}'
    answer = alice("POST", path, raw=body.encode(), key="k")
    as_float = text in ("100.0", "1e3", "1E3", "1.5")
    expected = (422, "unacceptable_value") if as_float else (400, "invalid_request")
    assert (answer.status, answer.code) == expected
    pointer = answer.data["errors"][0]["pointer"]
    assert pointer == ("/items/0" if "batch" in path else "") + "/amount_minor"
    assert world.balance(world.alice_wallet) == 1_00_000_00


@pytest.mark.parametrize("text", ["1+1", "0100", "+5", "1_000", "0x10", ".5"])
def test_what_is_not_even_json(world: World, alice: Caller, text: str) -> None:
    body = json.dumps(order(world, amount_minor="@")).replace('"@"', text)
    answer = alice("POST", "/transfers", raw=body.encode(), key="k")
    assert (answer.status, answer.code) == (400, "malformed_json")


def test_the_greatest_amount_is_read_and_refused_by_the_books(world: World, alice: Caller) -> None:
    answer = alice.move("/transfers", order(world, amount_minor=2**53 - 1))
    assert answer.status == 422
    assert world.balance(world.alice_wallet) == 1_00_000_00


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"destination_wallet": "same"}, "same_wallet"),
        ({"currency": "USD"}, "wallet_currency_mismatch"),
        ({"currency": "XXX"}, "wallet_currency_mismatch"),
        ({"source_wallet": "foreign"}, "source_wallet_not_found"),
        ({"destination_wallet": "VC-000000"}, "destination_wallet_not_found"),
        ({"destination_wallet": "VC-UUUUUU"}, "destination_wallet_not_found"),
    ],
)
def test_what_the_wallets_refuse(
    world: World, alice: Caller, change: dict[str, str], code: str
) -> None:
    names = {"same": world.alice_wallet.handle, "foreign": world.charlie_wallet.handle}
    wanted = {name: names.get(value, value) for name, value in change.items()}
    if "source_wallet" in wanted:
        wanted["destination_wallet"] = world.alice_wallet.handle
    answer = alice.move("/transfers", order(world, **wanted))
    assert (answer.status, answer.code) == (422, code)
    assert world.balance(world.alice_wallet) == 1_00_000_00
