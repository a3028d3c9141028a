"""What people read is one line that shows all it says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Caller, order
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

HIDDEN = {
    "BEL": "\x07",
    "newline": "\n",
    "escape": "\x1b",
    "C1": "\x85",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "line separator": "\u2028",
}


def refused(caller: Caller, path: str, data: dict[str, Any], pointer: str) -> None:
    answer = caller.move(path, data)
    assert (answer.status, answer.code) == (422, "unacceptable_value"), answer.body
    [entry] = answer.data["errors"]
    assert (entry["pointer"], entry["code"]) == (pointer, "hidden_characters")


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_description_hides_nothing(world: World, alice: Caller, hidden: str) -> None:
    for text in (f"Invoice {hidden}2041", f"Invoice{hidden}", f"{hidden}Invoice"):
        for path in ("/transfers", "/holds"):
            refused(alice, path, order(world, description=text), "/description")
    assert alice.get("/transfers?kind=transfer").data["data"] == []


def test_a_batch_says_where(world: World, alice: Caller) -> None:
    items = [order(world), order(world, description="a\u202eb")]
    refused(alice, "/transfers/batch", {"items": items}, "/items/1/description")


@pytest.mark.parametrize("member", ["external_reference", "description"])
def test_neither_does_a_bank_s_reference(world: World, olga: Caller, member: str) -> None:
    cash = {
        "wallet": world.alice_wallet.handle,
        "amount_minor": 1,
        "currency": "INR",
        "external_reference": "UTR1",
        member: "UTR\u202e1",
    }
    refused(olga, "/deposits", cash, f"/{member}")
    refused(olga, "/withdrawals", cash, f"/{member}")


@pytest.mark.parametrize("member", ["organization_name", "owner_name"])
def test_nor_a_name(nobody: Caller, alice: Caller, member: str) -> None:
    registration = {
        "organization_name": "Initech",
        "country": "IN",
        "base_currency": "INR",
        "owner_name": "Peter",
        "email": "peter@initech.test",
        "password": PASSWORD,
        member: "Peter\nGibbons",
    }
    refused(nobody, "/auth/register", registration, f"/{member}")
    joining = {"token": "x", "full_name": "Peter\x85", "password": PASSWORD}
    refused(nobody, "/auth/join", joining, "/full_name")
    refused(alice, "/api-keys", {"name": "a\x07", "scopes": ["wallets:read"]}, "/name")


def test_nor_a_reason(world: World, alice: Caller) -> None:
    path = f"/wallets/{world.alice_wallet.handle}/freeze"
    refused(alice, path, {"reason": "\u202egnp.exe"}, "/reason")


def test_every_script_is_welcome(world: World, alice: Caller) -> None:
    texts = ["दिवाली 🎁", "க்‌ஷ", "نامه\u200cای", "क्\u200dष", "שלום", "a\u00a0b", ""]
    for number, text in enumerate(texts):
        answer = alice.move("/transfers", order(world, description=text), key=f"text-{number}")
        assert (answer.status, answer.data["description"]) == (201, text)
